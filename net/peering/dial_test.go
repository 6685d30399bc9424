package peering_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/lane"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

var errFake = errors.New("connection refused")

// TestRetry: for ever, with an event for each attempt, a line in the log for each new reason, and a jitter that uses
// its whole range.
func TestRetry(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	const retry = 10 * time.Second
	if err := n.table.Dial(there, retry, func() peering.Settings { return peering.Settings{} }); err != nil {
		t.Fatal(err)
	}
	least, most := retry, retry
	for i := range 500 {
		err := errFake
		if i >= 250 {
			err = errors.New("no route")
		}
		n.answer(peering.Up{Err: err})
		n.want("peer_unavailable @there:9999: " + unavailable)
		if len(n.dials) != i+1 {
			t.Fatalf("after attempt %d there were %d", i+1, len(n.dials))
		}
		n.after(retry * 12 / 10)
		if len(n.dials) != i+2 {
			t.Fatalf("no attempt %d", i+2)
		}
		gap := n.dials[i+1].at.Sub(n.clock.Add(-retry * 12 / 10))
		least, most = min(least, gap), max(most, gap)
	}
	if least < 8*time.Second || least > 8100*time.Millisecond || most > 12*time.Second || most < 11900*time.Millisecond {
		t.Errorf("the gaps are from %v to %v, want them spread over 8 s to 12 s", least, most)
	}
	if got := n.logged("WARN peer can't be reached"); got != 2 {
		t.Errorf("%d lines in the log for two reasons", got)
	}
	if n.logged("WARN peer can't be reached peer=quic://there:9999 why=connection refused retry=10s") != 1 {
		t.Errorf("the log says %q", n.logs)
	}

	// A further call changes the retry, and begins nothing.
	if err := n.table.Dial(there, time.Second, nil); err != nil {
		t.Fatal(err)
	}
	before := len(n.dials)
	n.answer(peering.Up{Err: errFake})
	n.after(1200 * time.Millisecond)
	if len(n.dials) != before+1 {
		t.Errorf("%d attempts, want the next after a second", len(n.dials)-before)
	}
}

// TestNoRetry: one attempt, one event, nothing left; also when the handshake is what fails.
func TestNoRetry(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(n *node){
		"dial":      func(n *node) { n.answer(peering.Up{Err: errFake}) },
		"handshake": func(n *node) { n.connected(false).hangUp("bye") },
		"refused":   func(n *node) { n.connected(false).say(dropConn(larger, broker.ShuttingDown)) },
	} {
		n := byHand(t, config{})
		if err := n.table.Dial(there, 0, func() peering.Settings { return peering.Settings{} }); err != nil {
			t.Fatal(err)
		}
		if !n.table.Holds(true) {
			t.Error("a dial under way does not hold the node")
		}
		fail(n)
		n.want("peer_unavailable @there:9999: " + unavailable)
		n.after(time.Hour)
		n.wantLeft(0, 1, 1)
		if len(n.dials) != 1 {
			t.Errorf("%s: %d dials", name, len(n.dials))
		}
	}

	n := byHand(t, config{})
	l := n.dial(there, 0, true)
	if n.table.Reached(there) {
		t.Error("a dial that shakes hands has reached its peer")
	}
	l.peer(larger)
	if !n.table.Reached(there) || !n.table.Holds(true) {
		t.Error("a dial that has led to a peer has not reached it, or does not hold the node")
	}
	n.events = nil
	l.hangUp("")
	n.want(lost(larger, "there:9999")...)
	n.after(time.Hour)
	if n.wantLeft(0, 1, 1); len(n.dials) != 1 {
		t.Errorf("a peer with retry 0 was dialled %d times", len(n.dials))
	}
}

// TestReasonInTheLog: a dialler that refuses the other end says why.
func TestReasonInTheLog(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.dial(there, 0, false)
	l.feed(step.LaneControl, []byte("\x00\x00\x00\x05\x07HTTP"))
	l.hangUp("gone")
	if n.logged("WARN peer can't be reached peer=quic://there:9999 why=wrong magic number") != 1 {
		t.Errorf("the log says %q", n.logs)
	}
}

// TestSettingsOfEachAttempt: they are asked anew, so that a certificate that was renewed is used.
func TestSettingsOfEachAttempt(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	asked := 0
	if err := n.table.Dial(there, time.Second, func() peering.Settings { asked++; return peering.Settings{} }); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if asked < i+1 {
			t.Errorf("attempt %d uses old settings", i+1)
		}
		n.answer(peering.Up{Err: errFake})
		n.after(2 * time.Second)
	}
}

// TestPeerTimeoutSetting: its default, and the least there is.
func TestPeerTimeoutSetting(t *testing.T) {
	t.Parallel()
	for in, want := range map[time.Duration]time.Duration{0: 10 * time.Second, time.Second: 5 * time.Second, time.Minute: time.Minute} {
		if got := (peering.Settings{PeerTimeout: in}).Timeout(); got != want {
			t.Errorf("%v: %v, want %v", in, got, want)
		}
	}
}

