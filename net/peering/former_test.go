package peering_test

import (
	"testing"
	"time"

	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// helloOf finds the link hello among what a link has said.
func (l *fakeLink) helloOf() peering.Hello {
	l.n.t.Helper()
	for _, s := range l.take() {
		h, payload, err := wire.ParseFrame(s.frame[wire.LengthSize:])
		if err != nil || h.Type != wire.TypeLink || len(payload) == 0 || payload[0] != peering.KindHello {
			continue
		}
		got, err := peering.ParseHello(payload[1:])
		if err != nil {
			l.n.t.Fatal(err)
		}
		return got
	}
	l.n.t.Fatal("there was no link hello")
	return peering.Hello{}
}

// again links with the larger id anew, up to our hello, which it returns.
func (n *node) again() (*fakeLink, peering.Hello) {
	n.t.Helper()
	l := n.accept(false).then(hello(larger), wire.ResponderSynAck{Filter: []string{"t"}})
	return l, l.helloOf()
}

// says sends their hello.
func (l *fakeLink) says(h peering.Hello) {
	l.control(larger, wire.TypeLink, peering.AppendHello(nil, h))
}

// events is the account of the event lane, in messages.
func (n *node) eventAccount() (received, lost, inFlight uint64) {
	n.t.Helper()
	n.balance("now")
	e := n.table.Stats()[0].Lanes[step.LaneEvents]
	return e.Received.Messages, e.Lost.Messages, e.InFlight.Messages
}

func (n *node) wantAccount(when string, received, lost, inFlight uint64) {
	n.t.Helper()
	if r, l, f := n.eventAccount(); r != received || l != lost || f != inFlight {
		n.t.Errorf("%s: received %d, lost %d, in flight %d, want %d, %d, %d", when, r, l, f, received, lost, inFlight)
	}
}

// events counts so many messages of one size, as the other end took them.
func events(n uint64) (c peering.LaneCounts) {
	const size = 4 + 12 + 1 + 1 // of "t" with one byte
	c[step.LaneEvents] = step.Count{Messages: n, Bytes: n * size}
	return c
}

func (n *node) publishN(k int) {
	for range k {
		n.publish("t", "m")
	}
	n.settle()
}

// TestFormerLink: what a broken link had written is in flight until the other end says how much of it arrived; what it
// says can't be more than was written, and may be missing.
func TestFormerLink(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		hello          func(former uint64) peering.Hello
		received, lost uint64
	}{
		{"told", func(f uint64) peering.Hello { return peering.Hello{Former: f, Taken: events(4)} }, 4, 1},
		{"all", func(f uint64) peering.Hello { return peering.Hello{Former: f, Taken: events(5)} }, 5, 0},
		{"nothing", func(f uint64) peering.Hello { return peering.Hello{Former: f} }, 0, 5},
		{"more than was written", func(f uint64) peering.Hello { return peering.Hello{Former: f, Taken: events(6)} }, 5, 0},
		{"far more", func(f uint64) peering.Hello { return peering.Hello{Former: f, Taken: events(1 << 60)} }, 5, 0},
		{"more bytes", func(f uint64) peering.Hello {
			taken := events(5)
			taken[step.LaneEvents].Bytes++
			return peering.Hello{Former: f, Taken: taken}
		}, 5, 0},
		{"another link", func(f uint64) peering.Hello { return peering.Hello{Former: f + 2, Taken: events(4)} }, 2, 3},
		{"no word", func(uint64) peering.Hello { return peering.Hello{} }, 2, 3},
	} {
		n := byHand(t, config{})
		l, ours := n.again()
		if ours.Former != 0 || ours.Link == 0 {
			t.Errorf("the first hello says %+v", ours)
		}
		l.says(peering.Hello{Link: 70})
		n.publishN(5)
		n.wantAccount("queued", 0, 0, 0)
		l.take()
		n.wantAccount("written", 0, 0, 5)
		l.control(larger, wire.TypeLink, peering.AppendCounts([]byte{peering.KindCounters}, events(2)))
		n.wantAccount("confirmed", 2, 0, 3)
		n.publishN(7) // queued and dropped with the link
		l.hangUp("")
		n.wantAccount("broken", 2, 0, 3)
		n.after(time.Hour)

		l, ours2 := n.again()
		if ours2.Former != 70 || ours2.Link == ours.Link {
			t.Errorf("%s: the second hello says %+v, after %+v", c.name, ours2, ours)
		}
		n.wantAccount("before the hello", 2, 0, 3)
		l.says(c.hello(ours.Link))
		n.wantAccount(c.name, c.received, c.lost, 0)
		if s := n.table.Stats()[0].Lanes[step.LaneEvents]; s.Offered.Messages != 12 || s.Dropped.Messages != 7 {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

// TestConfirmedBeyondWritten: counters that speak of what is still queued, and may yet be dropped, are not believed.
func TestConfirmedBeyondWritten(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l, _ := n.again()
	l.says(peering.Hello{})
	n.publishN(5)
	l.control(larger, wire.TypeLink, peering.AppendCounts([]byte{peering.KindCounters}, events(3)))
	n.wantAccount("nothing was written", 0, 0, 0)
	l.take()
	l.control(larger, wire.TypeLink, peering.AppendCounts([]byte{peering.KindCounters}, events(6)))
	n.wantAccount("too many", 0, 0, 5)
	l.control(larger, wire.TypeLink, peering.AppendCounts([]byte{peering.KindCounters}, events(5)))
	n.wantAccount("all", 5, 0, 0)
	l.hangUp("")
	n.wantAccount("over", 5, 0, 0)
}

// TestHalfAHandshake: a link which may have come up at our end only does not make us forget what we took from the one
// before it; one from which something came does.
func TestHalfAHandshake(t *testing.T) {
	t.Parallel()
	for _, spoke := range []bool{false, true} {
		n := byHand(t, config{})
		l, first := n.again()
		l.says(peering.Hello{Link: 70})
		n.publishN(5)
		l.take()
		l.feed(step.LaneEvents, l.frame(larger, wire.Header{Type: wire.TypeData, Seq: 1}, "t", []byte("m")))
		l.hangUp("")

		l, _ = n.again()
		l.says(peering.Hello{Link: 71, Former: first.Link, Taken: events(4)})
		n.publishN(3)
		l.take()
		if spoke {
			l.control(larger, wire.TypePing, []byte("x"))
		}
		l.hangUp("")
		n.wantAccount("half a link", 4, 1, 3)

		l, third := n.again()
		switch {
		case !spoke && (third.Former != 70 || third.Taken[step.LaneEvents] != events(1)[step.LaneEvents]):
			t.Errorf("the hello says %+v, want link 70 with one event", third)
		case spoke && (third.Former != 71 || third.Taken[step.LaneEvents].Messages != 0):
			t.Errorf("the hello says %+v, want link 71", third)
		}
		l.says(peering.Hello{Link: 72, Former: first.Link, Taken: events(4)})
		n.wantAccount("they never knew the second", 4, 4, 0)
	}
}

// TestBrokerAccount: a Broker never says what it took, so all is in flight, and lost when the next link ends.
func TestBrokerAccount(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(true)
	l.peer(larger, "t")
	n.publishN(5)
	l.take()
	n.wantAccount("up", 0, 0, 5)
	l.hangUp("")
	n.wantAccount("over", 0, 0, 5)
	l = n.accept(true)
	l.peer(larger, "t")
	n.publishN(2)
	l.take()
	n.wantAccount("again", 0, 0, 7)
	l.hangUp("")
	n.wantAccount("over again", 0, 5, 2)
}
