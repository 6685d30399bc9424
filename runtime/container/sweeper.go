package container

// Sweeper steps the expiry of many tables: those whose Options name it. A table is in it from its first entry until
// the sweep finds it empty, so that tables no script can reach any more still expire, call their hooks and are
// forgotten; what is never filled costs nothing. The zero value is ready. It belongs to the goroutine of its tables.
type Sweeper struct {
	groups   []*group
	turn     int // group to begin with, so that a busy one does not starve the others
	count    int
	start    int64 // when the clock started, 0 before
	stepping bool
}

// group is the tables with one interval. The heap orders them by their oldest entry and not by deadline, so that an
// interval may change at any time.
type group struct {
	interval Interval
	tables   dueHeap[*Table]
	born     uint64 // numbers tables as they come, for ties
}

// membership is what a table knows of its place in a Sweeper.
type membership struct {
	group *group
	pos   int
	at    int64  // at or before the time of the table's oldest entry
	tie   uint64 // order of joining
}

func (t *Table) dueAt() (int64, uint64) { return t.member.at, t.member.tie }
func (t *Table) place(pos int)          { t.member.pos = pos }

// enlist makes sure that the sweeper knows of a table whose first entry is due at the time of due[0].
func (t *Table) enlist() {
	w := t.opts.Sweeper
	if w == nil {
		return
	}
	if w.start == 0 {
		w.Rebase(t.start)
	}
	t.Rebase(w.start)
	m := &t.member
	if m.group == nil {
		g := w.group(t.opts.Interval)
		m.group, m.at, m.tie = g, t.due[0].due, g.born
		g.born++
		g.tables.push(t)
		w.count++
		return
	}
	if at := t.due[0].due; at < m.at {
		m.at = at
		m.group.tables.fix(m.pos)
	}
}

func (w *Sweeper) group(d Interval) *group {
	for _, g := range w.groups {
		if g.interval == d {
			return g
		}
	}
	g := &group{interval: d}
	w.groups = append(w.groups, g)
	return g
}

// Len counts the tables it knows of.
func (w *Sweeper) Len() int { return w.count }

// Rebase tells all tables that the clock starts now; see Table.Rebase. The first Step after the start, and the first
// entry made after it, do the same.
func (w *Sweeper) Rebase(now int64) {
	if w.start != 0 || now <= 0 {
		return
	}
	w.start = now
	for _, g := range w.groups {
		for _, t := range g.tables {
			t.Rebase(now)
		}
	}
}

// Next returns when Step has something to do, or Never. Like NextExpiry it may be early. It asks each of the
// different intervals in use once.
func (w *Sweeper) Next() int64 {
	next := int64(Never)
	for _, g := range w.groups {
		next = min(next, g.deadline())
	}
	return next
}

// Step expires at most max entries, counted as Table.Expire does, and reports whether there is more to do now. It
// must not be called by a hook.
func (w *Sweeper) Step(now int64, max int) (more bool) {
	if w.stepping {
		return false
	}
	w.stepping = true
	defer func() { w.stepping = false }()
	w.Rebase(now)
	for range w.groups {
		w.turn %= len(w.groups)
		g := w.groups[w.turn]
		if max = w.step(g, now, max); max <= 0 && w.Next() <= now {
			w.turn++
			return true
		}
		if len(g.tables) == 0 {
			w.groups = append(w.groups[:w.turn], w.groups[w.turn+1:]...)
		} else {
			w.turn++
		}
	}
	return false
}

// step sweeps one group's tables and returns what is left of max.
func (w *Sweeper) step(g *group, now int64, max int) int {
	for max > 0 && g.deadline() <= now {
		t := g.tables[0]
		max = t.expireUpTo(now, max-1)
		m := &t.member
		if t.count == 0 {
			g.tables.remove(m.pos)
			*m = membership{}
			w.count--
			continue
		}
		m.at = t.due[0].due
		g.tables.fix(m.pos)
	}
	return max
}

// deadline is the first time at which an entry of the group may be overdue.
func (g *group) deadline() int64 {
	if len(g.tables) == 0 {
		return Never
	}
	t := g.tables[0]
	d := g.interval.Nanoseconds()
	if d < 0 || t.start == 0 {
		return Never
	}
	return deadline(t.effective(t.member.at), d)
}
