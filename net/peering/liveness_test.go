package peering_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// pongs answers the pings among what was sent, and returns how many there were.
func (l *fakeLink) pongs(from byte) (n int) {
	for _, s := range l.take() {
		h, payload, err := wire.ParseFrame(s.frame[wire.LengthSize:])
		if l.broker {
			h, payload, err = wire.ParseBrokerFrame(s.frame[wire.LengthSize:])
		}
		if err == nil && h.Type == wire.TypePing {
			n++
			l.control(from, wire.TypePong, payload)
		}
	}
	return n
}

// TestPings: five in each peer timeout; a peer that answers stays.
func TestPings(t *testing.T) {
	t.Parallel()
	for _, isBroker := range []bool{true, false} {
		n := byHand(t, config{})
		l := n.accept(isBroker)
		l.peer(larger)
		pings := 0
		for range 1000 {
			n.after(100 * time.Millisecond)
			pings += l.pongs(larger)
		}
		if l.closed || pings != 50 {
			t.Errorf("broker=%v: %d pings in 100 s, closed %v %s", isBroker, pings, l.closed, l.why)
		}
	}
}

// TestDeadLoop: bytes flow, and even pings come, but nobody answers ours: the peer's loop is taken for dead two beats after
// the peer timeout.
func TestDeadLoop(t *testing.T) {
	t.Parallel()
	for _, isBroker := range []bool{true, false} {
		n := byHand(t, config{})
		n.subscribe("t")
		l := n.accept(isBroker)
		l.peer(larger)
		n.after(3 * time.Second)
		l.pongs(larger)
		heard := *n.clock
		for seq := uint64(1); !l.closed && seq < 1000; seq++ {
			n.after(100 * time.Millisecond)
			data := step.LaneEvents
			if isBroker {
				data = step.LaneControl // there is but one
			}
			l.feed(data, l.frame(larger, wire.Header{Type: wire.TypeData, Seq: seq}, "t", []byte("m")))
			l.control(larger, wire.TypePing, []byte("x"))
		}
		if silent := n.clock.Sub(heard); silent < 10*time.Second || silent > 14*time.Second+100*time.Millisecond {
			t.Errorf("broker=%v: it was closed after %v", isBroker, silent)
		}
		if l.code != uint64(broker.PeerTimeout) {
			t.Errorf("broker=%v: closed with code %d: %s", isBroker, l.code, l.why)
		}
		n.want(append(added(larger, "stranger"), lost(larger, "stranger")...)...)
	}
}

// TestFrozenPeer over a link: it is dropped, everybody else goes on, and after its thaw it comes back.
func TestFrozenPeer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{})
	a, b, c := w.node(config{name: "a", id: 1}), w.node(config{name: "b", id: 2}), w.node(config{name: "c", id: 3})
	for _, n := range w.nodes {
		n.subscribe("t")
		n.listen(0, peering.Settings{})
	}
	b.peerWith("a", time.Second, peering.Settings{})
	a.peerWith("c", time.Second, peering.Settings{})
	w.run(5 * time.Second)
	a.events, b.events, c.events = nil, nil, nil
	b.frozen = true
	w.run(8 * time.Second)
	a.want()
	for range 40 {
		a.publish("t", "m")
		w.run(100 * time.Millisecond)
	}
	a.want(lost(2, "b")...)
	c.want()
	if len(c.got) != 40 {
		t.Errorf("c got %d of 40", len(c.got))
	}
	b.frozen = false
	w.run(3 * time.Second)
	a.want(added(2, "b")...)
	b.want(append(lost(1, "a:9999"), added(1, "a:9999")...)...)
	a.publish("t", "again")
	w.run(0)
	if !slices.Contains(b.got, "t=again") {
		t.Errorf("b got %q", b.got)
	}
	s := a.table.Stats()[0].Lanes[step.LaneEvents]
	if s.InFlight.Messages != 1 || s.Offered.Messages != s.Received.Messages+s.Lost.Messages+1 {
		t.Errorf("the account: %+v", s)
	}
}

// TestOwnPause: time in which this loop did not run is not held against the peer; time after it is.
func TestOwnPause(t *testing.T) {
	t.Parallel()
	for _, pause := range []time.Duration{9 * time.Second, 30 * time.Second, time.Hour} {
		w := newWorld(t, mempeer.Options{})
		a, b := w.node(config{name: "a", id: 1}), w.node(config{name: "b", id: 2})
		b.listen(0, peering.Settings{PeerTimeout: 2 * time.Hour})
		a.peerWith("b", 0, peering.Settings{})
		w.run(5 * time.Second)
		a.events = nil
		a.frozen = true
		w.run(pause)
		a.frozen = false
		w.run(time.Minute)
		a.want()

		// Both stop; when this one goes on the other has what is left of its timeout, not less and not much more.
		a.frozen, b.frozen = true, true
		w.run(pause)
		a.frozen = false
		woke := w.now
		for len(a.events) == 0 && w.now.Sub(woke) < time.Minute {
			w.run(100 * time.Millisecond)
		}
		if d := w.now.Sub(woke); d < 6*time.Second || d > 14*time.Second {
			t.Errorf("after a pause of %v it took %v to find the peer dead", pause, d)
		}
		a.want(lost(2, "b:9999")...)
	}
}

