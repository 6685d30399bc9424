package table

import (
	"math"
	"math/bits"
)

const (
	digitBits = 6
	digits    = 1 << digitBits
	levels    = 11 // of 6 bits: nanoseconds in 63
	buckets   = levels * digits

	working   = buckets     // the list that Expire is looking through
	unused    = buckets + 1 // the list of nodes that can be given again
	firstNode = buckets + 2

	chunkBits  = 10
	chunkNodes = 1 << chunkBits
)

// wheel holds one node for each entry that expires, in a list per bucket. A bucket is a level and a digit: the digit,
// in base 64, is the highest in which the entry's time differed from Expire's when the node was put there. So a
// bucket's times lie the closer together the nearer they are, down to a nanosecond, and looking through a bucket in
// which something is due sends what is not due to a lower level.
//
// Where a node is is a matter of speed only: what must hold is that min is at or before the expiry of each entry of
// the bucket. Therefore an entry that lives longer than it was to leaves its node where it is, and the clock may
// jump as it likes.
type wheel struct {
	chunks [][]node // without pointers; nodes 0 to firstNode-1 are the lists' ends
	nodes  uint32   // in use, unused or list's end: all below
	used   int
	free   int

	next int64 // at or before all of min
	full [levels + 1]uint64
	min  [buckets + 1]int64
}

type node struct {
	at         place // of the entry, 0 in an unused node
	next, prev uint32
}

func newWheel() *wheel {
	w := &wheel{chunks: [][]node{make([]node, chunkNodes)}, nodes: firstNode, next: math.MaxInt64}
	for i := range uint32(firstNode) {
		*w.node(i) = node{next: i, prev: i}
	}
	return w
}

func (w *wheel) memory() int64 { return int64(len(w.chunks))*chunkNodes*16 + (buckets+1)*8 }

func (w *wheel) node(i uint32) *node { return &w.chunks[i>>chunkBits][i&(chunkNodes-1)] }

// bucketOf returns where an entry that expires then belongs. What is overdue belongs to the bucket of now.
func bucketOf(expiry, now int64) uint32 {
	if expiry <= now {
		return uint32(now & (digits - 1))
	}
	level := uint32(bits.Len64(uint64(expiry^now))-1) / digitBits
	return level*digits + uint32(expiry>>(level*digitBits))&(digits-1)
}

// link puts a node that is in no list at the end of the bucket its expiry belongs to.
func (w *wheel) link(i uint32, expiry, now int64) {
	b := bucketOf(expiry, now)
	w.append(b, i)
	w.lower(b, expiry)
	w.next = min(w.next, expiry)
}

// lower makes a bucket's min be at or before a time. A bucket that was empty has none.
func (w *wheel) lower(b uint32, to int64) {
	if bit := uint64(1) << (b & (digits - 1)); w.full[b/digits]&bit == 0 {
		w.full[b/digits] |= bit
		w.min[b] = to
	}
	w.min[b] = min(w.min[b], to)
}

func (w *wheel) append(list, i uint32) {
	end := w.node(list)
	n := w.node(i)
	n.next, n.prev = list, end.prev
	w.node(end.prev).next = i
	end.prev = i
}

// cut takes a node out of its list.
func (w *wheel) cut(i uint32) {
	n := w.node(i)
	w.node(n.prev).next, w.node(n.next).prev = n.next, n.prev
	if n.next == n.prev && n.next <= working {
		w.full[n.next/digits] &^= 1 << (n.next & (digits - 1))
	}
}

// take returns a node for the entry at a place, in no list yet.
func (w *wheel) take(at place) uint32 {
	i := w.nodes
	switch {
	case w.free > 0:
		i = w.node(unused).prev
		w.cut(i)
		w.free--
	case i&(chunkNodes-1) == 0:
		w.chunks = append(w.chunks, make([]node, chunkNodes))
		w.nodes++
	default:
		w.nodes++
	}
	w.node(i).at = at
	w.used++
	return i
}

// give takes back a node that is in no list.
func (w *wheel) give(i uint32) {
	w.node(i).at = 0
	w.append(unused, i)
	w.used--
	w.free++
}

// first returns the bucket with the least min, and that; MaxInt64 if all are empty.
func (w *wheel) first() (bucket uint32, at int64) {
	at = math.MaxInt64
	for level, full := range w.full {
		for ; full != 0; full &= full - 1 {
			b := uint32(level*digits + bits.TrailingZeros64(full))
			if m := w.min[b]; m < at {
				bucket, at = b, m
			}
		}
	}
	return bucket, at
}

// open moves the bucket with the least min to the end of the working list, if that is due and is not there already.
func (w *wheel) open(now int64) bool {
	if w.full[working/digits] != 0 && w.min[working] <= now {
		return true
	}
	b, at := w.first()
	if at > now {
		return false
	}
	from, to := w.node(b), w.node(working)
	w.node(to.prev).next, w.node(from.next).prev = from.next, to.prev
	w.node(from.prev).next, to.prev = working, from.prev
	from.next, from.prev = b, b
	w.full[b/digits] &^= 1 << (b & (digits - 1))
	w.lower(working, at)
	return true
}
