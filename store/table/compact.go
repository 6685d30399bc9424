package table

import "slices"

// Of a sealed arena at least half is in use, or it waits in the queue to be compacted: what lives in it is copied, in
// the order it has, into an arena of exactly the size. Compacting is paid for with credit that changes earn, so that
// one turn with many removals does not compact many arenas, however evenly the removals are spread.
const (
	removalEarns = 4 // one moved entry per removal would do; more makes the queue short
	// maxCredit is what compacting one arena costs at most: half an arena of entries of 16 bytes, the smallest but one,
	// which take longer to move than their bytes.
	maxCredit = arenaBytes/2/16 + arenaBytes/2>>10
	// idleBytes of dead entries are too few to be in a hurry for.
	idleBytes = 4 * arenaBytes
)

func (t *Table) earn(n int) { t.credit = min(t.credit+n, maxCredit) }

// settle compacts what can be paid for. Each operation that changes something ends with it.
func (t *Table) settle() {
	for len(t.queue) > 0 {
		a := t.queue[0]
		if a.id == 0 {
			t.queue = t.queue[1:]
			continue
		}
		// Many small entries behind few large ones that died earn less than moving them costs.
		urgent := t.memory > 3*t.live+idleBytes
		if a.cost() > t.credit && !urgent {
			return
		}
		first, end := t.partners(a)
		cost := 0
		for _, old := range t.order[first:end] {
			cost += old.cost()
		}
		if cost > t.credit && !urgent {
			return
		}
		t.credit = max(0, t.credit-cost)
		t.queue = t.queue[1:]
		t.compact(first, end)
		if urgent {
			return
		}
	}
}

// cost is what copying the arena's live entries costs.
func (a *arena) cost() int { return a.count + a.live>>10 }

// partners returns which arenas, by their places in the order, are to become one when a is compacted.
func (t *Table) partners(a *arena) (first, end int) {
	p := t.where(a.seq)
	if p > 0 && t.fit(t.order[p-1], a, a) {
		return p - 1, p + 1
	}
	if p+1 < len(t.order) && t.fit(a, t.order[p+1], a) {
		return p, p + 2
	}
	return p, p + 1
}

// compact copies what lives in neighbouring arenas into one in their place.
func (t *Table) compact(first, end int) {
	size := 0
	for _, old := range t.order[first:end] {
		size += old.live
	}
	b := t.create(size)
	b.seq, b.last = t.order[first].seq, t.order[end-1].last
	for _, old := range t.order[first:end] {
		t.pour(b, old)
		t.forget(old)
	}
	t.order[first] = b
	t.order = slices.Delete(t.order, first+1, end)
	t.layout++
}

// fit says whether two neighbours are to be one when a is compacted: if that does not copy far more than has died in
// a, and if no walk ends between them. A walk must not come to see what was put long after it began, else it might
// never end.
func (t *Table) fit(left, right, a *arena) bool {
	if left == t.tail || right == t.tail || left.live+right.live > arenaBytes/2 || left.live+right.live > 2*a.used {
		return false
	}
	for _, wp := range t.walks {
		if w := wp.Value(); w != nil && w.open() && left.seq < w.end && w.end <= right.seq {
			return false
		}
	}
	return true
}

// pour appends the live entries of old to b and takes walks that stand in old with them.
func (t *Table) pour(b, old *arena) {
	from, to := t.bufs[old.id], t.bufs[b.id]
	standing := t.standing(old, b)
	for off := 0; off < old.used; {
		e := entry(from[off:])
		h := e.header()
		for len(standing) > 0 && standing[0].off <= off {
			standing[0].off, standing[0].seq = b.used, b.seq
			standing = standing[1:]
		}
		n := h.size()
		if h&dead == 0 {
			key, _ := e.bytes()
			at := placeOf(b.id, b.used)
			copy(to[b.used:], e[:n])
			if old.mark != b.mark {
				entry(to[b.used:]).setHeader(h &^ marked)
			}
			t.idx.replace(t.tag(key), placeOf(old.id, off), at)
			if h&timed != 0 {
				t.wheel.node(e.node()).at = at
			}
			b.used += n
			b.live += n
			b.count++
			t.moved++
		}
		off += n
	}
	for _, w := range standing {
		w.off, w.seq = b.used, b.seq
	}
	t.moved += uint64(b.used >> 10)
}