// TestListenerRestarts: the dialler finds the listener's next life, which is another endpoint.
func TestListenerRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{})
	a, b := w.node(config{name: "a", id: 1}), w.node(config{name: "b", id: 2})
	b.listen(0, peering.Settings{})
	a.peerWith("b", time.Second, peering.Settings{})
	w.run(time.Second)
	a.want(added(2, "b:9999")...)
	b.want(added(1, "a")...)

	b.table.Stop()
	w.run(10 * time.Second)
	if !b.table.Stopped() {
		t.Fatal("b is still there")
	}
	b.want(removed(1, "a", "")...)
	if got := a.events[:2]; strings.Join(got, ";") != strings.Join(lost(2, "b:9999"), ";") {
		t.Errorf("a has events %q", got)
	}
	attempts := a.events[2:]
	if len(attempts) < 7 || len(attempts) > 13 {
		t.Errorf("%d attempts in ten seconds", len(attempts))
	}
	for _, e := range attempts {
		if e != "peer_unavailable @b:9999: "+unavailable {
			t.Errorf("a has event %q", e)
		}
	}

	a.events = nil
	again := w.node(config{name: "b", id: 3})
	again.listen(0, peering.Settings{})
	w.run(2 * time.Second)
	a.want(added(3, "b:9999")...)
	again.want(added(1, "a")...)
	a.publish("t", "nobody")
	again.subscribe("t")
	w.run(0)
	a.publish("t", "1")
	w.run(0)
	again.wantGot("t=1")
	again.table.Stop()
	w.run(5 * time.Second)
	if got := a.logged("WARN peer can't be reached peer=quic://b:9999 why=nobody listens there"); got != 2 {
		t.Errorf("that it can't be reached was said %d times in two periods", got)
	}
}

// TestPortInUse: with a retry the listener waits for the port, which the log says when it has it.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{})
	a, b := w.node(config{name: "a", id: 1}), w.node(config{name: "b", id: 2})
	addr := peering.Address{Transport: "quic", Port: 9999}
	if port, err := a.table.Listen(addr, 0, peering.Settings{}); err != nil || port != 9999 {
		t.Fatalf("%d, %v", port, err)
	}
	if port, err := b.table.Listen(addr, 0, peering.Settings{}); !errors.Is(err, peering.ErrInUse) || port != 0 {
		t.Errorf("a port in use: %d, %v", port, err)
	}
	b.wantLeft(0, 0, 0)
	if b.table.Holds(true) {
		t.Error("a listener that was given up holds the node")
	}
	if _, err := b.table.Listen(addr, time.Second, peering.Settings{}); !errors.Is(err, peering.ErrInUse) {
		t.Errorf("a port in use: %v", err)
	}
	if w.run(time.Minute); len(b.table.Listening()) != 0 || !b.table.Holds(false) {
		t.Errorf("b listens at %v, and should wait", b.table.Listening())
	}
	a.table.Stop()
	w.run(time.Second)
	if got := b.table.Listening(); len(got) != 1 || got[0] != addr {
		t.Errorf("b listens at %v", got)
	}
	if got := b.logged("INFO listening address=quic://:9999"); got != 1 {
		t.Errorf("it was said %d times", got)
	}
	c := w.node(config{name: "c", id: 3})
	c.peerWith("b", 0, peering.Settings{})
	w.run(time.Second)
	c.want(added(2, "b:9999")...)
}

// TestPortZero: the port that was bound is told.
func TestPortZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{})
	a := w.node(config{name: "a", id: 1})
	port, err := a.table.Listen(peering.Address{Transport: "quic", Host: "a"}, 0, peering.Settings{})
	if err != nil || port == 0 {
		t.Fatalf("%d, %v", port, err)
	}
	if got := a.table.Listening(); len(got) != 1 || got[0].Port != port {
		t.Errorf("listening at %v, want port %d", got, port)
	}
}

// TestOverflowDrops: one line when a burst of drops begins, one when it is over, and it counts as one.
func TestOverflowDrops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{Window: 1000})
	a, b := w.pair(1, 2)
	b.subscribe("t")
	var s peering.Settings
	s.Limits[step.LaneEvents] = lane.Limits{Messages: 10, Bytes: 1 << 20}
	a.peerWith("b", time.Second, s)
	w.run(time.Second)
	l := a.link(b)
	l.Hold(true)
	for range 200 {
		a.publish("t", "m")
		w.run(0)
	}
	l.Hold(false)
	w.run(0)
	if a.logged("WARN lane full") != 1 || a.logged("INFO lane has room again") != 1 {
		t.Errorf("the log says %q", a.logs)
	}
	got := a.table.Stats()[0]
	if got.Overflows != 1 || got.Lanes[step.LaneEvents].Dropped.Messages != uint64(200-len(b.got)) || len(b.got) == 200 {
		t.Errorf("%d arrived, stats %+v", len(b.got), got)
	}
}

// TestOverflowDisconnect: §5.3, a peer whose lane is full is removed, which says why; its dialler comes back.
func TestOverflowDisconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{Window: 1000})
	a, b := w.pair(1, 2)
	b.subscribe("t")
	var s peering.Settings
	s.Limits[step.LaneEvents] = lane.Limits{Messages: 10, Bytes: 1 << 20, Policy: lane.Disconnect}
	a.peerWith("b", time.Second, s)
	w.run(time.Second)
	a.events, b.events = nil, nil
	a.link(b).Hold(true)
	l := a.link(b)
	for range 100 {
		a.publish("t", "m")
		w.run(0)
		if len(a.events) > 0 {
			break
		}
	}
	l.Hold(false)
	w.run(0)
	a.want(removed(2, "b:9999", "caf::sec::backpressure_overflow")...)
	b.want(lost(1, "a")...)
	w.run(2 * time.Second)
	a.want(added(2, "b:9999")...)
	b.want(added(1, "a")...)
	if s := a.table.Stats(); len(s) != 1 || s[0].Overflows != 1 || s[0].Name != "b" || !s[0].Connected {
		t.Errorf("stats %+v", s)
	}
}
