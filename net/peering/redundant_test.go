package peering_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

const (
	drop39 = "drop_conn(55 39 redundant connection)"
	drop40 = "drop_conn(55 40 detected redundant connection at the responder)"
)

// TestPeerTable: §3.6, what a second connection to a peer meets in each state of the first.
func TestPeerTable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, first, second string
		them                byte
	}{
		{"originator, connecting", "await_responder_syn_ack", "", larger},
		{"originator, peered", "peered", drop39, larger},
		{"responder, connecting", "await_originator_syn", drop40, smaller},
		{"responder, nearly there", "await_originator_ack", drop40, smaller},
	} {
		n, first := in(t, c.first, true)
		l := n.accept(true)
		l.take()
		if l.say(hello(c.them)); c.them == smaller {
			l.take()
			l.say(versionSelect(c.them))
		}
		if got := l.said(); got != c.second {
			t.Errorf("%s: %q, want %q", c.name, got, c.second)
		}
		if got := first.said(); got != "" {
			t.Errorf("%s: the first connection said %q", c.name, got)
		}
	}

	n := byHand(t, config{})
	n.accept(true).peer(smaller)
	l := n.accept(true).then(hello(smaller))
	l.take()
	if l.say(versionSelect(smaller)); l.said() != drop40 {
		t.Error("responder, peered: no drop 40")
	}
	n.want(added(smaller, "stranger")...)
}

// TestClosedTable: a handshake that is under way when the node stops is told so, unless the other end may think that
// it is done.
func TestClosedTable(t *testing.T) {
	t.Parallel()
	for _, state := range append(handshakeStates, "await_link_hello", "await_admitted") {
		ours := state == "await_link_hello" || state == "await_admitted"
		n, l := in(t, state, !ours)
		n.table.Stop()
		n.settle()
		want := "drop_conn(55 28 shutting down)"
		if state == "await_originator_ack" || ours {
			want = "closed"
		}
		if got := l.said(); got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
		n.after(time.Second)
		if !n.table.Stopped() {
			t.Errorf("%s: the table does not come to an end", state)
		}
		n.after(time.Hour)
		if dials := len(n.dials); dials > 1 {
			t.Errorf("%s: %d dials", state, dials)
		}
		n.want()
	}
}

// TestPausedThenTheOtherSucceeds: §3.6.1, and both dials of ours follow the one peering.
func TestPausedThenTheOtherSucceeds(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	first := n.accept(true).then(hello(larger))
	second, third := n.dial(there, time.Second, true), n.accept(true)
	second.say(hello(larger))
	third.say(hello(larger))
	second.take()
	third.take()
	first.say(wire.ResponderSynAck{})
	for _, l := range []*fakeLink{second, third} {
		if got := l.said(); got != drop39 {
			t.Errorf("a paused connection said %q", got)
		}
		l.hangUp("")
	}
	n.want(added(larger, "stranger")...)
	n.after(5 * time.Second)
	if len(n.dials) != 1 || n.peersText() != "99  out;" {
		t.Errorf("%d dials, peers %s", len(n.dials), n.peersText())
	}
	n.events = nil
	n.accept(true) // somebody else changes nothing
	first.hangUp("")
	n.after(2 * time.Second)
	if len(n.dials) < 2 {
		t.Error("the peering is lost, and nobody dials")
	}
}

