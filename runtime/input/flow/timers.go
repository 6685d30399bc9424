package flow

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// A bucket of the wheel is 2^27 ns wide, about 134 ms; the wheel spans nine minutes, more than any default timeout.
const (
	bucketShift = 27
	bucketCount = 4096
)

// place says where a connection's timer is.
type place uint8

const (
	nowhere  place = iota
	inBucket       // in the list of bucket
	inOpen         // in open, at slot
)

// timers holds one timer per connection. Buckets are unordered lists; when time reaches one, deadline is asked again
// for each connection in it, as packets do not move timers, and what is still due is sorted into open, from where
// timers go off one by one in the order of (due, seq). So setting and moving a timer costs the same however many there
// are, and the order is exact.
type timers struct {
	deadline func(*Conn) int64

	open    []timer // of the buckets before cursor
	pos     int     // the first one that is not over
	cursor  int64   // number of the next bucket to open
	wake    int64   // nothing is due before
	count   int     // timers in buckets
	buckets [bucketCount]*Conn
	used    [bucketCount / 64]uint64
}

type timer struct {
	due int64
	seq uint64
	c   *Conn
}

func (t *timers) live(i int) bool {
	c := t.open[i].c
	return c.where == inOpen && int(c.slot) == i
}

// set makes c's timer go off at due, instead of when it was set to.
func (t *timers) set(c *Conn, due, now int64) {
	t.stop(c)
	if t.count == 0 && t.pos == len(t.open) {
		t.cursor = now >> bucketShift
		t.wake = math.MaxInt64
	}
	c.due = due
	t.wake = min(t.wake, due)
	n := due >> bucketShift
	if n < t.cursor {
		t.insertOpen(c)
		return
	}
	// Beyond the wheel's end: into its last bucket, and from there again.
	t.push(c, min(n, t.cursor+bucketCount-1)%bucketCount)
}

// stop takes c's timer away.
func (t *timers) stop(c *Conn) {
	if c.where == inBucket {
		t.unlink(c)
	}
	c.where = nowhere // in open: a dead slot is skipped
}

// due returns the connection whose timer is the earliest one not after now, or nil. The timer stays set.
func (t *timers) due(now int64) *Conn {
	if now < t.wake {
		return nil
	}
	for {
		for t.pos < len(t.open) && !t.live(t.pos) {
			t.pos++
		}
		if t.pos < len(t.open) {
			if next := &t.open[t.pos]; next.due <= now {
				return next.c
			}
			t.wake = t.open[t.pos].due
			return nil
		}
		n, ok := t.nextBucket()
		if !ok || n > now>>bucketShift {
			t.idle(n, ok, now)
			return nil
		}
		t.openBucket(n)
	}
}

// idle notes that no bucket up to now has timers.
func (t *timers) idle(next int64, ok bool, now int64) {
	t.cursor = max(t.cursor, now>>bucketShift)
	t.open, t.pos = t.open[:0], 0
	t.wake = math.MaxInt64
	if ok {
		t.wake = next << bucketShift
	}
}

// nextBucket returns the number of the first bucket with timers.
func (t *timers) nextBucket() (int64, bool) {
	if t.count == 0 {
		return 0, false
	}
	at := t.cursor % bucketCount
	for i := int64(0); i < bucketCount; {
		j := (at + i) % bucketCount
		if word := t.used[j/64] >> (j % 64); word != 0 {
			return t.cursor + i + int64(bits.TrailingZeros64(word)), true
		}
		i += 64 - j%64
	}
	return 0, false
}

// openBucket sorts bucket n into open, which is used up.
func (t *timers) openBucket(n int64) {
	t.cursor = n + 1
	t.open, t.pos = t.open[:0], 0
	ring := t.take(n % bucketCount)
	for c := ring; c != nil; {
		next := c.tnext
		if next == ring {
			next = nil
		}
		c.due = max(c.due, t.deadline(c))
		if c.due>>bucketShift > n {
			t.push(c, min(c.due>>bucketShift, t.cursor+bucketCount-1)%bucketCount)
		} else {
			t.open = append(t.open, timer{c.due, c.seq, c})
		}
		c = next
	}
	slices.SortFunc(t.open, timer.compare)
	for i := range t.open {
		t.open[i].c.where, t.open[i].c.slot = inOpen, int32(i)
	}
}

func (a timer) compare(b timer) int {
	return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.seq, b.seq))
}

// insertOpen is for timers shorter than a bucket is wide. It takes time in proportion to a bucket.
func (t *timers) insertOpen(c *Conn) {
	e := timer{c.due, c.seq, c}
	i, _ := slices.BinarySearchFunc(t.open[t.pos:], e, timer.compare)
	i += t.pos
	for j := len(t.open) - 1; j >= i; j-- {
		if t.live(j) {
			t.open[j].c.slot++
		}
	}
	t.open = slices.Insert(t.open, i, e)
	c.where, c.slot = inOpen, int32(i)
}

// soon returns a connection whose timer is among the earliest, without opening a bucket; nil when none is set.
func (t *timers) soon() *Conn {
	for i := t.pos; i < len(t.open); i++ {
		if t.live(i) {
			return t.open[i].c
		}
	}
	if n, ok := t.nextBucket(); ok {
		return t.buckets[n%bucketCount]
	}
	return nil
}

// push appends c to a bucket's ring.
func (t *timers) push(c *Conn, bucket int64) {
	c.where, c.bucket = inBucket, int32(bucket)
	t.count++
	head := t.buckets[bucket]
	if head == nil {
		c.tprev, c.tnext = c, c
		t.buckets[bucket] = c
		t.used[bucket/64] |= 1 << (bucket % 64)
		return
	}
	c.tprev, c.tnext = head.tprev, head
	head.tprev.tnext, head.tprev = c, c
}

// unlink takes c out of its bucket's ring.
func (t *timers) unlink(c *Conn) {
	b := c.bucket
	t.count--
	if c.tnext == c {
		t.buckets[b] = nil
		t.used[b/64] &^= 1 << (b % 64)
	} else {
		c.tprev.tnext, c.tnext.tprev = c.tnext, c.tprev
		if t.buckets[b] == c {
			t.buckets[b] = c.tnext
		}
	}
	c.tprev, c.tnext = nil, nil
}

// take empties a bucket and returns its ring, which starts with the oldest.
func (t *timers) take(bucket int64) *Conn {
	head := t.buckets[bucket]
	if head == nil {
		return nil
	}
	t.buckets[bucket] = nil
	t.used[bucket/64] &^= 1 << (bucket % 64)
	for c := head; ; c = c.tnext {
		t.count--
		c.where = nowhere
		if c.tnext == head {
			return head
		}
	}
}
