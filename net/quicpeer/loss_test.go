package quicpeer

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/internal/relay"
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// overRelay peers two nodes over a bad network.
func overRelay(t *testing.T, o relay.Options, s peering.Settings) (a, b *node, r *relay.Relay) {
	t.Helper()
	a, b = newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{})
	r = relay.New(t, b.listen(s).HostPort(), o)
	t.Cleanup(a.end) // before the relay
	a.dial(at("127.0.0.1", int(netip.MustParseAddrPort(r.Addr()).Port())), 50*time.Millisecond, s)
	a.awaitPeer(b)
	b.awaitPeer(a)
	return a, b, r
}

// TestBadNetwork: what the network loses, doubles and mixes up arrives once and in order.
func TestBadNetwork(t *testing.T) {
	t.Parallel()
	a, b, r := overRelay(t, relay.Options{Seed: 1, Loss: 0.05, Duplicate: 0.05, Reorder: 0.05}, peering.Settings{})
	const n = 20_000
	a.send(event, 1, n, 100)
	b.send(event, 1, n/10, 100)
	a.send(record, 1, 100, 20_000)
	b.awaitStream(event.Topic, n)
	a.awaitStream(event.Topic, n/10)
	b.awaitStream(record.Topic, 100)
	if s := r.Stats(); s.Dropped < 20 || s.Duplicated < 20 || s.Reordered < 20 {
		t.Errorf("the network was not that bad: %+v", s)
	}
	b.advance(time.Second)
	a.awaitAccount(b, step.LaneEvents)
	sameLink(t, a, b)
}

// sameLink checks that the nodes have been peers all the time.
func sameLink(t *testing.T, nodes ...*node) {
	t.Helper()
	for _, n := range nodes {
		n.do(func() {
			up := slices.DeleteFunc(slices.Clone(n.events), func(e string) bool { return e == "peer_unavailable" })
			if !slices.Equal(up, []string{"endpoint_discovered", "peer_added"}) {
				t.Errorf("%s: events %q", n.name, n.events)
			}
		})
	}
}

// TestCut: a link survives a network that is away for a while.
func TestCut(t *testing.T) {
	t.Parallel()
	a, b, r := overRelay(t, relay.Options{Seed: 2}, peering.Settings{})
	a.send(event, 1, 1000, 100)
	b.awaitStream(event.Topic, 1000)
	r.Cut()
	before := r.Stats().Dropped
	a.send(event, 1001, 3000, 100)
	b.send(event, 1, 1000, 100)
	r.Await(func(s relay.Stats) bool { return s.Dropped >= before+20 })
	r.Heal()
	b.awaitStream(event.Topic, 3000)
	a.awaitStream(event.Topic, 1000)
	sameLink(t, a, b)
}

// TestCutForGood: after the peer timeout both ends know, and the dialler comes back when the network does.
func TestCutForGood(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the peer timeout, 5 s")
	}
	t.Parallel()
	a, b, r := overRelay(t, relay.Options{Seed: 3}, peering.Settings{PeerTimeout: peering.MinPeerTimeout})
	r.Cut()
	a.send(event, 1, 1000, 100)
	a.awaitEvent("peer_lost")
	b.awaitEvent("peer_lost")
	// QUIC and the loop, which pings, both watch the other end; either may be first.
	if log := a.log.String(); !strings.Contains(log, "nothing was heard") && !strings.Contains(log, "no answer from the peer's loop") {
		t.Errorf("no reason in the log:\n%s", log)
	}
	a.do(func() {
		s := a.laneStats(b, step.LaneEvents)
		if s.Offered.Messages != 1000 || s.Offered != s.InFlight.Plus(s.Dropped) {
			t.Errorf("account %+v", s)
		}
	})
	r.Heal()
	a.awaitPeer(b)
	a.send(event, 1001, 2000, 100)
	b.await("what was sent afterwards", func() bool {
		s := b.streams[event.Topic]
		return s != nil && s.last == 2000
	})
	b.advance(time.Second)
	a.await("settled account", func() bool {
		s := a.laneStats(b, step.LaneEvents)
		return s.Offered.Messages == 2000 && s.Offered == s.Received.Plus(s.Dropped).Plus(s.Lost)
	})
}

