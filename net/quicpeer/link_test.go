package quicpeer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/lane"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

func pair(t testing.TB, s peering.Settings) (a, b *node) {
	t.Helper()
	a, b = newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{})
	a.join(b, s)
	return a, b
}

var (
	event  = endpoint.Message{Topic: "t/event", Lane: step.LaneEvents}
	change = endpoint.Message{Topic: "t/store", Lane: step.LaneStores, Type: wire.TypeCommand}
	record = endpoint.Message{Topic: "t/log", Lane: step.LaneLogs}
)

func TestBothWays(t *testing.T) {
	t.Parallel()
	for _, originator := range []string{"dialler", "listener"} {
		t.Run(originator, func(t *testing.T) {
			t.Parallel()
			a := newNode(t, "a", nodeOptions{small: originator == "dialler"})
			b := newNode(t, "b", nodeOptions{small: originator == "listener"})
			a.join(b, peering.Settings{})
			const n = 5000
			for _, m := range []endpoint.Message{event, change, record} {
				a.send(m, 1, n, 100)
				b.send(m, 1, n, 100)
			}
			for _, m := range []endpoint.Message{event, change, record} {
				a.awaitStream(m.Topic, n)
				b.awaitStream(m.Topic, n)
			}
			a.advance(time.Second)
			b.advance(time.Second)
			for l := step.LaneEvents; l < step.NumLanes; l++ {
				a.awaitAccount(b, l)
				b.awaitAccount(a, l)
			}
			a.do(func() {
				if p := a.table.Peers(); len(p) != 1 || p[0].Name != "b" || !p[0].Outbound || p[0].ID != b.hub.ID() {
					t.Errorf("a's peers: %+v", p)
				}
			})
			for _, n := range []*node{a, b} {
				n.do(func() {
					if want := []string{"endpoint_discovered", "peer_added"}; !slices.Equal(n.events, want) {
						t.Errorf("%s: events %q, want %q", n.name, n.events, want)
					}
				})
			}
		})
	}
}

func TestFrameSizes(t *testing.T) {
	t.Parallel()
	s := peering.Settings{MaxFrame: 300_000}
	a, b := pair(t, s)
	// The header of a frame of ours: 12 bytes and the topic.
	most := s.MaxFrame - 12 - len(event.Topic)
	sizes := []int{8, 1200, 4<<10 - 20, 4 << 10, 8<<10 + 1, 64<<10 - 21, 64 << 10, 64<<10 + 1, 128 << 10, most - 1, most}
	for i, size := range sizes {
		a.send(event, uint64(i+1), uint64(i+1), size)
	}
	b.awaitStream(event.Topic, uint64(len(sizes)))

	// One beyond is dropped by the sender, who can't have it hurt the link, and counted.
	n := uint64(len(sizes))
	a.send(event, n+1, n+1, most+1)
	a.send(event, n+2, n+2, 8)
	b.await("message behind the one that is too large", func() bool { return b.streams[event.Topic].last == n+2 })
	if got := a.lane(b, step.LaneEvents).Dropped.Messages; got != 1 {
		t.Errorf("%d messages dropped, want 1", got)
	}
}

func TestLargestFrame(t *testing.T) {
	t.Parallel()
	a, b := pair(t, peering.Settings{})
	const most = wire.DefaultMaxFrame - 200 // a publish counts with the largest header there is
	a.send(event, 1, 1, most)
	a.send(event, 2, 2, 100)
	for _, m := range []endpoint.Message{change, record} {
		a.send(m, 1, 1, 1<<20)
		a.send(m, 2, 2, 100)
		b.awaitStream(m.Topic, 2)
	}
	b.awaitStream(event.Topic, 2)
}

// TestFrameAboveLimit: a peer that sends what this node does not take loses the link, and is told why.
func TestFrameAboveLimit(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{})
	a.dial(b.listen(peering.Settings{MaxFrame: 100_000}), 0, peering.Settings{})
	a.awaitPeer(b)
	a.send(event, 1, 1, 90_000)
	b.awaitStream(event.Topic, 1)
	a.send(event, 2, 2, 100_001)
	a.awaitEvent("peer_lost")
	b.awaitEvent("peer_lost")
	for _, n := range []*node{a, b} {
		n.wantLog("events lane", "frame above the size limit", "limit 100000 bytes")
	}
}

// TestPacing: a backlog of bulk does not stand in the way of events.
func TestPacing(t *testing.T) {
	t.Parallel()
	for _, bulk := range []endpoint.Message{record, change} {
		t.Run(bulk.Topic, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, peering.Settings{})
			const size, total = 10_000, 1000
			// The event lane is in use before bulk begins.
			a.send(event, 1, 1, 100)
			b.awaitStream(event.Topic, 1)
			start := time.Now()
			a.send(bulk, 1, total, size)
			var events, behind uint64
			for done := false; !done; {
				events++
				a.send(event, events+1, events+1, 100)
				b.awaitStream(event.Topic, events+1)
				b.do(func() {
					s := b.streams[bulk.Topic]
					if done = s != nil && s.last == total; !done {
						behind++
					}
				})
			}
			b.awaitStream(bulk.Topic, total)
			// 10 MB in pieces of 32 KB, one per millisecond, take 300 ms; an event takes much less.
			took := time.Since(start)
			t.Logf("%d events while %d bytes of %s were under way, which took %v", behind, size*total, bulk.Topic, took)
			if behind < 50 || took < 250*time.Millisecond {
				t.Error("bulk is not paced, or events wait for it")
			}
		})
	}
}

