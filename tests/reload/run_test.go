package reload

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings"
	"moonpeer/net/step"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// reloader gives scripts the function reload(), which only asks for it.
type reloader struct {
	n    *node.Node
	done func(node.ReloadReport, error)
}

func (m reloader) Open(d *script.Domain) error {
	d.SetGlobal("reload", d.VM.NewFunction("reload", func(*lua.LState) int {
		m.n.Reload(node.ReloadOptions{}, m.done)
		return 0
	}))
	return nil
}

func withReload(done func(node.ReloadReport, error)) func(*node.Options) {
	return func(o *node.Options) {
		o.Modules = func(n *node.Node) []script.Module { return append(bindings.Modules(n), reloader{n, done}) }
	}
}

// TestCapture reloads in the middle of a replay: no connection is lost or seen twice, and those under way are the same
// records with what scripts have noted.
func TestCapture(t *testing.T) {
	const policy = `
local EX = namespace "EX"
local begun, over, kept = EX:var("begun", "count", 0), EX:var("over", "count", 0), EX:var("kept", "count", 0)
on("new_connection", function(c)
  begun:set(begun:get() + 1)
  c.number, c.from, c.object = begun:get(), c.id.orig_h, on
  if begun:get() % 5 == 0 then reload() end
end)
on("connection_state_remove", function(c)
  over:set(over:get() + 1)
  if c.number and c.from == c.id.orig_h and c.number <= begun:get() then kept:set(kept:get() + 1) end
end)
on("node_reloaded", function() print "reloaded" end)
on("node_done", function() print(begun:get(), over:get(), kept:get()) end)`
	r := newWorld(t)
	reloads := 0
	n := r.add("a", policy, withReload(func(_ node.ReloadReport, err error) {
		if reloads++; err != nil {
			t.Error(err)
		}
	}), func(o *node.Options) {
		o.Inputs.Pcap = []string{filepath.Join("..", "..", "policies", "testdata", "small.pcap")}
	})
	if err := n.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.expect("reloaded|reloaded|reloaded|17\t17\t17")
	if reloads != 3 {
		t.Errorf("%d reloads", reloads)
	}
}

// TestForgottenConnections: connections that are not looked at again keep no VM alive.
func TestForgottenConnections(t *testing.T) {
	const policy = `
local ballast = {}
for i = 1, 30000 do ballast[i] = { i } end
on("new_connection", function(c) c.mine = function() return #ballast end reload() end)
on("connection_state_remove", function() measure() end)`
	r := newWorld(t)
	var most uint64
	n := r.add("a", policy, func(o *node.Options) {
		o.Inputs.Pcap = []string{filepath.Join("..", "..", "policies", "testdata", "small.pcap")}
		o.Modules = func(n *node.Node) []script.Module {
			return append(bindings.Modules(n), reloader{n, nil}, measurer{&most})
		}
	})
	if err := n.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most > 40<<20 {
		t.Errorf("%d MB in use, as if old VMs were still there", most>>20)
	}
}

// measurer gives scripts the function measure(), which notes how much memory is in use.
type measurer struct{ most *uint64 }

func (m measurer) Open(d *script.Domain) error {
	d.SetGlobal("measure", d.VM.NewFunction("measure", func(*lua.LState) int {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		*m.most = max(*m.most, stats.HeapAlloc)
		return 0
	}))
	return nil
}

// TestWatchdog: the VM that is watched is the one that runs, also while files are loaded, and in the end none is.
func TestWatchdog(t *testing.T) {
	var watched []*luavm.VM
	var atDone []*luavm.VM
	var n *node.Node
	w := newWorld(t)
	r := &run{world: w, name: "a", file: filepath.Join(t.TempDir(), "p.lua")}
	const policy = `
local rounds = namespace "EX":var("rounds", "count", 0)
local function again()
  rounds:set(rounds:get() + 1)
  if rounds:get() == 4 then node.terminate() else reload() end
end
on("node_init", again) on("node_reloaded", again) on("Input::failed", again)
if rounds:get() == 2 then error("not this time") end`
	r.write(policy)
	opts := node.Options{Scripts: []string{r.file}, Stdout: &r.out, Stderr: &r.errs}
	var outcomes []error
	withReload(func(_ node.ReloadReport, err error) {
		atDone = append(atDone, n.Domain.VM)
		outcomes = append(outcomes, err)
		if len(watched) != 1 || watched[0] != n.Domain.VM {
			t.Errorf("%d VMs are watched after reload %d", len(watched), len(outcomes))
		}
		if err != nil {
			n.Domain.Raise(n.Domain.Event("Input::failed"), nil)
		}
	})(&opts)
	sys := r.system()
	sys.Watch = func(vm *luavm.VM, _ int) func() {
		watched = append(watched, vm)
		return func() { watched = watched[:len(watched)-1] }
	}
	sys.Now = func() step.Time { r.now++; return r.now }
	var err error
	if n, err = node.New(opts, sys); err != nil {
		t.Fatal(err)
	}
	r.Node = n
	if err := n.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(watched) != 0 {
		t.Errorf("%d VMs are still watched", len(watched))
	}
	if len(outcomes) != 3 || outcomes[0] != nil || outcomes[1] == nil || outcomes[2] != nil || atDone[0] != atDone[1] || atDone[1] == atDone[2] {
		t.Errorf("outcomes %v", outcomes)
	}
}

