package cluster

import (
	"testing"
	"time"

	"moonpeer/net/peering"
	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

// TestStop: node_done is raised and what it publishes arrives, then the peer hears goodbye at once, then --print is written, all
// on virtual time. A node that is started again begins anew, with another id.
func TestStop(t *testing.T) {
	c := newCluster(t, 1)
	a := c.add("a", `
broker.subscribe "t"
namespace "E":event("e", "n: count"):on(print)
on("Broker::peer_lost", function() print "lost" end)`, func(o *node.Options) { o.Listen = []peering.Address{{Transport: "quic", Host: "a", Port: 9999}} })
	b := c.add("b", `
local e = namespace "E":event("e", "n: count")
local n = namespace "E":var("n", "count", 1)
on("Broker::peer_added", function() n:set(n:get() + 1) broker.publish("t", e, n:get()) end)
on("node_done", function() broker.publish("t", e, 7) print "done" end)`,
		func(o *node.Options) { o.Peer, o.Print = []peering.Address{a.Address()}, []string{"E::n"} })
	c.start()
	id := b.Hub.ID()
	b.Stop()
	c.run()
	if b.State() != sim.Stopped || b.Err() != nil {
		t.Fatalf("%v: %v", b.State(), b.Err())
	}
	a.expect(t, "2", "7", "lost")
	b.expect(t, "done", "E::n = 2")
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	c.run()
	a.expect(t, "2", "7", "lost", "2")
	if b.Hub.ID() == id {
		t.Error("it has the same id again")
	}
	b.Crash()
	c.advance(11 * time.Second)
	a.expect(t, "2", "7", "lost", "2", "lost")
}

// TestClocks: scripts see the node's own wall clock. Set back it fires a timer again when that is due by it; a node that did
// not run fires it once, late.
func TestClocks(t *testing.T) {
	c := newCluster(t, 1)
	a := c.add("a", `on("node_init", function() timer.every("1 hour", function() print(time.now():iso()) end) end)`)
	c.start()
	c.advance(90 * time.Minute)
	a.expect(t, "2023-11-14T23:13:20.000000Z")
	a.Skew(-time.Hour)
	c.advance(2 * time.Hour)
	a.expect(t, "2023-11-14T23:13:20.000000Z", "2023-11-15T00:13:20.000000Z")
	a.Freeze()
	c.advance(3 * time.Hour)
	a.Thaw()
	c.run()
	a.expect(t, "2023-11-14T23:13:20.000000Z", "2023-11-15T00:13:20.000000Z", "2023-11-15T03:43:20.000000Z")
}