// TestBulkAlone: without events nothing rests.
func TestBulkAlone(t *testing.T) {
	t.Parallel()
	a, b := pair(t, peering.Settings{})
	a.send(record, 1, 3000, 10_000)
	b.awaitStream(record.Topic, 3000)
	b.advance(time.Second)
	a.awaitAccount(b, step.LaneLogs)
}

// TestSlowPeer: a receiver whose loop does not run costs the sender its lane, and nobody else anything.
func TestSlowPeer(t *testing.T) {
	t.Parallel()
	for _, policy := range []lane.Policy{lane.DropOldest, lane.DropNewest} {
		t.Run(policy.String(), func(t *testing.T) {
			t.Parallel()
			var s peering.Settings
			s.Limits[step.LaneEvents] = lane.Limits{Messages: 1000, Bytes: 1 << 20, Policy: policy}
			a, slow, quick := newNode(t, "a", nodeOptions{}), newNode(t, "slow", nodeOptions{}), newNode(t, "quick", nodeOptions{})
			a.join(slow, s)
			a.join(quick, peering.Settings{})
			slow.freeze(true)
			const total = 30_000
			a.sendWhile(event, 1, total, 1000, func() bool {
				return a.hub.Peer(quick.hub.ID()).Link().Writable(step.LaneEvents)
			})
			quick.awaitStream(event.Topic, total)
			stats := a.lane(slow, step.LaneEvents)
			queued := stats.Queued.Messages
			if stats.Offered.Messages != total || stats.Dropped.Messages == 0 || queued == 0 || queued > 1000 {
				t.Errorf("while the peer does not read: %+v", stats)
			}
			// Held by the peer: batches, the streams' window, and what was written and not sent.
			if most := uint64(maxOpen*keepBuffer + maxStreamWindow + 2*lane.MaxTake); stats.InFlight.Bytes > most {
				t.Errorf("%d bytes are in flight, at most %d could be", stats.InFlight.Bytes, most)
			}
			if s := a.lane(quick, step.LaneEvents); s.Dropped.Messages != 0 {
				t.Errorf("the other peer's lane: %+v", s)
			}

			slow.freeze(false)
			want := stats.Offered.Minus(stats.Dropped).Messages
			slow.await("all that was not dropped", func() bool { s := slow.streams[event.Topic]; return s != nil && s.n == want })
			slow.do(func() {
				s := slow.streams[event.Topic]
				if s.bad != "" || (s.last == total) != (policy == lane.DropOldest) {
					t.Errorf("got %+v", s)
				}
			})
			slow.advance(time.Second)
			if got := a.awaitAccount(slow, step.LaneEvents); got.Dropped != stats.Dropped || got.Received.Messages != want {
				t.Errorf("in the end %+v, before %+v", got, stats)
			}
			a.do(func() { // everything flows again
				a.party.Publish("t/after", payload(1, 8))
			})
			slow.awaitStream("t/after", 1)
			a.wantBursts(stats.Dropped.Messages)
		})
	}
}

// wantBursts checks that the log tells of each burst once when it begins and once when it has ended, and accounts for each
// of the messages that were dropped. There is one burst, a few more when the peer's transport is late to take what it holds.
func (n *node) wantBursts(dropped uint64) {
	n.t.Helper()
	log := n.log.String()
	var told uint64
	ends := strings.Split(log, "lane has room again")
	for _, end := range ends[1:] {
		_, count, _ := strings.Cut(end, "dropped=")
		var of uint64
		if _, err := fmt.Sscan(count, &of); err != nil {
			n.t.Errorf("an end without its count: %v", err)
		}
		told += of
	}
	bursts := strings.Count(log, "lane full, messages are dropped")
	if told != dropped || bursts != len(ends)-1 || bursts == 0 || bursts > 20 {
		n.t.Errorf("%d bursts, %d of %d drops are told:\n%s", bursts, told, dropped, log)
	}
}

func TestSlowPeerDisconnected(t *testing.T) {
	t.Parallel()
	var s peering.Settings
	s.Limits[step.LaneEvents] = lane.Limits{Messages: 1000, Bytes: 1 << 20, Policy: lane.Disconnect}
	a, slow := pair(t, s)
	slow.freeze(true)
	a.sendWhile(event, 1, 30_000, 1000, func() bool { return true })
	a.awaitEvent("peer_removed")
	slow.freeze(false)
	slow.awaitEvent("peer_lost")
	a.wantLog(peering.OverflowReason)
	slow.wantLog(peering.OverflowReason)
	if s := a.lane(slow, step.LaneEvents); s.Offered != s.Dropped.Plus(s.InFlight).Plus(s.Received) || s.Queued.Messages != 0 {
		t.Errorf("account %+v", s)
	}
}

