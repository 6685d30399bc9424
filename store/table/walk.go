package table

import (
	"cmp"
	"slices"
	"weak"
)

// Walk goes through a table while it changes. It visits the arenas that were there when it began, in order, and each
// up to its end. Whatever happens in between, an entry that was there at the beginning and was not put again since is
// visited, and no entry is visited twice without having been put twice. A walk that nobody wants any more is simply
// dropped.
type Walk struct {
	t      *Table // nil when the walk is over
	seq    uint64 // the arena it stands in; if it is gone: before the next one
	off    int    // of the next entry, if the arena is there
	end    uint64 // the first arena that is not visited
	at     int    // the arena's place in the table's order, if nothing has changed since
	layout uint64
}

// NewWalk begins a walk. What is put from now on may be visited or not.
func (t *Table) NewWalk() *Walk { return t.begun(&Walk{t: t, end: t.seq, layout: t.layout}) }

// begun enters a walk among those that are told of what moves.
func (t *Table) begun(w *Walk) *Walk {
	if len(t.walks) >= 2*t.pruned+8 {
		t.walks = slices.DeleteFunc(t.walks, func(wp weak.Pointer[Walk]) bool {
			w := wp.Value()
			return w == nil || !w.open()
		})
		t.pruned = len(t.walks)
	}
	t.walks = append(t.walks, weak.Make(w))
	return w
}

// Next calls fn for one entry after the other until it returns false; the entry it returned false for was visited.
// Next says whether the walk is over. fn may change the table; slices are good until then.
func (w *Walk) Next(fn func(key, value []byte, expiry int64) (more bool)) (done bool) {
	for {
		at, ok := w.next()
		if !ok {
			return true
		}
		e := w.t.at(at)
		key, value := e.bytes()
		if !fn(key, value, e.expiry()) {
			return false
		}
	}
}

func (w *Walk) open() bool { return w.t != nil }

// next returns the next live entry and stands behind it.
func (w *Walk) next() (place, bool) {
	for w.open() {
		a := w.arena()
		if a == nil {
			w.t = nil
			break
		}
		buf := w.t.bufs[a.id]
		for w.off < a.used {
			off := w.off
			h := entry(buf[off:]).header()
			w.off += h.size()
			if h&dead == 0 {
				return placeOf(a.id, off), true
			}
		}
		w.seq, w.off = a.last+1, 0
		w.at++
	}
	return 0, false
}

// arena returns the arena the walk stands in or before, nil at the end.
func (w *Walk) arena() *arena {
	t := w.t
	if w.layout != t.layout {
		w.at, w.layout = t.where(w.seq), t.layout
	}
	if w.at == len(t.order) || t.order[w.at].seq >= w.end {
		return nil
	}
	a := t.order[w.at]
	if a.seq > w.seq { // what it stood in is gone
		w.seq, w.off = a.seq, 0
	}
	return a
}

// standing returns the open walks that stand in old, in order of where, and lets those that stand before it stand in
// b, the arena that takes it up. Those are before what b will hold of old, if it holds something else already.
func (t *Table) standing(old, b *arena) []*Walk {
	var in []*Walk
	for _, wp := range t.walks {
		w := wp.Value()
		if w == nil || !w.open() || w.seq > old.last {
			continue
		}
		switch {
		case w.seq == old.seq:
			in = append(in, w)
		case w.seq > b.seq && w.seq < old.seq: // between the two arenas that become one
			w.seq, w.off = b.seq, b.used
		}
	}
	slices.SortFunc(in, func(v, w *Walk) int { return cmp.Compare(v.off, w.off) })
	return in
}
