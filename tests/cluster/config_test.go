package cluster

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	clusters "moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
)

const configPolicy = `
local EX = namespace "EX"
local limit = EX:option("limit", "count", 10, { check = function(v) if v == 13 then return false, "unlucky" end end })
limit:on_change(function(new, old)
  print("change", new, old, limit:get())
  if new == 14 then return false, "no 14" end
  if new > 100 then return new / 2 end
end)
EX:option("server", "addr", addr "10.0.0.1")
EX:option("nets", "set[subnet]", {})
`

// configured is the eight nodes of a cluster with one policy; per node it can be another. Without start they are not
// started.
func configured(t *testing.T, seed uint64, policies map[string]string, start bool) (*cluster, map[string]*member) {
	t.Helper()
	c, l, all := newCluster(t, seed), layoutOf(t, 1, 2, 4), map[string]*member{}
	for _, n := range l.Nodes() {
		policy, ok := policies[n.Name]
		if !ok {
			policy = configPolicy
		}
		all[n.Name] = c.add(n.Name, policy, func(o *node.Options) { o.Layout = l })
	}
	if start {
		c.start()
		c.advance(3 * time.Second) // whoever was dialled too early is dialled again
	}
	return c, all
}

// eval runs Lua on a node and returns what it gives back.
func (m *member) eval(code string) string {
	e := m.Eval(code)
	if e.Error != "" {
		return "error: " + e.Error
	}
	return strings.Join(e.Values, " ")
}

const setLimit = `return config.set("EX::limit", %d, "a test")`

func (c *cluster) set(m *member, v int) {
	c.t.Helper()
	if got := m.eval(fmt.Sprintf(setLimit, v)); got != "T" {
		c.t.Errorf("%s sets %d: %s", m.Name(), v, got)
	}
}

// limit checks EX::limit on all nodes that run.
func (c *cluster) limit(want string, all map[string]*member) {
	c.t.Helper()
	for name, m := range all {
		if got := m.eval(`return config.get "EX::limit"`); got != want {
			c.t.Errorf("%s has %s, want %s (reported: %s)", name, got, want, m.Errors())
		}
	}
}

// changes checks what the handlers of every node were told.
func changes(t *testing.T, all map[string]*member, want ...string) {
	t.Helper()
	for _, m := range all {
		m.expect(t, want...)
	}
}

// TestConfigReachesAll: set on a node of any role, an option has its value on all, in a later event, and handlers run once
// per node.
func TestConfigReachesAll(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 1, nil, true)
	want := []string{}
	old := 10
	for i, name := range []string{"worker-3", "manager", "proxy-1", "logger", "worker-1"} {
		v := 20 + i
		c.set(all[name], v)
		if got := all[name].eval(`return config.get "EX::limit"`); got != fmt.Sprint(old) {
			t.Errorf("%s has %s at once", name, got)
		}
		c.run()
		c.limit(fmt.Sprint(v), all)
		want = append(want, fmt.Sprintf("change\t%d\t%d\t%d", v, old, old))
		old = v
	}
	changes(t, all, want...)
	for name, m := range all {
		if got := m.eval(`for _, o in ipairs(config.list()) do if o.name == "EX::limit" then return o.location end end`); got != "a test" {
			t.Errorf("%s: location %s", name, got)
		}
	}
	if got := all["worker-2"].eval(`
    local nets = set "subnet" nets:add(subnet "10.0.0.0/8") nets:add(subnet "::/0")
    local ok = config.set("EX::nets", nets) nets:add(subnet "10.1.0.0/16") -- it was set as it was
    return ok, config.set("EX::server", "10.0.0.9")`); got != "T T" {
		t.Error(got)
	}
	c.run()
	for name, m := range all {
		if got := m.eval(`local n = config.get "EX::nets" return #n, n:has(subnet "::/0"), config.get "EX::server"`); got != "2 T 10.0.0.9" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestConfigReplaced: what a handler makes of a value it makes on every node of the value as it was set, so that they agree.
func TestConfigReplaced(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 2, nil, true)
	c.set(all["worker-1"], 500)
	c.run()
	c.limit("250", all)
	changes(t, all, "change\t500\t10\t10")
}