// TestRefusingLanes: stores and logs lose nothing when the peer is slow; their publishers keep what is not taken.
func TestRefusingLanes(t *testing.T) {
	t.Parallel()
	var s peering.Settings
	for _, l := range []step.Lane{step.LaneStores, step.LaneLogs} {
		s.Limits[l] = lane.Limits{Messages: 100, Bytes: 100_000, Policy: lane.Refuse}
	}
	a, slow := pair(t, s)
	slow.freeze(true)
	const total = 3000
	a.send(change, 1, total, 3000)
	a.send(record, 1, total, 3000)
	a.await("lanes that are full", func() bool {
		for _, l := range []step.Lane{step.LaneStores, step.LaneLogs} {
			if s := a.laneStats(slow, l); s.Queued.Bytes < 50_000 || s.Dropped.Messages > 0 {
				return false
			}
		}
		return true
	})
	slow.freeze(false)
	for _, m := range []endpoint.Message{change, record} {
		slow.awaitStream(m.Topic, total)
	}
}

// TestGoneWithFullLane: what waits for a peer that is gone counts as dropped, and only what was written as in flight.
func TestGoneWithFullLane(t *testing.T) {
	t.Parallel()
	a, slow := pair(t, peering.Settings{})
	slow.freeze(true)
	a.sendWhile(event, 1, 12_000, 1000, func() bool { return true })
	a.await("published stream", func() bool { return len(a.feeds) == 0 })
	before := a.lane(slow, step.LaneEvents)
	if before.Queued.Messages < 1000 || before.Dropped.Messages > 0 {
		t.Fatalf("nothing waits: %+v", before)
	}
	slow.end()
	a.awaitEvent("peer_lost")
	s := a.lane(slow, step.LaneEvents)
	if s.Offered != before.Offered || s.Offered != s.Dropped.Plus(s.InFlight) || s.Dropped.Messages < 1000 {
		t.Errorf("account %+v, before %+v", s, before)
	}
}

func TestUnpeer(t *testing.T) {
	t.Parallel()
	a, b := pair(t, peering.Settings{})
	a.send(event, 1, 10_000, 100)
	a.await("a published stream", func() bool { return len(a.feeds) == 0 })
	a.do(func() { a.table.Stop() })
	b.awaitStream(event.Topic, 10_000) // goodbye waits for what is queued
	b.awaitEvent("peer_lost")
	a.awaitEvent("peer_removed")
	a.await("end", a.table.Stopped)
	if s := a.lane(b, step.LaneEvents); s.Offered.Messages != 10_000 || s.Offered != s.Received.Plus(s.InFlight) {
		t.Errorf("account %+v", s)
	}
	for _, n := range []*node{a, b} {
		n.do(func() {
			if peers := n.table.Peers(); len(peers) != 0 {
				t.Errorf("%s: peers %v", n.name, peers)
			}
		})
	}
}

func TestPeerRestarts(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{})
	at := b.listen(peering.Settings{})
	a.dial(at, 20*time.Millisecond, peering.Settings{})
	a.awaitPeer(b)
	b.end()
	a.awaitEvent("peer_lost")
	again := newNode(t, "again", nodeOptions{})
	var err error
	again.do(func() { _, err = again.table.Listen(at, 0, peering.Settings{}) })
	if err != nil {
		t.Fatalf("the port of a transport that was closed: %v", err)
	}
	a.awaitPeer(again)
	a.send(event, 1, 10, 100)
	again.awaitStream(event.Topic, 10)
}

func TestCodes(t *testing.T) {
	t.Parallel()
	a, b := pair(t, peering.Settings{})
	why := strings.Repeat("because ", 200)
	b.do(func() {
		b.hub.Peer(a.hub.ID()).Link().Close(uint64(broker.PeerTimeout), why)
	})
	a.awaitEvent("peer_lost")
	a.wantLog(why[:200])
}

func TestPiece(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		l    step.Lane
		fill int // bytes
		want int
	}{
		{step.LaneControl, 0, lane.MaxTake},
		{step.LaneEvents, 0, lane.MaxTake},
		{step.LaneStores, 0, bulkPiece},
		{step.LaneStores, 6 << 20, bulkPiece},
		{step.LaneLogs, 0, bulkPiece},
		{step.LaneLogs, 6 << 20, 2 * bulkPiece},
	} {
		w := &writer{lane: tc.l, l: &link{Set: lane.New(lane.Options{Wake: func(step.Lane) {}})}}
		for n := 0; n < tc.fill; n += 5000 {
			w.l.Append(tc.l, &header, payload(1, 5000))
		}
		w.l.Flush()
		if got := w.piece(); got != tc.want {
			t.Errorf("%s lane with %d bytes: pieces of %d, want %d", tc.l, tc.fill, got, tc.want)
		}
	}
}
