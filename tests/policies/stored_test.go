package policies

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

// stored is a policy with a shared container called known, that prints what happens to it.
func stored(decl string) string {
	return "local known = sync.stored(namespace \"EX\":" + decl + ")\n" + runs
}

const storedMap = `map("known", "string", "count", { create_expire = "1 hour", on_change = function(what, k, v) print(what, k, v) end })`

// hold wants all nodes that run to hold the same.
func (w *world) hold(elements string) {
	w.t.Helper()
	for _, n := range w.Nodes() {
		if n.State() == sim.Running {
			if got := w.elements(n.Name(), "EX::known"); got != elements {
				w.t.Errorf("%s: EX::known is {%s}, want {%s}", n.Name(), got, elements)
			}
		}
	}
}

// some wants what some nodes hold.
func (w *world) some(want map[string]string) {
	w.t.Helper()
	for name, elements := range want {
		if got := w.elements(name, "EX::known"); got != elements {
			w.t.Errorf("%s: EX::known is {%s}, want {%s}", name, got, elements)
		}
	}
}

// TestStored: what any node does goes through the master; all copies follow, also those of who comes late, and on_change is
// called on each.
func TestStored(t *testing.T) {
	t.Parallel()
	w := eight(t, stored(storedMap))
	if got := w.lua("worker-1", `print(known:set("a", 1), known:get "a")`); got != "nil\tnil\nnew\ta\t1" {
		t.Errorf("worker-1 printed %q", got)
	}
	w.hold("[a] = 1")
	w.lua("manager", `known:set("b", 1)`)
	w.lua("worker-2", `known:remove "a" known:incr("b", 5)`)
	w.lua("worker-3", `known:incr("b", -2) known:incr "c"`)
	w.hold("[b] = 4 [c] = 1")
	for _, n := range w.Nodes() {
		want := []string{"new\ta\t1", "new\tb\t1", "removed\ta\t1", "changed\tb\t1", "changed\tb\t6", "new\tc\t1"}
		out := n.Output()
		for _, line := range want {
			if strings.Count(out, line+"\n") != 1 {
				t.Errorf("%s printed %q, want %q once", n.Name(), out, line)
			}
		}
	}
	for i := range 4 { // all at once: nothing is lost
		w.Node(fmt.Sprintf("worker-%d", i+1)).Domain.Raise(w.Node(fmt.Sprintf("worker-%d", i+1)).Domain.Event("T::run"), luaArgs(`for i = 1, 3000 do known:incr "n" end`))
	}
	w.advance(5 * time.Second)
	w.hold("[b] = 4 [c] = 1 [n] = 12000")
	w.crash("worker-1")
	before := len(w.Node("worker-1").Output())
	w.restart("worker-1")
	w.hold("[b] = 4 [c] = 1 [n] = 12000")
	if got := w.Node("worker-1").Output()[before:]; got != "" {
		t.Errorf("what was there is told: %q", got)
	}
	w.lua("worker-4", `known:set("d", 1)`)
	if got := w.Node("worker-1").Output()[before:]; got != "new\td\t1\n" {
		t.Errorf("after its restart it printed %q", got)
	}
	w.advance(time.Hour)
	w.hold("")
	for _, n := range w.Nodes() {
		if out := n.Output(); strings.Count(out, "expired\tb\t4") != 1 || strings.Contains(out, "removed\tb") {
			t.Errorf("%s: b ended as %q", n.Name(), out)
		}
	}
	w.quiet()
}

// TestStoredRestart: the content and what is left of its time survive the end of the manager, and of all nodes.
func TestStoredRestart(t *testing.T) {
	t.Parallel()
	w := eight(t, stored(storedMap))
	w.lua("worker-1", `known:set("a", 1)`)
	w.advance(30 * time.Minute)
	w.lua("worker-1", `known:set("b", 2)`)
	w.crash("manager")
	w.lua("worker-1", `known:set("c", 3)`)
	w.lua("worker-2", `known:incr "b"`)
	w.some(map[string]string{"worker-1": "[a] = 1 [b] = 2"})
	w.restart("manager")
	w.advance(10 * time.Second)
	w.hold("[a] = 1 [b] = 3 [c] = 3")
	var all []string
	for _, n := range w.Nodes() {
		all = append(all, n.Name())
	}
	w.crash(all...)
	w.restart(all...)
	w.advance(10 * time.Second)
	for _, n := range w.Nodes() {
		if got := w.elements(n.Name(), "EX::known"); len(strings.Fields(got)) != 9 {
			t.Errorf("%s has %s", n.Name(), got)
		}
	}
	w.advance(30 * time.Minute)
	for _, n := range w.Nodes() {
		if got := w.elements(n.Name(), "EX::known"); strings.Contains(got, "[a]") || len(strings.Fields(got)) != 6 {
			t.Errorf("after a's time %s has %s", n.Name(), got)
		}
	}
	w.quiet("cluster.send")
}

