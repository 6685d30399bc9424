package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/peering"
	clusters "moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
)

// layoutOf makes a layout of a manager and so many others, each at a host of its own name.
func layoutOf(t testing.TB, loggers, proxies, workers int) *clusters.Layout {
	t.Helper()
	var nodes []clusters.Node
	for _, g := range []struct {
		role  clusters.Role
		count int
	}{{clusters.Manager, 1}, {clusters.Logger, loggers}, {clusters.Proxy, proxies}, {clusters.Worker, workers}} {
		for _, name := range clusters.Names(g.role, g.count) {
			n := clusters.Node{Name: name, Role: g.role}
			if g.role != clusters.Worker {
				n.Host, n.Port = name, peering.DefaultPort
			}
			nodes = append(nodes, n)
		}
	}
	l, err := clusters.NewLayout(nodes)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// startAll adds a node for each of the layout, all with one policy, and runs until the cluster has started.
func (c *cluster) startAll(l *clusters.Layout, policy string) map[string]*member {
	c.t.Helper()
	all := map[string]*member{}
	for _, n := range l.Nodes() {
		all[n.Name] = c.add(n.Name, policy, func(o *node.Options) { o.Layout = l })
	}
	c.start()
	c.advance(3 * time.Second) // whoever was dialled too early is dialled again
	return all
}

const roles = `
on("Cluster::node_up", function(name) print("up", name) end)
on("Cluster::node_down", function(name) print("down", name) end)
on("Cluster::node_fully_connected", function(name, id, again) print("connected", name, again) end)
on("Cluster::cluster_started", function() print("started") end)
`

// with returns the lines that begin with a word, sorted, without it.
func (m *member) with(word string) (out []string) {
	for _, l := range m.lines() {
		if rest, ok := strings.CutPrefix(l, word+"\t"); ok {
			out = append(out, rest)
		} else if l == word {
			out = append(out, "")
		}
	}
	slices.Sort(out)
	return out
}

// TestWhoConnects is scenarios S22 and S23.
func TestWhoConnects(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	all := c.startAll(layoutOf(t, 0, 2, 2), roles)
	for name, want := range map[string]int{"manager": 4, "proxy-1": 3, "proxy-2": 3, "worker-1": 3, "worker-2": 3} {
		m := all[name]
		if got := len(m.Peers.Peers()); got != want {
			t.Errorf("%s has %d peers, want %d", name, got, want)
		}
		if got := m.with("started"); len(got) != 1 {
			t.Errorf("%s saw cluster_started %d times", name, len(got))
		}
	}
	if got := all["worker-1"].with("up"); !slices.Equal(got, []string{"manager", "proxy-1", "proxy-2"}) {
		t.Errorf("worker-1 saw %q come up", got)
	}
	if got := all["manager"].with("up"); !slices.Equal(got, []string{"proxy-1", "proxy-2", "worker-1", "worker-2"}) {
		t.Errorf("the manager saw %q come up", got)
	}
	want := []string{"manager\tfalse", "proxy-1\tfalse", "proxy-2\tfalse", "worker-1\tfalse", "worker-2\tfalse"}
	if got := all["manager"].with("connected"); !slices.Equal(got, want) {
		t.Errorf("the manager saw %q connected", got)
	}
}

// TestComesBack: a crashed node is down at the peer timeout, back with a higher epoch, and the counts are right all
// the time; a restart that comes before the timeout replaces the old self at once.
func TestComesBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2)
	all := c.startAll(layoutOf(t, 1, 1, 2), roles)
	m, w := all["manager"], all["worker-1"]
	active := func() int { return m.Cluster.Active(clusters.Worker) }
	w.Crash()
	c.advance(9 * time.Second)
	if active() != 2 {
		t.Fatal("down before the timeout, and nobody said so")
	}
	c.advance(2 * time.Second)
	if active() != 1 || len(m.with("down")) != 1 {
		t.Fatalf("%d workers are active after the timeout: %q", active(), m.lines())
	}
	restart(t, w)
	c.advance(3 * time.Second)
	if active() != 2 || len(w.with("started")) != 2 {
		t.Fatalf("after the restart %d workers are active; worker-1 saw cluster_started %d times in two runs", active(), len(w.with("started")))
	}
	w.Crash()
	restart(t, w)
	c.advance(3 * time.Second)
	if got := m.with("down"); active() != 2 || len(got) != 2 {
		t.Errorf("after a quick restart %d workers are active, down: %q", active(), got)
	}
	w.Freeze()
	c.advance(11 * time.Second)
	if active() != 1 {
		t.Error("a frozen node is up after the timeout")
	}
	w.Thaw()
	c.advance(5 * time.Second)
	if active() != 2 {
		t.Error("a thawed node is not back")
	}
}

