package container

import "iter"

// Iter walks over what was in a table when it began, in order of insertion: entries added since are not visited,
// removed ones no longer. The table may be changed, cleared or walked by others meanwhile. An Iter that is not
// finished holds nothing but memory. Walking does not count as reading, but it does not show overdue entries: they
// expire when met, as with every read.
type Iter struct {
	t      *Table
	next   uint64 // sequence number from which to go on
	end    uint64 // first one that is too new
	era    uint32
	layout uint64   // for which s and slot hold
	s      *segment // nil before the first entry
	slot   int

	key   []byte
	value Value
}

// Iter begins a walk.
func (t *Table) Iter() Iter {
	return Iter{t: t, end: t.nextSeq, era: t.era}
}

// Next goes to the next entry; false: there is none.
func (it *Iter) Next(now int64) bool {
	t := it.t
	t.tick(now)
	for t.era == it.era && it.locate() {
		s, i := it.s, it.slot
		it.next = s.seq(i) + 1
		it.slot++
		if s.at != nil && t.overdue(s.at[i]) {
			var ok bool
			if s, i, ok = t.settle(s, i); !ok {
				continue
			}
		}
		it.key, it.value = s.key(i), Value{}
		if t.opts.Values {
			it.value = s.values.get(i)
		}
		return true
	}
	it.key, it.value = nil, Value{}
	it.next = it.end // for good: what is there later is newer or from elsewhere
	it.s = nil
	return false
}

// locate moves to the first live entry from next on.
func (it *Iter) locate() bool {
	t := it.t
	if it.next >= it.end || len(t.order) == 0 {
		return false
	}
	if it.s == nil || it.layout != t.layout {
		it.seek(t.order[segmentOf(t.order, it.next)])
	}
	for {
		for ; it.slot < int(it.s.n); it.slot++ {
			if it.s.isLive(it.slot) {
				return it.s.seq(it.slot) < it.end
			}
		}
		p := t.where(it.s) + 1
		if p >= len(t.order) {
			return false
		}
		it.seek(t.order[p])
	}
}

func (it *Iter) seek(s *segment) {
	it.s, it.slot, it.layout = s, s.slot(it.next), it.t.layout
}

// Key returns the entry's key, which the caller may keep but not change.
func (it *Iter) Key() []byte { return it.key }

// Value returns the entry's value as it was when Next came to it; in a set, the zero Value.
func (it *Iter) Value() Value { return it.value }

// All is Iter for a range loop in Go.
func (t *Table) All(now int64) iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		for it := t.Iter(); it.Next(now); {
			if !yield(it.key, it.value) {
				return
			}
		}
	}
}