// TestStoredSet: elements that are added again live from when they were first there, or from the last time, as the set says.
func TestStoredSet(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		expire string
		there  bool
	}{{"create_expire", false}, {"write_expire", true}} {
		t.Run(x.expire, func(t *testing.T) {
			t.Parallel()
			w := eight(t, stored(`set("known", "addr, port", { `+x.expire+` = "1 hour" })`))
			add := `known:add(tuple(addr "10.0.0.1", port "80/tcp"))`
			w.lua("worker-1", add)
			w.hold("[10.0.0.1, 80/tcp]")
			w.advance(40 * time.Minute)
			w.lua("worker-2", add)
			w.advance(40 * time.Minute)
			want := ""
			if x.there {
				want = "[10.0.0.1, 80/tcp]"
			}
			w.hold(want)
			w.lua("worker-3", `known:remove(tuple(addr "10.0.0.1", port "80/tcp")) `+add)
			w.hold("[10.0.0.1, 80/tcp]")
			w.quiet()
		})
	}
}

// TestStoredReload: the container goes on following, and the new code hears of changes; one that is no more shared is an ordinary one.
func TestStoredReload(t *testing.T) {
	t.Parallel()
	policy := stored(storedMap)
	w := eight(t, policy)
	w.lua("worker-1", `known:set("a", 1)`)
	w.Node("worker-2").Domain.Raise(w.Node("worker-2").Domain.Event("T::run"), luaArgs(`for i = 1, 100 do known:incr "n" end`))
	w.reload(strings.ReplaceAll(policy, "print(what, k, v)", `print("new code", what, k, v)`)+"known:set(\"body\", 1)\n", "worker-2", "worker-1")
	w.lua("worker-3", `known:set("b", 2)`)
	w.hold("[a] = 1 [b] = 2 [body] = 1 [n] = 100")
	for _, name := range []string{"worker-1", "worker-2"} {
		if got := w.Node(name).Output(); strings.Count(got, "new code\tnew\tb\t2") != 1 || strings.Contains(got, "new code\tnew\ta") {
			t.Errorf("%s printed %q", name, got)
		}
	}
	w.reload("local known = namespace \"EX\":map(\"known\", \"string\", \"count\")\n"+runs, "worker-1")
	w.lua("worker-1", `known:set("c", 3)`)
	w.lua("worker-2", `known:set("d", 4)`)
	w.some(map[string]string{"worker-1": "[a] = 1 [b] = 2 [body] = 1 [c] = 3 [n] = 100", "worker-2": "[a] = 1 [b] = 2 [body] = 1 [d] = 4 [n] = 100"})
	w.reload(policy, "worker-1")
	w.lua("worker-2", `known:remove "d"`)
	w.hold("[a] = 1 [b] = 2 [body] = 1 [n] = 100")
	w.quiet()
}

// TestStoredAlone: a node of no cluster changes its container at once, and keeps it.
func TestStoredAlone(t *testing.T) {
	t.Parallel()
	w := standalone(t, stored(storedMap))
	if got := w.lua("node", `known:set("a", 1) print(known:incr("a", 4), known:get "a")`); got != "new\ta\t1\nchanged\ta\t1\n5\t5" {
		t.Errorf("printed %q", got)
	}
	w.advance(40 * time.Minute)
	w.lua("node", `known:set("b", 1) known:set("gone", 1) known:remove "gone"`)
	w.advance(time.Second)
	w.Node("node").Crash()
	before := len(w.Node("node").Output())
	w.restart("node")
	w.hold("[a] = 5 [b] = 1")
	w.advance(20 * time.Minute)
	w.hold("[b] = 1")
	if got := w.Node("node").Output()[before:]; got != "expired\ta\t5\n" {
		t.Errorf("after the restart it printed %q", got)
	}
	w.Node("node").Stop()
	w.run()
	w.restart("node")
	w.hold("[b] = 1")
	w.quiet()
}

