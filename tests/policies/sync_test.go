package policies

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// shared is a policy with one shared set or map, EX::known; on_change is printed where it runs.
func shared(pattern, make string) string {
	return `
local EX = namespace "EX"
local told = function(what, k, v) print(what, k, v) end
local known = sync.` + pattern + `(EX:` + make + `)
` + runs
}

const (
	someSet   = `set("known", "addr", { create_expire = "1 day", on_change = told })`
	someMap   = `map("known", "addr, port", "count", { on_change = told })`
	known     = "EX::known"
	noProxies = `pool "zeek/cluster/pool/proxy" has no node in this layout`
)

func (w *world) prints(on, want string) {
	w.t.Helper()
	if got := strings.TrimSuffix(w.Node(on).Output(), "\n"); got != want {
		w.t.Errorf("%s printed %q, want %q", on, got, want)
	}
}

func TestSyncToManager(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("to_manager", someSet))
	if got := w.lua("worker-1", `print(known:add(addr "10.0.0.1", addr "10.0.0.2"), known:has(addr "10.0.0.1"), #known)`); got != "nil\tfalse\t0" {
		t.Errorf("a worker's add, has and length are %q", got)
	}
	w.lua("proxy-1", `known:add(addr "10.0.0.2", addr "10.0.0.3")`)
	w.lua("logger", `known:add(addr "10.0.0.4")`)
	if got := w.lua("manager", `print(known:add(addr "10.0.0.4"), known:add(addr "10.0.0.5"), known:remove(addr "10.0.0.9"))`); !strings.HasSuffix(got, "false\ttrue\tfalse") {
		t.Errorf("the manager's adds and its removal are %q", got)
	}
	w.want(known, map[string]string{"manager": "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5"})
	w.lua("worker-2", `print(known:remove(addr "10.0.0.2"))`)
	w.want(known, map[string]string{"manager": "10.0.0.1 10.0.0.3 10.0.0.4 10.0.0.5"})
	w.prints("worker-2", "nil")
	const changes = "new\t10.0.0.1\tnil\nnew\t10.0.0.2\tnil\nnew\t10.0.0.3\tnil\nnew\t10.0.0.4\tnil\nnew\t10.0.0.5\tnil\nfalse\ttrue\tfalse\nremoved\t10.0.0.2\tnil"
	w.prints("manager", changes)

	w.crash("manager")
	w.lua("worker-1", `known:add(addr "10.0.0.6")`)
	w.restart("manager")
	w.want(known, nil) // lost with it, and what came meanwhile, too
	w.lua("worker-1", `known:add(addr "10.0.0.7")`)
	w.want(known, map[string]string{"manager": "10.0.0.7"})
	w.advance(25 * time.Hour)
	w.want(known, nil)
	w.quiet()
}

func TestSyncToManagerMap(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("to_manager", someMap))
	const key = `tuple(addr "10.0.0.1", port "80/tcp")`
	for range 2 {
		w.lua("worker-1", `print(known:incr(`+key+`))`)
	}
	w.lua("worker-2", `known:incr(`+key+`, 40)`)
	w.lua("worker-3", `known:incr(`+key+`, -2)`)
	w.want(known, map[string]string{"manager": "[10.0.0.1, 80/tcp] = 40"})
	w.lua("worker-4", `print(known:set(`+key+`, 7), known:get(`+key+`, "default"))`)
	w.want(known, map[string]string{"manager": "[10.0.0.1, 80/tcp] = 7"})
	w.prints("worker-1", "nil\nnil")
	w.prints("worker-4", "nil\tdefault")
	w.lua("worker-4", `known:remove(`+key+`)`)
	w.want(known, nil)
	w.quiet()
}

