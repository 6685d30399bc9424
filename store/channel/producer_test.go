package channel

import (
	"errors"
	"math"
	"slices"
	"testing"

	"moonpeer/net/broker"
)

func newProducer(opts ProducerOptions[string]) (*Producer[string], *record) {
	r := &record{}
	return NewProducer(opts, r), r
}

// TestProducerRows holds the rows of stores.md §4.2. Each starts with consumer A, that has acknowledged offset 1, and
// events 2 to 4, "b" to "d".
func TestProducerRows(t *testing.T) {
	t.Parallel()
	type producer = *Producer[string]
	tests := []struct {
		name string
		do   func(p producer)
		want string
		kept int // events afterwards
	}{
		{"produce", func(p producer) { p.Produce([]byte("e")) }, "all event(5,e)", 4},
		{"add", func(p producer) { p.Add("B") }, "B handshake(4,5)", 3},
		{"add a known one", func(p producer) { p.Add("A") }, "", 3},

		{"ack", func(p producer) { p.Ack("A", 3) }, "", 1},
		{"ack all", func(p producer) { p.Ack("A", 4) }, "", 0},
		{"ack again", func(p producer) { p.Ack("A", 3); p.Ack("A", 3) }, "", 1},
		{"ack less", func(p producer) { p.Ack("A", 3); p.Ack("A", 2) }, "", 1},
		{"ack by a stranger", func(p producer) { p.Ack("B", 4) }, "", 3},
		{"ack of what was never sent", func(p producer) { p.Ack("A", 5) }, "", 3},
		{"first ack", func(p producer) { p.Add("B"); p.Ack("B", 4) }, "B handshake(4,5); B attached", 3},
		{"ack waits for all", func(p producer) { p.Add("B"); p.Ack("A", 4) }, "B handshake(4,5)", 3},
		{"ack by all", func(p producer) { p.Add("B"); p.Ack("A", 4); p.Ack("B", 4) }, "B handshake(4,5); B attached", 0},
		{"ack 0", func(p producer) { p.Add("B"); p.Ack("B", 0) }, "B handshake(4,5)", 3},

		{"nack [0] by a stranger", func(p producer) { p.Nack("B", []uint64{0}) }, "B handshake(4,5)", 3},
		{"nack by a stranger", func(p producer) { p.Nack("B", []uint64{3}) }, "", 3},
		{"nack [0 0] by a stranger", func(p producer) { p.Nack("B", []uint64{0, 0}) }, "", 3},
		{"empty nack by a stranger", func(p producer) { p.Nack("B", nil) }, "", 3},
		{"empty nack", func(p producer) { p.Nack("A", nil) }, "", 3},
		{"nack", func(p producer) { p.Nack("A", []uint64{2, 4}) }, "A event(2,b); A event(4,d)", 3},
		{"nack acknowledges", func(p producer) { p.Nack("A", []uint64{4}) }, "A event(4,d)", 1},
		{"nack of what is gone", func(p producer) { p.Ack("A", 3); p.Nack("A", []uint64{2, 3, 4}) },
			"A failed(2); A failed(3); A event(4,d)", 1},
		{"nack [0] by a known one", func(p producer) { p.Nack("A", []uint64{0}) }, "A handshake(1,5)", 3},
		{"nack that begins with 0", func(p producer) { p.Nack("A", []uint64{0, 3}) }, "A handshake(1,5)", 3},
		{"nack [1]", func(p producer) { p.Nack("A", []uint64{1}) }, "A failed(1)", 3},
		{"nack with equal neighbours", func(p producer) { p.Nack("A", []uint64{2, 2, 3}) }, "A event(2,b); A event(3,c)", 3},
		{"nack against the order", func(p producer) { p.Nack("A", []uint64{3, 2}) }, "A dropped(invalid_message)", 0},
		{"nack of what was never sent", func(p producer) { p.Nack("A", []uint64{4, 5, 6}) }, "A event(4,d)", 1},

		{"tick", func(p producer) { ticks(p, 4) }, "", 3},
		{"heartbeat", func(p producer) { ticks(p, 5) }, "all heartbeat(4)", 3},
		{"heartbeats", func(p producer) { ticks(p, 14) }, "all heartbeat(4); all heartbeat(4)", 3},
		{"heartbeat after an event", func(p producer) { ticks(p, 3); p.Produce([]byte("e")); ticks(p, 5) },
			"all event(5,e); all heartbeat(5)", 4},
		{"remove", func(p producer) { p.Remove("A") }, "", 0},
		{"remove a stranger", func(p producer) { p.Remove("B") }, "", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, r := newProducer(ProducerOptions[string]{})
			p.Add("A")
			p.Ack("A", 1)
			for _, payload := range []string{"b", "c", "d"} {
				p.Produce([]byte(payload))
			}
			r.forget()
			tt.do(p)
			r.want(t, tt.want)
			if n, _ := p.Buffered(); n != tt.kept {
				t.Errorf("%d events are kept, want %d", n, tt.kept)
			}
		})
	}
}