func restart(t *testing.T, m *member) {
	t.Helper()
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	m.Start()
}

// TestManagerComesBack: the others go on without a manager, and one that was restarted knows that the cluster has
// started.
func TestManagerComesBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	all := c.startAll(layoutOf(t, 1, 1, 2), roles)
	m := all["manager"]
	m.Crash()
	c.advance(11 * time.Second)
	restart(t, m)
	c.advance(3 * time.Second)
	if got := m.with("started"); len(got) != 2 {
		t.Errorf("the manager's second run did not see cluster_started: %q", m.lines())
	}
	if got := all["worker-1"].with("started"); len(got) != 1 {
		t.Errorf("worker-1 saw cluster_started %d times", len(got))
	}
	if !slices.Contains(m.with("connected"), "worker-1\ttrue") {
		t.Errorf("worker-1 did not say that it says so again: %q", m.with("connected"))
	}
}

// TestSecondClaimant: of two processes with one name the second is refused, and hears why.
func TestSecondClaimant(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 4)
	all := c.startAll(layoutOf(t, 0, 0, 1), roles)
	m := all["manager"]
	first, _ := m.Cluster.Up("worker-1")
	second := first
	second.ID[0]++
	second.Epoch--
	if _, err := m.Cluster.Claim(second); err == nil || !strings.Contains(err.Error(), "here already") {
		t.Errorf("an older worker-1 is taken: %v", err)
	}
	if m.Cluster.Active(clusters.Worker) != 1 {
		t.Error("there are two of them")
	}
}

const topics = `
local EX = namespace "EX"
local got = EX:event("got", "how: string, n: count")
local go = EX:event("go", "")
got:on(function(how, n) print(how, n) end)
local keys = { 0, 1, 2, 3, 13, 37, 42, 101 }
local function short(topic) return topic and topic:match "(%d+)/$" or "none" end
go:on(function()
  local hrw, rr = {}, {}
  for _, k in ipairs(keys) do hrw[#hrw + 1] = short(cluster.hrw_topic(cluster.proxy_pool, k)) end
  for i = 1, 8 do rr[i] = short(cluster.rr_topic(cluster.proxy_pool, "test")) end
  print("topics", table.concat(hrw), table.concat(rr))
  local sent = true
  for _, k in ipairs(keys) do
    sent = cluster.publish_hrw(cluster.proxy_pool, k, got, "hrw", k) and sent
    sent = cluster.publish_rr(cluster.proxy_pool, "values", got, "rr", k) and sent
  end
  print("sent", sent)
end)
`

// TestTopics is scenarios S25 and S26.
func TestTopics(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 5)
	all := c.startAll(layoutOf(t, 0, 2, 1), topics)
	m := all["manager"]
	goes := func(want ...string) {
		t.Helper()
		before := len(m.lines())
		m.Domain.Raise(m.Domain.Event("EX::go"), nil)
		c.advance(time.Millisecond)
		c.run()
		if got := m.lines()[before:]; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	goes("topics\t21221111\t12121212", "sent\ttrue")
	for name, want := range map[string][2]string{"proxy-1": {"1 101 13 37 42", "0 13 2 42"}, "proxy-2": {"0 2 3", "1 101 3 37"}} {
		for i, how := range []string{"hrw", "rr"} {
			if got := strings.Join(all[name].with(how), " "); got != want[i] {
				t.Errorf("%s got %s of %s, want %s", name, got, how, want[i])
			}
		}
	}
	all["proxy-1"].Crash()
	c.advance(11 * time.Second)
	goes("topics\t22222222\t22222222", "sent\ttrue")
	all["proxy-2"].Crash()
	c.advance(11 * time.Second)
	none := strings.Repeat("none", 8)
	goes(fmt.Sprintf("topics\t%s\t%s", none, none), "sent\tfalse")
}

