package step

// Timers is a node's one heap of machines, ordered by what their Next says; ties in the order of Register.
//
// A machine's Next may change whenever another machine calls it. Whoever does that, or the machine itself, says
// so with Entry.Changed, which costs nothing worth counting; Timers asks Next again before it answers anything.
// After a Step it asks by itself. The zero value is ready to use.
type Timers struct {
	heap    Heap[*Entry]
	changed []*Entry
	due     []*Entry
	running bool
}

// Entry is a registered machine.
type Entry struct {
	timers *Timers
	m      Machine
	item   *Item[*Entry]
	dirty  bool
	gone   bool
}

// Register adds m.
func (t *Timers) Register(m Machine) *Entry {
	e := &Entry{timers: t, m: m}
	e.item = t.heap.Add(m.Next(), e)
	return e
}

// Changed says that the machine's Next may answer something else than before.
func (e *Entry) Changed() {
	if e.dirty || e.gone {
		return
	}
	e.dirty = true
	e.timers.changed = append(e.timers.changed, e)
}

// Remove takes the machine out; it is not stepped any more, not even in the round that is under way.
func (e *Entry) Remove() {
	e.gone = true
	e.timers.heap.Remove(e.item)
}

// Next is the earliest Next of all machines.
func (t *Timers) Next() Time {
	t.refresh()
	return t.heap.Next()
}

// Step steps every machine that is due at now once, the earliest first, and returns true if one of them wants
// another round in this turn. A machine that becomes due during the call is left for the next round.
func (t *Timers) Step(now Time) (more bool) {
	if t.running {
		panic("step: Timers.Step called from within a machine's Step")
	}
	t.running = true
	t.refresh()
	t.due = t.due[:0]
	for it := t.heap.PopDue(now); it != nil; it = t.heap.PopDue(now) {
		t.due = append(t.due, it.Value)
	}
	for i, e := range t.due {
		t.due[i] = nil
		if e.gone {
			continue
		}
		m := e.m.Step(now)
		more = more || m
		if !e.gone {
			t.heap.Move(e.item, e.m.Next())
		}
	}
	t.running = false
	return more || t.Next() <= now
}

// refresh asks the machines that have changed. A removed one is skipped, and one that is out of the heap because
// it is being stepped is asked after its Step.
func (t *Timers) refresh() {
	for i, e := range t.changed {
		t.changed[i] = nil
		e.dirty = false
		if !e.gone && e.item.index >= 0 {
			t.heap.Move(e.item, e.m.Next())
		}
	}
	t.changed = t.changed[:0]
}
