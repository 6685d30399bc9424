// Package policies tests the bundled policies and libraries in simulated clusters.
package policies

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings"
	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/policies"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

// server is whose clients the known_clients policies are to remember.
const server = "93.184.216.34"

// world is a simulated cluster.
type world struct {
	*sim.World
	t      testing.TB
	layout *cluster.Layout
	file   string // of a policy that is Lua
	opts   func(name string) node.Options
}

// eight is the cluster of the scenarios: logger, manager, two proxies, four workers, all with one policy, up and running.
// policy is a bundled one's name, or Lua.
func eight(t testing.TB, policy string, set ...string) *world { return start(t, 4, 2, policy, set...) }

func start(t testing.TB, workers, proxies int, policy string, set ...string) *world {
	t.Helper()
	w := prepare(t, layout(t, workers, proxies), policy, set...)
	for _, n := range w.layout.Nodes() {
		w.add(n.Name)
	}
	w.Start()
	w.advance(5 * time.Second)
	for _, n := range w.Nodes() {
		if !n.Cluster.Started() {
			t.Fatalf("%s does not know that the cluster has started: %s", n.Name(), n.Errors())
		}
	}
	return w
}

// prepare returns a world without nodes. Without a layout they are to be on their own.
func prepare(t testing.TB, l *cluster.Layout, policy string, set ...string) *world {
	t.Helper()
	file := ""
	if strings.Contains(policy, "\n") {
		file = filepath.Join(t.TempDir(), "policy.lua")
		if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
			t.Fatal(err)
		}
		policy = file
	}
	s, err := sim.New(sim.Options{Seed: 7, Delay: time.Millisecond, Jitter: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	w := &world{World: s, t: t, layout: l, file: file}
	w.opts = func(name string) node.Options {
		o := node.Options{Name: name, Layout: l, Scripts: []string{policy}, Bundled: policies.FS, Modules: bindings.Modules}
		for _, text := range set {
			o.Set = append(o.Set, node.Setting{Assignment: text, From: "--set"})
		}
		return o
	}
	return w
}

// standalone is a node of no cluster.
func standalone(t testing.TB, policy string, set ...string) *world {
	t.Helper()
	w := prepare(t, nil, policy, set...)
	w.add("node")
	w.Start()
	w.run()
	return w
}

func layout(t testing.TB, workers, proxies int) *cluster.Layout {
	t.Helper()
	var nodes []cluster.Node
	for _, g := range []struct {
		role  cluster.Role
		count int
	}{{cluster.Logger, 1}, {cluster.Manager, 1}, {cluster.Proxy, proxies}, {cluster.Worker, workers}} {
		for _, name := range cluster.Names(g.role, g.count) {
			nodes = append(nodes, cluster.Node{Name: name, Role: g.role, Host: name, Port: peering.DefaultPort})
		}
	}
	l, err := cluster.NewLayout(nodes)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (w *world) add(name string) {
	w.t.Helper()
	if _, err := w.Add(w.opts(name)); err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
}

// run runs until nothing is on its way.
func (w *world) run() {
	w.t.Helper()
	if err := w.Run(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) advance(d time.Duration) {
	w.t.Helper()
	if err := w.Advance(d); err != nil {
		w.t.Fatal(err)
	}
}

// restart brings crashed nodes back.
func (w *world) restart(names ...string) {
	w.t.Helper()
	for _, name := range names {
		if err := w.Node(name).Restart(); err != nil {
			w.t.Fatal(err)
		}
	}
	w.advance(5 * time.Second)
}

// crash ends nodes and waits until all others have noticed.
func (w *world) crash(names ...string) {
	w.t.Helper()
	for _, name := range names {
		w.Node(name).Crash()
	}
	w.advance(15 * time.Second)
}

// conn is a connection that a capture would have.
type conn struct {
	orig, resp string
	p          uint16
	proto      broker.Proto
}

// connect has a node see a connection, without waiting for what comes of it.
func (w *world) connect(on, event string, c conn) {
	w.t.Helper()
	at := func(host string, p uint16) (broker.Address, broker.Port) {
		a, err := broker.ParseAddress(host)
		if err != nil {
			w.t.Fatal(err)
		}
		return a, broker.Port{Number: p, Proto: c.proto}
	}
	f := &flow.Conn{Proto: c.proto}
	f.Orig.State = flow.TCPSynSent // an attempt, for who asks what became of it
	f.ID.OrigH, f.ID.OrigP = at(c.orig, 40000)
	f.ID.RespH, f.ID.RespP = at(c.resp, c.p)
	d := w.Node(on).Domain
	d.RaiseGo(d.Event(event), f)
}

// elements is what a set or map on a node holds, as --print has it, in one line.
func (w *world) elements(on, id string) string {
	w.t.Helper()
	text, ok := w.Node(on).Prints(nil, id, false)
	if !ok {
		w.t.Fatalf("%s has no %s", on, id)
	}
	text = []byte(strings.TrimSuffix(strings.TrimPrefix(string(text), id+" = {\n"), "\n}\n"))
	return strings.ReplaceAll(string(text), ",\n", " ")
}

// want compares what nodes hold; those that are not named and run hold nothing.
func (w *world) want(id string, want map[string]string) {
	w.t.Helper()
	for _, n := range w.Nodes() {
		if n.State() != sim.Running {
			continue
		}
		if got := w.elements(n.Name(), id); got != want[n.Name()] {
			w.t.Errorf("%s: %s is {%s}, want {%s}", n.Name(), id, got, want[n.Name()])
		}
	}
}

// everyWorker is what want takes for the same on all four workers.
func everyWorker(elements string) map[string]string {
	want := map[string]string{}
	for i := 1; i <= 4; i++ {
		want[fmt.Sprintf("worker-%d", i)] = elements
	}
	return want
}

// runs is Lua that lets a test run more of it: the policy's local called known is an argument.
const runs = `
namespace "T":event("run", "code: string"):on(function(code)
  assert(loadstring("local known = ...\n" .. code))(known)
end)
`

// lua runs Lua on a node, whose policy ends with runs, and waits for what comes of it. It returns what was printed.
func (w *world) lua(on, code string) string {
	w.t.Helper()
	n := w.Node(on)
	before := len(n.Output())
	n.Domain.Raise(n.Domain.Event("T::run"), luaArgs(code))
	w.run()
	return strings.TrimSuffix(n.Output()[before:], "\n")
}

func luaArgs(code string) []lua.LValue { return []lua.LValue{lua.LString(code)} }

// quiet fails for what nodes have reported, but for lines that have one of some parts.
func (w *world) quiet(allowed ...string) {
	w.t.Helper()
	for _, n := range w.Nodes() {
		for line := range strings.SplitSeq(n.Errors(), "\n") {
			if line != "" && line != "ready" && !slices.ContainsFunc(allowed, func(part string) bool { return strings.Contains(line, part) }) {
				w.t.Errorf("%s reported: %s", n.Name(), line)
			}
		}
	}
}
