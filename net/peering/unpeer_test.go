package peering_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/lane"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// peered is a world with a that dials b, whose events are forgotten.
func peered(t *testing.T, opts mempeer.Options) (w *world, a, b *node) {
	t.Helper()
	w = newWorld(t, opts)
	a, b = w.pair(1, 2)
	a.peerWith("b", time.Second, peering.Settings{})
	a.subscribe("t")
	b.subscribe("t")
	w.run(time.Second)
	a.want(added(2, "b:9999")...)
	b.want(added(1, "a")...)
	return w, a, b
}

// TestUnpeer: by the dialler, who does not dial again; the other end has lost it.
func TestUnpeer(t *testing.T) {
	t.Parallel()
	w, a, b := peered(t, mempeer.Options{})
	if err := a.table.Unpeer(addressOf("b")); err != nil {
		t.Fatal(err)
	}
	a.want()
	w.run(time.Minute)
	a.want(removed(2, "b:9999", "")...)
	b.want(lost(1, "a")...)
	for _, n := range w.nodes {
		n.wantLeft(0, 1, 1)
	}
	if len(a.dials) != 1 {
		t.Errorf("%d dials", len(a.dials))
	}
	// It can be dialled anew.
	a.peerWith("b", 0, peering.Settings{})
	w.run(time.Second)
	a.want(added(2, "b:9999")...)
}

// TestUnpeerByTheAcceptor: the dialler has lost it and comes back.
func TestUnpeerByTheAcceptor(t *testing.T) {
	t.Parallel()
	w, a, b := peered(t, mempeer.Options{})
	if err := b.table.Unpeer(b.table.Peers()[0].Address); err != nil {
		t.Fatal(err)
	}
	w.run(0)
	b.want(removed(1, "a", "")...)
	a.want(lost(2, "b:9999")...)
	w.run(2 * time.Second)
	a.want(added(2, "b:9999")...)
	b.want(added(1, "a")...)
}

// TestUnpeerByBoth at one moment: both have removed it, at once.
func TestUnpeerByBoth(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{0, time.Millisecond} {
		w, a, b := peered(t, mempeer.Options{Delay: func(*mempeer.Link, step.Lane, int) time.Duration { return delay }})
		at := b.table.Peers()[0].Address
		for range 2 { // a second call changes nothing
			a.table.Unpeer(addressOf("b"))
			if err := b.table.Unpeer(at); err != nil {
				t.Error(err)
			}
		}
		a.publish("t", "too late")
		w.run(time.Second)
		a.want(removed(2, "b:9999", "")...)
		b.want(removed(1, "a", "")...)
		b.wantGot()
	}
}

// TestUnpeerStranger: §7.2, an error and an event.
func TestUnpeerStranger(t *testing.T) {
	t.Parallel()
	w, a, _ := peered(t, mempeer.Options{})
	if err := a.table.Unpeer(addressOf("nobody")); err == nil {
		t.Error("a stranger was unpeered")
	}
	a.want("peer_invalid @nobody:9999: cannot unpeer from unknown peer")
	a.table.Unpeer(addressOf("b"))
	w.run(time.Second)
	a.events = nil
	if err := a.table.Unpeer(addressOf("b")); err == nil {
		t.Error("a former peer was unpeered again")
	}
	a.want("peer_invalid @b:9999: cannot unpeer from unknown peer")
}

// TestUnpeerBeforeItIsOne: in each stage of a dial. Nothing more is heard of it, whatever becomes of the dial.
func TestUnpeerBeforeItIsOne(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(n *node) (l *fakeLink){
		"dialling":   func(n *node) *fakeLink { return nil },
		"shaking":    func(n *node) *fakeLink { return n.connected(false).then(hello(larger)) },
		"link hello": func(n *node) *fakeLink { return n.connected(false).then(hello(larger), wire.ResponderSynAck{}) },
		"waiting":    func(n *node) *fakeLink { n.answer(peering.Up{Err: errFake}); n.events = nil; return nil },
		"paused": func(n *node) *fakeLink {
			n.accept(false).then(hello(larger))
			return n.connected(false).then(hello(larger))
		},
		"was refused": func(n *node) *fakeLink { return n.connected(false).then(hello(larger), hello(larger)) },
	} {
		n := byHand(t, config{})
		if err := n.table.Dial(there, time.Second, func() peering.Settings { return peering.Settings{} }); err != nil {
			t.Fatal(err)
		}
		l := begin(n)
		n.events = nil
		if err := n.table.Unpeer(there); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		n.settle()
		if l != nil && !l.closed {
			t.Errorf("%s: the connection stays", name)
		}
		if name == "dialling" {
			if late := n.connected(false); !late.closed {
				t.Error("the connection that nobody wants any more stays")
			}
		}
		n.after(time.Hour)
		n.want()
		n.wantLeft(0, 1, 1)
		if len(n.dials) != 1 {
			t.Errorf("%s: %d dials", name, len(n.dials))
		}
	}
}

