package cluster

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"moonpeer/bindings"
	"moonpeer/net/peering"
	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

// eight is a cluster of a manager, a logger, two proxies and four workers, with Zeek's links: each dials those before it
// that are no workers.
func eight(b *testing.B, policy string) *sim.World {
	b.Helper()
	w, err := sim.New(sim.Options{Seed: 1, Delay: time.Millisecond, Jitter: time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	var servers []peering.Address
	for i, name := range []string{"logger", "manager", "proxy-1", "proxy-2", "worker-1", "worker-2", "worker-3", "worker-4"} {
		opts := node.Options{Name: name, Scripts: []string{policy}, Modules: bindings.Modules, Peer: servers}
		at := peering.Address{Transport: "quic", Host: name, Port: peering.DefaultPort}
		if i < 4 {
			opts.Listen = []peering.Address{at}
			servers = append(servers, at)
		}
		if _, err := w.Add(opts); err != nil {
			b.Fatal(err)
		}
	}
	w.Start()
	if err := w.Run(); err != nil {
		b.Fatal(err)
	}
	if n := len(w.Node("logger").Peers.Peers()); n != 7 {
		b.Fatalf("the logger has %d peers", n)
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