// TestConfigSeveralAtOnce: two changes in one event come in their order, and handlers are asked once about each.
func TestConfigSeveralAtOnce(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 2, nil, true)
	c.set(all["worker-1"], 20)
	c.set(all["worker-1"], 21)
	c.run()
	c.limit("21", all)
	all["worker-1"].expect(t, "change\t20\t10\t10", "change\t21\t10\t10")
	all["worker-2"].expect(t, "change\t20\t10\t10", "change\t21\t20\t20")
}

// TestConfigRefused: what the setting node's check or handler refuses goes nowhere; a node whose own handler refuses keeps
// its value and says so.
func TestConfigRefused(t *testing.T) {
	t.Parallel()
	stubborn := configPolicy + `limit:on_change(function(new) if new == 30 then return false, "not here" end end)`
	other := strings.ReplaceAll(configPolicy, `"limit", "count", 10`, `"limit", "string", "x"`)
	c, all := configured(t, 3, map[string]string{"worker-2": stubborn, "proxy-2": `print "none"`, "worker-4": other}, true)
	for _, set := range []struct{ node, code, want string }{
		{"worker-1", `return config.set("EX::limit", 13)`, `F option EX::limit: unlucky`},
		{"manager", `return config.set("EX::limit", 14)`, `F option EX::limit: no 14`},
		{"worker-1", `return config.set("EX::limit", "x")`, `F option EX::limit: `},
		{"worker-2", `return config.set("EX::limit", 30)`, `F option EX::limit: not here`},
	} {
		if got := all[set.node].eval(set.code); !strings.HasPrefix(got, set.want) {
			t.Errorf("%s on %s: %s", set.code, set.node, got)
		}
	}
	c.run()
	same := map[string]*member{"manager": all["manager"], "logger": all["logger"], "worker-1": all["worker-1"], "worker-2": all["worker-2"]}
	c.limit("10", same)
	c.set(all["worker-1"], 30)
	c.run()
	for name, want := range map[string]string{"worker-1": "30", "manager": "30", "worker-2": "10", "worker-4": "x"} {
		c.limit(want, map[string]*member{name: all[name]})
	}
	for name, want := range map[string]string{
		"worker-2": "option EX::limit was set in the cluster (by a test), and keeps its value here: not here",
		"proxy-2":  `option "EX::limit" was set in the cluster (by a test), and no script here declares it`,
		"worker-4": "option EX::limit was set in the cluster (by a test), and keeps its value here: expected string, got count",
	} {
		if got := all[name].Errors(); !strings.Contains(got, want) {
			t.Errorf("%s reports %q, want %q", name, got, want)
		}
	}
	c.set(all["worker-1"], 31)
	c.run()
	c.limit("31", same)
	c.set(all["worker-1"], 30)
	c.run()
	c.limit("31", map[string]*member{"worker-2": all["worker-2"]})
	c.set(all["worker-2"], 31) // what it has, and the others have not
	c.run()
	c.limit("31", same)
	if got := strings.Count(all["proxy-2"].Errors(), "no script here declares it"); got != 1 {
		t.Errorf("proxy-2 warned %d times", got)
	}
}

// TestConfigNewcomers: who comes late, or again, gets what was set, and its handlers are told.
func TestConfigNewcomers(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 4, nil, false)
	late := all["worker-4"]
	for name, m := range all {
		if name != "worker-4" {
			m.Start()
		}
	}
	c.run()
	c.set(all["proxy-1"], 20)
	c.set(all["proxy-1"], 21)
	c.run()
	late.Start()
	c.run()
	c.limit("21", all)
	late.expect(t, "change\t21\t10\t10")
	all["worker-1"].Crash()
	restart(t, all["worker-1"])
	c.advance(15 * time.Second)
	c.limit("21", all)
	c.set(all["worker-1"], 22)
	c.run()
	c.limit("22", all)
}

// TestConfigEarly: what node_init sets is there from the start, once, and does not undo what was set later when the node
// is started again; the manager's own included.
func TestConfigEarly(t *testing.T) {
	t.Parallel()
	policy := configPolicy + `on("node_init", function() limit:set(20, "start") end)`
	policies := map[string]string{}
	for _, name := range []string{"manager", "logger", "proxy-1", "proxy-2", "worker-1", "worker-2", "worker-3"} {
		policies[name] = policy
	}
	c, all := configured(t, 5, policies, true)
	c.limit("20", all)
	changes(t, all, "change\t20\t10\t10")
	all["manager"].Crash()
	restart(t, all["manager"])
	c.advance(15 * time.Second)
	all["worker-2"].expect(t, "change\t20\t10\t10")
	c.set(all["worker-4"], 30)
	c.run()
	c.limit("30", all)
	for _, name := range []string{"worker-1", "manager"} {
		all[name].Crash()
		restart(t, all[name])
		c.advance(15 * time.Second)
		c.limit("30", all)
	}
	for _, name := range []string{"logger", "proxy-1", "proxy-2", "worker-2", "worker-3"} {
		all[name].expect(t, "change\t20\t10\t10", "change\t30\t20\t20")
	}
}

