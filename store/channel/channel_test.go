package channel

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"moonpeer/net/broker"
)

// TestLogOfBroker is stores.md §4.4, the log of Broker's own test.
func TestLogOfBroker(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{})
	p.Add("A")
	p.Produce([]byte("a"))
	p.Produce([]byte("b"))
	p.Add("B")
	p.Produce([]byte("c"))
	r.want(t, "A handshake(1,5); all event(2,a); all event(3,b); B handshake(3,5); all event(4,c)")
	if n, _ := p.Buffered(); n != 3 {
		t.Errorf("%d events are kept, want 3", n)
	}

	c, r := newConsumer(ConsumerOptions{})
	c.Handshake(1, 5)
	event(c, 3, 5)
	c.Heartbeat(7)
	r.forget()
	ticks(c, 3)
	r.want(t, "nack[2 4 6 7]")
}

var seedFlag = flag.Uint64("seed", 0, "seed of the random networks, 0 tries some")

// network loses, doubles and reorders what is sent in both directions between one producer and its consumers.
type network struct {
	rand    *rand.Rand
	loss    float64
	waiting []func() // messages under way
	p       *Producer[int]
	ends    []*end
}

// end is a consumer and what it got.
type end struct {
	net   *network
	id    int
	c     *Consumer
	abort bool

	began    uint64 // offset of the handshake that was taken
	due      uint64
	lost     int
	restarts int
	problem  string
}

func (n *network) send(deliver func()) {
	for n.rand.Float64() >= n.loss {
		n.waiting = append(n.waiting, deliver)
		if n.rand.Float64() >= 0.1 {
			return
		}
	}
}

// run hands out about so many messages, each time one of the oldest eight.
func (n *network) run(messages int) {
	for ; messages > 0 && len(n.waiting) > 0; messages-- {
		i := n.rand.IntN(min(len(n.waiting), 8))
		deliver := n.waiting[i]
		n.waiting = slices.Delete(n.waiting, i, i+1)
		deliver()
	}
}

func (n *network) Handshake(c int, offset uint64, heartbeat uint16) {
	e := n.ends[c]
	n.send(func() {
		if e.c.Next() == 0 {
			e.began, e.due = offset, offset+1
		}
		e.c.Handshake(offset, heartbeat)
	})
}

func (n *network) Broadcast(seq uint64, payload []byte) {
	for _, e := range n.ends {
		n.send(func() { e.event(seq, payload) })
	}
}

func (n *network) Event(c int, seq uint64, payload []byte) {
	n.send(func() { n.ends[c].event(seq, payload) })
}

func (n *network) HeartbeatAll(seq uint64) {
	for _, e := range n.ends {
		n.send(func() { e.c.Heartbeat(seq) })
	}
}

func (n *network) Heartbeat(c int, seq uint64) { n.send(func() { n.ends[c].c.Heartbeat(seq) }) }

func (n *network) RetransmitFailed(c int, seq uint64) {
	n.send(func() { n.ends[c].c.RetransmitFailed(seq) })
}
func (n *network) Attached(int)                   {}
func (n *network) Dropped(c int, why broker.Code) { n.ends[c].problem = "dropped: " + why.String() }

// event hands in a copy that is overwritten afterwards, as a reader's buffer is.
func (e *end) event(seq uint64, payload []byte) {
	buffer := slices.Clone(payload)
	e.c.Event(seq, buffer)
	clear(buffer)
}

func (e *end) Ack(seq uint64) { e.net.send(func() { e.net.p.Ack(e.id, seq) }) }

func (e *end) Nack(missing []uint64) {
	missing = slices.Clone(missing)
	e.net.send(func() { e.net.p.Nack(e.id, missing) })
}

func (e *end) Deliver(seq uint64, payload []byte) {
	if seq != e.due || len(payload) != 8 || binary.BigEndian.Uint64(payload) != seq {
		e.problem = fmt.Sprintf("event %d with payload %x, want %d", seq, payload, e.due)
	}
	e.due++
}

func (e *end) Lost(seq uint64) bool {
	if seq != e.due {
		e.problem = fmt.Sprintf("lost %d, want %d", seq, e.due)
	}
	e.due++
	e.lost++
	if e.abort {
		e.restarts++
	}
	return e.abort
}

