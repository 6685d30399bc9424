package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

// shared is a policy with a store s that lets a test run more Lua.
const shared = `
local s
local function open() s = cluster.create_store("s", { persistent = true }) end
on("node_init", open)
namespace "T":event("run", "code: string"):on(function(code) assert(loadstring("local s = ...\n" .. code))(s) end)
`

// do runs Lua on nodes, without waiting for what comes of it.
func (m *member) do(code string) {
	m.Domain.Raise(m.Domain.Event("T::run"), []lua.LValue{lua.LString(code)})
}

// says runs Lua on a node and returns what was printed within a second.
func (c *cluster) says(m *member, code string) string {
	c.t.Helper()
	before := len(m.lines())
	m.do(code)
	c.advance(time.Second)
	return strings.Join(m.lines()[before:], " | ")
}

// all wants the same answer of nodes.
func (c *cluster) all(nodes map[string]*member, code, want string) {
	c.t.Helper()
	for name, m := range nodes {
		if m.State() != sim.Running {
			continue
		}
		if got := c.says(m, code); got != want {
			c.t.Errorf("%s: %s prints %q, want %q (reported: %s)", name, code, got, want, m.Errors())
		}
	}
}

// silent fails for what nodes have reported, but for lines with one of some parts.
func silent(t *testing.T, nodes map[string]*member, allowed ...string) {
	t.Helper()
	for name, m := range nodes {
		for line := range strings.SplitSeq(m.Errors(), "\n") {
			if line != "" && line != "ready" && !slices.ContainsFunc(allowed, func(part string) bool { return strings.Contains(line, part) }) {
				t.Errorf("%s reported: %s", name, line)
			}
		}
	}
}

// TestCreateStore: the manager has the master, all others follow; what a worker writes is everywhere, and of workers that put
// one key at once exactly one is the first.
func TestCreateStore(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 21)
	all := c.startAll(layoutOf(t, 1, 1, 3), shared)
	for name, m := range all {
		want := "store s (clone)"
		if name == "manager" {
			want = "store s (master)"
		}
		if got := c.says(m, `print(s) print(s == cluster.create_store "s")`); got != want+" | true" {
			t.Errorf("%s has %s", name, got)
		}
	}
	all["worker-1"].do(`s:put("k", addr "10.0.0.1") s:increment("n", 5) s:put("short", 1, { expire = "10 s" })`)
	all["worker-2"].do(`s:increment("n", 2)`)
	c.advance(time.Second)
	c.all(all, `print(s:get "k", s:get "n", s:get "short")`, "10.0.0.1\t7\t1")
	c.advance(10 * time.Second)
	c.all(all, `print(s:get "n", s:get "short")`, "7\tnil")
	for i := range 20 {
		for w := 1; w <= 3; w++ {
			all[fmt.Sprintf("worker-%d", w)].do(fmt.Sprintf(`async(function() print("race", %d, s:put_unique(tuple("race", %d), cluster.node):wait()) end)`, i, i))
		}
	}
	c.advance(time.Second)
	won := map[string]int{}
	for w := 1; w <= 3; w++ {
		for _, line := range all[fmt.Sprintf("worker-%d", w)].with("race") {
			if f := strings.Split(line, "\t"); f[1] == "true" {
				won[f[0]]++
			} else if f[1] != "false" {
				t.Errorf("an outcome is %s", line)
			}
		}
	}
	if len(won) != 20 {
		t.Errorf("%d of 20 races were won", len(won))
	}
	for race, n := range won {
		if n != 1 {
			t.Errorf("race %s was won by %d", race, n)
		}
	}
	silent(t, all)
}

// TestCreateStoreManagerComesBack: what was written is there after a crash of the master's node, clones go on, and what workers
// wrote while it was away is written once.
func TestCreateStoreManagerComesBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 22)
	all := c.startAll(layoutOf(t, 1, 1, 2), shared)
	m, w := all["manager"], all["worker-1"]
	w.do(`s:increment("n", 1) s:put("old", 1)`)
	c.advance(time.Second)
	m.Crash()
	for range 10 {
		w.do(`s:increment("n", 1):done(function(ok, err) print("done", ok, err) end)`)
		all["worker-2"].do(`s:increment("n", 1):done(function(ok, err) print("done", ok, err) end)`)
		c.advance(2 * time.Second)
	}
	if got := len(w.with("done")); got != 0 {
		t.Errorf("%d writes have an outcome without a master", got)
	}
	if got := c.says(w, `print(s:get "n", s:get "old")`); got != "1\t1" {
		t.Errorf("a clone without master has %s", got)
	}
	restart(t, m)
	c.advance(30 * time.Second)
	c.all(all, `print(s:get "n", s:get "old")`, "21\t1")
	for _, name := range []string{"worker-1", "worker-2"} {
		if got := all[name].with("done"); len(got) != 10 || got[0] != "true\tnil" || got[9] != "true\tnil" {
			t.Errorf("%s: outcomes %q", name, got)
		}
	}
	// The same in the middle of writing, again and again.
	for range 5 {
		for _, name := range []string{"worker-1", "worker-2"} {
			all[name].do(`for i = 1, 50 do s:increment("m", 1) end`)
		}
		if err := c.Advance(3 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		m.Crash()
		c.advance(time.Second)
		restart(t, m)
		c.advance(15 * time.Second)
	}
	c.all(all, `print(s:get "m", s:size())`, "500\t3")
	silent(t, all)
}

