package policies

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkClusterStart is what a test of a cluster waits for before its first line: eight nodes are loaded and linked, and
// all know that the cluster has started.
func BenchmarkClusterStart(b *testing.B) {
	l := layout(b, 4, 2)
	for _, policy := range []string{"known_clients", "known_hosts"} { // of 22 lines, and with libraries of 600
		b.Run(policy, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := prepare(b, l, policy)
				for _, n := range l.Nodes() {
					w.add(n.Name)
				}
				w.Start()
				w.untilStarted()
				w.Close()
			}
		})
	}
}

// untilStarted advances the clock until every node knows that the cluster has started.
func (w *world) untilStarted() {
	w.t.Helper()
	for range 1000 {
		all := true
		for _, n := range w.Nodes() {
			all = all && n.Cluster.Started()
		}
		if all {
			return
		}
		w.advance(10 * time.Millisecond)
	}
	w.t.Fatal("the cluster does not start")
}

// perDay are the events of a simulated day, each of which a worker publishes and the manager handles.
const perDay = 100_000

// ticking has each of four workers publish its share of them.
const ticking = `
local EX = namespace "EX"
local seen = EX:set("seen", "count", { create_expire = "1 hour" })
local found = EX:event("found", "n: count")
local n = 0
found:on(function(n) seen:add(n) end)
on("node_init", function()
  if not node.name:find "worker" then return end
  timer.every(4 * 86400 / 100000, function()
    n = n + 1
    broker.publish(cluster.manager_topic, found, n)
  end)
end)
`

// BenchmarkClusterDay is a day of eight nodes: in one call, with timers; and in one step per event that a test raises.
func BenchmarkClusterDay(b *testing.B) {
	b.Run("timers", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			w := eight(b, ticking)
			b.StartTimer()
			w.advance(24 * time.Hour)
			if got := w.Node("manager").Domain.Lookup("EX::found").Handled; got < perDay {
				b.Fatalf("the manager has handled %d events", got)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/perDay, "ns/event")
	})
	b.Run("steps", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			w := eight(b, "known_clients")
			b.StartTimer()
			for i := range perDay {
				on := fmt.Sprintf("worker-%d", 1+i%4)
				w.connect(on, "connection_established", conn{fmt.Sprintf("10.0.%d.%d", i>>8&255, i&255), server, 80, 0})
				w.advance(24 * time.Hour / perDay)
			}
			if got := w.Node("manager").Domain.Lookup("EX::add_client").Handled; got != perDay {
				b.Fatalf("the manager has handled %d events", got)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/perDay, "ns/event")
	})
}

// BenchmarkClusterIdle is an idle day of eight nodes, which nothing should happen in. A cluster has a century of them: a few
// centuries more, and its clock would be at the end of time.
func BenchmarkClusterIdle(b *testing.B) {
	const century = 36_500
	var w *world
	for days := 0; b.Loop(); days++ {
		if days%century == 0 {
			b.StopTimer()
			w = eight(b, "known_clients")
			b.StartTimer()
		}
		w.advance(24 * time.Hour)
	}
}