// TestStoredEnd: a node that ends writes what its containers have, however much, and says what it can't.
func TestStoredEnd(t *testing.T) {
	t.Parallel()
	w := standalone(t, `
local known = namespace "EX":set("known", "count")
store.bind(known)
on("node_done", function() for i = 1, 30000 do known:add(i) end end)
`+runs)
	w.Node("node").Stop()
	w.run()
	w.restart("node")
	if got := w.lua("node", "print(#known)"); got != "30000" {
		t.Errorf("%s entries are there after the restart", got)
	}
	w.quiet()

	c := eight(t, stored(`set("known", "count")`))
	c.crash("manager")
	c.Node("worker-1").Domain.Raise(c.Node("worker-1").Domain.Event("T::run"), luaArgs("known:add(1)"))
	c.run()
	c.Node("worker-1").Stop()
	c.advance(10 * time.Second)
	if got := c.Node("worker-1").Errors(); !strings.Contains(got, "1 changes of containers have not been written to their stores and are lost") {
		t.Errorf("reported %s", got)
	}
}

// TestBound: store.bind keeps each node's own container; one that is put into a clone is shared.
func TestBound(t *testing.T) {
	t.Parallel()
	w := eight(t, `
local known = namespace "EX":set("known", "count")
local all = namespace "EX":map("all", "string", "count", { write_expire = "1 hour" })
store.bind(known)
local function open() store.bind(all, { store = cluster.create_store("all", { persistent = true }) }) end
on("node_init", open)
on("node_reloaded", open)
namespace "T":event("all", "k: string, n: count"):on(function(k, n) all:set(k, n) end)
`+runs)
	for i := range 4 {
		w.lua(fmt.Sprintf("worker-%d", i+1), fmt.Sprintf("known:add(%d)", i))
	}
	w.lua("worker-1", `event.raise("T::all", "a", 1)`)
	w.lua("worker-2", `event.raise("T::all", "b", 2)`)
	var names []string
	for _, n := range w.Nodes() {
		names = append(names, n.Name())
		if got := w.elements(n.Name(), "EX::all"); got != "[a] = 1 [b] = 2" {
			t.Errorf("%s has %s", n.Name(), got)
		}
	}
	// Of changes at once all nodes have the same in the end.
	for i := range 4 {
		w.Node(fmt.Sprintf("worker-%d", i+1)).Domain.Raise(w.Node(fmt.Sprintf("worker-%d", i+1)).Domain.Event("T::run"),
			luaArgs(fmt.Sprintf(`for i = 1, 100 do event.raise("T::all", "x" .. i, %d) end`, i)))
	}
	w.advance(2 * time.Second)
	want := w.elements("manager", "EX::all")
	for _, name := range names {
		if got := w.elements(name, "EX::all"); got != want {
			t.Errorf("%s has\n%s, the manager\n%s", name, got, want)
		}
	}
	w.crash(names...)
	w.restart(names...)
	w.advance(5 * time.Second)
	for i := range 4 {
		if got := w.elements(fmt.Sprintf("worker-%d", i+1), "EX::known"); got != fmt.Sprint(i) {
			t.Errorf("worker-%d has %s", i+1, got)
		}
		if got := w.elements(fmt.Sprintf("worker-%d", i+1), "EX::all"); got != want {
			t.Errorf("worker-%d has\n%s\nwant\n%s", i+1, got, want)
		}
	}
	w.quiet("cluster.send")
}

