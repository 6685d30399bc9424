package endpoint

import (
	"encoding/binary"
	"math/bits"

	"moonpeer/net/broker"
)

const (
	seenSize  = 1 << 16
	indexBits = 17
	indexSize = 1 << indexBits
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
	next  int // where in the ring the next id goes
	index []slot
}

// slot is an entry of the index: the upper bits of an id's hash, and below them its place in the ring plus one.
// Zero is free. With the hash at hand the ring is looked at only for an id that is almost certainly the same.
type slot uint64

const placeMask = 1<<(16+1) - 1

// newSeen returns an empty memory. The keys are secret: a peer that knew them could make up ids that all meet in
// one place of the index.
func newSeen(keys [2]uint64) *seen {
	return &seen{keys: keys, ring: make([]messageID, 0, seenSize), index: make([]slot, indexSize)}
}

// add remembers id and reports whether it was known. The oldest id is forgotten for it.
func (s *seen) add(id messageID) bool {
	hash := s.hash(id)
	i := home(hash)
	for ; s.index[i] != 0; i = (i + 1) % indexSize {
		if x := s.index[i]; x&^placeMask == hash && s.ring[x&placeMask-1] == id {
			return true
		}
	}
	if len(s.ring) < seenSize {
		s.ring = append(s.ring, id)
	} else {
		s.forget(s.next)
		s.ring[s.next] = id
		// Forgetting may have freed a place nearer home.
		for i = home(hash); s.index[i] != 0; {
			i = (i + 1) % indexSize
		}
	}
	s.index[i] = hash | slot(s.next+1)
	s.next = (s.next + 1) % seenSize
	return false
}

// forget removes the id at place p of the ring from the index, and closes the gap.
func (s *seen) forget(p int) {
	gap := home(s.hash(s.ring[p]))
	for s.index[gap]&placeMask != slot(p+1) {
		gap = (gap + 1) % indexSize
	}
	for i := (gap + 1) % indexSize; s.index[i] != 0; i = (i + 1) % indexSize {
		// An entry may move back into the gap if that is not before its home.
		if (i-home(s.index[i]))%indexSize >= (i-gap)%indexSize {
			s.index[gap] = s.index[i]
			gap = i
		}
	}
	s.index[gap] = 0
}

// hash returns id's hash with room for a place.
func (s *seen) hash(id messageID) slot {
	a := binary.LittleEndian.Uint64(id.origin[:8]) ^ s.keys[0]
	b := binary.LittleEndian.Uint64(id.origin[8:]) ^ s.keys[1]
	hi, lo := bits.Mul64(a, b)
	hi, lo = bits.Mul64(hi^lo^id.seq, 0x9e3779b97f4a7c15)
	return slot(hi^lo) &^ placeMask
}

// home is where in the index an id of that hash is looked for first.
func home(hash slot) uint { return uint(hash >> (64 - indexBits)) }