func TestSyncSharded(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("sharded", someSet))
	w.lua("worker-1", `for i = 1, 10 do known:add(addr("10.0.0." .. i)) end print(#known)`)
	w.want(known, map[string]string{ // as scenario S34 has it
		"proxy-1": "10.0.0.1 10.0.0.2 10.0.0.6 10.0.0.7 10.0.0.9", "proxy-2": "10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.8 10.0.0.10",
	})
	w.lua("manager", `known:add(addr "10.0.0.1")`)
	w.lua("proxy-1", `known:add(addr "10.0.0.1")`) // its own
	w.lua("proxy-2", `known:remove(addr "10.0.0.8")`)
	w.lua("worker-3", `known:remove(addr "10.0.0.9")`)
	w.want(known, map[string]string{
		"proxy-1": "10.0.0.1 10.0.0.2 10.0.0.6 10.0.0.7", "proxy-2": "10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.10",
	})
	w.prints("worker-1", "0")

	w.crash("proxy-1") // its shard is lost, and its keys are the other one's
	w.lua("worker-1", `known:add(addr "10.0.0.1")`)
	w.want(known, map[string]string{"proxy-2": "10.0.0.1 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.10"})
	w.crash("proxy-2")
	w.lua("worker-1", `known:add(addr "10.0.0.2")`)
	w.want(known, map[string]string{"manager": "10.0.0.2"})
	w.restart("proxy-1", "proxy-2")
	w.lua("worker-1", `known:add(addr "10.0.0.2", addr "10.0.0.3")`)
	w.want(known, map[string]string{"manager": "10.0.0.2", "proxy-1": "10.0.0.2", "proxy-2": "10.0.0.3"})
	w.quiet("no node of the pool is up") // while nobody was linked with proxy-2 at the moment when it went
}

// TestSyncShardedKeys: also what can't choose a node as it is.
func TestSyncShardedKeys(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("sharded", someMap))
	w.lua("worker-1", `for i = 1, 100 do known:set(tuple(addr("10.0.0." .. i), port "80/tcp"), i) end`)
	a := len(strings.Split(w.elements("proxy-1", known), "] = "))
	b := len(strings.Split(w.elements("proxy-2", known), "] = "))
	if a+b != 102 || a < 30 || b < 30 {
		t.Errorf("the proxies have %d and %d of 100", a-1, b-1)
	}
	w.quiet()
}

// TestSyncWithoutProxies: the manager takes over, and each node says so once.
func TestSyncWithoutProxies(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]map[string]string{
		"sharded":    {"manager": "10.0.0.1 10.0.0.2"},
		"replicated": {"manager": "10.0.0.1 10.0.0.2", "worker-1": "10.0.0.1 10.0.0.2", "worker-2": "10.0.0.1 10.0.0.2"},
	} {
		w := start(t, 2, 0, shared(pattern, someSet))
		for _, n := range w.Nodes() {
			if n.Name() == "logger" && pattern == "replicated" {
				continue // it has no part in it
			}
			if got := strings.Count(n.Errors(), noProxies); got != 1 {
				t.Errorf("%s: %s: %d warnings, want one, before anything has changed: %s", pattern, n.Name(), got, n.Errors())
			}
		}
		w.lua("worker-1", `known:add(addr "10.0.0.1")`)
		w.lua("worker-2", `known:add(addr "10.0.0.2")`)
		w.want(known, want)
		for _, n := range w.Nodes() {
			if got := strings.Count(n.Errors(), noProxies); got > 1 {
				t.Errorf("%s: %s: %d warnings, want one", pattern, n.Name(), got)
			}
		}
		w.quiet(noProxies)
	}
}

// TestSyncStandalone: without a cluster it is an ordinary container.
func TestSyncStandalone(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"to_manager", "sharded", "replicated"} {
		w := standalone(t, shared(pattern, `set("known", "addr", { on_change = told })`))
		if got := w.lua("node", `print(known:add(addr "10.0.0.1"), known:has(addr "10.0.0.1"), known:remove(addr "10.0.0.1"), #known)`); got != "new\t10.0.0.1\tnil\nremoved\t10.0.0.1\tnil\ntrue\ttrue\ttrue\t0" {
			t.Errorf("%s: printed %q", pattern, got)
		}
		w.lua("node", `known:add(addr "10.0.0.1") known:clear()`)
		w.want(known, nil)
		w.quiet()
	}
}

