package table

import (
	"hash/maphash"
	"weak"
)

// Table maps keys to values. New makes one; it belongs to one goroutine.
type Table struct {
	seed  maphash.Seed
	idx   index
	count int
	size  int64 // keys and values of live entries

	// An arena's number is its place in these two. bufs holds what Get needs, in one cache line.
	bufs   [][]byte
	arenas []*arena
	free   []uint32 // numbers that can be given again
	order  []*arena // by seq
	tail   *arena   // takes what is put, nil for none; not always the last in order, as large entries go behind it
	live   int64    // bytes of live entries in arenas
	memory int64    // bytes of arenas
	seq    uint64   // of the next arena
	layout uint64   // counts changes to order

	queue  []*arena // half dead, to be compacted
	credit int      // what compacting may cost now
	moved  uint64   // entries, kilobytes and nodes moved or looked at, for tests

	generation uint64
	sweep      *Walk // of the present generation; nil before the first Sweep
	walks      []weak.Pointer[Walk]
	pruned     int // how many walks were left when walks was last looked through

	now   int64  // what Expire was last told, or 0
	wheel *wheel // nil until something expires
}

// New returns an empty table, which takes a few hundred bytes until something is put.
func New() *Table { return &Table{seed: maphash.MakeSeed()} }

// Len returns how many entries there are, overdue ones included.
func (t *Table) Len() int { return t.count }

// Size returns the bytes of the keys and values that are there. A store's max_bytes bounds it.
func (t *Table) Size() int64 { return t.size }

// Memory returns about how many bytes are allocated. It is the one answer that depends on the hash and on the
// collector: two runs of a simulation may differ in it.
func (t *Table) Memory() int64 {
	n := t.memory + int64(t.idx.pages)*pageSlots*8 + int64(len(t.idx.dir))*8 + int64(len(t.arenas))*arenaCost
	if t.wheel != nil {
		n += t.wheel.memory()
	}
	return n
}

// Get returns a key's value and when it expires, 0 for never; overdue entries are there until Expire removes them.
// The value is the table's own memory: it must not be written to, and is good until the table is next changed.
func (t *Table) Get(key []byte) (value []byte, expiry int64, ok bool) {
	at, ok := t.find(t.tag(key), key)
	if !ok {
		return nil, 0, false
	}
	e := t.at(at)
	_, value = e.bytes()
	return value, e.expiry(), true
}

// Put makes value the key's value, expiring at the given time in nanoseconds since 1970, 0 for never. It copies what
// it is given, which may be what Get has returned. The entry carries the present generation.
func (t *Table) Put(key, value []byte, expiry int64) {
	h := newHeader(key, value, expiry != 0)
	g := t.tag(key)
	if old, ok := t.find(g, key); ok {
		t.update(g, old, h, key, value, expiry)
	} else {
		at, e := t.push(h, key, value, expiry)
		t.idx.add(g, at)
		t.count++
		if h&timed != 0 {
			t.register(e, at, expiry)
		}
	}
	t.size += h.payload()
	t.settle()
}

// Delete removes a key and says whether it was there.
func (t *Table) Delete(key []byte) bool {
	g := t.tag(key)
	at, ok := t.find(g, key)
	if ok {
		t.remove(g, at)
		t.settle()
	}
	return ok
}

// Clear removes everything and gives the memory back. Open walks end.
func (t *Table) Clear() {
	t.idx = index{moved: t.idx.moved}
	t.count, t.size, t.live, t.memory = 0, 0, 0, 0
	t.bufs, t.arenas, t.free, t.order, t.tail, t.queue = nil, nil, nil, nil, nil, nil
	t.wheel = nil
	t.layout++
}

func (t *Table) tag(key []byte) tag { return tag(maphash.Bytes(t.seed, key) >> placeBits) }

// at returns the entry at a place, with everything that lies behind it in its arena.
func (t *Table) at(p place) entry { return t.bufs[p.arena()][p.offset():] }

// find returns where the key's entry is.
func (t *Table) find(g tag, key []byte) (place, bool) {
	if t.idx.dir == nil {
		return 0, false
	}
	p := t.idx.page(g)
	for i := home(g); ; i = after(i) {
		s := p[i&(pageSlots-1)]
		if s == 0 {
			return 0, false
		}
		if tag(s>>placeBits) != g {
			continue
		}
		at := place(s & (1<<placeBits - 1))
		e := t.at(at)
		h := e.header()
		if start := h.start(); h.keyLen() == len(key) && string(e[start:start+len(key)]) == string(key) {
			return at, true
		}
	}
}

// update gives the entry at old a new value: in place if it fits there, else as a new entry at the tail.
func (t *Table) update(g tag, old place, h header, key, value []byte, expiry int64) {
	e := t.at(old)
	was := e.header()
	if h.size() == was.size() && h&timed == was&timed {
		t.own(t.arenas[old.arena()])
		t.size -= was.payload()
		e.setHeader(h | marked)
		copy(e[h.start()+len(key):], value)
		if h&timed != 0 {
			t.prolong(e, expiry)
		}
		return
	}
	at, fresh := t.push(h, key, value, expiry)
	t.idx.replace(g, old, at)
	switch {
	case h&timed != 0 && was&timed != 0:
		t.inherit(fresh, at, e, expiry)
	case h&timed != 0:
		t.register(fresh, at, expiry)
	case was&timed != 0:
		t.unregister(e)
	}
	t.kill(old)
}

// remove takes out the entry at a place. Its bytes stay readable.
func (t *Table) remove(g tag, at place) {
	t.idx.remove(g, at)
	if e := t.at(at); e.header()&timed != 0 {
		t.unregister(e)
	}
	t.count--
	t.kill(at)
}