func TestStoredErrors(t *testing.T) {
	t.Parallel()
	w := standalone(t, `
local EX = namespace "EX"
local function says(...) print((select(2, pcall(sync.stored, ...)))) end
says(EX:set("a", "addr", { max_size = 5, read_expire = "1 day" }))
says(EX:set("b", "addr"), { persist = true })
says(EX:set("b", "addr"), { persistent = 1 })
says(EX:map("c", "addr", "vector of addr"))
local d = sync.stored(EX:set("d", "addr"))
print(sync.stored(d) == d)
says(sync.stored, d, 1)
print((select(2, pcall(sync.to_manager, d))))
print((select(2, pcall(store.bind, d))))
`)
	out := w.Node("node").Output()
	for _, part := range []string{
		"sync.stored: EX::a: it has read_expire", `sync.stored: EX::b: unknown option "persist" (there is only persistent)`,
		"sync.stored: EX::b: persistent: expected a boolean, got number", "sync.stored: EX::c: its values are of type vector of addr", "true\n",
		"sync.to_manager: EX::d is kept by sync.stored already",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("printed %s\nwant %s", out, part)
		}
	}
	e := eight(t, "local ok, err = pcall(sync.stored, namespace \"EX\":set(\"a\", \"addr\", { max_size = 5 })) print(err)\n")
	if got := e.Node("worker-1").Output(); !strings.Contains(got, "sync.stored: EX::a: it has max_size") {
		t.Errorf("printed %s", got)
	}
}

// TestStoredRandom: whatever happens to nodes and links, in the end all copies are what the master's store is, whichever way
// round they are kept.
func TestStoredRandom(t *testing.T) {
	t.Parallel()
	const bound = `
local known = namespace "EX":map("known", "string", "count", { write_expire = "10 min" })
local function open() store.bind(known, { store = cluster.create_store("___sync_store_EX::known", { persistent = true }) }) end
on("node_init", open)
on("node_reloaded", open)
` + runs
	for name, policy := range map[string]string{"follows": stored(`map("known", "string", "count", { write_expire = "10 min" })`), "leads": bound} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				storedRandom(t, policy, seed)
			}
		})
	}
}

func storedRandom(t *testing.T, policy string, seed uint64) {
	w := eight(t, policy)
	defer w.Close()
	r := rand.New(rand.NewPCG(seed, 11))
	var names []string
	for _, n := range w.Nodes() {
		names = append(names, n.Name())
	}
	for range 60 {
		for range r.IntN(30) {
			n := w.Node(names[r.IntN(len(names))])
			if n.State() == sim.Running {
				k := string(rune('a' + r.IntN(20)))
				code := []string{`known:set("%s", %d)`, `known:remove("%s", %d)`, `known:incr("%s", %d)`}[r.IntN(3)]
				n.Domain.Raise(n.Domain.Event("T::run"), luaArgs(fmt.Sprintf(code, k, r.IntN(100))))
			}
		}
		name := names[r.IntN(len(names))]
		switch n := w.Node(name); r.IntN(12) {
		case 0:
			n.Crash()
		case 1:
			if other := names[r.IntN(len(names))]; other != name {
				if err := w.Partition([]string{name}, []string{other}); err != nil {
					t.Fatal(err)
				}
			}
		case 2:
			w.Heal()
		case 3:
			if n.State() == sim.Running && w.file != "" {
				n.Reload(node.ReloadOptions{}, func(node.ReloadReport, error) {})
			}
		}
		w.advance(time.Duration(r.IntN(4000)) * time.Millisecond)
		if n := w.Node(names[r.IntN(len(names))]); n.State() == sim.Crashed {
			if err := n.Restart(); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Heal()
	for _, name := range names {
		if w.Node(name).State() == sim.Crashed {
			if err := w.Node(name).Restart(); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.advance(time.Minute)
	want := w.lua("manager", `local all = {} for k, v in store.find("___sync_store_EX::known"):each() do all[#all + 1] = ("[%s] = %d"):format(k, v) end table.sort(all) print(table.concat(all, " "))`)
	if want == "" {
		t.Errorf("seed %d: there is nothing", seed)
	}
	for _, name := range names {
		if got := w.elements(name, "EX::known"); got != want {
			t.Errorf("seed %d: %s has\n%s\nthe store\n%s", seed, name, got, want)
		}
	}
	w.advance(11 * time.Minute)
	for _, name := range names {
		if got := w.elements(name, "EX::known"); got != "" {
			t.Errorf("seed %d: %s has %s when all is over", seed, name, got)
		}
	}
}
