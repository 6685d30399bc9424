package endpoint

import (
	"encoding/binary"
	"math/bits"

	"moonpeer/net/broker"
)

const (
	seenSize  = 1 << 16
	indexSize = 2 * seenSize
)

// messageID tells messages apart: an endpoint id is made afresh at every start, so it needs no epoch.
type messageID struct {
	origin broker.EndpointID
	seq    uint64
}

// seen remembers the last 65,536 message ids: a ring in the order in which they came, and an index into it, open
// addressing with linear probing.
type seen struct {
	keys  [2]uint64
	ring  []messageID
	next  int      // where in the ring the next id goes
	index []uint32 // place in the ring plus one; 0 is free
}

// newSeen returns an empty memory. The keys are secret: a peer that knew them could make up ids that all meet in
// one place of the index.
func newSeen(keys [2]uint64) *seen {
	return &seen{keys: keys, ring: make([]messageID, 0, seenSize), index: make([]uint32, indexSize)}
}

// add remembers id and reports whether it was known. The oldest id is forgotten for it.
func (s *seen) add(id messageID) bool {
	i := s.home(id)
	for ; s.index[i] != 0; i = (i + 1) % indexSize {
		if s.ring[s.index[i]-1] == id {
			return true
		}
	}
	if len(s.ring) < seenSize {
		s.ring = append(s.ring, id)
	} else {
		s.forget(s.next)
		s.ring[s.next] = id
		i = s.home(id) // forgetting may have freed a place nearer home
		for s.index[i] != 0 {
			i = (i + 1) % indexSize
		}
	}
	s.index[i] = uint32(s.next) + 1
	s.next = (s.next + 1) % seenSize
	return false
}

// forget removes the id at place p of the ring from the index, and closes the gap.
func (s *seen) forget(p int) {
	gap := s.home(s.ring[p])
	for s.index[gap] != uint32(p)+1 {
		gap = (gap + 1) % indexSize
	}
	for i := (gap + 1) % indexSize; s.index[i] != 0; i = (i + 1) % indexSize {
		// An entry may move back into the gap if that is not before its home.
		home := s.home(s.ring[s.index[i]-1])
		if (i-home)%indexSize >= (i-gap)%indexSize {
			s.index[gap] = s.index[i]
			gap = i
		}
	}
	s.index[gap] = 0
}

func (s *seen) home(id messageID) uint {
	a := binary.LittleEndian.Uint64(id.origin[:8]) ^ s.keys[0]
	b := binary.LittleEndian.Uint64(id.origin[8:]) ^ s.keys[1]
	hi, lo := bits.Mul64(a, b)
	hi, lo = bits.Mul64(hi^lo^id.seq, s.keys[0]|1)
	return uint(hi^lo) % indexSize
}
