package mempeer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/lane"
	"moonpeer/net/step"
)

// pair is two joined nodes; b subscribes to everything.
func pair(t testing.TB, opts Options) (c *cluster, a, b *node) {
	c = newCluster(t, 1, opts)
	a, b = c.node("A", endpoint.Options{}), c.node("B", endpoint.Options{})
	b.subscribe("")
	c.join(a, b)
	return c, a, b
}

func TestDelayKeepsOrder(t *testing.T) {
	delays := []time.Duration{5, 90, 1, 40, 1}
	i := 0
	c, a, b := pair(t, Options{Delay: func(_ *Link, l step.Lane, _ int) time.Duration {
		if l != step.LaneEvents {
			return 0
		}
		i++
		return delays[(i-1)%len(delays)]
	}})
	for m := range delays {
		a.publish("t", fmt.Sprint(m))
		a.turn()
		c.net.Step(c.now)
	}
	c.run()
	c.want(b, "t=0", "t=1", "t=2", "t=3", "t=4")
	if c.now != 90 {
		t.Errorf("it took until %d, want 90", c.now)
	}
}

func TestLargeMessage(t *testing.T) {
	c, a, b := pair(t, Options{})
	big := strings.Repeat("x", 300_000)
	payload := []byte(big)
	a.publish("t", "before")
	a.party.Publish("t", payload)
	clear(payload) // Publish has copied it
	a.publish("t", "after")
	c.run()
	c.want(b, "t=before", "t="+big, "t=after")
}

func TestReceiverHoldsBack(t *testing.T) {
	c, a, b := pair(t, Options{})
	b.frozen = true
	for i := range 10 {
		a.publish("t", fmt.Sprint(i))
		c.run()
	}
	if len(b.inbox) != maxOpen {
		t.Errorf("a node that releases nothing holds %d batches, want %d", len(b.inbox), maxOpen)
	}
	if w := link(a.peer(b)).OnWire(step.LaneEvents); w.Messages != 10-maxOpen {
		t.Errorf("%d messages are on the wire, want %d", w.Messages, 10-maxOpen)
	}
	b.frozen = false
	c.run()
	if len(b.got) != 10 {
		t.Errorf("%d messages arrived in the end", len(b.got))
	}
	c.account(link(a.peer(b)))
}

func TestClose(t *testing.T) {
	c, a, b := pair(t, Options{Delay: func(*Link, step.Lane, int) time.Duration { return 10 }})
	la := link(a.peer(b))
	a.publish("t", "on the wire")
	a.turn()
	c.net.Step(c.now)
	a.publish("t", "in the queue")
	la.Close(7, "enough")
	la.Close(8, "twice")
	c.run()
	c.want(b, "t=on the wire")
	if want := (step.Closed{Link: 1, Code: 7, Why: "enough"}); len(a.closed) != 1 || a.closed[0] != want {
		t.Errorf("the closer heard %+v", a.closed)
	}
	if want := (step.Closed{Link: 1, Code: 7, Why: "enough", Remote: true}); len(b.closed) != 1 || b.closed[0] != want {
		t.Errorf("the other end heard %+v", b.closed)
	}
	c.account(la)
	if d := la.Counters(step.LaneEvents).Dropped.Messages; d != 1 {
		t.Errorf("%d dropped, want the one in the queue", d)
	}
	if a.peer(b) != nil || b.peer(a) != nil || !c.net.Idle() {
		t.Error("something is left of the link")
	}
}

func TestCut(t *testing.T) {
	c, a, b := pair(t, Options{Delay: func(*Link, step.Lane, int) time.Duration { return 10 }})
	la := link(a.peer(b))
	a.publish("t", "on the wire")
	a.turn()
	c.net.Step(c.now)
	la.Cut("cable")
	c.run()
	c.want(b)
	if len(a.closed) != 1 || len(b.closed) != 1 || !a.closed[0].Remote || a.closed[0].Why != "cable" {
		t.Errorf("the ends heard %+v and %+v", a.closed, b.closed)
	}
	if la.Lost(step.LaneEvents).Messages != 1 {
		t.Errorf("lost %+v, want one message", la.Lost(step.LaneEvents))
	}
	c.account(la)
}