func TestProducerWithoutConsumers(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{})
	if seq, sent := p.Produce([]byte("x")); sent || seq != 0 || p.Seq() != 1 {
		t.Errorf("produced %d, %v; seq is %d, want 1", seq, sent, p.Seq())
	}
	ticks(p, 20)
	r.want(t, "")
	if !p.Idle() || p.Len() != 0 {
		t.Error("not idle")
	}
}

func TestProducerErrors(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{MaxConsumers: 2})
	if err := p.Add("A"); err != nil {
		t.Fatal(err)
	}
	if err := p.Add("A"); !errors.Is(err, broker.ErrConsumerExists) {
		t.Errorf("added twice: %v", err)
	}
	p.Nack("B", []uint64{0})
	if err := p.Add("C"); !errors.Is(err, ErrTooManyConsumers) {
		t.Errorf("added a third of two: %v", err)
	}
	p.Nack("C", []uint64{0})
	r.want(t, "A handshake(1,5); B handshake(1,5)")
	if got := p.Consumers(); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("consumers %v", got)
	}
}

func TestProducerIdle(t *testing.T) {
	t.Parallel()
	p, _ := newProducer(ProducerOptions[string]{})
	p.Add("A")
	if p.Idle() {
		t.Error("idle before the handshake is acknowledged")
	}
	p.Ack("A", 1)
	if acked, known := p.Acked("A"); acked != 1 || !known || !p.Idle() {
		t.Errorf("acked %d, %v; idle %v", acked, known, p.Idle())
	}
	p.Produce(nil)
	if p.Idle() {
		t.Error("idle with an event under way")
	}
	p.Ack("A", 2)
	if !p.Idle() {
		t.Error("not idle")
	}
}

// TestProducerTimeout has three consumers: A is silent, B acknowledges, C asks for nothing new.
func TestProducerTimeout(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{TimeoutFactor: 4})
	for _, c := range []string{"A", "B", "C"} {
		p.Add(c)
		p.Ack(c, 1)
	}
	p.Produce([]byte("b"))
	p.Ack("B", 2)
	p.Ack("C", 2)
	ticks(p, 10)
	p.Ack("B", 1) // less than it had: no sign of life
	p.Ack("C", 2)
	ticks(p, 9)
	r.forget()
	p.Tick()
	r.want(t, "all heartbeat(2); A dropped(connection_timeout); B dropped(connection_timeout)")
	if n, _ := p.Buffered(); n != 0 {
		t.Errorf("%d events are kept for who is gone", n)
	}
	p.Nack("C", nil) // no sign of life either
	ticks(p, 9)
	p.Produce([]byte("c"))
	r.forget()
	p.Tick()
	r.want(t, "C dropped(connection_timeout)")
	if n, _ := p.Buffered(); n != 0 || p.Len() != 0 {
		t.Errorf("%d events are kept for nobody", n)
	}
}

// TestProducerSignsOfLife: all but an empty nack count.
func TestProducerSignsOfLife(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		missing []uint64
		stays   bool
	}{
		{"nothing missing", nil, false},
		{"handshake", []uint64{0}, true},
		{"old ones", []uint64{1}, true},
		{"event", []uint64{2}, true},
	}
	for _, tt := range tests {
		p, _ := newProducer(ProducerOptions[string]{TimeoutFactor: 2})
		p.Add("A")
		p.Ack("A", 1)
		p.Produce(nil)
		p.Ack("A", 2)
		ticks(p, 9)
		p.Nack("A", tt.missing)
		p.Tick()
		if got := p.Len() == 1; got != tt.stays {
			t.Errorf("nack of %s: consumer stays %v, want %v", tt.name, got, tt.stays)
		}
	}
}

func TestProducerTimeoutDefault(t *testing.T) {
	t.Parallel()
	p, _ := newProducer(ProducerOptions[string]{})
	p.Add("A")
	ticks(p, 499)
	if p.Len() != 1 {
		t.Fatal("dropped before 500 ticks")
	}
	p.Tick()
	if p.Len() != 0 {
		t.Error("not dropped after 500 ticks")
	}
}

func TestProducerKeep(t *testing.T) {
	t.Parallel()
	there := map[string]bool{"A": true}
	p, r := newProducer(ProducerOptions[string]{TimeoutFactor: 2, Keep: func(c string) bool { return there[c] }})
	p.Add("A")
	p.Add("B")
	ticks(p, 9)
	r.forget()
	p.Tick()
	r.want(t, "all heartbeat(1); B dropped(connection_timeout)")
	ticks(p, 1000)
	there["A"] = false
	r.forget()
	p.Tick()
	r.want(t, "A dropped(connection_timeout)")
}

func TestProducerSilent(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{Silent: true})
	p.Add("A")
	ticks(p, 10000)
	r.want(t, "A handshake(1,0)")
}

