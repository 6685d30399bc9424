package channel

import (
	"errors"
	"slices"

	"moonpeer/net/broker"
)

// ErrTooManyConsumers is returned by Add beyond ProducerOptions.MaxConsumers.
var ErrTooManyConsumers = errors.New("too many consumers of one channel")

// ProducerOptions are the parameters of a Producer.
type ProducerOptions[C comparable] struct {
	// Heartbeat is how many ticks after the last broadcast a heartbeat is sent; zero means 5. Consumers are told.
	Heartbeat uint16
	// Silent turns heartbeats and timeouts off; consumers are told an interval of 0.
	Silent bool
	// Unicast has heartbeats sent with Heartbeat to each consumer, instead of with HeartbeatAll: Broker's clones ignore
	// those that are not addressed to them.
	Unicast bool
	// TimeoutFactor times Heartbeat is how many ticks a consumer may be silent; zero means 100.
	TimeoutFactor uint16
	// Keep tells for a consumer that has been silent for too long if it stays all the same. It is asked at each tick and
	// must not call the Producer. Nil means no, as in Broker.
	Keep func(C) bool
	// Fresh makes each repeated handshake carry the present number and not the original offset.
	Fresh bool

	// MaxBytes bounds the events that are kept, each counted as its payload and 64 bytes; the oldest go first, the last
	// one always stays. Zero means 16 MB.
	MaxBytes int
	// MaxAnswer bounds what one consumer gets sent again in one tick, each message counted as its payload and 128 bytes;
	// one message always passes. The consumer asks for the rest later. Zero means 4 MB.
	MaxAnswer int
	// MaxConsumers bounds who may join. Zero means 4,096.
	MaxConsumers int
}

func (o ProducerOptions[C]) withDefaults() ProducerOptions[C] {
	setDefault(&o.Heartbeat, 5)        // broker.store.heartbeat-interval
	setDefault(&o.TimeoutFactor, 100)  // broker.store.connection-timeout
	setDefault(&o.MaxBytes, 16<<20)    // as much as a store keeps of its changes
	setDefault(&o.MaxAnswer, 4<<20)    // at 100 ms a tick more than a link of Broker's carries
	setDefault(&o.MaxConsumers, 4<<10) // far more than a cluster has clones
	return o
}

