package peering_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonpeer/net/endpoint"
	"moonpeer/net/lane"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// balance fails unless every lane of every account adds up.
func (n *node) balance(when string) {
	n.t.Helper()
	for _, s := range n.table.Stats() {
		for l, x := range s.Lanes {
			sum := x.Dropped.Plus(x.Queued).Plus(x.InFlight).Plus(x.Received).Plus(x.Lost)
			if sum != x.Offered {
				n.t.Fatalf("%s: %s, lane %s: offered %+v, and the rest is %+v", when, n.name, step.Lane(l), x.Offered, sum)
			}
			for _, part := range []step.Count{x.Dropped, x.Queued, x.InFlight, x.Received, x.Lost} {
				if part.Messages > x.Offered.Messages || part.Bytes > x.Offered.Bytes {
					n.t.Fatalf("%s: %s, lane %s: %+v", when, n.name, step.Lane(l), x)
				}
			}
		}
	}
}

// TestAccount plays random histories of two nodes: what is published, cut off, frozen, held and lost. The account adds
// up at every moment, and says to the message what was lost when the two have found each other again.
func TestAccount(t *testing.T) {
	t.Parallel()
	for _, policy := range []lane.Policy{lane.DropOldest, lane.DropNewest, lane.Disconnect} {
		for seed := range uint64(60) {
			t.Run(fmt.Sprintf("%s seed %d", policy, seed), func(t *testing.T) {
				t.Parallel()
				playAccount(t, policy, rand.New(rand.NewPCG(seed, 1)))
			})
		}
	}
}

func playAccount(t *testing.T, policy lane.Policy, r *rand.Rand) {
	w := newWorld(t, mempeer.Options{Window: 2000, Delay: func(*mempeer.Link, step.Lane, int) time.Duration {
		return time.Duration(r.IntN(int(30 * time.Millisecond)))
	}})
	a, b := w.node(config{name: "a", id: byte(1 + r.IntN(2)*2)}), w.node(config{name: "b", id: 2})
	var s peering.Settings
	s.Limits[step.LaneEvents] = lane.Limits{Messages: 60, Bytes: 4000, Policy: policy}
	for _, n := range w.nodes {
		n.subscribe("t")
		n.listen(0, s)
	}
	a.peerWith("b", time.Second, s)
	if r.IntN(2) == 0 {
		b.peerWith("a", time.Second, s)
	}
	w.check = func() {
		a.balance("during the run")
		b.balance("during the run")
	}
	for range 150 {
		w.disturb(r)
		w.check()
		w.run(time.Duration(r.IntN(int(60 * time.Millisecond))))
		if r.IntN(10) == 0 {
			w.run(time.Duration(r.IntN(int(3 * time.Second))))
		}
	}
	w.recover()
	for _, n := range w.nodes {
		w.exact(n)
	}
	got := [2][step.NumLanes]peering.LaneStats{a.table.Stats()[0].Lanes, b.table.Stats()[0].Lanes}
	for l := step.LaneEvents; l < step.NumLanes; l++ {
		if got[0][l].Received != got[1][l].Taken || got[1][l].Received != got[0][l].Taken {
			t.Errorf("lane %s: a has %+v, b has %+v", l, got[0][l], got[1][l])
		}
	}
}

// disturb does something to one of the nodes or to what is between them.
func (w *world) disturb(r *rand.Rand) {
	n := w.nodes[r.IntN(2)]
	var l *mempeer.Link
	if len(n.ups) > 0 {
		l = n.ups[len(n.ups)-1].Link.(*mempeer.Link)
	}
	if l != nil && (n.table.State(l) == "" || w.nodes[0].table.State(l.Other())+w.nodes[1].table.State(l.Other()) == "") {
		l = nil // not taken up at both ends yet, or over
	}
	switch k := r.IntN(20); {
	case k < 12:
		for range r.IntN(50) {
			m := endpoint.Message{Topic: "t", Payload: []byte(strings.Repeat("x", 1+r.IntN(100)))}
			switch r.IntN(6) {
			case 0:
				m.Type, m.Lane = wire.TypeStore, step.LaneStores
			case 1:
				m.Lane = step.LaneLogs
			}
			if _, err := n.party.Send(m); err != nil {
				w.t.Fatal(err)
			}
		}
	case k < 14:
		n.frozen = !n.frozen
	case l == nil:
	case k < 17:
		l.Hold(r.IntN(2) == 0)
	case k == 17:
		l.Cut("cut")
	case k == 18:
		l.Close(1, "closed")
	}
}

// recover takes everything that disturbs away, and waits until the two have told each other all.
func (w *world) recover() {
	for _, n := range w.nodes {
		n.frozen = false
		for _, up := range n.ups {
			up.Link.(*mempeer.Link).Hold(false)
		}
	}
	w.run(30 * time.Second)
	for _, n := range w.nodes {
		for _, up := range n.ups {
			up.Link.(*mempeer.Link).Cut("for the last time")
		}
	}
	w.run(30 * time.Second)
}

// exact compares the account with what the wires know. The control lane's is what the loops have told each other, which
// is less where a handshake came to nothing.
func (w *world) exact(n *node) {
	n.t.Helper()
	stats := n.table.Stats()
	if len(stats) != 1 || !stats[0].Connected {
		n.t.Fatalf("%s has not come back: %+v", n.name, stats)
	}
	for l := step.LaneEvents; l < step.NumLanes; l++ {
		var lost, offered, dropped step.Count
		for _, up := range n.ups {
			link := up.Link.(*mempeer.Link)
			c := link.Counters(l)
			offered, dropped = offered.Plus(c.Offered), dropped.Plus(c.Dropped)
			lost = lost.Plus(link.Lost(l))
		}
		x := stats[0].Lanes[l]
		if x.Lost != lost || x.Offered != offered || x.Dropped != dropped || x.InFlight != (step.Count{}) || x.Queued != (step.Count{}) {
			n.t.Errorf("%s, lane %s: %+v; the wires lost %+v of %+v, %+v dropped", n.name, l, x, lost, offered, dropped)
		}
	}
}
