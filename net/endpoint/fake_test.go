package endpoint

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/lane"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// id makes an endpoint id that is easy to tell apart.
func id(n int) broker.EndpointID {
	var b broker.EndpointID
	b[0], b[15] = 0xee, byte(n)
	return b
}

func newHub(opts Options) *Hub {
	if opts.ID.IsZero() {
		opts.ID = id(100)
	}
	opts.Env.Rand = rand.New(rand.NewPCG(1, 2))
	return New(opts)
}

// fakeLink notes what is appended.
type fakeLink struct {
	sent    []sent
	verdict step.Verdict
	flushes int
	closed  string
}

type sent struct {
	lane    step.Lane
	h       wire.Header
	topic   string
	payload string
}

func (f *fakeLink) Append(l step.Lane, h *wire.Header, payload []byte) step.Verdict {
	if f.verdict != step.Full {
		f.sent = append(f.sent, sent{l, *h, string(h.Topic), string(payload)})
	}
	return f.verdict
}
func (f *fakeLink) Writable(step.Lane) bool              { return f.verdict == step.Queued }
func (f *fakeLink) Flush()                               { f.flushes++ }
func (f *fakeLink) Counters(step.Lane) (c step.Counters) { return c }
func (f *fakeLink) Close(code uint64, why string)        { f.closed = why }

// take returns what was sent on a lane as "topic=payload", and forgets all.
func (f *fakeLink) take(l step.Lane) (out []string) {
	for _, s := range f.sent {
		if s.lane == l {
			out = append(out, s.topic+"="+s.payload)
		}
	}
	f.sent = nil
	return out
}

// updates returns the filters announced, and forgets all.
func (f *fakeLink) updates(t testing.TB) (out []string) {
	t.Helper()
	for _, s := range f.sent {
		if s.h.Type != wire.TypeRoutingUpdate {
			continue
		}
		filter, err := wire.ParseFilter([]byte(s.payload))
		if err != nil {
			t.Fatalf("routing update %x: %v", s.payload, err)
		}
		out = append(out, fmt.Sprintf("%q", filter))
	}
	f.sent = nil
	return out
}

// attach adds a peer that subscribes to the given prefixes.
func attach(t testing.TB, h *Hub, n int, opts PeerOptions, filter ...string) (*Peer, *fakeLink) {
	t.Helper()
	opts.Filter = filter
	f := &fakeLink{}
	p, err := h.Attach(id(n), f, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p, f
}

// party takes everything and notes it.
type party struct {
	got    []string
	last   Envelope
	refuse bool
	on     func(e *Envelope)
}

func (p *party) Offer(e *Envelope) bool {
	if p.refuse {
		return false
	}
	s := fmt.Sprintf("%s=%s", e.Topic, e.Payload)
	if e.Forwarded {
		s += " forwarded"
	}
	p.got = append(p.got, s)
	p.last = *e
	if p.on != nil {
		p.on(e)
	}
	return true
}

func (p *party) take() []string {
	got := p.got
	p.got = nil
	return got
}

// frame builds a frame of ours as a peer would send it, without its length field.
func frame(t testing.TB, h wire.Header, topic, payload string) []byte {
	t.Helper()
	if h.Type == 0 {
		h.Type = wire.TypeData
	}
	if h.TTL == 0 {
		h.TTL = 16
	}
	h.Topic = []byte(topic)
	b, err := wire.AppendFrame(nil, &h, []byte(payload), wire.DefaultMaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	return b[wire.LengthSize:]
}

// route has p send a data message numbered seq.
func route(t testing.TB, p *Peer, seq uint64, topic, payload string) {
	t.Helper()
	if err := p.Route(step.LaneEvents, frame(t, wire.Header{Seq: seq}, topic, payload)); err != nil {
		t.Fatal(err)
	}
}

// queueLink is a link with real queues and a writer that throws away.
type queueLink struct {
	fakeLink
	set *lane.Set
	tk  lane.Taken
}

func newQueueLink(pool *lane.Pool) *queueLink {
	return &queueLink{set: lane.New(lane.Options{Pool: pool, Wake: func(step.Lane) {}})}
}

func (q *queueLink) Append(l step.Lane, h *wire.Header, payload []byte) step.Verdict {
	return q.set.Append(l, h, payload)
}

func (q *queueLink) Flush() {
	q.set.Flush()
	for q.set.Take(step.LaneEvents, lane.MaxTake, &q.tk) {
		q.set.Done(step.LaneEvents, &q.tk)
	}
}