// TestRebind: when a NAT forgets the dialler its packets come from another port; the link goes on.
func TestRebind(t *testing.T) {
	t.Parallel()
	a, b, r := overRelay(t, relay.Options{Seed: 4}, peering.Settings{})
	a.send(event, 1, 1000, 100)
	b.send(event, 1, 1000, 100)
	b.awaitStream(event.Topic, 1000)
	a.awaitStream(event.Topic, 1000)
	for i := uint64(1); i <= 3; i++ {
		r.Rebind()
		a.send(event, i*1000+1, i*1000+1000, 100)
		b.awaitStream(event.Topic, i*1000+1000)
		b.send(event, i*1000+1, i*1000+1000, 100)
		a.awaitStream(event.Topic, i*1000+1000)
	}
	sameLink(t, a, b)
}

// TestStatelessReset: a listener that was killed and is back knows nothing of the link, and its peer notices at once.
func TestStatelessReset(t *testing.T) {
	t.Parallel()
	key := Options{ResetKey: func() [32]byte { return [32]byte{42} }}
	a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{options: key})
	to := b.listen(peering.Settings{})
	r := relay.New(t, to.HostPort(), relay.Options{Seed: 5})
	t.Cleanup(a.end)
	a.dial(at("127.0.0.1", int(netip.MustParseAddrPort(r.Addr()).Port())), 50*time.Millisecond, peering.Settings{})
	a.awaitPeer(b)
	r.Cut()
	b.end()
	r.Rebind() // its goodbye goes to the port that was
	again := newNode(t, "again", nodeOptions{options: key})
	var err error
	again.do(func() { _, err = again.table.Listen(to, 0, peering.Settings{}) })
	if err != nil {
		t.Fatal(err)
	}
	a.send(event, 1, 1, 100)
	r.Heal()
	a.awaitEvent("peer_lost")
	a.wantLog("the peer does not know the connection any more")
	a.awaitPeer(again)
}

// TestLaneNotRead: a lane that nobody reads leaves the other lanes of the same link alone.
func TestLaneNotRead(t *testing.T) {
	t.Parallel()
	// With some delay a lane that is read well gets a large window, which is what may then be filled.
	a, b, _ := overRelay(t, relay.Options{Seed: 6, Delay: 3 * time.Millisecond}, peering.Settings{})
	a.send(record, 1, 2000, 10_000)
	b.awaitStream(record.Topic, 2000)
	var kept []*step.Batch // all of the log lane
	b.do(func() {
		for id, owner := range b.ports {
			b.ports[id] = func(in step.Input) bool {
				if batch, ok := in.(*step.Batch); ok && batch.Lane == step.LaneLogs {
					kept = append(kept, batch)
					return true
				}
				return owner(in)
			}
		}
	})
	b.advance(time.Second)
	a.awaitAccount(b, step.LaneLogs)
	a.send(record, 2001, 4000, 10_000)
	b.await("four batches", func() bool { return len(kept) == maxOpen })
	a.await("a full lane", func() bool { return a.laneStats(b, step.LaneLogs).Queued.Bytes > 2<<20 })
	var inFlight uint64
	same := 0
	eventually(t, "the lane stands still", func() bool {
		now := a.lane(b, step.LaneLogs).InFlight.Bytes
		if same++; now != inFlight {
			inFlight, same = now, 0
		}
		return same == 40
	})
	if inFlight < 1<<20 {
		t.Errorf("only %d bytes are in flight", inFlight)
	}
	a.send(event, 1, 20_000, 1000)
	b.awaitStream(event.Topic, 20_000)
	b.do(func() {
		if len(kept) != maxOpen {
			t.Errorf("%d batches of a lane were handed out, want %d", len(kept), maxOpen)
		}
		for _, batch := range kept {
			batch.Release()
		}
	})
}