// TestEnding: a reload that waits is told that the node ends.
func TestEnding(t *testing.T) {
	var outcome error
	w := newWorld(t)
	r := w.add("a", `
local e = namespace "E":event("e", "")
local n = 0
e:on(function() n = n + 1 e:raise() if n == 100 then reload() elseif n == 5000 then node.terminate() elseif n > 6000 then e = nil end end)
on("Input::begin", function() e:raise() end)`, withReload(func(_ node.ReloadReport, err error) { outcome = err }))
	r.Domain.Raise(r.Domain.Event("Input::begin"), nil)
	if err := r.Run(t.Context()); err != nil && !errors.Is(err, node.ErrScripts) {
		t.Fatal(err)
	}
	if !errors.Is(outcome, node.ErrEnding) {
		t.Errorf("outcome %v", outcome)
	}
}

// TestReportsGoOn: what reporters may write is not more after a reload, and counters go on.
func TestReportsGoOn(t *testing.T) {
	const policy = `on("Input::say", function() for i = 1, 15 do reporter.warning("line " .. i) end end)`
	r := start(t, policy)
	r.raise("Input::say")
	r.must(policy)
	r.raise("Input::say")
	if n := strings.Count(r.errs.String(), "line "); n != 20 {
		t.Errorf("%d lines were written, want 20", n)
	}
	if c := r.Domain.Counters; c.Dispatched < 2 || c.Raised < 2 || r.Domain.Event("Input::say").Handled != 2 {
		t.Errorf("counters %+v", c)
	}
}

// TestPresets: --set is for the new code as for the old, and has a say about a name that is gone.
func TestPresets(t *testing.T) {
	const policy = `
local o = namespace "EX":option("o", "count", 1)
on("Input::ask", function() print(o:get()) end)`
	r := start(t, policy, func(o *node.Options) {
		o.Set = []node.Setting{{Assignment: "EX::o=5", From: "--set"}}
	})
	r.must(policy)
	r.raise("Input::ask")
	r.expect("5")
	if _, err := r.reload("", false); err == nil || !strings.Contains(err.Error(), `no loaded script declares an option "EX::o"`) {
		t.Errorf("error %v", err)
	}
	r.raise("Input::ask")
	r.expect("5")
}

// TestAsked: who asks from outside is answered by the new code, and the debug log shows its events.
func TestAsked(t *testing.T) {
	const policy = `
local EX = namespace "EX"
EX:option("o", "count", 1, { doc = "VERSION" }) EX:var("v", "string", "VERSION")
on("Input::e", function() end)`
	r := start(t, strings.ReplaceAll(policy, "VERSION", "one"), func(o *node.Options) { o.Debug = []string{"events"} })
	r.must(strings.ReplaceAll(policy, "VERSION", "two"))
	if got := r.Config.Options(); len(got) != 1 || got[0].Doc != "two" {
		t.Errorf("options %+v", got)
	}
	if got := r.Eval(`return EX`); got.Error == "" || !strings.Contains(got.Error, "EX") {
		t.Errorf("eval: %+v", got)
	}
	if text, ok := r.Prints(nil, "EX::v", false); !ok || string(text) != "EX::v = one\n" {
		t.Errorf("printed %q", text)
	}
	r.errs.Reset()
	r.raise("Input::e")
	if got := r.errs.String(); !strings.Contains(got, "Process event: Input::e()") {
		t.Errorf("the debug log has %q", got)
	}
	if _, err := r.SetDebug("-events"); err != nil {
		t.Fatal(err)
	}
	r.errs.Reset()
	r.raise("Input::e")
	r.quiet()
}

// TestPools: a body registers the pools that it had; others come with a restart.
func TestPools(t *testing.T) {
	const policy = `local p = cluster.register_pool { topic = "p", node_type = cluster.WORKER } on("Input::ask", function() print(#p:nodes()) end)`
	r := start(t, policy)
	r.must(policy)
	r.raise("Input::ask")
	r.expect("0")
	for _, other := range []string{strings.Replace(policy, `"p"`, `"q"`, 1), strings.Replace(policy, "WORKER", "PROXY", 1)} {
		if _, err := r.reload(other, false); err == nil || !strings.Contains(err.Error(), "p.lua:1: pool ") {
			t.Errorf("error %v", err)
		}
	}
	r.must(policy)
}
