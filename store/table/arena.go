package table

import (
	"slices"
	"sort"
)

const (
	arenaBytes = 256 << 10 // of a full-grown arena
	firstBytes = 512       // of the tail of an empty table; a tail grows by doubling
	largeBytes = arenaBytes / 8
	arenaCost  = 150 // what an arena takes besides its bytes: its struct, and its places in three slices
)

// arena is a piece of memory with entries one behind the other, up to used. Those of the tail are in order of
// arrival, those of a compacted arena in the order they had. Bytes are given to an entry once: what was removed stays
// readable until the arena is dropped, and even then for whoever has a slice of it.
type arena struct {
	id    uint32 // 0: dropped
	seq   uint64 // rises along order
	last  uint64 // the seq of the last arena that was compacted into this one, or its own
	used  int    // bytes given to entries
	live  int    // bytes of entries not removed
	count int    // entries not removed

	mark   uint64 // the generation that entries' marked bits are about
	queued bool
}

// push writes a new entry. It neither enters it in the index nor counts it.
func (t *Table) push(h header, key, value []byte, expiry int64) (place, entry) {
	n := h.size()
	var a *arena
	if n > largeBytes {
		a = t.begin(n)
	} else {
		a = t.room(n)
	}
	t.own(a)
	at := placeOf(a.id, a.used)
	e := t.at(at)
	e.write(h|marked, key, value, expiry)
	a.used += n
	a.live += n
	a.count++
	t.live += int64(n)
	t.earn(1)
	return at, e
}

// kill gives up the entry at a place, which the index has forgotten.
func (t *Table) kill(at place) {
	e := t.at(at)
	h := e.header()
	e.setHeader(h | dead)
	a := t.arenas[at.arena()]
	n := h.size()
	a.live -= n
	a.count--
	t.live -= int64(n)
	t.size -= h.payload()
	t.earn(removalEarns + n>>8)
	if a != t.tail {
		t.judge(a)
	}
	if tail := t.tail; t.count == 0 && tail != nil && len(t.bufs[tail.id]) > firstBytes {
		t.tail = nil
		t.drop(tail)
	}
}

// judge drops an arena that is empty, and queues one that is half dead for compaction.
func (t *Table) judge(a *arena) {
	switch {
	case a.count == 0:
		t.drop(a)
	case a.live*2 <= a.used && !a.queued:
		a.queued = true
		t.queue = append(t.queue, a)
	}
}

// room returns the tail, with n bytes free.
func (t *Table) room(n int) *arena {
	if a := t.tail; a != nil {
		size := len(t.bufs[a.id])
		if a.used+n <= size {
			return a
		}
		if a.live*2 > a.used && a.used+n <= arenaBytes {
			for size < a.used+n {
				size *= 2
			}
			t.grow(a, size)
			return a
		}
		t.tail = nil
		t.judge(a)
	}
	size := firstBytes
	for size < n || size < arenaBytes && int64(size) < t.live {
		size *= 2
	}
	t.tail = t.begin(size)
	return t.tail
}

// grow gives the tail more room without moving an entry. The old bytes stay good for who has slices of them.
func (t *Table) grow(a *arena, size int) {
	buf := make([]byte, size)
	copy(buf, t.bufs[a.id][:a.used])
	t.memory += int64(size - len(t.bufs[a.id]))
	t.moved += uint64(a.used >> 10)
	t.bufs[a.id] = buf
}

// begin makes an arena at the end of the order.
func (t *Table) begin(size int) *arena {
	a := t.create(size)
	a.seq, a.last = t.seq, t.seq
	t.seq++
	t.order = append(t.order, a)
	t.layout++
	return a
}

// create makes an arena that is in no order yet.
func (t *Table) create(size int) *arena {
	if t.arenas == nil {
		t.arenas, t.bufs = make([]*arena, 1, 2), make([][]byte, 1, 2) // there is no arena 0
	}
	id := uint32(len(t.arenas))
	if n := len(t.free); n > 0 {
		id, t.free = t.free[n-1], t.free[:n-1]
	} else {
		if id == 1<<idBits { // at 32 GB or more; see the package's limits
			panic("table: too many arenas")
		}
		t.arenas, t.bufs = append(t.arenas, nil), append(t.bufs, nil)
	}
	a := &arena{id: id, mark: t.generation}
	t.arenas[id], t.bufs[id] = a, make([]byte, size)
	t.memory += int64(size)
	return a
}

// drop takes an arena out of everything.
func (t *Table) drop(a *arena) {
	p := t.where(a.seq)
	t.order = slices.Delete(t.order, p, p+1)
	t.layout++
	t.forget(a)
	if len(t.order) == 0 {
		t.arenas, t.bufs, t.free, t.queue = nil, nil, nil, nil
	}
}

func (t *Table) forget(a *arena) {
	t.memory -= int64(len(t.bufs[a.id]))
	t.arenas[a.id], t.bufs[a.id] = nil, nil
	t.free = append(t.free, a.id)
	a.id = 0
}

// where returns the place in the order of the first arena that holds seq or something later.
func (t *Table) where(seq uint64) int {
	return sort.Search(len(t.order), func(i int) bool { return t.order[i].last >= seq })
}
