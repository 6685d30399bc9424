package peering_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// hostileFrames makes frames that are good, nearly good, or nothing.
func hostileFrames(l *fakeLink, r *rand.Rand) []byte {
	good := []wire.Handshake{wire.Probe{}, hello(larger), hello(smaller), hello(me), versionSelect(larger), versionSelect(smaller),
		dropConn(larger, broker.RedundantConnection), dropConn(smaller, 200), wire.OriginatorSyn{Filter: []string{"/f", ""}},
		wire.ResponderSynAck{Filter: []string{"/f"}}, wire.OriginatorAck{}}
	var f []byte
	switch r.IntN(4) {
	case 0:
		f = make([]byte, wire.LengthSize+r.IntN(80))
		for i := range f {
			f[i] = byte(r.Uint32())
		}
	case 1:
		f = wire.AppendHandshake(nil, good[r.IntN(len(good))])
	default:
		types := []uint8{1, 2, 3, 4, 5, wire.TypeStore, wire.TypeLink, wire.TypeLink}
		if l.broker {
			types = types[:5]
		}
		payload := make([]byte, r.IntN(70))
		for i := range payload {
			payload[i] = byte(r.IntN(7))
		}
		switch r.IntN(4) {
		case 0:
			payload = peering.AppendHello(nil, randomHello(r))
		case 1:
			payload = wire.AppendFilter(nil, []string{"a", "b", "", "<$>/local/x"})
		}
		topic := []string{"<$>", "t", "", "<$>/local/x"}[r.IntN(4)]
		f = l.frame([]byte{larger, smaller, me}[r.IntN(3)], wire.Header{Type: types[r.IntN(len(types))], Seq: r.Uint64N(5)}, topic, payload)
	}
	switch r.IntN(4) {
	case 0:
		if len(f) > wire.LengthSize {
			f[wire.LengthSize+r.IntN(len(f)-wire.LengthSize)] ^= byte(1 << r.IntN(8))
		}
	case 1:
		f = f[:wire.LengthSize+r.IntN(len(f)-wire.LengthSize+1)]
	}
	binary.BigEndian.PutUint32(f, uint32(len(f)-wire.LengthSize))
	return f
}

// TestHostileFrames feeds each state with them. Nothing panics, the account adds up, and when the link is gone nothing of
// it is left but the peer's account.
func TestHostileFrames(t *testing.T) {
	t.Parallel()
	for state := range reach {
		for _, isBroker := range []bool{true, false} {
			if isBroker && (state == "await_link_hello" || state == "await_admitted") {
				continue
			}
			t.Run(fmt.Sprintf("%s broker=%v", state, isBroker), func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(60) {
					r := rand.New(rand.NewPCG(seed, uint64(len(state))))
					n := byHand(t, config{})
					n.subscribe("t")
					l := reach[state](n, isBroker)
					for i := 0; i < 60 && n.table.State(l) != ""; i++ {
						l.feed(step.Lane(r.IntN(step.NumLanes)*r.IntN(2)), hostileFrames(l, r))
						if r.IntN(5) == 0 {
							n.publish("t", "m")
							n.after(time.Duration(r.IntN(int(time.Second))))
						}
						if r.IntN(5) == 0 {
							l.take()
						}
						n.balance(fmt.Sprint("seed ", seed))
					}
					n.after(20 * time.Second) // whatever else there was has stalled
					if n.table.State(l) != "" {
						l.hangUp("")
					}
					conns, timers := n.table.Left()
					if conns != 0 || timers > 1 || len(n.hub.Peers()) != 0 {
						t.Fatalf("seed %d: %d connections, %d timers, %d peers are left", seed, conns, timers, len(n.hub.Peers()))
					}
				}
			})
		}
	}
}

// manyPrefixes are one more than a peer may announce, and none covers another.
func manyPrefixes() (out []string) {
	for i := range 1<<16 + 1 {
		out = append(out, string(binary.BigEndian.AppendUint32(nil, uint32(i))))
	}
	return out
}

// TestFilterTooLarge: in the handshake and after it. The peer is none, or none any more.
func TestFilterTooLarge(t *testing.T) {
	t.Parallel()
	many := manyPrefixes()
	for _, isBroker := range []bool{true, false} {
		n := byHand(t, config{})
		l := n.accept(isBroker).then(hello(larger), wire.ResponderSynAck{Filter: many})
		if got := l.said(); n.table.State(l) != "refused" || !strings.Contains(got, "20 failed to parse responder_syn_ack") {
			t.Errorf("broker=%v, handshake: %s, said %s", isBroker, n.table.State(l), got)
		}
		n.after(2 * time.Second)
		n.want()
		n.wantLeft(0, 1, 1)

		l = n.dial(there, time.Second, isBroker)
		l.say(hello(smaller), versionSelect(smaller), wire.OriginatorSyn{Filter: many}, wire.OriginatorAck{})
		if got := l.said(); !strings.Contains(got, "20 failed to parse originator_syn") {
			t.Errorf("broker=%v, dialled: said %s", isBroker, got)
		}
		l.hangUp("")
		n.want("peer_unavailable @there:9999: " + unavailable)
		n.table.Unpeer(there)

		l = n.accept(isBroker)
		l.peer(larger)
		l.control(larger, wire.TypeRoutingUpdate, wire.AppendFilter(nil, many))
		if !l.closed || l.code != uint64(broker.DeserializationFailed) {
			t.Errorf("broker=%v, update: closed %v with code %d", isBroker, l.closed, l.code)
		}
		n.want(append(added(larger, "stranger"), lost(larger, "stranger")...)...)
		n.accept(isBroker).peer(larger) // it may come back
	}
}

// TestBadRoutingUpdate ends the link.
func TestBadRoutingUpdate(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"", "\x01", "\x02\x01a", "\x01\x05abc", "\x01\x01a!", "\xff\xff\xff\xff\x0f"} {
		n := byHand(t, config{})
		l := n.accept(true)
		l.peer(larger)
		l.control(larger, wire.TypeRoutingUpdate, []byte(payload))
		if !l.closed {
			t.Errorf("%x passes", payload)
		}
	}
}

// TestThousandsOfStrangers: connections that never say anything cost a timer each, and are gone after ten seconds.
func TestThousandsOfStrangers(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	for range 10_000 {
		n.accept(false)
	}
	if conns, timers := n.table.Left(); conns != 1024 || timers != 1025 {
		t.Errorf("%d connections, %d timers, want 1024 and one more", conns, timers)
	}
	n.after(11 * time.Second)
	n.wantLeft(0, 1, 1)
	n.accept(false).peer(larger)
}
