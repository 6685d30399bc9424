package convert

import (
	"unsafe"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

// box is a userdata and the immutable value that it stands for. The userdata's Value is the box itself. P is what
// a kind keeps besides its key.
type box[K comparable, P any] struct {
	ud   lua.LUserData
	more P
	v    K
}

type nothing struct{}

// interned holds the boxes of one kind in one VM: equal keys give the same box for as long as anyone has it. It
// refers to boxes weakly. What was used last stays a while, so that the common case is an array access.
//
// Boxes are made a few at a time, as a weak pointer costs more than all the rest of a new value. A few live and
// die together then; DESIGN.md has the figures.
type interned[K comparable, P any] struct {
	mt     *lua.LTable
	env    *lua.LTable
	hash   func(K) uint32
	recent [recentLen]*box[K, P]
	shards [shardCount]shard[K, P]

	open *batch[K, P] // the last one made, of which used boxes are taken
	weak weak.Pointer[batch[K, P]]
	used int
	gc   collections
}

type batch[K comparable, P any] [batchLen]box[K, P]

// place is where a box is, for as long as its batch lives.
type place[K comparable, P any] struct {
	batch weak.Pointer[batch[K, P]]
	slot  uint8
}

// A shard is swept alone, so that the longest pause is that of a 64th of the table.
type shard[K comparable, P any] struct {
	m     map[K]place[K, P]
	limit int    // entries at which the dead ones are swept out
	high  int    // most entries since the map was made
	cycle uint32 // of the last sweep
}

const (
	recentLen  = 256
	batchLen   = 16
	shardCount = 64
	shardMin   = 32
)

// find returns the box of k, nil if there is none.
func (t *interned[K, P]) find(k K) *box[K, P] {
	h := t.hash(k)
	if b := t.recent[h%recentLen]; b != nil && b.v == k {
		return b
	}
	if p, ok := t.shards[h>>8%shardCount].m[k]; ok {
		if all := p.batch.Value(); all != nil {
			b := &all[p.slot]
			t.recent[h%recentLen] = b
			return b
		}
	}
	return nil
}

// add makes the box of a key that find does not know.
func (t *interned[K, P]) add(k K) *box[K, P] {
	if t.open == nil || t.used == batchLen {
		t.open = new(batch[K, P])
		t.weak = weak.Make(t.open)
		t.used = 0
	}
	b := &t.open[t.used]
	b.v = k
	b.ud = lua.LUserData{Value: b, Env: t.env, Metatable: t.mt}
	h := t.hash(k)
	s := &t.shards[h>>8%shardCount]
	if len(s.m) >= s.limit {
		s.sweep(t.gc.count())
	}
	s.m[k] = place[K, P]{t.weak, uint8(t.used)}
	t.used++
	t.recent[h%recentLen] = b
	return b
}

// get returns the Lua value of k.
func (t *interned[K, P]) get(k K) lua.LValue {
	b := t.find(k)
	if b == nil {
		b = t.add(k)
	}
	return &b.ud
}

// sweep forgets the dead and waits with the next time until there are twice as many entries. Nothing dies between
// two collections, so it does not look without one.
func (s *shard[K, P]) sweep(cycle uint32) {
	if s.cycle != cycle {
		s.cycle = cycle
		s.high = max(s.high, len(s.m))
		for k, p := range s.m {
			if p.batch.Value() == nil {
				delete(s.m, k)
			}
		}
	}
	if s.m == nil || len(s.m) < s.high/8 {
		m := make(map[K]place[K, P], shardMin) // a Go map never shrinks
		for k, p := range s.m {
			m[k] = p
		}
		s.m, s.high = m, len(m)
	}
	s.limit = max(shardMin, 2*len(s.m))
}

// collections counts garbage collections, roughly: one that nobody asked about is not seen.
type collections struct {
	n      uint32
	canary weak.Pointer[canary]
}

// canary is an object that nobody holds. It has a pointer so as not to share its memory.
type canary struct{ _ *canary }

func (c *collections) count() uint32 {
	if c.canary.Value() == nil {
		c.n++
		c.canary = weak.Make(new(canary))
	}
	return c.n
}

// size returns the number of entries, dead ones included.
func (t *interned[K, P]) size() (n int) {
	for i := range t.shards {
		n += len(t.shards[i].m)
	}
	return n
}

// mix spreads the bits of x over a hash, of which the lowest fourteen are used.
func mix(x uint64) uint32 {
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	return uint32(x >> 32)
}

// borrow views b as a string for as long as b is not changed.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
