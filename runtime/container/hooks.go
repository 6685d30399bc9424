package container

// This file is where hooks run. A hook may do anything to its table, so nothing that was known before a call holds
// after it: an entry is found again by its sequence number, if the layout has changed.

// settle deals with an overdue entry that a read has met: it expires here and now, unless OnExpire keeps it. A hook
// that reads finds it gone, and leaves the rest to the next who meets it outside; only the entry that OnExpire is
// being asked about is still there for it. The entry's place, if it has one still, is returned.
func (t *Table) settle(s *segment, i int) (*segment, int, bool) {
	if t.inExpire || t.inChange {
		return s, i, s.seq(i)+1 == t.expiring
	}
	return t.meet(s, i)
}

// replaceable is settle for one who wants to put something in the entry's place and so cannot leave it for later,
// not even inside a hook. The hook that is running is not called for it.
func (t *Table) replaceable(s *segment, i int) (*segment, int, bool) {
	if s.seq(i)+1 == t.expiring {
		return s, i, true
	}
	return t.meet(s, i)
}

func (t *Table) meet(s *segment, i int) (*segment, int, bool) {
	seq, layout, era := s.seq(i), t.layout, t.era
	t.expire(s, i)
	switch {
	case t.layout == layout && s.isLive(i):
		return s, i, true
	case t.layout == layout:
		t.tidy(s)
		return nil, 0, false
	default:
		return t.bySeq(seq, era)
	}
}

// expire ends the life of an overdue entry or, if OnExpire says so, prolongs it. It does not tidy.
func (t *Table) expire(s *segment, i int) {
	key := s.key(i)
	if t.opts.OnExpire != nil && !t.inExpire {
		keep, ok := int64(0), false
		if keep, s, i, ok = t.ask(s, i); !ok {
			return // the hook has removed it
		}
		if keep > 0 {
			t.prolong(s, i, keep)
			return
		}
	}
	var old Value
	if t.opts.Values {
		old = s.values.get(i)
	}
	t.take(s, i, t.hash(key))
	if t.opts.OnChange != nil {
		t.changed(Expired, key, old, Value{})
	}
}

// ask calls OnExpire and finds the entry again.
func (t *Table) ask(s *segment, i int) (keep int64, _ *segment, _ int, found bool) {
	seq, layout, era := s.seq(i), t.layout, t.era
	var v Value
	if t.opts.Values {
		v = s.values.get(i)
	}
	keep = t.onExpire(seq, s.key(i), v)
	if t.layout == layout {
		return keep, s, i, s.isLive(i)
	}
	s, i, found = t.bySeq(seq, era)
	return keep, s, i, found
}

func (t *Table) onExpire(seq uint64, key []byte, v Value) int64 {
	t.inExpire, t.expiring = true, seq+1
	defer func() { t.inExpire, t.expiring = false, 0 }()
	return t.opts.OnExpire(key, v)
}

// prolong gives an entry the time that makes it overdue keep nanoseconds from now under the present interval.
func (t *Table) prolong(s *segment, i int, keep int64) {
	d, ok := t.interval()
	s.mixed = true
	switch {
	case !ok: // the hook has turned expiry off
	case keep >= gone-t.now:
		s.at[i] = gone - 1
	default:
		s.at[i] = t.now + keep - d
	}
}

// bySeq finds a live entry by its sequence number, which is only good in the era in which it was given.
func (t *Table) bySeq(seq uint64, era uint32) (*segment, int, bool) {
	if len(t.order) == 0 || t.era != era {
		return nil, 0, false
	}
	s := t.order[segmentOf(t.order, seq)]
	i := s.slot(seq)
	return s, i, i < int(s.n) && s.seq(i) == seq && s.isLive(i)
}

// changed calls OnChange, unless that is what is running.
func (t *Table) changed(what Change, key []byte, old, now Value) {
	if t.inChange {
		return
	}
	t.inChange = true
	defer func() { t.inChange = false }()
	t.opts.OnChange(what, key, old, now)
}
