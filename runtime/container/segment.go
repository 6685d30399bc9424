package container

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
)

const (
	slotBits   = 9
	segSlots   = 1 << slotBits // slots of a segment that is not one of a table's first few
	firstSlots = 8             // slots of a table's first segment; it grows by doubling
	bigKey     = 256           // a key longer than this is kept on its own
	gone       = Never         // what at holds for an entry that was removed: never due
)

// segment holds up to segSlots entries in order of insertion, column by column. Slots are used once, from the
// first; what is removed stays as a gap until the segment is repacked into another one. Key bytes are never
// overwritten, so that a key handed to a hook or an iterator stays good whatever happens to the table.
type segment struct {
	// What finding an entry looks at comes first, in one cache line.
	keys  []byte
	width int32 // of each key; 0 for keys that differ
	id    uint32
	// due is at or before the time of each live entry. Reading an entry moves its time but not due, so due may be
	// early; it is found out when the sweep looks.
	due int64
	at  []int64 // entries' times; nil without expiry

	n    int32 // slots used
	live int32 // of them not removed
	head int32 // no slot before this one is live
	size int32 // slots there are
	pos  int32 // place in the table's heap

	// mixed says that times may not rise from slot to slot although entries keep the time of their creation.
	mixed bool

	base   uint64   // sequence number of slot 0, the others follow, unless
	seqs   []uint64 // a repacked segment's sequence numbers, one per used slot
	bits   []uint64 // one per slot: it is live
	ends   []uint32 // width 0: where in keys the slot's key ends
	big    [][]byte // width 0: keys longer than bigKey; nil when there is none
	values column   // empty in a set
}

func newSegment(id uint32, size int, base uint64, o *Options) *segment {
	s := &segment{id: id, size: int32(size), base: base, due: gone, width: int32(o.KeyWidth)}
	s.bits = make([]uint64, (size+63)/64)
	if o.KeyWidth > 0 {
		s.keys = make([]byte, size*o.KeyWidth)
	} else {
		s.ends = make([]uint32, size)
	}
	if o.Expiry != NoExpiry {
		s.at = make([]int64, size)
	}
	if o.Values {
		s.values = newColumn(size)
	}
	return s
}

// grow makes the segment larger without moving a slot.
func (s *segment) grow(size int) {
	s.size = int32(size)
	s.bits = grown(s.bits, (size+63)/64)
	s.ends = grown(s.ends, size)
	s.at = grown(s.at, size)
	s.values.grow(size)
	if s.width > 0 {
		s.keys = grown(s.keys, size*int(s.width))
	}
	if s.big != nil {
		s.big = grown(s.big, size)
	}
}

func (s *segment) ref(i int) uint32 { return s.id<<slotBits | uint32(i) }

func (s *segment) isLive(i int) bool { return s.bits[i>>6]&(1<<(i&63)) != 0 }

// key returns the key in a used slot, removed or not.
func (s *segment) key(i int) []byte {
	if w := int(s.width); w > 0 {
		return s.keys[i*w : i*w+w : i*w+w]
	}
	if s.big != nil && s.big[i] != nil {
		return s.big[i]
	}
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.keys[start:s.ends[i]:s.ends[i]]
}

// keyIs compares the key in a used slot. An address is two words.
func (s *segment) keyIs(i int, key []byte) bool {
	if s.width == 16 && len(key) == 16 {
		k := s.keys[i*16 : i*16+16]
		return binary.NativeEndian.Uint64(k) == binary.NativeEndian.Uint64(key) &&
			binary.NativeEndian.Uint64(k[8:]) == binary.NativeEndian.Uint64(key[8:])
	}
	return bytes.Equal(s.key(i), key)
}

// seq returns the sequence number of a used slot.
func (s *segment) seq(i int) uint64 {
	if s.seqs != nil {
		return s.seqs[i]
	}
	return s.base + uint64(i)
}

// first returns the sequence number of slot 0, or of the entry that will be put there.
func (s *segment) first() uint64 {
	if s.seqs != nil {
		return s.seqs[0]
	}
	return s.base
}

// slot returns the first slot whose sequence number is seq or above; it may be n.
func (s *segment) slot(seq uint64) int {
	if s.seqs != nil {
		i, _ := slices.BinarySearch(s.seqs, seq)
		return i
	}
	if seq <= s.base {
		return 0
	}
	return int(min(seq-s.base, uint64(s.n)))
}

// put fills the next slot, which must be there.
func (s *segment) put(key []byte, at int64) (slot int) {
	i := int(s.n)
	s.n++
	s.live++
	s.bits[i>>6] |= 1 << (i & 63)
	switch {
	case s.width > 0:
		copy(s.keys[i*int(s.width):], key)
	case len(key) > bigKey:
		if s.big == nil {
			s.big = make([][]byte, s.size)
		}
		s.big[i] = bytes.Clone(key)
		s.ends[i] = uint32(len(s.keys))
	default:
		s.keys = append(s.keys, key...)
		s.ends[i] = uint32(len(s.keys))
	}
	if s.at != nil {
		s.at[i] = at
	}
	return i
}

// take removes the entry in a live slot and lets go of what it refers to. Its key stays readable.
func (s *segment) take(i int) {
	s.live--
	s.bits[i>>6] &^= 1 << (i & 63)
	if s.at != nil {
		s.at[i] = gone
	}
	if s.values.refs != nil {
		s.values.refs[i] = nil
	}
}

// seal gives back what a full segment has reserved for more keys.
func (s *segment) seal() {
	if s.width == 0 {
		s.keys = grown(s.keys, len(s.keys))
	}
}

// oldest returns the first live slot. There must be one.
func (s *segment) oldest() int {
	for !s.isLive(int(s.head)) {
		s.head++
	}
	return int(s.head)
}

// earliest returns the least of the live entries' times.
func (s *segment) earliest() int64 {
	return slices.Min(s.at[:s.n])
}

func (s *segment) dueAt() (int64, uint64) { return s.due, s.first() }
func (s *segment) place(pos int)          { s.pos = int32(pos) }

// segmentOf returns where in order the segment lies that holds the sequence number or, if it is gone, would.
func segmentOf(order []*segment, seq uint64) int {
	return max(0, sort.Search(len(order), func(i int) bool { return order[i].first() > seq })-1)
}