// TestSyncMistakes: what is said of what can't be.
func TestSyncMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, late, want string }{
		{"no name", `sync.sharded(set "addr")`, "", "expected a set or map with a name, such as EX:set(…) makes, got set"},
		{"a vector", `sync.sharded(EX:vector("v", "addr"))`, "", "expected a set or map with a name"},
		{"another expiry", `sync.replicated(EX:set("s", "addr", { read_expire = "1 min" }))`, "",
			"sync.replicated: EX::s: it has read_expire or write_expire: nodes do not tell each other of reads"},
		{"two patterns", `sync.sharded(sync.to_manager(EX:set("s", "addr")))`, "", "sync.sharded: EX::s is kept by sync.to_manager already"},
		{"the same twice", `print(sync.sharded(sync.sharded(EX:set("s", "addr"))) == EX:set("s", "addr"))`, "", ""},
		{"too late", `local s = EX:set("s", "addr") on("node_init", function() sync.sharded(s) end)`, "",
			"sync.sharded: EX::s is shared in the body of a file, before node_init"},
		{"options later", `sync.sharded(EX:set("s", "addr")) EX:set("s", "addr", { create_expire = "1 min" })`, "",
			"EX::s is given options here, too late"},
		{"clear", ``, `known:clear()`, "EX::known:clear: its changes go one by one to other nodes"},
		{"ensure", `local m = sync.sharded(EX:map("m", "addr", "count")) on("node_init", function() m:ensure(addr "::1", function() return 1 end) end)`, "",
			"EX::m:ensure: its changes go one by one"},
		{"incr where sums can't be merged", `local m = sync.replicated(EX:map("m", "addr", "count")) on("node_init", function() m:incr(addr "::1") end)`, "",
			"EX::m: sums can't be merged, incr is for sync.to_manager and sync.sharded"},
		{"incr of text", `local m = sync.sharded(EX:map("m", "addr", "string")) on("node_init", function() m:incr(addr "::1") end)`, "",
			"EX::m: nothing can be added to values of type string"},
		{"a wrong kind", ``, `known:add("10.0.0.1")`, `bad argument #1 to 'EX::known:add' (expected addr, got string "10.0.0.1"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said := oneWorker(t, `
local EX = namespace "EX"
local known = sync.replicated(EX:set("known", "addr"))
`+tt.src+runs, tt.late)
			if (tt.want == "") != (said == "") || !strings.Contains(said, tt.want) {
				t.Errorf("said %q, want %q", said, tt.want)
			}
		})
	}
}

// oneWorker loads a policy on a worker that is alone, runs some Lua there, and returns what is wrong with it.
func oneWorker(t *testing.T, policy, code string) string {
	t.Helper()
	w := prepare(t, layout(t, 1, 1), policy)
	n, err := w.Add(w.opts("worker-1"))
	if err != nil {
		return err.Error()
	}
	w.Start()
	w.run()
	if code != "" {
		w.lua("worker-1", code)
	}
	return strings.TrimPrefix(n.Errors(), "ready\n")
}

// TestSyncReplicated: every worker, proxy and manager has all of it.
func TestSyncReplicated(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	if got := w.lua("worker-1", `print(known:add(addr "10.0.0.1"), known:has(addr "10.0.0.1"))`); got != "new\t10.0.0.1\tnil\ntrue\ttrue" {
		t.Errorf("a worker's add and has print %q: it is to be there at once", got)
	}
	everywhere := func(elements string) {
		t.Helper()
		want := everyWorker(elements)
		want["manager"], want["proxy-1"], want["proxy-2"] = elements, elements, elements
		w.want(known, want)
	}
	everywhere("10.0.0.1")
	for i, on := range []string{"worker-2", "proxy-1", "manager", "worker-3"} {
		w.lua(on, fmt.Sprintf(`known:add(addr "10.0.0.%d")`, i+2))
	}
	everywhere("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5")
	w.lua("worker-4", `print(known:remove(addr "10.0.0.1"), known:remove(addr "10.9.9.9"))`)
	everywhere("10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5")
	w.lua("worker-4", `known:add(addr "10.0.0.1") known:remove(addr "10.0.0.1") known:add(addr "10.0.0.1")`)
	everywhere("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5")

	before := w.Node("worker-1").Domain.Counters.Received
	w.lua("worker-1", `known:add(addr "10.0.0.2", addr "10.0.0.3")`) // nothing new: nobody is told
	if got := w.Node("worker-1").Domain.Counters.Received; got != before {
		t.Errorf("%d messages for what was there", got-before)
	}
	w.advance(24*time.Hour + time.Minute)
	everywhere("")
	w.quiet()
}