// TestPeerThatReadsNothing: when not even control messages can be queued the peer is gone.
func TestPeerThatReadsNothing(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(false)
	l.peer(larger)
	flood := make([]byte, 1000)
	for i := 0; i < 1500 && !l.closed; i++ {
		l.control(larger, wire.TypePing, flood) // each is answered, and nobody takes the answers
	}
	if !l.closed || l.code != uint64(broker.PeerTimeout) {
		t.Errorf("closed %v with code %d: %s", l.closed, l.code, l.why)
	}
}

// TestPingAnswered: S52.
func TestPingAnswered(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(true)
	l.peer(larger)
	l.control(larger, wire.TypePing, []byte("foo"))
	want := "0000002b" + strings.Repeat("55", 16) + strings.Repeat("99", 16) + "05001000033c243e666f6f"
	if got := l.take(); len(got) != 1 || fmt.Sprintf("%x", got[0].frame) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestDataToBroker: S54, and what goes to ours differs.
func TestDataToBroker(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l, ours := n.accept(true), n.accept(false)
	l.peer(larger)
	ours.peer(smaller)
	l.control(larger, wire.TypeRoutingUpdate, wire.AppendFilter(nil, []string{"/foo"}))
	n.publish("/foobar", "m")
	n.publish("/bar", "m")
	n.settle()
	want := "0000002d" + strings.Repeat("55", 16) + strings.Repeat("00", 16) + "01001000072f666f6f6261726d"
	if got := l.take(); len(got) != 1 || fmt.Sprintf("%x", got[0].frame) != want {
		t.Errorf("%v, want %s", got, want)
	}
	// §4.3: a Broker's frame that is none is dropped, and the link stays.
	l.feed(step.LaneControl, []byte{0, 0, 0, 3, 1, 2, 3})
	l.feed(step.LaneControl, []byte{0, 0, 0, 0})
	if l.closed {
		t.Errorf("a bad frame of a Broker ends the link: %s", l.why)
	}
	ours.feed(step.LaneEvents, []byte{0, 0, 0, 3, 1, 2, 3})
	if !ours.closed || ours.code != uint64(broker.InvalidMessage) {
		t.Errorf("a bad frame of ours: closed %v, code %d", ours.closed, ours.code)
	}
	if n.hub.Stats().Not[endpoint.Malformed] != 3 {
		t.Errorf("%d malformed", n.hub.Stats().Not[endpoint.Malformed])
	}
}

// TestPeak: the most that waited is forgotten after the window.
func TestPeak(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{links: peering.Settings{PeakWindow: 10 * time.Second}})
	l := n.accept(false)
	l.peer(larger, "t")
	for range 7 {
		n.publish("t", "m")
	}
	n.settle()
	peak := func() uint64 { l.pongs(larger); return n.table.Stats()[0].MaxQueuedRecently }
	if got := peak(); got != 7 {
		t.Errorf("the peak is %d, want 7", got)
	}
	for range 14 {
		n.after(time.Second)
		peak()
	}
	if got := peak(); got != 0 {
		t.Errorf("after the window the peak is %d", got)
	}
}

// TestLongBatch: a batch that is too long for one call comes again, and is counted once.
func TestLongBatch(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.subscribe("t")
	l := n.accept(false)
	l.peer(larger)
	const total = 1000
	var frames [][]byte
	for i := range uint64(total) {
		frames = append(frames, l.frame(larger, wire.Header{Type: wire.TypeData, Seq: i + 1}, "t", []byte("m")))
	}
	l.feed(step.LaneEvents, frames...)
	size := uint64(len(bytes.Join(frames, nil)))
	if got := n.table.Stats()[0].Lanes[step.LaneEvents].Taken; got != (step.Count{Messages: total, Bytes: size}) || len(n.got) != total {
		t.Errorf("taken %+v, got %d, want %d of %d bytes", got, len(n.got), total, size)
	}
}

// TestPingsTakeTurns: two idle ends send half of their pings each, since they are pinged in between.
func TestPingsTakeTurns(t *testing.T) {
	t.Parallel()
	pings := map[string]int{}
	w := newWorld(t, mempeer.Options{Trace: func(a mempeer.Arrival) {
		if h, _, err := wire.ParseFrame(a.Frame[wire.LengthSize:]); err == nil && h.Type == wire.TypePing {
			pings[a.From]++
		}
	}})
	a, b := w.pair(1, 2)
	a.peerWith("b", time.Second, peering.Settings{})
	w.run(700 * time.Millisecond)
	if a.peersText() == "" || b.peersText() == "" {
		t.Fatal("they are no peers")
	}
	clear(pings)
	w.run(100 * time.Second)
	if sum := pings["a"] + pings["b"]; sum < 45 || sum > 60 || pings["a"] < 20 || pings["b"] < 20 {
		t.Errorf("pings in 100 s: %v, want about 25 from each", pings)
	}
}