func TestProducerUnicast(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{Unicast: true, Heartbeat: 3})
	p.Add("B")
	p.Add("A")
	r.forget()
	ticks(p, 3)
	r.want(t, "B heartbeat(1); A heartbeat(1)")
}

// TestProducerFresh: a repeated handshake carries the present number, and what came between is still there, should the
// consumer have taken the first one.
func TestProducerFresh(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{Fresh: true})
	p.Add("A")
	p.Produce([]byte("b"))
	p.Nack("A", []uint64{0})
	p.Ack("A", 1)
	p.Nack("A", []uint64{2})
	r.want(t, "A handshake(1,5); all event(2,b); A handshake(2,5); A attached; A event(2,b)")
	p.Ack("A", 2)
	p.Tick()
	p.Produce([]byte("c"))
	p.Nack("A", []uint64{0})
	p.Ack("A", 3)
	r.want(t, "all event(3,c); A handshake(3,5); A attached")
}

func TestProducerBytes(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{MaxBytes: 3 * (100 + keepCost)})
	p.Add("A")
	for range 5 {
		p.Produce(make([]byte, 100))
	}
	if n, bytes := p.Buffered(); n != 3 || bytes != 492 {
		t.Errorf("%d events in %d bytes are kept, want 3 in 492", n, bytes)
	}
	r.forget()
	p.Nack("A", numbers(2, 3))
	r.want(t, "A attached; A failed(2); A failed(3)")
	p.Produce(make([]byte, 10000))
	if n, _ := p.Buffered(); n != 1 {
		t.Errorf("%d events are kept, want the last, which is too large by itself", n)
	}
}

func TestProducerAnswersAreBounded(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{MaxAnswer: 10 * (100 + answerCost)})
	p.Add("A")
	p.Add("B")
	for range 1000 {
		p.Produce(make([]byte, 100))
	}
	r.forget()
	for range 50 {
		p.Nack("A", numbers(2, 1001))
	}
	if len(r.lines) != 1+10 { // A is attached by the first
		t.Errorf("%d answers in one tick, want 10", len(r.lines)-1)
	}
	r.forget()
	p.Nack("B", numbers(2, 2))
	r.want(t, "B attached; B event(2,"+string(make([]byte, 100))+")")
	p.Tick()
	p.Nack("A", numbers(2, 1001))
	if len(r.lines) != 10 {
		t.Errorf("%d answers in the next tick, want 10", len(r.lines))
	}
	r.forget()
	p.Tick()
	p.Produce(make([]byte, 1<<20))
	p.Nack("A", []uint64{1002})
	p.Nack("A", []uint64{1002})
	if len(r.lines) != 2 { // the broadcast and one answer
		t.Errorf("%d lines, want one answer although it is larger than the bound", len(r.lines))
	}
}

func TestProducerHandshakesAreBounded(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{})
	for range 10 {
		p.Nack("A", []uint64{0})
	}
	r.want(t, "A handshake(1,5); A handshake(1,5)")
	p.Tick()
	p.Nack("A", []uint64{0})
	r.want(t, "A handshake(1,5)")
}

func TestProducerHostileNacks(t *testing.T) {
	t.Parallel()
	million := numbers(1, 1_000_000)
	descending := slices.Clone(million)
	slices.Reverse(descending)
	same := slices.Repeat([]uint64{2}, 1_000_000)
	tests := []struct {
		name    string
		missing []uint64
		most    int // answers
	}{
		{"a million", million, 3},
		{"descending", descending, 1},
		{"a million times the same", same, 1},
		{"far ahead", []uint64{1 << 60, math.MaxUint64}, 0},
		{"zeros", make([]uint64, 1000), 1},
		{"highest alone", []uint64{math.MaxUint64}, 0},
	}
	for _, tt := range tests {
		p, r := newProducer(ProducerOptions[string]{})
		p.Add("A")
		p.Ack("A", 1)
		p.Produce([]byte("b"))
		p.Produce([]byte("c"))
		r.forget()
		p.Nack("A", tt.missing)
		if len(r.lines) > tt.most {
			t.Errorf("%s: %d answers, want at most %d", tt.name, len(r.lines), tt.most)
		}
		if acked, known := p.Acked("A"); known && acked > 2 {
			t.Errorf("%s: acknowledged %d", tt.name, acked)
		}
	}
}

// TestProducerFailuresAreBounded: the events are gone, so each number is answered, but not all in one tick.
func TestProducerFailuresAreBounded(t *testing.T) {
	t.Parallel()
	p, r := newProducer(ProducerOptions[string]{MaxBytes: 1})
	p.Add("A")
	for range 100_000 {
		p.Produce(nil)
	}
	r.forget()
	p.Nack("A", numbers(2, 100_000))
	if want := 1 + 4<<20/answerCost; len(r.lines) != want {
		t.Errorf("%d answers, want %d", len(r.lines), want)
	}
}
