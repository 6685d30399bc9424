package container

// Swap exchanges the contents of two tables, while each keeps its options, hooks and counters: how the contents that
// another node has published, or those from before a reload, get under a container that scripts hold. No hook is
// called. It costs nothing per entry, unless only one of them expires: then the entries that begin to expire count
// from now. ErrShape if they don't hold the same kind of entries. Walks that are under way end.
func (t *Table) Swap(o *Table, now int64) error {
	if t.opts.KeyWidth != o.opts.KeyWidth || t.opts.Values != o.opts.Values {
		return ErrShape
	}
	if t == o {
		return nil
	}
	now = max(t.tick(now), o.tick(now))
	t.now, o.now = now, now
	if t.start != 0 && o.start != 0 {
		t.start = min(t.start, o.start)
		o.start = t.start
	}
	t.count, o.count = o.count, t.count
	t.nextSeq, o.nextSeq = o.nextSeq, t.nextSeq
	t.order, o.order = o.order, t.order
	t.tail, o.tail = o.tail, t.tail
	t.segs, o.segs = o.segs, t.segs
	t.free, o.free = o.free, t.free
	t.due, o.due = o.due, t.due
	t.idx, o.idx = o.idx, t.idx
	t.adopt(o)
	o.adopt(t)
	return nil
}

// adopt makes contents that came from another table expire as this one's do.
func (t *Table) adopt(from *Table) {
	t.era++
	t.layout++
	t.expiring = 0
	if t.opts.Expiry != from.opts.Expiry {
		renew := t.opts.Expiry == NoExpiry || from.opts.Expiry == NoExpiry
		if renew {
			t.due = nil
		}
		for _, s := range t.order {
			s.mixed = true
			if renew {
				t.renew(s)
			}
		}
	}
	if t.count > 0 && len(t.due) > 0 {
		t.enlist()
	}
}

// renew gives each entry of a segment the present as its time, or none.
func (t *Table) renew(s *segment) {
	s.at, s.due = nil, gone
	if t.opts.Expiry == NoExpiry {
		return
	}
	s.at = make([]int64, s.size)
	for i := range int(s.n) {
		s.at[i] = gone
		if s.isLive(i) {
			s.at[i], s.due = t.now, t.now
		}
	}
	t.due.push(s)
}
