package lane

import (
	"sync"
	"sync/atomic"

	"moonpeer/net/step"
)

// MaxTake is how many bytes a writer usually takes at once.
const MaxTake = 256 << 10

// queue is one lane. The loop owns the first group of fields, the lock guards the second; taken is written by
// the writer only, and read by the loop to know without a lock how full the queue is.
type queue struct {
	limits Limits
	pool   *Pool
	wake   func() // there is something new to take
	closed bool

	local    *chunk     // appended since the last hand-over; nil if nothing was
	offered  step.Count // by the loop only
	dropped  step.Count // by the loop only
	seen     step.Count // taken, as the loop last saw it
	burst    uint64     // messages dropped since the lane was last under half full; 0 outside a burst
	overflow uint64     // bursts so far
	peak     uint64     // most messages that waited after a hand-over

	takenMessages atomic.Uint64
	takenBytes    atomic.Uint64

	mu       sync.Mutex
	waiting  []*chunk // oldest first
	pending  step.Count
	watched  bool // the loop was told the lane is not writable and wants to hear of the change
	written  step.Count
	received step.Count
}

// begin returns the buffer to append the next frame to, with room for need bytes if it is not an unusual frame.
func (q *queue) begin(need int) []byte {
	switch {
	case q.local == nil:
		q.local = q.pool.get(need)
	case q.local.room() >= need:
	case cap(q.local.buf) == smallChunk && need <= largeChunk-smallChunk:
		large := q.pool.get(largeChunk)
		large.join(q.local)
		q.pool.put(q.local)
		q.local = large
	default:
		q.handOver()
		q.local = q.pool.get(need)
	}
	return q.local.buf
}

// commit makes buf, begin's buffer with one frame added at start, part of the queue, unless the lane's policy
// says otherwise. payload belongs behind it if it is not nil.
func (q *queue) commit(buf []byte, start int, payload []byte) step.Verdict {
	n := len(buf) - start + len(payload)
	if q.closed {
		q.reject(n)
		return step.Dropped
	}
	if q.limits.Policy != DropOldest && q.full(n) {
		switch q.limits.Policy {
		case Refuse:
			return step.Full
		case Disconnect:
			q.offered.Add(n)
			q.countDrops(step.Count{Messages: 1, Bytes: uint64(n)})
			q.burst += q.discard()
			q.closed = true
		default:
			q.offered.Add(n)
			q.countDrops(step.Count{Messages: 1, Bytes: uint64(n)})
		}
		return step.Dropped
	}
	q.offered.Add(n)
	q.local.add(buf, n, payload)
	if q.local.waits.Bytes >= MaxTake {
		q.handOver()
	}
	return step.Queued
}

// reject counts a message that no frame of this link can carry.
func (q *queue) reject(n int) {
	q.offered.Add(n)
	q.dropped.Add(n)
}

// queued is what waits for the writer, by the loop's last look at what it took.
func (q *queue) queued() step.Count { return q.offered.Minus(q.dropped).Minus(q.seen) }

func (q *queue) refresh() {
	q.seen = step.Count{Messages: q.takenMessages.Load(), Bytes: q.takenBytes.Load()}
}

// full reports whether a frame of n bytes exceeds a limit. The writer only ever makes room, so an old look is
// good enough for the answer no.
func (q *queue) full(n int) bool {
	if !q.exceeds(q.queued(), n) {
		return false
	}
	q.refresh()
	return q.exceeds(q.queued(), n)
}

func (q *queue) exceeds(c step.Count, n int) bool {
	return c.Messages > 0 && (c.Messages+1 > uint64(q.limits.Messages) || c.Bytes+uint64(n) > uint64(q.limits.Bytes))
}

// underHalf reports whether c is less than half of both limits.
func (q *queue) underHalf(c step.Count) bool {
	return c.Messages*2 < uint64(q.limits.Messages) && c.Bytes*2 < uint64(q.limits.Bytes)
}

// countDrops counts, and has the loop told when the writer has caught up.
func (q *queue) countDrops(c step.Count) {
	q.dropped = q.dropped.Plus(c)
	if q.burst == 0 {
		q.overflow++
		q.mu.Lock()
		q.watched = true
		q.mu.Unlock()
	}
	q.burst += c.Messages
}

// handOver gives the loop's chunk to the writer and drops the oldest frames beyond the limits.
func (q *queue) handOver() {
	c := q.local
	if c == nil || c.waits.Messages == 0 {
		return
	}
	var drops step.Count
	q.mu.Lock()
	q.pending = q.pending.Plus(c.waits)
	if last := len(q.waiting) - 1; last >= 0 && q.waiting[last].room() >= len(c.buf)-c.start &&
		q.waiting[last].waits.Bytes+c.waits.Bytes <= MaxTake {
		// Turns with little to say must not queue up as chunks with little in them.
		q.waiting[last].join(c)
		q.pool.put(c)
	} else {
		q.waiting = append(q.waiting, c)
	}
	if q.limits.Policy == DropOldest {
		drops = q.trim()
	}
	q.peak = max(q.peak, q.pending.Messages)
	q.mu.Unlock()
	q.local = nil
	if drops.Messages > 0 {
		q.countDrops(drops)
	}
	q.wake()
}

// trim drops the oldest frames until the rest is within the limits; one frame always stays. The lock is held.
func (q *queue) trim() (drops step.Count) {
	for q.pending.Messages > 1 && (q.pending.Messages > uint64(q.limits.Messages) || q.pending.Bytes > uint64(q.limits.Bytes)) {
		c := q.waiting[0]
		n := c.drop()
		drops.Add(n)
		q.pending = q.pending.Minus(step.Count{Messages: 1, Bytes: uint64(n)})
		if c.waits.Messages == 0 {
			q.shift()
		}
	}
	return drops
}

// shift removes the first waiting chunk, which is empty. The lock is held.
func (q *queue) shift() {
	q.pool.put(q.waiting[0])
	q.pop()
}

// pop takes the first waiting chunk off the list. The lock is held.
func (q *queue) pop() {
	copy(q.waiting, q.waiting[1:])
	q.waiting[len(q.waiting)-1] = nil
	q.waiting = q.waiting[:len(q.waiting)-1]
}

// discard drops everything that the writer has not taken, and returns how many messages that was.
func (q *queue) discard() uint64 {
	var drops step.Count
	if q.local != nil {
		drops = q.local.waits
		q.pool.put(q.local)
		q.local = nil
	}
	q.mu.Lock()
	drops = drops.Plus(q.pending)
	q.pending = step.Count{}
	for len(q.waiting) > 0 {
		q.shift()
	}
	q.mu.Unlock()
	q.dropped = q.dropped.Plus(drops)
	return drops.Messages
}

// writable answers Link.Writable, and asks the writer to tell when the answer changes from no to yes.
func (q *queue) writable() bool {
	if q.underHalf(q.queued()) {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refresh()
	if q.underHalf(q.queued()) {
		return true
	}
	// What the loop has not handed over can't be taken, so the writer could never see the change: if that alone
	// fills half the lane, Flush comes first.
	q.watched = true
	return false
}
