package bindings_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/apidoc"
)

// TestDocumentedValues compares constants and defaults in scripts/meta with the real ones.
func TestDocumentedValues(t *testing.T) {
	for _, name := range []string{"CONNECT_RETRY", "LISTEN_RETRY", "LISTEN_ADDRESS"} {
		t.Setenv("ZEEK_DEFAULT_"+name, "")
	}
	t.Setenv("ZEEK_BROKER_MAX_THREADS", "")
	d := readDefinitions(t)
	w := &world{t: t, r: start(t, "")}
	for _, module := range []string{"broker", "cluster"} {
		for name, e := range d.members(module + "lib") {
			want, ok := firstText(e.Type + " " + e.Text)
			if !ok {
				continue
			}
			if got := w.eval(module + "." + name).String(); got != want {
				t.Errorf("%s: %s.%s is %q, documented as %q", e.Place(), module, name, got, want)
			}
		}
	}
	for name, e := range d.members("broker_error") {
		if got, want := w.eval("broker.error."+name).String(), e.Type; got != want {
			t.Errorf("%s: broker.error.%s is %s, documented as %s", e.Place(), name, got, want)
		}
	}
	for name, e := range d.members("broker_options") {
		v := w.eval("broker.options." + name)
		text := w.r.n.Domain.L.ToStringMeta(v).String()
		if v.Type() == lua.LTString {
			text = fmt.Sprintf("%q", text)
		}
		kind := map[lua.LValueType]string{lua.LTBool: "boolean", lua.LTNumber: "count", lua.LTString: "string"}[v.Type()]
		if kind == "" {
			kind = w.eval("getmetatable(broker.options." + name + ")").String()
		}
		said := e.Type + " " + e.Text
		if want := kind + " default " + text; !strings.HasPrefix(said, want) || strings.IndexAny(said[len(want):], ",;") != 0 {
			t.Errorf("%s: broker.options.%s is %q, documented as %q", e.Place(), name, want, said)
		}
	}
}

var quoted = regexp.MustCompile(`^(?:string )?"([^"]*)"(?: |$)`)

// firstText returns the text that a field is documented to be, if it is.
func firstText(typ string) (string, bool) {
	m := quoted.FindStringSubmatch(typ)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// TestOptionTables gives every function an unknown option, and compares the ones that it names, or that the source
// lists, with those in scripts/meta.
func TestOptionTables(t *testing.T) {
	d := readDefinitions(t)
	w := &world{t: t, r: start(t, "")}
	one := regexp.MustCompile(`there is only (\w+)`)
	for class, expr := range map[string]string{
		"handler_opts":   `on("node_init", function() end, { zz = 1 })`,
		"subscribe_opts": `broker.subscribe("", { zz = 1 })`,
	} {
		text := w.eval(`select(2, pcall(function() ` + expr + ` end))`).String()
		m := one.FindStringSubmatch(text)
		if m == nil {
			t.Errorf("%s: no option in %q", expr, text)
			continue
		}
		compare(t, class, d.members(class), names{m[1]: false})
	}
	compare(t, "listen_opts", d.members("listen_opts"), w.said(`broker.listen { zz = 1 }`, `\(there are (.*)\)`))
	compare(t, "pool_spec", d.members("pool_spec"), w.said(`cluster.register_pool { zz = 1 }`, `\(there are (.*)\)`))
	compare(t, "node_config", d.members("node_config"), w.said(`supervisor.create { zz = 1 }`, `\(there are ([^)]*)\)`))
	compare(t, "store_master_opts", d.members("store_master_opts"), w.said(`store.master("s", { zz = 1 })`, `\(there are (.*)\)\)`))
	compare(t, "store_bind_opts", d.members("store_bind_opts"), w.said(`store.bind(namespace("E"):set("s", "addr"), { zz = 1 })`, `\(there are (.*)\)\)`))
	compare(t, "create_store_opts", d.members("create_store_opts"), w.said(`cluster.create_store("s", { zz = 1 })`, `\(there is only (.*)\)\)`))
	compare(t, "store_clone_opts", d.members("store_clone_opts"), w.said(`store.clone("s", { zz = 1 })`, `\(there are (.*)\)\)`))
	compare(t, "store_write_opts", d.members("store_write_opts"), w.said(`store.master("s"):put(1, 1, { zz = 1 })`, `\(there is only (.*)\)\)`))
	found := map[string]bool{}
	for _, list := range stringLists(t, "optionNames") {
		for _, name := range list {
			found[name] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(d.members("container_opts"))), slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Errorf("options of containers documented: %q, there are: %q", got, want)
	}
	for class, expr := range map[string]string{
		"option_opts": `namespace("E"):option("%[1]s", "count", 1, { %[1]s = %[2]s })`,
		"rate_opts":   `rate.window("1 s", { %[1]s = %[2]s })`,
	} {
		for name, e := range d.members(class) {
			value := map[string]string{"doc": `""`, "check": "print", "max_size": "5"}[name]
			if ok := w.eval(`pcall(function() ` + fmt.Sprintf(expr, name, value) + ` end)`); ok != lua.LTrue {
				t.Errorf("%s: there is no option %s", e.Place(), name)
			}
		}
	}
}

// TestOverloads: on has an overload for each event that the node raises, so that editors know a handler's arguments.
func TestOverloads(t *testing.T) {
	d := readDefinitions(t)
	got := map[string]string{} // the handler's type by the event's name
	for _, o := range d.Lookup("on")[0].Overloads {
		if len(o.Params) != 3 || o.Params[2] != (apidoc.Param{Name: "opts", Type: "handler_opts", Optional: true}) ||
			!slices.Equal(o.Returns, []apidoc.Return{{Type: "handler"}}) {
			t.Errorf("an overload of on that takes other things than name, fn and opts: %+v", o)
			continue
		}
		got[strings.Trim(o.Params[0].Type, `"`)] = o.Params[1].Type
	}
	for name, e := range d.members("events") {
		if strings.Contains(name, "<") {
			continue
		}
		var args []string
		for _, p := range e.Params {
			args = append(args, p.Name+": "+p.Type)
		}
		want := "fun(" + strings.Join(args, ", ") + ")"
		if have, ok := got[name]; !ok || have != want {
			t.Errorf("%s: on has the overload %s for %s (there: %v), want %s", e.Place(), have, name, ok, want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("on has overloads for events that are not there: %v", got)
	}
}
