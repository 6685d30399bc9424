package peering_test

import (
	"errors"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// TestBothLeave: two ends that leave at once take what the other has written, also what takes a while.
func TestBothLeave(t *testing.T) {
	t.Parallel()
	w, a, b := peered(t, mempeer.Options{Delay: func(from *mempeer.Link, l step.Lane, _ int) time.Duration {
		if from.Name() == "b" && l == step.LaneEvents {
			return 100 * time.Millisecond
		}
		return time.Millisecond
	}})
	for range 20 {
		b.publish("t", "m")
	}
	w.run(0)
	a.table.Stop()
	b.table.Stop()
	w.run(2 * time.Second)
	if len(a.got) != 20 || !a.table.Stopped() || !b.table.Stopped() {
		t.Errorf("a took %d of 20; stopped: %v, %v", len(a.got), a.table.Stopped(), b.table.Stopped())
	}
	if e := b.table.Stats()[0].Lanes[step.LaneEvents]; e.Received.Messages != 20 {
		t.Errorf("b knows of %d", e.Received.Messages)
	}
}

// TestTakenIsWhatWasRouted: frames behind one that breaks the protocol are not taken.
func TestTakenIsWhatWasRouted(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.subscribe("t")
	l := n.accept(false)
	l.peer(larger)
	good := func(seq uint64) []byte {
		return l.frame(larger, wire.Header{Type: wire.TypeData, TTL: 16, Seq: seq}, "t", []byte("m"))
	}
	l.feed(step.LaneEvents, good(1), good(2), []byte{0, 0, 0, 1, 0xff}, good(3))
	if e := n.table.Stats()[0].Lanes[step.LaneEvents]; e.Taken.Messages != 2 || len(n.got) != 2 || !l.closed {
		t.Errorf("taken %d, routed %d, closed %v", e.Taken.Messages, len(n.got), l.closed)
	}
}

// TestStrangersAreForgotten: who never becomes a peer does not push out the account of one who was.
func TestStrangersAreForgotten(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(false)
	l.peer(larger, "t")
	n.publish("t", "m")
	l.hangUp("")
	if len(n.table.Stats()) != 1 {
		t.Fatal("the peer that was has no account")
	}
	for i := range 1100 {
		id := broker.EndpointID{0xdd, byte(i >> 8), byte(i)}
		l := n.accept(false)
		l.say(wire.Hello{ID: id, Min: 1, Max: 1})
		l.hangUp("")
	}
	if len(n.table.Stats()) != 1 {
		t.Error("strangers have pushed out an account")
	}
}

// TestForwardingDuringTheHandshake: what has changed since the hello is told when the peering is there.
func TestForwardingDuringTheHandshake(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(false).then(hello(larger), wire.ResponderSynAck{})
	if h := l.helloOf(); h.Forwards {
		t.Fatal("it says that it forwards")
	}
	n.hub.SetForwarding(true)
	n.table.ForwardingChanged()
	l.says(peering.Hello{})
	if h := l.helloOf(); !h.Forwards {
		t.Error("the peer is not told")
	}
}

// TestZeroID: nobody is no peer.
func TestZeroID(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(false)
	l.say(wire.Hello{Min: 1, Max: 1})
	if !l.closed || l.code != uint64(broker.PeerInvalid) {
		t.Errorf("closed %v with code %d", l.closed, l.code)
	}
}

// TestListenForGood: what can't change is not tried again.
func TestListenForGood(t *testing.T) {
	t.Parallel()
	n := newNode(t, new(step.Time), config{name: "here", id: me}, func(*node) peering.Transport { return &fakeTransport{refuses: errors.New("no such address")} })
	if _, err := n.table.Listen(here, time.Second, peering.Settings{}); err == nil || n.table.Holds(true) {
		t.Errorf("got %v, and the node goes on: %v", err, n.table.Holds(true))
	}
	n.wantLeft(0, 0, 0)
}
