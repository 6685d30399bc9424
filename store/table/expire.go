package table

import "math"

// NextExpiry returns a time at or before which nothing expires, math.MaxInt64 if nothing does at all. It is the time
// of the entry that expires next, or earlier if entries were removed or put again with a later expiry.
func (t *Table) NextExpiry() int64 {
	if t.wheel == nil {
		return math.MaxInt64
	}
	return t.wheel.next
}

// Expire removes entries that expire at now or before, max of them at most, and calls fn for each after it was
// removed. It returns how many it removed, and whether none is left; if not, it is to be called again now. fn may
// keep the slices, and may change the table. The order is about that of expiry, and the same for the same calls. A
// call looks at a bounded number of entries.
func (t *Table) Expire(now int64, max int, fn func(key, value []byte)) (n int, done bool) {
	now = min(now, math.MaxInt64-1) // nothing expires at the end of time, which is what an empty wheel says
	t.now = now &^ (now >> 63)      // 0 if negative
	if now < t.NextExpiry() {
		return 0, true
	}
	for looks := max + looksPerCall; n < max && looks > 0; looks-- {
		if t.wheel == nil || !t.wheel.open(now) {
			break
		}
		i := t.wheel.node(working).next
		at := t.wheel.node(i).at
		e := t.at(at)
		if expiry := e.expiry(); expiry > now {
			t.wheel.cut(i)
			t.wheel.link(i, expiry, t.now)
			t.moved++
			continue
		}
		key, value := e.bytes()
		t.remove(t.tag(key), at)
		fn(key, value)
		n++
	}
	if t.wheel != nil {
		_, t.wheel.next = t.wheel.first()
	}
	t.settle()
	return n, now < t.NextExpiry()
}

// register makes a node for an entry that has none.
func (t *Table) register(e entry, at place, expiry int64) {
	if t.wheel == nil {
		t.wheel = newWheel()
	}
	i := t.wheel.take(at)
	t.wheel.link(i, expiry, t.now)
	e.setNode(i)
}

// prolong changes when an entry expires. If that is later than it was, the node stays where it is: it is looked at
// too early, once, and put where it belongs then.
func (t *Table) prolong(e entry, expiry int64) {
	if expiry < e.expiry() {
		t.wheel.cut(e.node())
		t.wheel.link(e.node(), expiry, t.now)
	}
	e.setExpiry(expiry)
}

// inherit makes the node of old that of e, which replaces it.
func (t *Table) inherit(e entry, at place, old entry, expiry int64) {
	i := old.node()
	t.wheel.node(i).at = at
	e.setNode(i)
	e.setExpiry(old.expiry())
	t.prolong(e, expiry)
}

// unregister gives up an entry's node.
func (t *Table) unregister(e entry) {
	i := e.node()
	t.wheel.cut(i)
	t.wheel.give(i)
	t.shrinkWheel()
}

// shrinkWheel gives back memory when more than half of the nodes are unused: it moves the last ones to where unused
// ones are, two for each that becomes unused, and drops chunks that are empty.
func (t *Table) shrinkWheel() {
	w := t.wheel
	for range 2 {
		if w.free <= w.used+chunkNodes {
			return
		}
		i := w.nodes - 1
		if last := w.node(i); last.at == 0 {
			w.cut(i)
		} else {
			to := w.node(unused).prev
			w.cut(to)
			*w.node(to) = *last
			w.node(last.prev).next, w.node(last.next).prev = to, to
			t.at(last.at).setNode(to)
		}
		w.free--
		w.nodes--
		t.moved++
		if w.nodes&(chunkNodes-1) == 0 {
			w.chunks[len(w.chunks)-1] = nil
			w.chunks = w.chunks[:len(w.chunks)-1]
		}
	}
}
