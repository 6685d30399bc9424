package endpoint

import (
	"encoding/binary"
	"math/bits"

	"moonpeer/net/broker"
)

// seenSize is how many ids are remembered.
const seenSize = 1 << 16

// messageID tells messages apart: an endpoint id is made afresh at every start, so it needs no epoch.
type messageID struct {
	origin broker.EndpointID
	seq    uint64
}

// seen remembers the last 65,536 message ids exactly. An origin numbers its messages one by one, so ids are kept as
// bits of blocks of 64 numbers: those of a busy origin lie in one word that is at hand, where a table of ids would be
// two cache misses for each message. Ids that lie far apart take a block each, at most 4.5 MB in all.
type seen struct {
	keys   [2]uint64
	ring   []uint32 // block and bit of each id, in the order in which they came
	next   int      // where in the ring the next id goes
	blocks []block
	free   []uint32 // blocks without bits
	index  []uint32 // 1 + block, open addressing with linear probing; a power of two, at most half full
	last   uint32   // 1 + the block used last
}

// block is which of 64 numbers of an origin are known.
type block struct {
	origin broker.EndpointID
	high   uint64 // the numbers, without their lowest six bits
	bits   uint64
}

// firstIndex is how many places the index has at first.
const firstIndex = 1 << 10

// newSeen returns an empty memory. The keys are secret: a peer that knew them could make up ids that all meet in
// one place of the index.
func newSeen(keys [2]uint64) *seen {
	return &seen{keys: keys, index: make([]uint32, firstIndex)}
}

// add remembers id and reports whether it was known. The oldest id is forgotten for it.
func (s *seen) add(id messageID) bool {
	high, bit := id.seq>>6, uint32(id.seq&63)
	b, ok := s.find(id.origin, high)
	if ok && s.blocks[b].bits&(1<<bit) != 0 {
		return true
	}
	if len(s.ring) == seenSize {
		s.forget(s.ring[s.next])
		ok = ok && s.blocks[b].bits != 0 // the oldest may have been the last of this block
	}
	if !ok {
		b = s.insert(id.origin, high)
	}
	s.blocks[b].bits |= 1 << bit
	s.last = b + 1
	if len(s.ring) < seenSize {
		s.ring = append(s.ring, b<<6|bit)
	} else {
		s.ring[s.next] = b<<6 | bit
	}
	s.next = (s.next + 1) % seenSize
	return false
}

// find returns the block of an origin's numbers.
func (s *seen) find(origin broker.EndpointID, high uint64) (b uint32, ok bool) {
	if s.last > 0 {
		if x := &s.blocks[s.last-1]; x.high == high && x.bits != 0 && x.origin == origin {
			return s.last - 1, true
		}
	}
	mask := len(s.index) - 1
	for i := s.home(origin, high); s.index[i] != 0; i = (i + 1) & mask {
		b := s.index[i] - 1
		if x := &s.blocks[b]; x.high == high && x.origin == origin {
			return b, true
		}
	}
	return 0, false
}

// insert makes a block that is not there. It has no bits yet.
func (s *seen) insert(origin broker.EndpointID, high uint64) uint32 {
	used := len(s.blocks) - len(s.free)
	if 2*(used+1) > len(s.index) {
		s.grow()
	}
	var b uint32
	if n := len(s.free); n > 0 {
		b, s.free = s.free[n-1], s.free[:n-1]
	} else {
		b = uint32(len(s.blocks))
		s.blocks = append(s.blocks, block{})
	}
	s.blocks[b] = block{origin: origin, high: high}
	s.place(b)
	return b
}

// place puts a block into the index.
func (s *seen) place(b uint32) {
	mask := len(s.index) - 1
	i := s.home(s.blocks[b].origin, s.blocks[b].high)
	for s.index[i] != 0 {
		i = (i + 1) & mask
	}
	s.index[i] = b + 1
}

// grow doubles the index.
func (s *seen) grow() {
	old := s.index
	s.index = make([]uint32, 2*len(old))
	for _, x := range old {
		if x != 0 {
			s.place(x - 1)
		}
	}
}

// forget removes an id, and its block if that was the last.
func (s *seen) forget(entry uint32) {
	b := entry >> 6
	x := &s.blocks[b]
	if x.bits &^= 1 << (entry & 63); x.bits != 0 {
		return
	}
	mask := len(s.index) - 1
	gap := s.home(x.origin, x.high)
	for s.index[gap] != b+1 {
		gap = (gap + 1) & mask
	}
	for i := (gap + 1) & mask; s.index[i] != 0; i = (i + 1) & mask {
		// An entry may move back into the gap if that is not before its home.
		y := &s.blocks[s.index[i]-1]
		if (i-s.home(y.origin, y.high))&mask >= (i-gap)&mask {
			s.index[gap] = s.index[i]
			gap = i
		}
	}
	s.index[gap] = 0
	s.free = append(s.free, b)
}

// home is where in the index a block is looked for first.
func (s *seen) home(origin broker.EndpointID, high uint64) int {
	a := binary.LittleEndian.Uint64(origin[:8]) ^ s.keys[0]
	b := binary.LittleEndian.Uint64(origin[8:]) ^ s.keys[1]
	hi, lo := bits.Mul64(a, b)
	hi, lo = bits.Mul64(hi^lo^high, 0x9e3779b97f4a7c15)
	return int((hi ^ lo) & uint64(len(s.index)-1))
}
