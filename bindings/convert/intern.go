package convert

import (
	"unsafe"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

// box is a userdata and the immutable value that it stands for, in one allocation. The userdata's Value is the box
// itself. P is what a kind keeps besides its key.
type box[K comparable, P any] struct {
	ud   lua.LUserData
	more P
	v    K
}

type nothing struct{}

// interned holds the boxes of one kind in one VM: equal keys give the same box for as long as anyone has it. It
// refers to boxes weakly. What was used last stays a while, so that the common case is an array access.
type interned[K comparable, P any] struct {
	mt     *lua.LTable
	env    *lua.LTable
	hash   func(K) uint32
	recent [recentLen]*box[K, P]
	shards [shardCount]shard[K, P]
}

// A shard is swept alone, so that the longest pause is that of a 64th of the table.
type shard[K comparable, P any] struct {
	m     map[K]weak.Pointer[box[K, P]]
	limit int // entries at which the dead ones are swept out
}

const (
	recentLen  = 256
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
		if b := p.Value(); b != nil {
			t.recent[h%recentLen] = b
			return b
		}
	}
	return nil
}

// add makes the box of a key that find does not know.
func (t *interned[K, P]) add(k K) *box[K, P] {
	b := &box[K, P]{v: k}
	b.ud = lua.LUserData{Value: b, Env: t.env, Metatable: t.mt}
	h := t.hash(k)
	s := &t.shards[h>>8%shardCount]
	if len(s.m) >= s.limit {
		s.sweep()
	}
	s.m[k] = weak.Make(b)
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

// sweep moves the living to a table of their size, as a Go map never shrinks, and waits with the next time until
// there are twice as many.
func (s *shard[K, P]) sweep() {
	live := 0
	for _, p := range s.m {
		if p.Value() != nil {
			live++
		}
	}
	s.limit = max(shardMin, 2*live)
	m := make(map[K]weak.Pointer[box[K, P]], s.limit)
	for k, p := range s.m {
		if p.Value() != nil {
			m[k] = p
		}
	}
	s.m = m
}

// size returns the number of entries, dead ones included.
func (t *interned[K, P]) size() (n int) {
	for i := range t.shards {
		n += len(t.shards[i].m)
	}
	return n
}

// mix spreads the bits of x over a hash; the lowest byte and the one above it are used most.
func mix(x uint64) uint32 {
	x *= 0x9e3779b97f4a7c15
	return uint32(x >> 32)
}

// borrow views b as a string for the time of one lookup.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