func newNetwork(seed uint64, loss float64, consumers int, po ProducerOptions[int], co ConsumerOptions) *network {
	n := &network{rand: rand.New(rand.NewPCG(seed, 1)), loss: loss}
	n.p = NewProducer(po, n)
	for id := range consumers {
		e := &end{net: n, id: id}
		e.c = NewConsumer(co, e)
		n.ends = append(n.ends, e)
	}
	return n
}

// play produces so many events, while consumers join by themselves, and then goes on until all is acknowledged.
func (n *network) play(events int) error {
	for tick := 0; ; tick++ {
		for range n.rand.IntN(20) {
			if events > 0 {
				if _, sent := n.p.Produce(binary.BigEndian.AppendUint64(nil, n.p.Seq()+1)); sent {
					events--
				}
			}
			n.run(n.rand.IntN(2 * len(n.ends)))
		}
		n.p.Tick()
		for i, e := range n.ends {
			if tick >= 10*i { // each joins a little later
				e.c.Tick()
			}
			if e.problem != "" {
				return fmt.Errorf("consumer %d: %s", i, e.problem)
			}
		}
		if tick > 20_000 {
			return fmt.Errorf("not done: seq %d, %d consumers, %d messages under way", n.p.Seq(), n.p.Len(), len(n.waiting))
		}
		n.run(n.rand.IntN(200))
		if events == 0 && n.p.Len() == len(n.ends) && n.p.Idle() {
			return nil
		}
	}
}

func seeds() []uint64 {
	if *seedFlag != 0 {
		return []uint64{*seedFlag}
	}
	return numbers(1, 40)
}

func TestLossyNetwork(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		loss      float64
		consumers int
		po        ProducerOptions[int]
		co        ConsumerOptions
	}{
		"perfect":        {0, 3, ProducerOptions[int]{}, ConsumerOptions{}},
		"lossy":          {0.2, 3, ProducerOptions[int]{}, ConsumerOptions{}},
		"very lossy":     {0.5, 2, ProducerOptions[int]{Unicast: true}, ConsumerOptions{}},
		"small buffers":  {0.2, 2, ProducerOptions[int]{MaxAnswer: 1000}, ConsumerOptions{MaxEvents: 4, MaxNack: 3}},
		"fresh":          {0.3, 3, ProducerOptions[int]{Fresh: true}, ConsumerOptions{NackTimeout: 5}},
		"one at a time":  {0.3, 1, ProducerOptions[int]{MaxAnswer: 1}, ConsumerOptions{MaxBytes: 1, MaxNack: 1}},
		"rare heartbeat": {0.2, 2, ProducerOptions[int]{Heartbeat: 40}, ConsumerOptions{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, seed := range seeds() {
				n := newNetwork(seed, tt.loss, tt.consumers, tt.po, tt.co)
				if err := n.play(500); err != nil {
					t.Fatalf("-seed %d: %v", seed, err)
				}
				for i, e := range n.ends {
					if e.due != n.p.Seq()+1 || e.lost > 0 {
						t.Fatalf("-seed %d: consumer %d is at %d of %d with %d lost", seed, i, e.due-1, n.p.Seq(), e.lost)
					}
				}
				if kept, bytes := n.p.Buffered(); kept != 0 || bytes != 0 {
					t.Fatalf("-seed %d: %d events in %d bytes are kept", seed, kept, bytes)
				}
			}
		})
	}
}

// TestLossyNetworkForgetful: the producer keeps too little, so events are lost, but none silently and none twice.
func TestLossyNetworkForgetful(t *testing.T) {
	t.Parallel()
	for _, abort := range []bool{false, true} {
		lost, restarts := 0, 0
		for _, seed := range seeds() {
			n := newNetwork(seed, 0.2, 2, ProducerOptions[int]{MaxBytes: 20 * 72, Fresh: abort}, ConsumerOptions{})
			for _, e := range n.ends {
				e.abort = abort
			}
			if err := n.play(500); err != nil {
				t.Fatalf("abort %v, -seed %d: %v", abort, seed, err)
			}
			for i, e := range n.ends {
				if e.due != n.p.Seq()+1 {
					t.Fatalf("abort %v, -seed %d: consumer %d is at %d of %d", abort, seed, i, e.due-1, n.p.Seq())
				}
				lost, restarts = lost+e.lost, restarts+e.restarts
			}
		}
		if *seedFlag == 0 && (lost == 0 || abort != (restarts > 0)) {
			t.Errorf("abort %v: %d lost, %d restarts: the test tests nothing", abort, lost, restarts)
		}
	}
}
