package sim

import (
	"strings"
	"testing"
	"time"

	"moonpeer/net/peering"
)

// pair is two peers, 10 ms apart; b has dialled. The clock stands at 1 s.
func pair(t *testing.T, settings peering.Settings) (w *world, a, b *probe) {
	w = newWorld(t, Options{Delay: 10 * time.Millisecond})
	a, b = w.probe("a"), w.probe("b", "a")
	a.settings = settings
	w.start()
	w.advance(time.Second - w.Now())
	if peers(a, b) != "true true" {
		t.Fatal("they are no peers")
	}
	a.heard, b.heard = nil, nil
	return w, a, b
}

// heard checks the beginnings of what a probe was told about its peers.
func (w *world) heard(p *probe, want ...string) {
	w.t.Helper()
	ok := len(p.heard) >= len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = strings.HasPrefix(p.heard[i], want[i])
	}
	if !ok || len(want) == 0 && len(p.heard) > 0 {
		w.t.Errorf("%s was told %q, want %q", p.Name(), p.heard, want)
	}
	p.heard = nil
}

// TestPartitionHealed: what was on the wire and what is sent during a short partition arrives when it is over.
func TestPartitionHealed(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	a.publish("1")
	w.advance(5 * time.Millisecond) // half the way
	w.Partition([]string{"a"}, []string{"b"})
	w.advance(5 * time.Second)
	a.publish("2")
	w.run()
	w.want(b)
	w.advance(4 * time.Second)
	w.Heal()
	w.run()
	w.want(b, "1", "2")
	w.advance(time.Minute)
	w.heard(a)
	w.heard(b)
	a.publish("3")
	w.run()
	w.want(b, "3")
	w.account(a)
}

// TestPartition: after the peer timeout, the smaller of both, each end has lost the other. Dials fail until it is
// healed, and then the link comes back.
func TestPartition(t *testing.T) {
	for timeout, gone := range map[time.Duration]string{0: "11.000 ", 6 * time.Second: "7.000 "} {
		w, a, b := pair(t, peering.Settings{PeerTimeout: timeout})
		c := w.probe("c", "a", "b")
		w.Start()
		w.run()
		w.advance(time.Second*2 - w.Now())
		a.heard, b.heard, c.heard = nil, nil, nil
		w.Partition([]string{"b"}, []string{"a"})
		a.publish("lost")
		w.advance(20 * time.Second)
		w.heard(a, later(gone)+"peer_lost: no answer from the peer for ")
		w.heard(b, later(gone)+"peer_lost", "", "", "") // and dials that fail
		w.heard(c)
		w.want(c, "lost")
		w.Heal()
		w.advance(5 * time.Second)
		if peers(a, b) != "true true" {
			t.Errorf("they are no peers: %q", b.heard)
		}
		a.publish("new")
		w.run()
		w.want(b, "new")
		w.account(a)
	}
}

// later is a second later.
func later(text string) string {
	return map[string]string{"11.000 ": "12.000 ", "7.000 ": "8.000 "}[text]
}

// TestCrash: the peers hear nothing until the peer timeout. What was on the wire arrives, what was queued does not.
func TestCrash(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	b.publish("on the wire")
	w.advance(5 * time.Millisecond)
	b.publish("queued")
	b.Crash()
	b.Crash() // nothing more
	a.publish("into the void")
	w.advance(9 * time.Second)
	w.want(a, "on the wire")
	w.heard(a)
	id := b.Hub.ID()
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	w.run()
	if b.Hub.ID() == id {
		t.Error("it has the same id again")
	}
	w.heard(a, "10.") // the new one is there before the old one is gone
	w.advance(5 * time.Second)
	w.heard(a, "11.005 peer_lost: no answer from the peer for 10s")
	a.publish("to the new one")
	w.run()
	w.want(b, "to the new one")
	w.account(a)
	if b.Restart() == nil {
		t.Error("a running node was restarted")
	}
}

