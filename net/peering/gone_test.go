package peering_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// TestGoneBeforeTheLinkEnds: what arrives from a peer whose peering is over goes nowhere, its end is told once, and its
// endpoint may be a peer again before the old link's end is known.
func TestGoneBeforeTheLinkEnds(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.subscribe("t")
	l := n.accept(false)
	l.peer(larger, "t")
	n.publishN(1)
	l.take()
	l.closed = true // the end of the link comes late
	if !n.table.Gone(idOf(larger), "exit code 1") {
		t.Fatal("there was no such peer")
	}
	n.want(slices.Concat(added(larger, "stranger"), lost(larger, "stranger"))...)
	l.feed(step.LaneEvents, l.frame(larger, wire.Header{Type: wire.TypeData, TTL: 16, Seq: 1}, "t", []byte("late")))
	n.wantGot()
	again := n.accept(false)
	again.peer(larger, "t")
	n.want(added(larger, "stranger")...)
	l.hangUp("")
	n.want()
	n.wantLeft(1, 2, 2)
	n.balance("two links")
	if n.table.Gone(idOf(smaller), "") {
		t.Error("a stranger was a peer")
	}
	n.after(time.Hour) // the timer of the first is no more
}

// TestGone: the peering is lost at once with the reason given, and its dialler dials again.
func TestGone(t *testing.T) {
	t.Parallel()
	w, a, b := peered(t, mempeer.Options{})
	a.frozen = true // as killed, but for the link
	var whys []string
	b.table.OnEvent = func(e peering.Event) { whys = append(whys, fmt.Sprint(e.Status.Code, " ", e.Why)) }
	if !b.table.Gone(a.hub.ID(), "killed by signal 9") {
		t.Fatal("a is no peer of b")
	}
	if want := []string{"peer_lost killed by signal 9", "endpoint_unreachable "}; !slices.Equal(whys, want) {
		t.Errorf("events %q, want %q", whys, want)
	}
	if b.table.Gone(a.hub.ID(), "again") || len(b.table.Peers()) != 0 {
		t.Error("it can be gone twice")
	}
	b.balance("gone")
	a.frozen = false // whoever said so was wrong
	w.run(5 * time.Second)
	if len(b.table.Peers()) != 1 || len(a.table.Peers()) != 1 {
		t.Errorf("peers %q and %q", a.peersText(), b.peersText())
	}
	b.balance("back")
}

// TestGoneDialler: who has dialled dials again, also when the handshake was not done.
func TestGoneDialler(t *testing.T) {
	t.Parallel()
	for _, peered := range []bool{true, false} {
		n := byHand(t, config{})
		l := n.dial(there, time.Second, false)
		if peered {
			l.peer(larger)
		} else {
			l.say(hello(larger))
		}
		n.events = nil
		if !n.table.Gone(idOf(larger), "exit code 1") {
			t.Error("it is not known")
		}
		n.settle()
		if peered {
			n.want(lost(larger, "there:9999")...)
		} else {
			n.want("peer_unavailable @there:9999: " + unavailable)
		}
		n.after(2 * time.Second)
		if len(n.dials) != 2 || !l.closed {
			t.Errorf("peered %v: %d dials, closed %v", peered, len(n.dials), l.closed)
		}
		n.wantLeft(0, 1, 2)
	}
}

// TestGoneWhileLeaving: each peer that was added goes once, as it was going to.
func TestGoneWhileLeaving(t *testing.T) {
	t.Parallel()
	n, l := in(t, "leaving", false)
	n.events = nil
	n.table.Gone(idOf(larger), "killed")
	n.want(removed(larger, "stranger", "")...)
	n.after(time.Minute)
	n.want()
	if !l.closed || !n.table.Stopped() {
		t.Errorf("closed %v, stopped %v", l.closed, n.table.Stopped())
	}
}

// TestHurry: an address that waits is dialled now; one that is being dialled, at once when that fails; one that has led to
// a peer, or nobody wants, not at all.
func TestHurry(t *testing.T) {
	t.Parallel()
	const retry = time.Minute
	for name, c := range map[string]struct {
		prepare    func(n *node)
		now, later int // dials at once, and after a failure that follows
	}{
		"waiting":           {func(n *node) { n.answer(peering.Up{Err: errFake}) }, 1, 0},
		"dialling":          {func(*node) {}, 0, 1},
		"shaking hands":     {func(n *node) { n.connected(false) }, 0, 1},
		"peered":            {func(n *node) { n.connected(false).peer(larger) }, 0, 0},
		"not dialled again": {func(n *node) { n.answer(peering.Up{Err: errFake}); n.table.Unpeer(there) }, 0, 0},
	} {
		n := byHand(t, config{})
		n.table.Dial(there, retry, func() peering.Settings { return peering.Settings{} })
		c.prepare(n)
		n.table.Hurry(there)
		n.table.Hurry(other)
		n.settle()
		if got := len(n.dials) - 1; got != c.now {
			t.Errorf("%s: %d dials at once, want %d", name, got, c.now)
		}
		if len(n.ups) > 0 {
			n.ups[0].Link.(*fakeLink).hangUp("")
		} else if name != "not dialled again" {
			n.answer(peering.Up{Err: errFake})
		}
		if got := len(n.dials) - 1 - c.now; got != c.later {
			t.Errorf("%s: %d dials after a failure, want %d", name, got, c.later)
		}
		if c.later > 0 {
			n.answer(peering.Up{Err: errFake})
			if got := len(n.dials); got != 2 {
				t.Errorf("%s: hurries twice: %d dials", name, got)
			}
		}
		before := len(n.dials)
		n.after(2 * retry)
		if again := len(n.dials) > before; again != (name != "not dialled again") {
			t.Errorf("%s: dialled later: %v", name, again)
		}
	}
}

// TestHurryIsForgotten: what was hurried and has led to a peer is dialled like any other when that is lost.
func TestHurryIsForgotten(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.table.Dial(there, time.Minute, func() peering.Settings { return peering.Settings{} })
	n.table.Hurry(there)
	l := n.connected(false)
	l.peer(larger)
	l.hangUp("")
	n.after(2 * time.Minute)
	n.answer(peering.Up{Err: errFake})
	if len(n.dials) != 2 {
		t.Errorf("%d dials, want the first and one after the loss", len(n.dials))
	}
}

// TestHurryOnce: for an address that is tried once there is no second try.
func TestHurryOnce(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.table.Dial(there, 0, func() peering.Settings { return peering.Settings{} })
	n.table.Hurry(there)
	n.answer(peering.Up{Err: errFake})
	n.after(time.Hour)
	if len(n.dials) != 1 {
		t.Errorf("%d dials", len(n.dials))
	}
}