// TestPoolsInLua is scenarios S27 and S28.
func TestPoolsInLua(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ name, spec, proxies, mine, err string }{
		{name: "exclusive", spec: "max_nodes = 1, exclusive = true", proxies: "proxy-1", mine: "proxy-2"},
		{name: "limited", spec: "max_nodes = 1", proxies: "proxy-1", mine: "proxy-1 proxy-2"},
		{name: "no bound", spec: "exclusive = true", err: "Cluster::PoolSpec 'max_nodes' field must be set when using the 'exclusive' flag"},
		{name: "too many", spec: "max_nodes = 3, exclusive = true", err: "not enough PROXY nodes to satisfy pool exclusivity requirements: need 3 nodes"},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, 6)
			l := layoutOf(t, 0, 2, 0)
			m := c.add("manager", `
local mine = cluster.register_pool { topic = "zeek/cluster/pool/my_pool", node_type = cluster.PROXY }
cluster.register_pool { topic = "zeek/cluster/pool/proxy", node_type = cluster.PROXY, `+x.spec+` }
timer.after("1 s", function() print(table.concat(cluster.proxy_pool:nodes(), " "), table.concat(mine:nodes(), " ")) end)
`, func(o *node.Options) { o.Layout = l })
			c.start()
			c.advance(2 * time.Second)
			if x.err != "" {
				if err := m.Node.Err(); err == nil || !strings.Contains(err.Error(), x.err) {
					t.Errorf("got %v, want %s", err, x.err)
				}
				return
			}
			m.expect(t, x.proxies+"\t"+x.mine)
		})
	}
}

// TestStandalone is scenario S30.
func TestStandalone(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 7)
	n := c.add("alone", `
local EX = namespace "EX"
local e = EX:event("e", "n: count")
e:on(function(n) print("here", n) end)
on("node_init", function()
  print(cluster.is_enabled(), cluster.local_node_type(), cluster.hrw_topic(cluster.proxy_pool, 1), #cluster.worker_pool:nodes())
  print(cluster.publish_hrw(cluster.proxy_pool, 1, e, 1))
  print(cluster.send(cluster.proxy_pool, 1, e, 2))
end)
`)
	c.start()
	n.expect(t, "false\tNONE\tnil\t0", "false\tno node of the pool is up", "alone", "here\t2")
}

// TestSend: cluster.send comes to the same owner from everywhere outside of the pool, a member keeps what it sends itself, and
// when no proxy is up it goes to the manager.
func TestSend(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 8)
	all := c.startAll(layoutOf(t, 0, 2, 1), `
local EX = namespace "EX"
local e = EX:event("e", "k: count, from: string")
local go = EX:event("go", "")
e:on(function(k, from) print("got", k, from) end)
go:on(function() print("to", cluster.send(cluster.proxy_pool, 1, e, 1, cluster.node)) end)
`)
	from := func(names ...string) {
		for _, n := range names {
			all[n].Domain.Raise(all[n].Domain.Event("EX::go"), nil)
		}
		c.advance(10 * time.Millisecond)
	}
	from("worker-1", "proxy-1", "proxy-2", "manager")
	if got := all["proxy-1"].with("got"); !slices.Equal(got, []string{"1\tmanager", "1\tproxy-1", "1\tworker-1"}) {
		t.Errorf("proxy-1, whose key it is, got %q", got)
	}
	if got := all["proxy-2"].with("got"); !slices.Equal(got, []string{"1\tproxy-2"}) {
		t.Errorf("proxy-2, which is not linked with proxy-1, got %q", got)
	}
	all["proxy-1"].Crash()
	all["proxy-2"].Crash()
	c.advance(11 * time.Second)
	from("worker-1", "manager")
	if got := all["manager"].with("got"); !slices.Equal(got, []string{"1\tmanager", "1\tworker-1"}) {
		t.Errorf("without proxies the manager got %q", got)
	}
	all["manager"].Crash()
	c.advance(11 * time.Second)
	from("worker-1")
	if lines := all["worker-1"].lines(); !strings.Contains(lines[len(lines)-1], "nil\tcluster.send: no node of the pool is up, and neither is manager") {
		t.Errorf("nobody is there: %q", lines)
	}
}

// TestStrangers: a peer that is no node of the layout is no member, and starts nothing.
func TestStrangers(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 9)
	all := c.startAll(layoutOf(t, 0, 0, 1), roles)
	s := c.add("stranger", `
local E = namespace "Cluster"
on("node_init", function()
  timer.after("1 s", function()
    broker.publish("zeek/cluster/node/manager/", "Cluster::node_fully_connected", "worker-1", "x", false)
    broker.publish("zeek/cluster/experimental/started", "Cluster::cluster_started")
  end)
end)
`, func(o *node.Options) { o.Peer = []peering.Address{all["manager"].Address()} })
	s.Start()
	c.advance(3 * time.Second)
	m := all["manager"]
	if len(m.Peers.Peers()) != 2 || m.Cluster.Active(clusters.Worker) != 1 || slices.Contains(m.with("up"), "stranger") {
		t.Errorf("the manager has %d peers and saw %q", len(m.Peers.Peers()), m.lines())
	}
	if got := m.with("connected"); len(got) != 2 {
		t.Errorf("a stranger was believed: %q", got)
	}
}