// TestPausedThenTheOtherFails: §3.6.1, drop 40, so that its dialler tries again.
func TestPausedThenTheOtherFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*fakeLink){
		"closed":     func(l *fakeLink) { l.hangUp("") },
		"drop_conn":  func(l *fakeLink) { l.say(dropConn(larger, broker.Unspecified)) },
		"unexpected": func(l *fakeLink) { l.say(wire.OriginatorAck{}) },
		"refused":    func(l *fakeLink) { l.feed(step.LaneControl, []byte{0, 0, 0, 1, 99}); l.n.after(time.Second) },
	} {
		n := byHand(t, config{})
		first, theirs := n.accept(true), n.accept(true)
		ours := n.dial(there, time.Second, true)
		for _, l := range []*fakeLink{first, theirs, ours} {
			l.say(hello(larger))
		}
		theirs.take()
		ours.take()
		fail(first)
		for _, l := range []*fakeLink{theirs, ours} {
			if got := l.said(); !strings.HasPrefix(got, "drop_conn(55 40 ") {
				t.Errorf("%s: a paused connection said %q", name, got)
			}
			l.hangUp("")
		}
		n.want("peer_unavailable @there:9999: " + unavailable)
		n.after(2 * time.Second)
		if len(n.dials) != 2 {
			t.Errorf("%s: %d dials", name, len(n.dials))
		}
		n.connected(true).peer(larger)
		n.want(added(larger, "there:9999")...)
	}
}

// TestFirstStallsWhilePaused: the first connection runs into its deadline; the paused one's dialler comes again.
func TestFirstStallsWhilePaused(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.accept(true).then(hello(larger))
	n.after(5 * time.Second)
	second := n.accept(true).then(hello(larger))
	second.take()
	n.after(5 * time.Second)
	if got := second.said(); !strings.HasPrefix(got, "drop_conn(55 40 ") {
		t.Errorf("the paused connection said %q", got)
	}
	second.hangUp("")
	n.wantLeft(0, 1, 1)
	n.accept(true).peer(larger)
}

// TestDropConn: §3.7, by code, by what is known of its sender, and by who has dialled.
func TestDropConn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		known   string // state of another connection to that peer
		code    broker.Code
		success bool
	}{
		{"redundant, peered", "peered", broker.RedundantConnection, true},
		{"redundant, connecting", "await_responder_syn_ack", broker.RedundantConnection, true},
		{"redundant, unknown", "", broker.RedundantConnection, false},
		{"other code, peered", "peered", broker.LogicError, false},
		{"shutting down", "", broker.ShuttingDown, false},
		{"incompatible", "", broker.PeerIncompatible, false},
	} {
		for _, dialled := range []bool{true, false} {
			n := byHand(t, config{})
			if c.known != "" {
				reach[c.known](n, true)
				n.events = nil
			}
			var l *fakeLink
			if dialled {
				l = n.dial(there, time.Second, true)
			} else {
				l = n.accept(true)
			}
			l.take()
			l.say(dropConn(larger, c.code))
			if got := l.said(); got != "closed" {
				t.Errorf("%s: %q", c.name, got)
			}
			if dialled && !c.success {
				n.want("peer_unavailable @there:9999: " + unavailable)
			} else {
				n.want()
			}
			n.after(2 * time.Second)
			if again := len(n.dials) == 2; again != (dialled && !c.success) {
				t.Errorf("%s, dialled %v: %d dials", c.name, dialled, len(n.dials))
			}
		}
	}

	// Once roles are settled every drop_conn is a failure.
	n, _ := in(t, "peered", true)
	n.events = nil
	l := n.dial(there, time.Second, true)
	l.say(hello(smaller), versionSelect(smaller), dropConn(larger, broker.RedundantConnection))
	n.want("peer_unavailable @there:9999: " + unavailable)
}

// TestRedundantFollowsTheConnecting: a dial that was told 39 for a handshake which then fails dials again.
func TestRedundantFollowsTheConnecting(t *testing.T) {
	t.Parallel()
	n, first := in(t, "await_responder_syn_ack", true)
	l := n.dial(there, time.Second, true)
	l.say(dropConn(larger, broker.RedundantConnection))
	first.hangUp("")
	n.after(2 * time.Second)
	if len(n.dials) != 2 {
		t.Errorf("%d dials, want a second", len(n.dials))
	}

	// One that then succeeds has the address that was dialled.
	n, first = in(t, "await_originator_ack", true)
	n.dial(there, time.Second, true).say(dropConn(smaller, broker.RedundantConnection))
	first.say(wire.OriginatorAck{})
	n.want(added(smaller, "there:9999")...)
}