// setDefault replaces what is not positive.
func setDefault[T int | uint16](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// ProducerOut sends what a Producer has to say. Its methods must not block, and must not call the Producer.
type ProducerOut[C comparable] interface {
	// Handshake goes to c: events begin after offset, and it should acknowledge at least every heartbeat ticks.
	Handshake(c C, offset uint64, heartbeat uint16)
	// Broadcast sends a new event to all consumers. The payload stays the Producer's.
	Broadcast(seq uint64, payload []byte)
	// Event sends an event to c once more. The payload stays the Producer's.
	Event(c C, seq uint64, payload []byte)
	// HeartbeatAll tells all consumers the last number; with ProducerOptions.Unicast Heartbeat is called for each.
	HeartbeatAll(seq uint64)
	Heartbeat(c C, seq uint64)
	// RetransmitFailed tells c that an event it asked for is gone.
	RetransmitFailed(c C, seq uint64)
	// Attached says that c has acknowledged its handshake: the snapshot that went with it is not needed any more.
	Attached(c C)
	// Dropped says that c is no consumer any more, for ConnectionTimeout or InvalidMessage. Nothing is sent to it.
	Dropped(c C, why broker.Code)
}

// Producer is the sending end of a channel. C names a consumer.
type Producer[C comparable] struct {
	opts ProducerOptions[C]
	out  ProducerOut[C]

	seq       uint64 // of the last event
	events    backlog
	tick      uint64
	broadcast uint64 // the tick of the last event or heartbeat to all

	known     map[C]*consumer[C]
	consumers []*consumer[C] // the same in the order in which they joined, for equal runs
}

// consumer is what a Producer knows about one of them.
type consumer[C comparable] struct {
	id     C
	offset uint64
	acked  uint64 // 0 until the handshake is acknowledged
	seen   uint64 // the tick of its last sign of life

	budget int // what may still be sent again to it in this tick
	greets int // handshakes in this tick
}

const (
	// answerCost is what a message costs beyond its payload: header, topic, addresses.
	answerCost = 128
	// maxGreets bounds handshakes in one tick, which carry whole snapshots. A consumer asks every other tick at most.
	maxGreets = 2
	// firstSeq leaves 0 free for consumers that have acknowledged nothing.
	firstSeq = 1
)

// NewProducer returns a Producer without consumers.
func NewProducer[C comparable](opts ProducerOptions[C], out ProducerOut[C]) *Producer[C] {
	return &Producer[C]{opts: opts.withDefaults(), out: out, seq: firstSeq, known: map[C]*consumer[C]{}}
}

// Seq returns the number of the last event, 1 if there was none yet.
func (p *Producer[C]) Seq() uint64 { return p.seq }

// Consumers returns the consumers in the order in which they joined.
func (p *Producer[C]) Consumers() []C {
	ids := make([]C, len(p.consumers))
	for i, k := range p.consumers {
		ids[i] = k.id
	}
	return ids
}

// Len returns the number of consumers.
func (p *Producer[C]) Len() int { return len(p.consumers) }

// Acked returns what c has acknowledged, 0 if that is nothing yet, and whether c is a consumer.
func (p *Producer[C]) Acked(c C) (seq uint64, known bool) {
	k := p.known[c]
	if k == nil {
		return 0, false
	}
	return k.acked, true
}

// Buffered returns how many events are kept, and their bytes as MaxBytes counts them.
func (p *Producer[C]) Buffered() (events, bytes int) { return len(p.events.payloads), p.events.bytes }

// Idle reports whether every consumer has acknowledged everything.
func (p *Producer[C]) Idle() bool {
	return !slices.ContainsFunc(p.consumers, func(k *consumer[C]) bool { return k.acked != p.seq })
}

// Produce sends an event to all consumers and keeps it until they have acknowledged it. It returns the event's number.
// Without consumers it does nothing and returns false.
func (p *Producer[C]) Produce(payload []byte) (seq uint64, sent bool) {
	if len(p.consumers) == 0 {
		return 0, false
	}
	p.seq++
	p.events.push(p.seq, payload)
	p.events.bound(p.opts.MaxBytes)
	p.broadcast = p.tick
	p.out.Broadcast(p.seq, payload)
	return p.seq, true
}

// Add makes c a consumer and sends it a handshake. The error matches broker.ErrConsumerExists or ErrTooManyConsumers.
func (p *Producer[C]) Add(c C) error {
	if p.known[c] != nil {
		return broker.ErrConsumerExists
	}
	if len(p.consumers) >= p.opts.MaxConsumers {
		return ErrTooManyConsumers
	}
	k := &consumer[C]{id: c, offset: p.seq, seen: p.tick, budget: p.opts.MaxAnswer}
	p.known[c] = k
	p.consumers = append(p.consumers, k)
	p.greet(k)
	return nil
}

// Remove ends c's part in the channel without telling it or the owner. It reports whether c was a consumer.
func (p *Producer[C]) Remove(c C) bool {
	k := p.known[c]
	if k == nil {
		return false
	}
	p.remove(k)
	return true
}

// Ack takes a cumulative_ack: c has all events up to n. Who is unknown is ignored, and so is a number that was never sent.
func (p *Producer[C]) Ack(c C, n uint64) {
	if k := p.known[c]; k != nil {
		p.ack(k, n)
	}
}

// Nack takes a nack. From an unknown c the list [0] is the wish to join, and all else is ignored.
func (p *Producer[C]) Nack(c C, missing []uint64) {
	k := p.known[c]
	if k == nil {
		if len(missing) == 1 && missing[0] == 0 {
			_ = p.Add(c) // there is nobody to tell if it is one too many; it will ask again
		}
		return
	}
	if len(missing) == 0 {
		return
	}
	k.seen = p.tick
	switch {
	case !slices.IsSorted(missing):
		p.remove(k)
		p.out.Dropped(c, broker.InvalidMessage)
	case missing[0] == 0:
		p.greetAgain(k)
	default:
		p.ack(k, missing[0]-1)
		p.answer(k, missing)
	}
}

// Tick lets a tick's time pass.
func (p *Producer[C]) Tick() {
	p.tick++
	for _, k := range p.consumers {
		k.budget, k.greets = p.opts.MaxAnswer, 0
	}
	if p.opts.Silent {
		return
	}
	if p.tick-p.broadcast == uint64(p.opts.Heartbeat) {
		p.broadcast = p.tick
		p.beat()
	}
	p.expire()
}

func (p *Producer[C]) beat() {
	if len(p.consumers) == 0 {
		return
	}
	if !p.opts.Unicast {
		p.out.HeartbeatAll(p.seq)
		return
	}
	for _, k := range p.consumers {
		p.out.Heartbeat(k.id, p.seq)
	}
}

// expire drops who has been silent for too long.
func (p *Producer[C]) expire() {
	timeout := uint64(p.opts.Heartbeat) * uint64(p.opts.TimeoutFactor)
	var gone []C
	p.consumers = slices.DeleteFunc(p.consumers, func(k *consumer[C]) bool {
		if p.tick-k.seen < timeout || p.opts.Keep != nil && p.opts.Keep(k.id) {
			return false
		}
		delete(p.known, k.id)
		gone = append(gone, k.id)
		return true
	})
	if len(gone) == 0 {
		return
	}
	p.trim()
	for _, c := range gone {
		p.out.Dropped(c, broker.ConnectionTimeout)
	}
}

func (p *Producer[C]) ack(k *consumer[C], n uint64) {
	// What was never sent can't have arrived. Broker believes it and then ignores all honest acks that follow.
	if n < k.acked || n > p.seq {
		return
	}
	k.seen = p.tick
	if n == k.acked {
		return
	}
	first := k.acked == 0
	k.acked = n
	p.trim()
	if first {
		p.out.Attached(k.id)
	}
}

// answer sends c what it lacks, as far as that may go in one tick.
func (p *Producer[C]) answer(k *consumer[C], missing []uint64) {
	for i, n := range missing {
		// A number that was never sent must not be called lost: the consumer would skip the event when it comes.
		if n > p.seq || k.budget <= 0 {
			return
		}
		if i > 0 && missing[i-1] == n {
			continue
		}
		payload, ok := p.events.get(n)
		k.budget -= len(payload) + answerCost
		if ok {
			p.out.Event(k.id, n, payload)
		} else {
			p.out.RetransmitFailed(k.id, n)
		}
	}
}

func (p *Producer[C]) greetAgain(k *consumer[C]) {
	if k.greets >= maxGreets {
		return
	}
	if p.opts.Fresh {
		k.offset, k.acked = p.seq, 0
	}
	p.greet(k)
}

func (p *Producer[C]) greet(k *consumer[C]) {
	k.greets++
	heartbeat := p.opts.Heartbeat
	if p.opts.Silent {
		heartbeat = 0
	}
	p.out.Handshake(k.id, k.offset, heartbeat)
}

func (p *Producer[C]) remove(k *consumer[C]) {
	delete(p.known, k.id)
	p.consumers = slices.DeleteFunc(p.consumers, func(o *consumer[C]) bool { return o == k })
	p.trim()
}

// trim forgets the events that all have acknowledged; without consumers these are all events.
func (p *Producer[C]) trim() {
	acked := p.seq
	for _, k := range p.consumers {
		acked = min(acked, k.acked)
	}
	p.events.dropThrough(acked)
}
