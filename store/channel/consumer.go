package channel

import "math"

// ConsumerOptions are the parameters of a Consumer.
type ConsumerOptions struct {
	// NackTimeout is after how many ticks without progress the Consumer asks for what it lacks, and how often it asks for
	// a handshake. Zero means 2.
	NackTimeout uint16
	// MaxEvents bounds how many events that came too early wait for their turn; those with the highest numbers go first,
	// and are asked for again. Zero means 4,096.
	MaxEvents int
	// MaxBytes bounds the same events, each counted as its payload and 64 bytes. Zero means 16 MB.
	MaxBytes int
	// MaxNack bounds the numbers in one nack; the lowest are asked for first. Zero means 65,536.
	MaxNack int
}

func (o ConsumerOptions) withDefaults() ConsumerOptions {
	setDefault(&o.NackTimeout, 2) // broker.store.nack-timeout
	setDefault(&o.MaxEvents, 4<<10)
	setDefault(&o.MaxBytes, 16<<20)
	setDefault(&o.MaxNack, 64<<10)
	return o
}

// ConsumerOut takes what a Consumer has for its owner. Its methods must not block. Deliver and Lost may call
// Consumer.Reset, nothing else may be called.
type ConsumerOut interface {
	// Deliver gives the owner the next event. The payload may be the one that was handed to Consumer.Event.
	Deliver(seq uint64, payload []byte)
	// Lost says that the next event is gone for good. If it returns true the channel is reset, else it goes on behind it.
	Lost(seq uint64) (abort bool)
	// Ack sends the producer a cumulative_ack.
	Ack(seq uint64)
	// Nack sends the producer a nack. The list is in order and good during the call only.
	Nack(missing []uint64)
}

// Consumer is the receiving end of a channel.
type Consumer struct {
	opts ConsumerOptions
	out  ConsumerOut

	next    uint64 // the number that is due, 0 before the handshake
	last    uint64 // one past the highest number that is known to exist
	early   early
	scratch []uint64

	heartbeat uint16 // the producer's wish, 0: never acknowledge by time
	ticks     uint64
	idle      uint64 // ticks without progress, or without handshake
	before    uint64 // next at the last tick
}

// NewConsumer returns a Consumer that waits for its handshake.
func NewConsumer(opts ConsumerOptions, out ConsumerOut) *Consumer {
	return &Consumer{opts: opts.withDefaults(), out: out}
}

// Next returns the number of the event that is due, 0 before the handshake. All below it was delivered or lost.
func (c *Consumer) Next() uint64 { return c.next }

// Buffered returns how many events wait for earlier ones, and their bytes as MaxBytes counts them.
func (c *Consumer) Buffered() (events, bytes int) { return len(c.early.items), c.early.bytes }

// Reset forgets everything, as if the Consumer were new. It asks for a handshake at one of the next ticks.
func (c *Consumer) Reset() {
	*c = Consumer{opts: c.opts, out: c.out}
}

// Handshake takes a handshake: events after offset will follow, what was before the owner has applied. It acknowledges,
// after it has delivered what was waiting. It returns false if it changed nothing, because it was not the first one.
func (c *Consumer) Handshake(offset uint64, heartbeat uint16) bool {
	if c.next != 0 || offset == math.MaxUint64 {
		return false
	}
	c.next = offset + 1
	c.last = c.next
	c.heartbeat = heartbeat
	c.early.dropBelow(c.next)
	c.drain()
	c.ack()
	return true
}

// Event takes an event. The payload is copied if it has to wait.
func (c *Consumer) Event(seq uint64, payload []byte) {
	if !c.expects(seq) {
		return
	}
	if seq == c.next {
		c.advance(payload, false)
		c.drain()
		return
	}
	// Broker leaves it at seq, which is the same as long as early keeps the event. If there is no room it has to be asked for.
	c.last = max(c.last, seq+1)
	c.early.add(seq, payload, false, &c.opts)
}

// RetransmitFailed takes a retransmit_failed: the event will not come.
func (c *Consumer) RetransmitFailed(seq uint64) {
	if !c.expects(seq) {
		return
	}
	if seq == c.next {
		c.advance(nil, true)
		c.drain()
		return
	}
	c.early.add(seq, nil, true, &c.opts)
}

// expects reports whether an event may have that number and is still due. Number 0 has none, though before the handshake
// it equals next; the highest is left out so that next always has a successor.
func (c *Consumer) expects(seq uint64) bool {
	return seq >= c.next && seq != 0 && seq != math.MaxUint64
}

// Heartbeat takes a heartbeat: events up to seq exist.
func (c *Consumer) Heartbeat(seq uint64) {
	if c.next == 0 || seq == 0 || seq == math.MaxUint64 {
		return
	}
	c.last = max(c.last, seq+1)
}

// Tick lets a tick's time pass.
func (c *Consumer) Tick() {
	c.ticks++
	if c.next == 0 {
		if c.idle++; c.idle >= uint64(c.opts.NackTimeout) {
			c.idle = 0
			c.scratch = append(c.scratch[:0], 0)
			c.out.Nack(c.scratch)
		}
		return
	}
	if c.next > c.before {
		c.before, c.idle = c.next, 0
	} else if c.idle++; c.next < c.last && c.idle >= uint64(c.opts.NackTimeout) {
		c.idle = 0
		c.nack()
		return
	}
	if c.heartbeat > 0 && c.ticks%uint64(c.heartbeat) == 0 {
		c.ack()
	}
}

// nack asks for what is missing below last. It never runs over more numbers than it may name and has waiting: last may
// lie far ahead, if the producer wants to harm.
func (c *Consumer) nack() {
	missing, early := c.scratch[:0], c.early.items
	for n := c.next; n < c.last && len(missing) < c.opts.MaxNack; n++ {
		if len(early) > 0 && early[0].seq == n {
			early = early[1:]
			continue
		}
		missing = append(missing, n)
	}
	c.scratch = missing
	c.out.Nack(missing)
}

// ack acknowledges what was delivered, unless a callback has reset the channel meanwhile.
func (c *Consumer) ack() {
	if c.next != 0 {
		c.out.Ack(c.next - 1)
	}
}

// drain hands out the events that were only waiting for their turn. After a Reset in a callback there are none.
func (c *Consumer) drain() {
	for it, ok := c.early.take(c.next); ok; it, ok = c.early.take(c.next) {
		c.advance(it.payload, it.lost)
	}
}

// advance hands out the event that is due. Everything is settled before the owner is called, who may Reset.
func (c *Consumer) advance(payload []byte, lost bool) {
	seq := c.next
	c.next++
	if !lost {
		c.out.Deliver(seq, payload)
	} else if c.out.Lost(seq) {
		c.Reset()
	}
}
