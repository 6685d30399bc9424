package cluster

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"moonpeer/bindings"
	layouts "moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

// eight is a cluster of a manager, a logger, two proxies and four workers, started.
func eight(b *testing.B, policy string) *sim.World {
	b.Helper()
	w, err := sim.New(sim.Options{Seed: 1, Delay: time.Millisecond, Jitter: time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	var nodes []layouts.Node
	for _, role := range []struct {
		layouts.Role
		n int
	}{{layouts.Logger, 1}, {layouts.Manager, 1}, {layouts.Proxy, 2}, {layouts.Worker, 4}} {
		for _, name := range layouts.Names(role.Role, role.n) {
			nodes = append(nodes, layouts.Node{Name: name, Role: role.Role, Host: "127.0.0.1", Port: 10_000 + len(nodes)})
		}
	}
	layout, err := layouts.NewLayout(nodes)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range nodes {
		opts := node.Options{Name: n.Name, Scripts: []string{policy}, Modules: bindings.Modules, Layout: layout}
		if _, err := w.Add(opts); err != nil {
			b.Fatal(err)
		}
	}
	w.Start()
	if err := w.Run(); err != nil {
		b.Fatal(err)
	}
	for _, n := range w.Nodes() {
		if !n.Cluster.Started() {
			b.Fatalf("%s waits for %v", n.Name(), n.Cluster.Missing())
		}
	}
	return w
}

func BenchmarkEightNodes(b *testing.B) {
	policy := filepath.Join(b.TempDir(), "policy.lua")
	text := `
local seen = namespace "EX":set("seen", "addr", { write_expire = "1 hour" })
broker.subscribe "ex/"
namespace "EX":event("found", "a: addr"):on(function(a) seen:add(a) end)`
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			eight(b, policy).Close()
		}
	})
	b.Run("idle day", func(b *testing.B) {
		const day = 24 * time.Hour
		w := eight(b, policy)
		for b.Loop() {
			if err := w.Advance(day); err != nil {
				b.Fatal(err)
			}
			if w.Now() > 100*365*day { // time ends after 292 years
				b.StopTimer()
				w.Close()
				w = eight(b, policy)
				b.StartTimer()
			}
		}
		w.Close()
	})
}