// TestDialToOneself: §3.3, equal ids.
func TestDialToOneself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{})
	a := w.node(config{name: "a", id: 1})
	a.listen(0, peering.Settings{})
	a.peerWith("a", 0, peering.Settings{})
	w.run(time.Minute)
	a.want("peer_unavailable @a:9999: " + unavailable)
	a.wantLeft(0, 1, 1)
}

// TestSimultaneousDials: §3.6.2 in many orders of arrival. There is one peering, each end hears of it once, and nobody
// dials again; after a cut the same.
func TestSimultaneousDials(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		ids := []byte{1, 2}
		if seed%2 == 1 {
			ids = []byte{2, 1}
		}
		r := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(t, mempeer.Options{Delay: func(*mempeer.Link, step.Lane, int) time.Duration {
			return time.Duration(r.IntN(int(20 * time.Millisecond)))
		}})
		a, b := w.pair(ids[0], ids[1])
		a.peerWith("b", time.Second, peering.Settings{})
		if seed%3 == 0 {
			w.run(time.Duration(r.IntN(int(60 * time.Millisecond))))
		}
		b.peerWith("a", time.Second, peering.Settings{})
		w.run(time.Minute)
		check := func(when string, dials int) {
			t.Helper()
			for _, n := range w.nodes {
				to := ids[0] + ids[1] - byte(n.hub.ID()[0])
				if text, want := n.peersText(), fmt.Sprintf("%02x %c out;", to, 'a'+'b'-n.name[0]); text != want {
					t.Errorf("seed %d, %s: %s has peers %q", seed, when, n.name, text)
				}
				if got := n.table.Peers(); len(got) == 1 && got[0].Address.Port != 9999 {
					t.Errorf("seed %d, %s: %s has its peer at %s, which can't be dialled", seed, when, n.name, got[0].Address)
				}
				if conns, _ := n.table.Left(); conns != 1 || len(n.dials) > dials {
					t.Errorf("seed %d, %s: %s has %d connections after %d dials", seed, when, n.name, conns, len(n.dials))
				}
			}
		}
		check("at first", 1)
		for _, n := range w.nodes {
			if len(n.events) != 2 || !strings.HasPrefix(n.events[0], "endpoint_discovered") || !strings.HasPrefix(n.events[1], "peer_added") {
				t.Errorf("seed %d: %s has events %q", seed, n.name, n.events)
			}
			n.events = nil
		}
		a.link(b).Cut("cut")
		w.run(time.Minute)
		check("after a cut", 2)
		for _, n := range w.nodes {
			if len(n.events) != 4 || !strings.HasPrefix(n.events[0], "peer_lost") || !strings.HasPrefix(n.events[3], "peer_added") {
				t.Errorf("seed %d: %s has events %q", seed, n.name, n.events)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// TestRedundantDial: §3.8, a peer that is there is dialled under another name, or has dialled us before. That is
// success; the peering stays. An address that was only the other end of a socket gives way to one that can be dialled.
func TestRedundantDial(t *testing.T) {
	t.Parallel()
	for _, ids := range [][2]byte{{1, 2}, {2, 1}} {
		w := newWorld(t, mempeer.Options{})
		a, b := w.pair(ids[0], ids[1])
		b2 := peering.Address{Transport: "quic", Host: "b", Port: 9998}
		if _, err := b.table.Listen(b2, 0, peering.Settings{}); err != nil {
			t.Fatal(err)
		}
		a.peerWith("b", time.Second, peering.Settings{})
		w.run(time.Second)
		settings := func() peering.Settings { return peering.Settings{} }
		if err := a.table.Dial(b2, time.Second, settings); err != nil {
			t.Fatal(err)
		}
		b.peerWith("a", time.Minute, peering.Settings{})
		w.run(10 * time.Second)
		a.want(added(ids[1], "b:9999")...)
		b.want(added(ids[0], "a")...)
		if got := a.table.Peers(); len(got) != 1 || got[0].Address != addressOf("b") || !got[0].Outbound {
			t.Errorf("a has peers %v: the address that was dialled first stays", got)
		}
		if got := b.table.Peers(); len(got) != 1 || got[0].Address != addressOf("a") || !got[0].Outbound {
			t.Errorf("b has peers %v: the address that can be dialled is better", got)
		}
		if len(a.dials) != 2 || len(b.dials) != 1 {
			t.Errorf("%d and %d dials", len(a.dials), len(b.dials))
		}

		// Each address is wanted on its own: when one is given up the other is dialled again.
		if err := a.table.Unpeer(addressOf("b")); err != nil {
			t.Fatal(err)
		}
		w.run(10 * time.Second)
		a.want(append(removed(ids[1], "b:9999", ""), added(ids[1], "b:9998")...)...)
	}
}

// TestTooManyPeers: connections beyond the limit are refused, which is said once; when one ends there is room.
func TestTooManyPeers(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{peering: peering.Options{MaxPeers: 2}})
	first := n.accept(true)
	first.peer(larger)
	n.accept(true)
	for range 3 {
		if l := n.accept(true); !l.closed || l.why != "too many connections" {
			t.Errorf("the third connection: closed %v, %q", l.closed, l.why)
		}
	}
	if got := n.logged("WARN too many connections"); got != 1 {
		t.Errorf("it was said %d times", got)
	}
	if l := n.dial(there, 0, true); l.closed {
		t.Error("what this node dials is refused")
	} else {
		l.hangUp("")
	}
	first.hangUp("")
	if l := n.accept(true); l.closed {
		t.Error("there is room, and no connection is taken")
	}
}

// TestManyPeers: more peers than absent ones are remembered. Each is in the list, and none twice.
func TestManyPeers(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{peering: peering.Options{MaxPeers: 3000}})
	links := map[broker.EndpointID]*fakeLink{}
	for i := range 1100 {
		l, id := n.accept(true), idOf(larger)
		id[14], id[15] = byte(i>>8), byte(i)
		links[id] = l
		l.say(wire.Hello{ID: id, Min: 1, Max: 1}, wire.ResponderSynAck{})
	}
	if got := len(n.table.Peers()); got != len(links) {
		t.Errorf("%d of %d peers are listed", got, len(links))
	}
	for id := range links {
		l := n.accept(true)
		l.take()
		if l.say(wire.Hello{ID: id, Min: 1, Max: 1}); l.said() != drop39 {
			t.Errorf("a second connection to %s is not seen as one", id)
			break
		}
		l.hangUp("")
	}
	for _, l := range links {
		l.hangUp("")
	}
	for i := range 1100 { // strangers that come and go
		l, id := n.accept(true), idOf(larger)
		id[13] = 1
		id[14], id[15] = byte(i>>8), byte(i)
		l.say(wire.Hello{ID: id, Min: 1, Max: 1})
		l.hangUp("")
	}
	n.after(time.Minute)
	n.wantLeft(0, 1, 1)
	if met := n.table.Met(); met > 1100 {
		t.Errorf("%d endpoints are remembered", met)
	}
}

// TestNoTransport: what can't be dialled or listened on says so, and leaves nothing behind.
func TestNoTransport(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	tcp := peering.Address{Transport: "tcp", Host: "x", Port: 1}
	if err := n.table.Dial(tcp, time.Second, nil); err == nil {
		t.Error("an address of another transport is dialled")
	}
	if _, err := n.table.Listen(tcp, time.Second, peering.Settings{}); err == nil {
		t.Error("an address of another transport is listened on")
	}
	n.table.Stop()
	if err := n.table.Dial(there, time.Second, nil); !errors.Is(err, broker.ErrShuttingDown) {
		t.Errorf("after Stop: %v", err)
	}
	n.wantLeft(0, 0, 1)
}
