package apidoc_test

import (
	"strings"
	"testing"

	"moonpeer/runtime/apidoc"
)

func namesOf(list []*apidoc.Entry) string {
	var names []string
	for _, e := range list {
		names = append(names, e.Name)
	}
	return strings.Join(names, ", ")
}

func TestZeek(t *testing.T) {
	d := embedded(t)
	tests := []struct{ name, from, related string }{
		{"Broker::publish", "broker.publish", "event.republish"},
		{"broker::publish()", "broker.publish", "event.republish"},
		{"Broker::publish_id", "broker.publish_id", "container:on_replaced, var:on_replaced"},
		{"Cluster::publish_hrw", "cluster.publish_hrw", "cluster.send"},
		{"&create_expire", "container_opts", ""},
		{"&priority", "event:on", ""},
		{"&synchronized", "sync", ""},
		{"zeek_init", "node_init", "on"},
		{"is_remote_event", "event.is_remote", ""},
		{"Broker::default_port", "broker_options.default_port", ""},
		{"Config::set_value", "config.set", "option:set"},
		{"Log::write", "", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		from, related := d.Zeek(tt.name)
		if namesOf(from) != tt.from || namesOf(related) != tt.related {
			t.Errorf("Zeek(%q): got %q and %q, want %q and %q", tt.name, namesOf(from), namesOf(related), tt.from, tt.related)
		}
	}
}

func TestFind(t *testing.T) {
	d := embedded(t)
	tests := []struct{ name, want string }{
		{"broker.publish", "broker.publish"},
		{"publish", "broker.publish"},
		{"create_expire", "container_opts.create_expire"},
		{"EX:event", "namespace:event"},
		{"Site::DNS:option", "namespace:option"},
		{"known:union", "set:union"},
		{"timer", "timer, timer"},
		{"orig_h", "conn_id.orig_h"},
		{"union", "set:union"},
		{"brokr.publish", ""},
		{"found:on", "event:on"},
		{"Notice::raise", ""},
		{"Foo::raise", ""},
		{"Exec::run", ""},
		{"Store::get", "store:get"},
		{"Broker::raise", ""},
		{"::raise", ""},
		{"node_down", "Cluster::node_down"},
		{"peer_removed", "Broker::peer_removed"},
		{"Input::logins", "Input::<path>"},
		{"Input::", ""},
		{"Input::a::b", ""},
		{"current_time", "time.now"},
		{"is_v4_addr", "addr:is_v4"},
		{"clear_table", "container:clear"},
		{"to_addr", "types.try"},
		{"port_to_count", "port"},
		{"Broker::PEER_INVALID", "broker_error.PEER_INVALID"},
		{"&", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if found, _ := d.Find(tt.name); namesOf(found) != tt.want {
			t.Errorf("Find(%q): got %q, want %q", tt.name, namesOf(found), tt.want)
		}
	}
}

func TestSearch(t *testing.T) {
	d := embedded(t)
	tests := []struct{ name, text, first string }{
		{"a name", "auto_publish", "broker.auto_publish"},
		{"capitals", "AUTO_Publish", "broker.auto_publish"},
		{"two words of a summary", "random weight", "cluster.hrw_topic"},
		{"an option", "max_size", "container_opts.max_size"},
		{"nothing", "xyzzy", ""},
		{"one of two words", "auto_publish xyzzy", ""},
		{"two of three words", "random weight xyzzy", "cluster.hrw_topic"},
		{"no words", "  ", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := d.Search(tt.text)
			first := ""
			if len(found) > 0 {
				first = found[0].Name
			}
			if first != tt.first {
				t.Errorf("got %q (of %d), want %q", first, len(found), tt.first)
			}
		})
	}
}

// TestNamesOnce: set is a function and a class.
func TestNamesOnce(t *testing.T) {
	n := 0
	for _, name := range embedded(t).Names() {
		if name == "set" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("set is there %d times, want once", n)
	}
}
