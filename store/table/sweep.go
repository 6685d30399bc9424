package table

// looksPerCall bounds how many entries a step looks at beyond those that it may remove.
const looksPerCall = 4096

// Mark begins a generation, which no entry carries yet. Put and Touch give it to an entry.
func (t *Table) Mark() {
	t.generation++
	t.sweep = nil
}

// Touch gives the present generation to a key's entry and says whether the key is there.
func (t *Table) Touch(key []byte) bool {
	at, ok := t.find(t.tag(key), key)
	if ok {
		t.own(t.arenas[at.arena()])
		e := t.at(at)
		e.setHeader(e.header() | marked)
	}
	return ok
}

// Sweep removes entries that don't carry the present generation, max of them at most, and calls fn for each after it
// was removed. It says whether none is left; if not, the next call goes on. fn may keep the slices, and may change
// the table. A call looks at a bounded number of entries.
func (t *Table) Sweep(max int, fn func(key, value []byte)) (done bool) {
	if t.sweep == nil {
		t.sweep = t.NewWalk()
	}
	w, n := t.sweep, 0
	for looks := max + looksPerCall; n < max && looks > 0; looks-- {
		at, ok := w.next()
		if !ok {
			t.settle()
			return true
		}
		e := t.at(at)
		if e.header()&marked != 0 && t.arenas[at.arena()].mark == t.generation {
			t.moved++
			continue
		}
		key, value := e.bytes()
		t.remove(t.tag(key), at)
		fn(key, value)
		n++
	}
	t.settle()
	return false
}

// own makes an arena's marks be about the present generation. So Mark touches nothing, and an arena that nothing is
// marked in is not looked through.
func (t *Table) own(a *arena) {
	if a.mark == t.generation {
		return
	}
	buf := t.bufs[a.id]
	for off := 0; off < a.used; {
		e := entry(buf[off:])
		h := e.header()
		e.setHeader(h &^ marked)
		off += h.size()
	}
	a.mark = t.generation
}