// TestConfigManagerCrash: a change that the manager has not numbered when it dies is made by the next one, and what it had
// numbered is not forgotten. While it is known to be away nothing is promised.
func TestConfigManagerCrash(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 6, nil, true)
	m := all["manager"]
	c.set(all["worker-1"], 20)
	c.run()
	m.eval(`config.set("EX::server", "10.0.0.7")`)
	c.run()
	m.Crash()
	c.set(all["worker-2"], 21) // nobody knows yet
	c.run()
	c.limit("20", map[string]*member{"worker-1": all["worker-1"], "worker-2": all["worker-2"]})
	c.advance(15 * time.Second)
	if got := all["worker-3"].eval(fmt.Sprintf(setLimit, 22)); got != "F option EX::limit: the manager is away" {
		t.Errorf("without a manager: %s", got)
	}
	all["worker-3"].expect(t, "change\t20\t10\t10")
	restart(t, m)
	c.advance(5 * time.Second)
	c.limit("21", all)
	for name, o := range all {
		if got := o.eval(`return config.get "EX::server"`); got != "10.0.0.7" {
			t.Errorf("%s has forgotten: %s", name, got)
		}
	}
	all["worker-2"].expect(t, "change\t20\t10\t10", "change\t21\t20\t20")
	all["worker-3"].expect(t, "change\t20\t10\t10", "change\t21\t20\t20")
	c.set(m, 23)
	c.run()
	c.limit("23", all)
}

// TestConfigRace: nodes that set one option at the same time end with one value, and each one's handlers were last told of
// that.
func TestConfigRace(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		c, all := configured(t, seed, nil, true)
		for i, name := range []string{"worker-1", "worker-2", "manager", "proxy-1"} {
			c.set(all[name], 20+i)
		}
		c.run()
		want := all["logger"].eval(`return config.get "EX::limit"`)
		c.limit(want, all)
		for name, m := range all {
			if lines := m.lines(); !strings.HasPrefix(lines[len(lines)-1], "change\t"+want+"\t") {
				t.Errorf("seed %d: %s ended with %s, and its handlers were told %q", seed, name, want, lines)
			}
		}
	}
}

// TestConfigSame: what all nodes are asked to set at once, as `config set` does, is one change.
func TestConfigSame(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 7, nil, true)
	for range 2 {
		settled := 0
		for _, m := range all {
			if err := m.Config.SetOption("EX::limit", "20", "config set", func() { settled++ }); err != nil {
				t.Fatal(err)
			}
		}
		c.run()
		c.limit("20", all)
		changes(t, all, "change\t20\t10\t10")
		if settled != len(all) {
			t.Errorf("%d of %d were told", settled, len(all))
		}
	}
}

// TestConfigPartition: who was cut off has what was set meanwhile when it is back.
func TestConfigPartition(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 8, nil, true)
	away, rest := []string{"worker-1", "proxy-2"}, []string{"manager", "logger", "proxy-1", "worker-2", "worker-3", "worker-4"}
	if err := c.Partition(away, rest); err != nil {
		t.Fatal(err)
	}
	c.set(all["worker-1"], 20) // it can't know yet
	c.advance(15 * time.Second)
	c.set(all["worker-2"], 21)
	c.run()
	c.limit("10", map[string]*member{"worker-1": all["worker-1"], "proxy-2": all["proxy-2"]})
	c.Heal()
	c.advance(15 * time.Second)
	c.limit("20", all) // it was promised, and the manager has taken it last
	c.set(all["proxy-2"], 22)
	c.run()
	c.limit("22", all)
}