// TestStop: what was published before arrives, then the peers are told goodbye; after it nothing happens any more.
func TestStop(t *testing.T) {
	t.Parallel()
	w, a, b := peered(t, mempeer.Options{Window: 4000, Delay: func(l *mempeer.Link, _ step.Lane, _ int) time.Duration {
		return time.Millisecond
	}})
	const total = 2000
	for i := range total {
		a.publish("t", fmt.Sprint(i))
		b.publish("t", fmt.Sprint(i))
	}
	a.table.Stop()
	a.publish("t", "after")
	w.run(2 * time.Second)
	if !a.table.Stopped() {
		t.Fatal("a is not done")
	}
	if len(b.got) != total || b.got[total-1] != fmt.Sprintf("t=%d", total-1) {
		t.Errorf("b got %d of %d", len(b.got), total)
	}
	a.want(removed(2, "b:9999", "")...)
	b.want(lost(1, "a")...)
	a.wantLeft(0, 0, 1)
	w.run(time.Hour)
	a.want()
	if len(a.dials) != 1 {
		t.Errorf("%d dials", len(a.dials))
	}
	if s := a.table.Stats()[0].Lanes[step.LaneEvents]; s.Offered.Messages != total || s.Received.Messages != total {
		t.Errorf("the account: %+v", s)
	}
}

// TestStopWhileDialling: in each stage of a dial with a retry. None comes after it.
func TestStopWhileDialling(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(n *node){
		"dialling":   func(n *node) {},
		"waiting":    func(n *node) { n.answer(peering.Up{Err: errFake}) },
		"connected":  func(n *node) { n.connected(false) },
		"shaking":    func(n *node) { n.connected(false).then(hello(larger)) },
		"link hello": func(n *node) { n.connected(false).then(hello(larger), wire.ResponderSynAck{}) },
		"peered":     func(n *node) { n.connected(false).peer(larger) },
		"unpeering":  func(n *node) { n.connected(false).peer(larger); n.table.Unpeer(there) },
	} {
		n := byHand(t, config{})
		if err := n.table.Dial(there, time.Second, func() peering.Settings { return peering.Settings{} }); err != nil {
			t.Fatal(err)
		}
		begin(n)
		n.events = nil
		n.table.Stop()
		n.after(3 * time.Second)
		if !n.table.Stopped() {
			t.Errorf("%s: not at its end after 3 s", name)
		}
		if name != "peered" && name != "unpeering" {
			n.want()
		}
		n.after(time.Hour)
		if len(n.dials) != 1 || n.table.Holds(true) {
			t.Errorf("%s: %d dials, something holds: %v", name, len(n.dials), n.table.Holds(true))
		}
	}
}

// TestStopWithFrozenPeer: it is not waited for longer than 3 s.
func TestStopWithFrozenPeer(t *testing.T) {
	t.Parallel()
	w, a, b := peered(t, mempeer.Options{})
	b.frozen = true
	a.publish("t", "m")
	a.table.Stop()
	w.run(2999 * time.Millisecond)
	if a.table.Stopped() {
		t.Error("a did not wait")
	}
	w.run(time.Millisecond)
	if !a.table.Stopped() {
		t.Error("a waits for a peer that is frozen")
	}
	a.want(removed(2, "b:9999", "timeout during graceful disconnect")...)
	b.frozen = false
	w.run(0)
	b.want(lost(1, "a")...)
	b.wantGot("t=m")
}

// TestAbort: at once.
func TestAbort(t *testing.T) {
	t.Parallel()
	w, a, b := peered(t, mempeer.Options{})
	a.table.Stop()
	b.frozen = true
	w.run(0)
	a.table.Abort()
	w.run(0)
	if !a.table.Stopped() {
		t.Error("a is still there")
	}
}