// TestCrashedListener: who dials a crashed host waits for the timeout, at a host that is there and where nobody listens
// it knows after a round trip.
func TestCrashedListener(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	a.Crash()
	w.advance(14 * time.Second)
	if len(b.heard) < 2 || !strings.HasSuffix(b.heard[1], "no answer within 2s") {
		t.Errorf("b was told %q", b.heard)
	}
	b.heard = nil
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	w.advance(4 * time.Second)
	if peers(a, b) != "true true" {
		t.Fatalf("they are no peers: %q", b.heard)
	}
	a.Stop()
	w.run()
	before := w.Now()
	b.heard = nil
	if err := b.Peers.Dial(peering.Address{Transport: "quic", Host: "a", Port: 1}, 0, func() peering.Settings { return b.settings }); err != nil {
		t.Fatal(err)
	}
	w.run()
	if len(b.heard) != 1 || !strings.HasSuffix(b.heard[0], "nobody listens there") || w.Now()-before != 20*time.Millisecond {
		t.Errorf("b was told %q after %v", b.heard, w.Now()-before)
	}
}

// TestDialDuringPartition: a dial that is repeated until a partition is over gets through.
func TestDialDuringPartition(t *testing.T) {
	w := newWorld(t, Options{Delay: 10 * time.Millisecond})
	a, b := w.probe("a"), w.probe("b", "a")
	w.Partition([]string{"a"}, []string{"b"})
	w.start()
	if w.Now() != 0 {
		t.Errorf("Run has waited until %v for a dial that does not get through", w.Now())
	}
	w.advance(1900 * time.Millisecond)
	w.Heal()
	w.run()
	if peers(a, b) != "true true" || len(b.heard) != 1 {
		t.Errorf("b was told %q", b.heard)
	}
}

// TestFreeze: a frozen node takes nothing and says nothing. Thawed in time it goes on, else its links are gone, which it
// learns when it thaws.
func TestFreeze(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	b.Freeze()
	a.publish("1")
	w.advance(8 * time.Second)
	w.want(b)
	b.Thaw()
	w.run()
	w.want(b, "1")
	b.Freeze()
	w.advance(15 * time.Second)
	w.heard(a, "19.010 peer_lost: no answer")
	w.heard(b)
	b.Thaw()
	w.advance(5 * time.Second)
	w.heard(b, "24.010 peer_lost: no answer", "25.")
	if peers(a, b) != "true true" {
		t.Error("they are no peers again")
	}
	b.Crash()
	b.Thaw()
	b.Freeze()
	if b.State() != Crashed {
		t.Errorf("a crashed node is %v", b.State())
	}
}

// TestStop: what was published is taken first, then the peers hear goodbye at once.
func TestStop(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	b.publish("last")
	b.Stop()
	w.run()
	w.want(a, "last")
	w.heard(a, "1.0")
	if b.State() != Stopped || b.Err() != nil || peers(a, b) != "false false" {
		t.Errorf("%v, %v", b.State(), b.Err())
	}
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	w.run()
	if peers(a, b) != "true true" {
		t.Error("it has not come back")
	}
	a.Freeze()
	b.Stop() // and nobody answers
	w.run()
	if b.State() != Running {
		t.Errorf("%v before the other end has taken everything", b.State())
	}
	w.advance(3 * time.Second)
	if b.State() != Stopped {
		t.Errorf("%v after 3 s", b.State())
	}
}

// TestTerminate: a script that ends its node ends it in good order.
func TestTerminate(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	b.Terminate(3)
	w.run()
	if b.State() != Stopped || b.Code() != 3 || a.Hub.Peer(b.Hub.ID()) != nil {
		t.Errorf("%v, %d", b.State(), b.Code())
	}
}

// TestListenFails: an address that somebody else has ends the node, with the reason.
func TestListenFails(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.probe("a"), w.probe("b")
	b.opts.Listen[0] = at("a")
	w.start()
	if a.State() != Running || b.State() != Stopped || b.Err() == nil {
		t.Errorf("%v, %v, %v", a.State(), b.State(), b.Err())
	}
}
