package container

import "fmt"

// This file is where entries are put and how the room of those that were removed is won back. Segments are filled
// from the first slot to the last; then the next one begins. A full segment of which half is removed is repacked,
// together with a neighbour if the two are small, so that no removal copies more than segSlots entries. The first
// one is left alone: entries that expire in order empty it anyway.

// push appends an entry, which must not be there.
func (t *Table) push(key []byte, hash uint32, v Value, at int64) (*segment, int) {
	if w := t.opts.KeyWidth; w > 0 && len(key) != w {
		panic(fmt.Sprintf("container: key of %d bytes for a table whose keys have %d", len(key), w))
	}
	s := t.tail
	if s == nil || s.n == s.size {
		indexed := t.idx != nil
		s = t.room()
		if !indexed {
			hash = t.hash(key)
		}
	}
	i := s.put(key, at)
	if s.seqs != nil {
		s.seqs = append(s.seqs, t.nextSeq)
	}
	t.nextSeq++
	t.count++
	if t.opts.Values {
		s.values.set(i, v)
	}
	if t.idx != nil {
		t.idx.add(hash, s.ref(i))
	}
	if s.at != nil && at < s.due {
		s.due = at
		t.due.fix(int(s.pos))
		t.enlist()
	}
	return s, i
}

// room makes a tail with a free slot.
func (t *Table) room() *segment {
	s := t.tail
	switch {
	case s == nil: // in an empty table only
		t.tail = t.begin(firstSlots)
	case s.live == 0:
		t.retire(s)
		t.tail = t.begin(int(s.size))
	case s.live*2 <= s.n:
		t.tail = t.repack(int(s.size), s)
	case s.size < segSlots:
		if t.idx == nil {
			t.buildIndex()
		}
		s.grow(2 * int(s.size))
	default:
		s.seal()
		t.tail = t.begin(segSlots)
	}
	return t.tail
}

// create makes a segment that is not yet in the order.
func (t *Table) create(size int) *segment {
	if t.segs == nil {
		t.segs = make([]*segment, 1, 2) // id 0 is no segment
	}
	id := uint32(len(t.segs))
	if n := len(t.free); n > 0 {
		id, t.free = t.free[n-1], t.free[:n-1]
	} else {
		t.segs = append(t.segs, nil)
	}
	s := newSegment(id, size, t.nextSeq, &t.opts)
	t.segs[id] = s
	if s.at != nil {
		t.due.push(s)
	}
	return s
}

// begin makes a segment at the end of the order.
func (t *Table) begin(size int) *segment {
	s := t.create(size)
	t.order = append(t.order, s)
	t.layout++
	return s
}

// retire takes a segment that is no longer needed out of everything.
func (t *Table) retire(s *segment) {
	p := t.where(s)
	if p == 0 {
		t.order[0] = nil
		t.order = t.order[1:]
	} else {
		t.order = append(t.order[:p], t.order[p+1:]...)
	}
	t.forget(s)
}

func (t *Table) forget(s *segment) {
	t.segs[s.id] = nil
	t.free = append(t.free, s.id)
	if s.at != nil {
		t.due.remove(int(s.pos))
	}
	if t.tail == s {
		t.tail = nil
	}
	t.layout++
}

// where returns the segment's place in the order.
func (t *Table) where(s *segment) int { return segmentOf(t.order, s.first()) }

// take removes a live entry, and its segment if that has become empty: whenever a hook runs, no segment but the tail
// is without entries.
func (t *Table) take(s *segment, i int, hash uint32) {
	s.take(i)
	t.count--
	if t.idx != nil {
		t.idx.remove(hash, s.ref(i))
	}
	switch {
	case s.live > 0:
	case t.count == 0 && (s.size > firstSlots || len(t.order) > 1):
		t.reset()
	case s != t.tail:
		t.retire(s)
	case s.at != nil:
		s.due = gone
		t.due.fix(int(s.pos))
	}
}

// tidy wins back room after entries were taken from s, if s is still there. The tail goes on to be filled; room
// looks at it when it is full.
func (t *Table) tidy(s *segment) {
	if s.live > 0 && s.live*2 <= s.n && s != t.tail && s != t.order[0] {
		t.shrink(s)
	}
}

// shrink repacks a full segment, together with a neighbour if both are small.
func (t *Table) shrink(s *segment) {
	p := t.where(s)
	if q := t.order[p-1]; q.live+s.live <= segSlots/2 {
		t.repack(int(q.live+s.live), q, s)
		return
	}
	if p+1 < len(t.order) {
		if q := t.order[p+1]; q != t.tail && q.live+s.live <= segSlots/2 {
			t.repack(int(q.live+s.live), s, q)
			return
		}
	}
	t.repack(int(s.live), s)
}

// repack puts what lives in old, which are neighbours, into one new segment of the given size in their place.
func (t *Table) repack(size int, old ...*segment) *segment {
	s := t.create(size)
	s.seqs = make([]uint64, 0, size)
	for _, o := range old {
		s.mixed = s.mixed || o.mixed
		for i := range int(o.n) {
			if o.isLive(i) {
				t.copyEntry(s, o, i)
			}
		}
	}
	if s.at != nil {
		s.due = s.earliest()
		t.due.fix(int(s.pos))
	}
	p := t.where(old[0])
	t.order[p] = s
	t.order = append(t.order[:p+1], t.order[p+len(old):]...)
	for _, o := range old {
		t.forget(o)
	}
	return s
}

func (t *Table) copyEntry(s, from *segment, i int) {
	key := from.key(i)
	at := int64(0)
	if from.at != nil {
		at = from.at[i]
	}
	j := s.put(key, at)
	s.seqs = append(s.seqs, from.seq(i))
	if t.opts.Values {
		s.values.set(j, from.values.get(i))
	}
	if t.idx != nil {
		t.idx.replace(t.idx.hash(key), from.ref(i), s.ref(j))
	}
	t.moved++
}

// buildIndex makes the index of a table that has outgrown scanning.
func (t *Table) buildIndex() {
	t.idx = newIndex()
	for i := range int(t.tail.n) {
		if t.tail.isLive(i) {
			t.idx.add(t.idx.hash(t.tail.key(i)), t.tail.ref(i))
		}
	}
}

// reset forgets all entries and what was allocated for them.
func (t *Table) reset() {
	t.order, t.tail, t.segs, t.free, t.due, t.idx = nil, nil, nil, nil, nil, nil
	t.count = 0
	t.layout++
}
