package container

// Work that one look at a segment costs, in entries; see Expire.
const scanCost = 8

// lenBudget bounds what Len sweeps.
const lenBudget = 256

// tick takes note of the time and returns the latest one known.
func (t *Table) tick(now int64) int64 {
	if now > t.now {
		t.now = now
		if t.start == 0 {
			t.start = now
		}
	}
	return t.now
}

// Rebase tells the table that the clock starts now. Entries made before (at time 0) count from here; those made
// after a call with a time above 0 have started the clock already.
func (t *Table) Rebase(now int64) { t.tick(now) }

// interval returns how long entries live; false: for now without end.
func (t *Table) interval() (int64, bool) {
	if t.opts.Interval == nil {
		return 0, false
	}
	d := t.opts.Interval.Nanoseconds()
	return d, d >= 0
}

// limit returns the time before which an entry's own makes it overdue.
func (t *Table) limit() int64 {
	d, ok := t.interval()
	if !ok || t.start == 0 {
		return 0 // nothing is earlier
	}
	return t.now - d
}

// effective is the time that an entry's counts as.
func (t *Table) effective(at int64) int64 {
	if at == 0 {
		return t.start
	}
	return at
}

// overdue reports whether an entry's life has ended: strictly longer ago than the interval, as in Zeek.
func (t *Table) overdue(at int64) bool { return t.effective(at) < t.limit() }

// deadline is the first time at which an entry is overdue.
func deadline(at, interval int64) int64 {
	if at >= Never-1-interval {
		return Never
	}
	return at + interval + 1
}

// NextExpiry returns when Expire has something to do, or Never. It may be early: a segment whose oldest entry was
// read since must be looked at before that is known.
func (t *Table) NextExpiry() int64 {
	d, ok := t.interval()
	if !ok || t.start == 0 || t.count == 0 {
		return Never
	}
	return deadline(t.effective(t.due[0].due), d)
}

// Expire lets overdue entries go, calling the hooks for each, and reports whether there is more to do now. One call
// removes at most max entries; looking through a segment without finding any counts as eight. Of the entries that
// are overdue in one call those that were made together go together, not strictly in order of their deadlines.
// From inside a hook of this table it does nothing.
func (t *Table) Expire(now int64, max int) (more bool) {
	return t.expireUpTo(now, max) <= 0 && !t.inExpire && !t.inChange && t.someDue()
}

// expireUpTo is Expire; it returns what is left of max.
func (t *Table) expireUpTo(now int64, max int) (left int) {
	t.tick(now)
	if t.inExpire || t.inChange {
		return max
	}
	for max > 0 && t.someDue() {
		max -= t.sweep(t.due[0], max)
	}
	return max
}

func (t *Table) someDue() bool {
	return t.count > 0 && len(t.due) > 0 && t.overdue(t.due[0].due)
}

// sweep expires up to max overdue entries of a segment and finds out when it is due next. It returns the work done.
func (t *Table) sweep(s *segment, max int) (work int) {
	layout, limit := t.layout, t.limit()
	next := int64(gone)
	for i := int(s.head); i < int(s.n); i++ {
		if work < max && t.effective(s.at[i]) < limit {
			work++
			t.expire(s, i)
			if t.layout != layout { // the segment is empty, or a hook was busy; the next look finds what is left
				return work
			}
		}
		at := s.at[i]
		if at == gone {
			if i == int(s.head) {
				s.head++
			}
			continue
		}
		next = min(next, at)
		if t.opts.Expiry == OnCreate && !s.mixed {
			break // those that follow are no older
		}
	}
	s.due = next
	t.due.fix(int(s.pos))
	t.tidy(s)
	return work + scanCost
}