// TestBrokerGoodbye: §5.1 and S55. The ping comes behind everything that was queued, though control messages overtake.
func TestBrokerGoodbye(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.dial(there, time.Second, true)
	l.peer(larger, "t")
	n.events = nil
	n.publish("t", "before")
	if err := n.table.Unpeer(there); err != nil {
		t.Fatal(err)
	}
	n.publish("t", "after")
	n.after(time.Second)
	if frames := l.take(); len(frames) != 1 || string(frames[0].frame[len(frames[0].frame)-6:]) != "before" {
		t.Fatalf("while something is queued: %v", frames)
	}
	n.after(100 * time.Millisecond)
	frames := l.take()
	if len(frames) != 1 {
		t.Fatalf("%d frames, want the ping", len(frames))
	}
	h, payload, err := wire.ParseBrokerFrame(frames[0].frame[wire.LengthSize:])
	if err != nil || h.Type != wire.TypePing || len(payload) != 11 || string(payload[:3]) != "BYE" || string(h.Topic) != "<$>" {
		t.Fatalf("%+v %q %v", h, payload, err)
	}
	l.control(larger, wire.TypePong, []byte("BYE\x00\x00\x00\x00\x00\x00\x00\x00"))
	l.control(larger, wire.TypePing, []byte("foo")) // pings are answered to the end
	if got := l.take(); len(got) != 1 || l.closed {
		t.Errorf("a ping during the goodbye: %v, closed %v", got, l.closed)
	}
	l.control(larger, wire.TypePong, payload)
	if !l.closed {
		t.Error("the pong does not end it")
	}
	n.want(removed(larger, "there:9999", "")...)
	if s := n.table.Stats()[0].Lanes[step.LaneEvents]; s.Received.Messages != 1 || s.Dropped.Messages != 0 {
		t.Errorf("the account: %+v; the pong says that everything was received", s)
	}

	// A Broker that does not answer.
	l = n.dial(there, 0, true)
	l.peer(larger)
	n.events = nil
	n.table.Unpeer(there)
	n.after(3 * time.Second)
	n.want(removed(larger, "there:9999", "timeout during graceful disconnect")...)
}

// TestBye: ours. Done is said when everything was taken that the bye speaks of, and not before.
func TestBye(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.subscribe("t")
	l := n.accept(false)
	l.peer(larger)
	n.events = nil
	bye := make([]byte, 1+8*step.NumLanes)
	bye[0] = peering.KindBye
	binary.BigEndian.PutUint64(bye[1+8*step.LaneEvents:], 2)
	binary.BigEndian.PutUint64(bye[1+8*step.LaneLogs:], 1)
	data := func(ln step.Lane, seq uint64) {
		l.feed(ln, l.frame(larger, wire.Header{Type: wire.TypeData, Seq: seq}, "t", []byte{byte('0' + seq)}))
	}
	data(step.LaneEvents, 1)
	l.control(larger, wire.TypeLink, bye)
	data(step.LaneEvents, 2)
	if got := l.take(); len(got) != 0 {
		t.Errorf("before the last one it said %v", got)
	}
	data(step.LaneLogs, 3)
	got := l.take()
	if len(got) != 2 {
		t.Fatalf("it said %v, want counters and done", got)
	}
	if _, payload, err := wire.ParseFrame(got[1].frame[wire.LengthSize:]); err != nil || len(payload) != 1 || payload[0] != peering.KindDone {
		t.Errorf("it said %x, %v", payload, err)
	}
	n.wantGot("t=1", "t=2", "t=3")
	l.control(larger, wire.TypeLink, []byte{peering.KindDone}) // means nothing to one that does not leave
	if l.closed {
		t.Error("a done that nobody waits for ends the link")
	}
	l.hangUp("")
	n.want(lost(larger, "stranger")...)
}

// TestByeCountsWhatIsDropped: frames that the bye speaks of can't be dropped after it.
func TestByeCountsWhatIsDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{Window: 500, Delay: func(*mempeer.Link, step.Lane, int) time.Duration { return time.Millisecond }})
	a, b := w.pair(1, 2)
	b.subscribe("t")
	var s peering.Settings
	s.Limits[step.LaneEvents] = lane.Limits{Messages: 50, Bytes: 1 << 20}
	a.peerWith("b", 0, s)
	w.run(time.Second)
	for i := range 1000 {
		a.publish("t", fmt.Sprint(i))
	}
	a.table.Stop()
	w.run(2 * time.Second)
	if !a.table.Stopped() || len(b.got) < 50 || b.got[len(b.got)-1] != "t=999" {
		t.Errorf("stopped %v, b got %d, the last %q", a.table.Stopped(), len(b.got), b.got[max(0, len(b.got)-1):])
	}
	a.events = a.events[2:]
	a.want(removed(2, "b:9999", "")...)
}

// TestUnpeerOneOfTwoDials: an address that was told 39 is given up while the dial of another is still shaking hands with
// the same peer. The other goes on.
func TestUnpeerOneOfTwoDials(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.dial(other, time.Second, true).say(hello(larger))
	n.dial(there, time.Second, true).say(dropConn(larger, broker.RedundantConnection))
	if err := n.table.Unpeer(there); err != nil {
		t.Fatal(err)
	}
	n.after(2 * time.Second)
	if last := n.dials[len(n.dials)-1]; last.addr != other || len(n.dials) != 3 {
		t.Errorf("%d dials, the last to %s", len(n.dials), last.addr)
	}
}