// TestConfigMany: a thousand options reach a newcomer, and a manager that was started again.
func TestConfigMany(t *testing.T) {
	t.Parallel()
	policy := `for i = 1, 1000 do namespace "EX":option("o" .. i, "count", 0) end`
	policies := map[string]string{}
	for _, n := range []string{"manager", "logger", "proxy-1", "proxy-2", "worker-1", "worker-2", "worker-3", "worker-4"} {
		policies[n] = policy
	}
	c, all := configured(t, 9, policies, true)
	if got := all["worker-1"].eval(`for i = 1, 1000 do assert(config.set("EX::o" .. i, i)) end return 1`); got != "1" {
		t.Fatal(got)
	}
	c.run()
	check := func(when string) {
		t.Helper()
		for name, m := range all {
			if got := m.eval(`for i = 1, 1000 do if config.get("EX::o" .. i) ~= i then return i end end return 0`); got != "0" {
				t.Errorf("%s: %s lacks option %s", when, name, got)
			}
		}
	}
	check("set")
	for _, name := range []string{"worker-4", "manager"} {
		all[name].Crash()
		restart(t, all[name])
		c.advance(15 * time.Second)
		check(name + " again")
	}
}

// TestConfigOverload: when there are so many events that they are dropped, a change arrives all the same.
func TestConfigOverload(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 14, nil, true)
	m := all["manager"]
	if got := m.eval(`
local ok = config.set("EX::limit", 20, "a test")
for i = 1, 70000 do broker.publish(cluster.worker_topic, "EX::flood", i) end
return ok`); got != "T" {
		t.Fatal(got)
	}
	c.run()
	dropped := uint64(0)
	for _, p := range m.Peers.Stats() {
		dropped += p.Lanes[step.LaneEvents].Dropped.Messages
	}
	if dropped == 0 {
		t.Error("no event was dropped: this proves nothing")
	}
	c.limit("20", all)
}

// TestConfigDeclaredLate: an option that is declared after it was set has that value.
func TestConfigDeclaredLate(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 10, map[string]string{"worker-1": ""}, true)
	c.set(all["manager"], 20)
	c.run()
	if got := all["worker-1"].eval(`return namespace "EX":option("limit", "count", 10):get()`); got != "20" {
		t.Errorf("got %s", got)
	}
}

// TestConfigLost: a node that ends before it has met the manager says what is lost.
func TestConfigLost(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 13, nil, false)
	m := all["worker-1"]
	m.Start()
	c.run()
	c.set(m, 20)
	c.run()
	c.limit("10", map[string]*member{"worker-1": m})
	m.Stop()
	c.advance(10 * time.Second)
	if want := "1 changes of options have not reached the manager"; !strings.Contains(m.Errors(), want) {
		t.Errorf("reported %q, want %q", m.Errors(), want)
	}
}

// TestConfigReload: what the cluster has set stays when scripts are loaded anew, whatever their bodies set, and a change that is
// on its way is judged by the new code.
func TestConfigReload(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 15, nil, true)
	w, settled := all["worker-1"], 0
	c.set(w, 500) // of which the handlers make 250
	c.run()
	all["manager"].Crash()
	if err := w.Config.SetOption("EX::limit", "21", "a test", func() { settled++ }); err != nil {
		t.Fatal(err)
	}
	c.run()
	policy := strings.ReplaceAll(configPolicy, `"change"`, `"new code"`) + "limit:set(5)"
	c.reload(w, policy)
	c.limit("250", map[string]*member{"worker-1": w})
	c.advance(15 * time.Second)
	restart(t, all["manager"])
	c.advance(15 * time.Second)
	c.limit("21", all)
	w.expect(t, "change\t500\t10\t10", "change\t21\t250\t250", "new code\t21\t250\t250")
	if settled != 1 {
		t.Errorf("who waited was told %d times", settled)
	}
}

// TestConfigTwice: the same seed moves the same bytes.
func TestConfigTwice(t *testing.T) {
	t.Parallel()
	once := func() string {
		c, all := configured(t, 11, nil, true)
		c.set(all["worker-1"], 20)
		c.set(all["manager"], 21)
		all["manager"].Crash()
		c.advance(15 * time.Second)
		restart(t, all["manager"])
		c.advance(15 * time.Second)
		return c.trace.String()
	}
	if a, b := once(), once(); a != b {
		t.Error("two runs from one seed differ")
	}
}

// TestConfigAlone: a node of no cluster sets its own options.
func TestConfigAlone(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	a, b := c.add("a", configPolicy), c.add("b", configPolicy)
	c.start()
	c.join(a, b)
	c.set(a, 20)
	c.run()
	c.limit("20", map[string]*member{"a": a})
	c.limit("10", map[string]*member{"b": b})
	b.expect(t)
}