// TestCreateStoreParted: a worker that is cut off answers from its copy until it is stale, and then not; afterwards it has all
// that it has missed, and what it has written is there.
func TestCreateStoreParted(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 23)
	all := c.startAll(layoutOf(t, 0, 0, 2), shared)
	w := all["worker-1"]
	all["worker-2"].do(`s:put("k", 1) s:put("gone", 1)`)
	c.advance(time.Second)
	if err := c.Partition([]string{"worker-1"}, []string{"manager"}); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	all["worker-2"].do(`s:put("k", 2) s:erase "gone" s:put("new", 1)`)
	if got := c.says(w, `print(s:get "k", s:get "gone", s:get "new")`); got != "1\t1\tnil" {
		t.Errorf("a clone that is cut off has %s", got)
	}
	c.advance(4 * time.Minute)
	w.do(`s:put("mine", 1):done(function(ok, err) print("done", ok, err and err.code) end)`)
	c.advance(15 * time.Second)
	if got := c.says(w, `print(s:get "k", (select(2, s:get "k")).code)`); got != "nil\tSTALE_DATA" {
		t.Errorf("a stale clone says %s", got)
	}
	c.Heal()
	c.advance(20 * time.Second)
	c.all(all, `print(s:get "k", s:get "gone", s:get "new", s:get "mine")`, "2\tnil\t1\t1")
	if got := w.with("done"); len(got) != 1 || got[0] != "true\tnil" {
		t.Errorf("what it wrote meanwhile: %q", got)
	}
	silent(t, all)
}

// TestCreateStoreLate: a worker that comes late gets the copy.
func TestCreateStoreLate(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 24)
	all := c.startAll(layoutOf(t, 0, 1, 2), shared)
	w := all["worker-2"]
	w.Crash()
	all["worker-1"].do(`for i = 1, 3000 do s:put(i, ("x"):rep(100)) end`)
	c.advance(15 * time.Second)
	restart(t, w)
	c.advance(5 * time.Second)
	if got := c.says(w, `local n = 0 for k, v in s:each() do n = n + #v end print(s:size(), n)`); got != "3000\t300000" {
		t.Errorf("the late one has %s (reported: %s)", got, w.Errors())
	}
	silent(t, all)
}

// TestCreateStoreElsewhere: options say which node has which master; what can't be is said.
func TestCreateStoreElsewhere(t *testing.T) {
	t.Parallel()
	with := func(t *testing.T, set ...string) (*cluster, map[string]*member) {
		c := newCluster(t, 25)
		l := layoutOf(t, 1, 2, 1)
		all := map[string]*member{}
		for _, n := range l.Nodes() {
			all[n.Name] = c.add(n.Name, shared+`on("node_init", function() print("other", cluster.create_store "other") end)`, func(o *node.Options) {
				o.Layout = l
				for _, text := range set {
					o.Set = append(o.Set, node.Setting{Assignment: text, From: "--set"})
				}
			})
		}
		c.start()
		c.advance(3 * time.Second)
		return c, all
	}
	c, all := with(t, `Cluster::stores={"s": "logger"}`, "Cluster::default_master_node=manager")
	if got := c.says(all["logger"], "print(s)"); got != "store s (master)" {
		t.Errorf("the logger has %s", got)
	}
	if got := all["manager"].with("other"); !slices.Equal(got, []string{"store other (master)"}) {
		t.Errorf("the manager has %q", got)
	}
	all["worker-1"].do(`s:put("k", 1)`)
	c.advance(time.Second)
	c.all(all, `print(s:get "k")`, "1")
	silent(t, all)

	for _, x := range []struct{ name, set, on, want string }{
		{"no such node", "Cluster::default_master_node=managre", "worker-1",
			`cluster.create_store: Cluster::default_master_node says that store "s" has its master on "managre", which the layout does not have (did you mean manager?)`},
		{"no such node for one", `Cluster::stores={"other": "x"}`, "worker-1", `Cluster::stores says that store "other" has its master on "x", which the layout does not have`},
		{"not linked", `Cluster::default_master_node=proxy-1`, "proxy-2", `says that store "s" has its master on proxy-1, with which proxy-2 is not linked: only the manager and loggers are with all`},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			_, all := with(t, x.set)
			if got := all[x.on].Errors(); !strings.Contains(got, x.want) {
				t.Errorf("reported %s, want %s", got, x.want)
			}
		})
	}
}
