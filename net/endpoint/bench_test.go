package endpoint

import (
	"fmt"
	"testing"

	"moonpeer/net/lane"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// fanOut returns a hub with n peers that all want the same, and its party.
func fanOut(t testing.TB, n int, opts Options) (*Hub, *Local, *Peer) {
	h := newHub(opts)
	l := h.Join("p", &countingParty{})
	pool := new(lane.Pool)
	var first *Peer
	for i := range n {
		p, err := h.Attach(id(i), newQueueLink(pool), PeerOptions{Filter: []string{"zeek/"}})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = p
		}
	}
	return h, l, first
}

type countingParty struct{ n int }

func (p *countingParty) Offer(*Envelope) bool {
	p.n++
	return true
}

// fill makes b a batch of n events of 69 bytes on zeek/scan, numbered from seq.
func fill(b *step.Batch, n int, seq uint64) {
	b.Reset(1, step.LaneEvents)
	payload := make([]byte, 69)
	for i := range n {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		hd := wire.Header{Type: wire.TypeData, TTL: 16, Seq: seq + uint64(i), Topic: []byte("zeek/scan")}
		b.Buf, _ = wire.AppendFrame(b.Buf, &hd, payload, wire.DefaultMaxFrame)
	}
}

func TestAllocations(t *testing.T) {
	payload := make([]byte, 69)
	h, l, _ := fanOut(t, 10, Options{})
	publish := func() {
		for range 100 {
			if l.Wanted("zeek/scan") {
				l.Publish("zeek/scan", payload)
			}
		}
		h.Flush()
	}
	publish()
	if n := testing.AllocsPerRun(20, publish); n >= 1 {
		t.Errorf("publishing 100 messages to 10 links allocates %v times", n)
	}
	h, l, peer := fanOut(t, 3, Options{Forwarding: true})
	l.Subscribe("zeek/", SubscribeOptions{})
	b := step.NewBatch(nil)
	seq := uint64(1)
	fill(b, 100, seq)
	route := func() {
		for i := range b.Off { // new ids, or all would be duplicates
			seq++
			for k := range 8 {
				b.Buf[int(b.Off[i])+8+k] = byte(seq >> (56 - 8*k))
			}
		}
		b.Done = 0
		if _, err := peer.Receive(b, 256); err != nil {
			t.Fatal(err)
		}
		h.Flush()
	}
	route()
	if n := testing.AllocsPerRun(20, route); n >= 1 {
		t.Errorf("routing 100 messages to a party and two links allocates %v times", n)
	}
	if s := h.Stats(); s.Delivered != s.Received || s.Forwarded != 2*s.Received || s.Not != [NumReasons]uint64{} {
		t.Errorf("the messages went elsewhere: %+v", s)
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("links=%d", n), func(b *testing.B) {
			h, l, _ := fanOut(b, n, Options{})
			payload := make([]byte, 69)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				l.Publish("zeek/scan", payload)
				if i++; i%256 == 0 {
					h.Flush()
				}
			}
		})
	}
	b.Run("unwanted", func(b *testing.B) {
		_, l, _ := fanOut(b, 10, Options{})
		b.ReportAllocs()
		for b.Loop() {
			if l.Wanted("other/scan") {
				b.Fatal("wanted")
			}
		}
	})
}

// BenchmarkRoute is per message, in batches of 256.
func BenchmarkRoute(b *testing.B) {
	for _, c := range []struct {
		name    string
		party   bool
		forward bool
	}{{"local", true, false}, {"forward", false, true}, {"nobody", false, false}} {
		b.Run(c.name, func(b *testing.B) {
			h := newHub(Options{Forwarding: c.forward})
			from, err := h.Attach(id(1), &fakeLink{}, PeerOptions{})
			if err != nil {
				b.Fatal(err)
			}
			if c.party {
				h.Join("p", &countingParty{}).Subscribe("zeek/", SubscribeOptions{})
			}
			if c.forward {
				if _, err := h.Attach(id(2), newQueueLink(nil), PeerOptions{Filter: []string{"zeek/"}}); err != nil {
					b.Fatal(err)
				}
			}
			batch := step.NewBatch(nil)
			fill(batch, 256, 1)
			b.ReportAllocs()
			b.SetBytes(int64(len(batch.Buf) / 256))
			seq := uint64(1000)
			i := 0
			for b.Loop() {
				if i%256 == 0 {
					batch.Done = 0
					h.Flush()
				}
				seq++
				at := int(batch.Off[i%256]) + 8
				for k := range 8 {
					batch.Buf[at+k] = byte(seq >> (56 - 8*k))
				}
				if _, err := from.Receive(batch, 1); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// TestPartyIDs: a party's targets must fit into its stretch of the tree's ids.
func TestPartyIDs(t *testing.T) {
	h := newHub(Options{})
	a, b := h.Join("a", &party{}), h.Join("b", &party{})
	for _, how := range []interest{plain, self, forward} {
		if x := a.treeID(how); x < a.first || x >= b.first {
			t.Errorf("interest %d of the first party has id %d, the second begins at %d", how, x, b.first)
		}
	}
}
