package bindings_test

import (
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
)

// asManager makes the node the manager of a cluster of itself, a proxy and a worker, none of which is there.
func asManager(t *testing.T) func(*node.Options) {
	t.Helper()
	l, err := cluster.NewLayout([]cluster.Node{
		{Name: "manager", Role: cluster.Manager, Host: "manager", Port: 9999}, {Name: "proxy-1", Role: cluster.Proxy, Host: "10.0.0.1", Port: 9990},
		{Name: "worker-1", Role: cluster.Worker},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(o *node.Options) { o.Layout, o.Name = l, "manager" }
}

// TestClusterModule: what a script is told about the layout and itself, in the body of its file already.
func TestClusterModule(t *testing.T) {
	t.Parallel()
	r := start(t, `
print(cluster.is_enabled(), cluster.node, cluster.local_node_type(), cluster.get_node_count(cluster.WORKER), cluster.get_active_node_count "proxy")
local names = {}
for name, n in pairs(cluster.nodes) do names[#names + 1] = name .. "=" .. n.node_type .. "@" .. tostring(n.ip) .. ":" .. tostring(n.p) end
table.sort(names)
print(table.concat(names, " "))
print(tostring(cluster.proxy_pool), cluster.proxy_pool == cluster.proxy_pool, #cluster.proxy_pool:nodes())
`, asManager(t))
	if r.loaded != nil {
		t.Fatal(r.loaded)
	}
	want := []string{"true\tmanager\tMANAGER\t1\t0", "manager=MANAGER@manager:9999 proxy-1=PROXY@10.0.0.1:9990 worker-1=WORKER@nil:nil",
		"pool zeek/cluster/pool/proxy\ttrue\t0"}
	if got := r.output(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestClusterMisuse: wrong use raises and names the argument; that nobody is there is an outcome.
func TestClusterMisuse(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		`cluster.publish_hrw("proxies", 1, "E::e")`:                                                       "expected type Cluster::Pool for pool",
		`cluster.publish_rr(cluster.proxy_pool, port "80/tcp", "E::e")`:                                   "expected type string for key, got port 80/tcp",
		`cluster.hrw_topic(cluster.proxy_pool, {})`:                                                       "can't be a key",
		`cluster.get_node_count "wroker"`:                                                                 `"wroker" is no node type (did you mean WORKER?)`,
		`cluster.register_pool { topic = "x" }`:                                                           "a pool needs a topic and a node_type",
		`cluster.register_pool { topic = "x", node_type = "PROXY", max_nodes = 1.5 }`:                     "max_nodes can't be number 1.5",
		`cluster.register_pool { topic = "x", node_type = "PROXY", exclusive = 1 }`:                       "exclusive can't be number 1",
		`timer.after(1, function() cluster.register_pool { topic = "x", node_type = cluster.PROXY } end)`: "pools are registered in node_init or before",
	} {
		r := start(t, `on("node_init", function() `+call+` end)`, asManager(t))
		if r.loaded != nil {
			t.Errorf("%s: %v", call, r.loaded)
			continue
		}
		r.advance(2)
		if !strings.Contains(r.errs.String(), want) {
			t.Errorf("%s: got %q, want %q", call, r.errs.String(), want)
		}
	}
	r := start(t, `cluster.node = "x"`, asManager(t))
	if r.loaded == nil || !strings.Contains(r.loaded.Error(), "cluster.node is predefined") {
		t.Errorf("assigning: %v", r.loaded)
	}
	r = start(t, `print(cluster.send(cluster.proxy_pool, 1, "E::e"))`, asManager(t))
	if r.loaded == nil || !strings.Contains(r.loaded.Error(), "cluster.send: not while the file is loaded") {
		t.Errorf("sending while the file is loaded: %v", r.loaded)
	}
}

// TestClusterOutcomes: publishing never raises.
func TestClusterOutcomes(t *testing.T) {
	t.Parallel()
	r := start(t, `
local E = namespace "E"
local e = E:event("e", "n: count")
e:on(function(n) print("here", n) end)
on("node_init", function()
  timer.after(1, function()
    print(cluster.publish_hrw(cluster.proxy_pool, 1, e, 1))
    print(cluster.publish_rr(cluster.logger_pool, "k", e, 2))   -- the manager logs: this node
    print(cluster.publish_rr(cluster.logger_pool, "k", e, "x"))
    print(cluster.send(cluster.proxy_pool, 1, e, 3))
    print(cluster.send(cluster.proxy_pool, 1, broker.make_event(e, 4)))
    print(cluster.send(cluster.proxy_pool, 1, 5))
  end)
end)
`, asManager(t))
	if r.loaded != nil {
		t.Fatal(r.loaded)
	}
	r.advance(2)
	got := r.output()
	want := []string{"false\tno node of the pool is up", "true", "false\tcluster.publish_rr: event E::e: argument #1 (n): expected count, got string \"x\"",
		"manager", "manager", "nil\tcluster.send: argument #3: expected an event, got number", "here\t2", "here\t3", "here\t4"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(r.errs.String(), "p.lua:9: cluster.publish_rr") {
		t.Errorf("what was refused is not reported with its line: %s", r.errs.String())
	}
}