func TestHold(t *testing.T) {
	c, a, b := pair(t, Options{})
	la := link(a.peer(b))
	la.Hold(true)
	a.publish("t", "1")
	c.run()
	c.want(b)
	la.Hold(false)
	c.run()
	c.want(b, "t=1")
}

// TestRejoin: after a cut the nodes link again under new ports, and filters are exchanged anew.
func TestRejoin(t *testing.T) {
	c, a, b := pair(t, Options{})
	link(a.peer(b)).Cut("cable")
	c.run()
	a.publish("t", "nobody there")
	c.join(a, b)
	a.publish("t", "again")
	c.run()
	c.want(b, "t=again")
}

func TestDisconnectPolicy(t *testing.T) {
	opts := Options{}
	opts.Limits[step.LaneEvents] = lane.Limits{Messages: 10, Policy: lane.Disconnect}
	c, a, b := pair(t, opts)
	la := link(a.peer(b))
	for i := range 20 {
		a.publish("t", fmt.Sprint(i))
	}
	c.run()
	c.want(b)
	if len(a.closed) != 1 || a.closed[0].Why != "caf::sec::backpressure_overflow" || a.closed[0].Remote {
		t.Errorf("the publisher heard %+v", a.closed)
	}
	c.account(la)
}

// TestControlFull: a peer that does not even take routing updates is gone.
func TestControlFull(t *testing.T) {
	opts := Options{Window: 1}
	opts.Limits[step.LaneControl] = lane.Limits{Messages: 3, Policy: lane.Refuse}
	c, a, b := pair(t, opts)
	b.frozen = true
	link(a.peer(b)).Hold(true)
	for i := range 10 {
		a.subscribe(fmt.Sprint("t", i))
		a.turn()
		c.net.Step(c.now)
	}
	la := link(b.peer(a)).Other()
	la.Hold(false)
	b.frozen = false
	c.run()
	if len(a.closed) != 1 || a.closed[0].Code != uint64(broker.PeerTimeout) {
		t.Errorf("the node heard %+v", a.closed)
	}
}

// TestBadFrames: what no correct peer sends ends the link, and hurts nothing else.
func TestBadFrames(t *testing.T) {
	for _, f := range []struct{ name, frame string }{
		{"unknown type", "\x00\x00\x00\x0c\x47\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"},
		{"short header", "\x00\x00\x00\x02\x01\x10"},
		{"topic beyond the end", "\x00\x00\x00\x0c\x01\x10\xff\xff\x00\x00\x00\x00\x00\x00\x00\x01"},
		{"routing update that is none", "\x00\x00\x00\x0d\x03\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x05"},
	} {
		t.Run(f.name, func(t *testing.T) {
			c, a, b := pair(t, Options{})
			link(a.peer(b)).AppendFrame(step.LaneEvents, []byte(f.frame))
			a.publish("t", "after")
			c.run()
			c.want(b)
			if len(b.closed) != 1 || len(a.closed) != 1 || !a.closed[0].Remote {
				t.Errorf("B heard %+v, A heard %+v", b.closed, a.closed)
			}
		})
	}
}

func BenchmarkHop(b *testing.B) {
	c := &cluster{t: b, rand: newCluster(b, 1, Options{}).rand}
	c.net = New(Options{})
	mk := func(name string) *node {
		n := c.node(name, endpoint.Options{})
		n.hub = endpoint.New(endpoint.Options{ID: n.hub.ID(), Env: step.Env{Rand: c.rand}})
		n.party = n.hub.Join("scripts", quiet{})
		return n
	}
	x, y := mk("A"), mk("B")
	y.subscribe("zeek/")
	c.join(x, y)
	payload := make([]byte, 69)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		x.party.Publish("zeek/scan", payload)
		if i++; i%256 == 0 {
			c.run()
		}
	}
}

type quiet struct{}

func (quiet) Offer(*endpoint.Envelope) bool { return true }