// TestConfigHostile: what can't be from where it should changes nothing, whoever sends it.
func TestConfigHostile(t *testing.T) {
	t.Parallel()
	c, all := configured(t, 12, nil, true)
	stranger := c.add("stranger", "")
	stranger.Start()
	c.join(all["manager"], stranger)
	worker := all["worker-1"]
	event := func(id string, value broker.Data, more ...broker.Data) []byte {
		args := append([]broker.Data{broker.String(id), value}, more...)
		b := wire.AppendEventHeader(nil, "Config::cluster_set_option", len(args))
		for _, a := range args {
			b = wire.AppendData(b, a)
		}
		return b
	}
	rest := func(term, seq broker.Count, from *member) []broker.Data {
		return []broker.Data{broker.String("an enemy"), broker.Boolean(false), term, seq, broker.String(from.Hub.ID().String()), broker.Count(1)}
	}
	twenty := broker.Count(20)
	manager, _ := worker.Cluster.Up("manager")
	term := broker.Count(manager.Epoch)
	for _, x := range []struct {
		name    string
		from    *member
		topic   string
		payload []byte
	}{
		{"a stranger asks the manager", stranger, clusters.NodeTopic("manager"), event("EX::limit", twenty, rest(0, 0, stranger)...)},
		{"a stranger tells it", stranger, clusters.ManagerTopic, event("EX::limit", twenty, rest(1<<60, 1, stranger)...)},
		{"a worker tells another's proxy", worker, clusters.ProxyTopic, event("EX::limit", twenty, rest(1<<60, 1, worker)...)},
		{"in another's name", worker, clusters.ManagerTopic, event("EX::limit", twenty, rest(0, 0, all["worker-2"])...)},
		{"as numbered by the manager", worker, clusters.ManagerTopic, event("EX::limit", twenty, rest(term, 1, worker)...)},
		{"half a version", worker, clusters.ManagerTopic, event("EX::limit", twenty, rest(0, 1, worker)...)},
		{"no arguments", worker, clusters.ManagerTopic, wire.AppendEventHeader(nil, "Config::cluster_set_option", 0)},
		{"arguments of other kinds", worker, clusters.ManagerTopic, event("EX::limit", twenty, twenty, twenty, twenty, twenty, twenty, twenty)},
		{"Zeek's three", worker, clusters.ManagerTopic, event("EX::limit", twenty, broker.String("zeek"))},
		{"cut short", worker, clusters.ManagerTopic, event("EX::limit", twenty, rest(0, 0, worker)...)[:40]},
		{"too large", worker, clusters.ManagerTopic, event("EX::limit", broker.String(make([]byte, 2<<20)), rest(0, 0, worker)...)},
		{"a value that does not fit", worker, clusters.ManagerTopic, event("EX::limit", broker.Vector{twenty}, rest(0, 0, worker)...)},
		{"what is no option", worker, clusters.ManagerTopic, event("EX::nothing", twenty, rest(0, 0, worker)...)},
		{"asking for all", worker, clusters.ManagerTopic, wire.AppendEventHeader(nil, "Config::cluster_send_options", 0)},
	} {
		if _, err := x.from.Scripts.Publish(x.topic, x.payload); err != nil {
			t.Errorf("%s: %v", x.name, err)
		}
		c.run()
		for name, m := range all {
			if got := m.eval(`return config.get "EX::limit"`); got != "10" {
				t.Errorf("%s: %s has %s", x.name, name, got)
			}
		}
	}
	c.set(all["worker-2"], 21)
	c.run()
	c.limit("21", all)
	// A member may set what it likes, but what it says of versions does not keep others from that.
	server := func(want string) {
		t.Helper()
		for name, m := range all {
			if got := m.eval(`return config.get "EX::server"`); got != want {
				t.Errorf("%s has %s, want %s", name, got, want)
			}
		}
	}
	address := broker.Address(netip.MustParseAddr("10.6.6.6").As16())
	if _, err := worker.Scripts.Publish(clusters.ManagerTopic, event("EX::server", address, rest(1<<63, 1<<63, worker)...)); err != nil {
		t.Fatal(err)
	}
	c.run()
	server("10.6.6.6")
	if got := all["worker-2"].eval(`return config.set("EX::server", "10.0.0.8")`); got != "T" {
		t.Error(got)
	}
	c.run()
	server("10.0.0.8")
	all["manager"].Crash()
	restart(t, all["manager"])
	c.advance(15 * time.Second)
	server("10.0.0.8")
}
