package container

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var firstSeed = flag.Uint64("seed", 1, "first seed of the model tests")

// The model is a plain list in order of insertion. It expires an entry the moment it is overdue and logs that; the
// table does so when it meets the entry. What must agree at all times is what can be seen, and in the end the log.

type modelEntry struct {
	id    int
	key   string
	value uint64
	at    int64
}

type model struct {
	o       Options
	d       int64
	now     int64
	entries []*modelEntry
	byKey   map[string]*modelEntry
	log     []string
	dropped uint64
	keep    func(key string) int64
	ids     int
}

func (m *model) note(what Change, e *modelEntry) {
	m.log = append(m.log, fmt.Sprintf("%v %x %d", what, e.key, e.value))
}

func (m *model) remove(e *modelEntry) {
	delete(m.byKey, e.key)
	i, _ := slices.BinarySearchFunc(m.entries, e.id, func(x *modelEntry, id int) int { return x.id - id })
	m.entries = slices.Delete(m.entries, i, i+1)
}

func (m *model) advance(now int64) {
	m.now = now
	if m.o.Expiry == NoExpiry || m.d < 0 {
		return
	}
	for _, e := range slices.Clone(m.entries) {
		if e.at+m.d >= now {
			continue
		}
		if m.keep != nil {
			if k := m.keep(e.key); k > 0 {
				e.at = now + k - m.d
				continue
			}
		}
		m.remove(e)
		m.note(Expired, e)
	}
}

func (m *model) get(key string) (uint64, bool) {
	e := m.byKey[key]
	if e == nil {
		return 0, false
	}
	if m.o.Expiry == OnRead {
		e.at = m.now
	}
	return e.value, true
}

func (m *model) set(key string, v uint64) (old uint64, found bool) {
	if e := m.byKey[key]; e != nil {
		old = e.value
		if m.o.Expiry != OnCreate {
			e.at = m.now
		}
		if m.o.Values {
			e.value = v
			m.note(Changed, e)
		}
		return old, true
	}
	if !m.o.Values {
		v = 0
	}
	m.ids++
	e := &modelEntry{m.ids, key, v, m.now}
	m.byKey[key] = e
	m.entries = append(m.entries, e)
	m.note(New, e)
	if m.o.MaxSize > 0 && len(m.entries) > m.o.MaxSize {
		m.dropped++
		oldest := m.entries[0]
		m.remove(oldest)
		m.note(Removed, oldest)
	}
	return 0, false
}

func (m *model) take(key string) (uint64, bool) {
	e := m.byKey[key]
	if e == nil {
		return 0, false
	}
	m.remove(e)
	m.note(Removed, e)
	return e.value, true
}

// modelWalk is an iterator and the entries it has still to come to.
type modelWalk struct {
	it   Iter
	left []*modelEntry
}

// run is one table next to its model.
type run struct {
	t     *testing.T
	r     *rand.Rand
	m     *model
	tb    *Table
	log   []string
	walks []*modelWalk
	keys  int

	growing bool // rather than shrinking
}

func (r *run) key(i int) []byte {
	if r.m.o.KeyWidth > 0 {
		k := make([]byte, r.m.o.KeyWidth)
		binary.BigEndian.PutUint64(k[len(k)-8:], uint64(i)) // keys that look alike
		return k
	}
	k := binary.AppendUvarint(nil, uint64(i))
	switch i % 7 {
	case 0:
		k = append(k, make([]byte, i%50)...)
	case 1:
		k = append(k, make([]byte, bigKey-1+i%3)...) // around what is kept apart
	}
	return k
}

func (r *run) walk() {
	if len(r.walks) == 0 || r.r.IntN(3) == 0 {
		r.walks = append(r.walks, &modelWalk{r.tb.Iter(), slices.Clone(r.m.entries)})
	}
	n := r.r.IntN(len(r.walks))
	w := r.walks[n]
	for range 1 + r.r.IntN(40) {
		for len(w.left) > 0 && r.m.byKey[w.left[0].key] != w.left[0] {
			w.left = w.left[1:]
		}
		got := w.it.Next(r.m.now)
		if !got {
			if len(w.left) > 0 {
				r.t.Fatalf("a walk ends before %x", w.left[0].key)
			}
			r.walks = slices.Delete(r.walks, n, n+1)
			return
		}
		if len(w.left) == 0 || string(w.it.Key()) != w.left[0].key || w.it.Value().Bits != w.left[0].value {
			r.t.Fatalf("a walk comes to %x = %d, want %v", w.it.Key(), w.it.Value().Bits, w.left)
		}
		w.left = w.left[1:]
	}
	if len(r.walks) > 5 {
		r.walks = slices.Delete(r.walks, 0, 1) // abandoned
	}
}

func (r *run) step() {
	i := r.r.IntN(r.keys)
	k, now := r.key(i), r.m.now
	same := func(op string, got, want uint64, gotOK, wantOK bool) {
		r.t.Helper()
		if got != want || gotOK != wantOK {
			r.t.Fatalf("%s %x at %d: got %d, %v, want %d, %v", op, k, now, got, gotOK, want, wantOK)
		}
	}
	switch op := r.r.IntN(20); op {
	case 0, 1, 2, 3, 4, 5, 6:
		v := r.r.Uint64N(1000)
		old, found := r.tb.Set(k, Value{Bits: v}, now)
		want, wantFound := r.m.set(string(k), v)
		same("set", old.Bits, want, found, wantFound)
	case 7, 8, 9, 10:
		got, ok := r.tb.Get(k, now)
		want, wantOK := r.m.get(string(k))
		same("get", got.Bits, want, ok, wantOK)
	case 11, 12, 13:
		got, ok := r.tb.Remove(k, now)
		want, wantOK := r.m.take(string(k))
		same("remove", got.Bits, want, ok, wantOK)
	case 14:
		for range r.r.IntN(300) { // in a row: segments that fill up and empty out
			k = r.key(i)
			if r.growing {
				old, found := r.tb.Set(k, Value{Bits: uint64(i)}, now)
				want, wantFound := r.m.set(string(k), uint64(i))
				same("set", old.Bits, want, found, wantFound)
			} else {
				got, ok := r.tb.Remove(k, now)
				want, wantOK := r.m.take(string(k))
				same("remove", got.Bits, want, ok, wantOK)
			}
			i = (i + 1) % r.keys
		}
		if r.r.IntN(50) == 0 {
			r.growing = !r.growing
		}
	case 15:
		if r.m.o.Values {
			got, err := r.tb.IncrCount(k, 3, now)
			old := uint64(0)
			if e := r.m.byKey[string(k)]; e != nil {
				old = e.value
			}
			r.m.set(string(k), old+3)
			same("incr", got, old+3, err == nil, true)
		}
	case 16, 17:
		r.walk()
	case 18:
		r.m.advance(now + r.r.Int64N(100))
		if r.m.keep != nil || r.r.IntN(3) == 0 {
			for r.tb.Expire(r.m.now, 1+r.r.IntN(100)) {
			}
		}
	case 19:
		switch r.r.IntN(200) {
		case 0:
			r.settle()
			r.tb.Clear()
			r.m.entries, r.m.byKey = nil, map[string]*modelEntry{}
		case 1, 2, 3:
			r.settle()
			if n := r.tb.Len(now); n != len(r.m.entries) {
				r.t.Fatalf("%d entries, want %d", n, len(r.m.entries))
			}
			check(r.t, r.tb)
		}
	}
}

// settle lets all that is overdue go.
func (r *run) settle() {
	for r.tb.Expire(r.m.now, 50) {
	}
}

func (r *run) finish() {
	r.settle()
	check(r.t, r.tb)
	i := 0
	for k, v := range r.tb.All(r.m.now) {
		if e := r.m.entries[i]; e.key != string(k) || e.value != v.Bits {
			r.t.Fatalf("entry %d is %x = %d, want %x = %d", i, k, v.Bits, e.key, e.value)
		}
		i++
	}
	if i != len(r.m.entries) || r.tb.Dropped() != r.m.dropped {
		r.t.Fatalf("%d entries, %d dropped, want %d, %d", i, r.tb.Dropped(), len(r.m.entries), r.m.dropped)
	}
	slices.Sort(r.log)
	slices.Sort(r.m.log)
	if !slices.Equal(r.log, r.m.log) {
		for i := range min(len(r.log), len(r.m.log)) {
			if r.log[i] != r.m.log[i] {
				r.t.Fatalf("hooks: got %q, want %q", r.log[i], r.m.log[i])
			}
		}
		r.t.Fatalf("hooks: got %d calls, want %d", len(r.log), len(r.m.log))
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		o    Options
		keys int
		d    int64
		keep bool
	}{
		{"set of addresses", Options{KeyWidth: 16}, 3000, 0, false},
		{"small set", Options{KeyWidth: 8}, 12, 0, false},
		{"map of strings", Options{Values: true}, 2000, 0, false},
		{"created", Options{KeyWidth: 16, Expiry: OnCreate}, 3000, 20000, false},
		{"small created", Options{KeyWidth: 8, Expiry: OnCreate}, 20, 300, false},
		{"written", Options{Values: true, Expiry: OnWrite}, 3000, 10000, false},
		{"read", Options{KeyWidth: 16, Values: true, Expiry: OnRead}, 3000, 10000, false},
		{"bounded", Options{KeyWidth: 8, Values: true, MaxSize: 700}, 3000, 0, false},
		{"bounded to one", Options{MaxSize: 1}, 10, 0, false},
		{"created, prolonged", Options{KeyWidth: 16, Expiry: OnCreate}, 3000, 10000, true},
		{"read, prolonged", Options{Values: true, Expiry: OnRead}, 3000, 5000, true},
		{"written, prolonged, bounded", Options{Values: true, Expiry: OnWrite, MaxSize: 900}, 3000, 5000, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.o.Expiry != NoExpiry {
				tt.o.Interval = Fixed(tt.d)
			}
			for seed := *firstSeed; seed < *firstSeed+2; seed++ {
				t.Logf("seed %d", seed)
				runModel(t, tt.o, tt.keys, tt.keep, seed)
			}
		})
	}
}

func runModel(t *testing.T, o Options, keys int, keep bool, seed uint64) {
	r := &run{t: t, r: rand.New(rand.NewPCG(seed, 1)), keys: keys, growing: true}
	r.m = &model{o: o, now: 1, byKey: map[string]*modelEntry{}}
	if o.Interval != nil {
		r.m.d = o.Interval.Nanoseconds()
	}
	o.OnChange = func(what Change, key []byte, old, now Value) {
		if what == Removed || what == Expired {
			now = old
		}
		r.log = append(r.log, fmt.Sprintf("%v %x %d", what, key, now.Bits))
	}
	if keep { // every key is kept twice, for a time that depends on it
		asked, modelled := map[string]int64{}, map[string]int64{}
		keepWith := func(n map[string]int64) func(string) int64 {
			return func(key string) int64 {
				n[key]++
				return n[key] % 3 * int64(key[len(key)-1]) * 50
			}
		}
		r.m.keep = keepWith(modelled)
		o.OnExpire = func(key []byte, _ Value) int64 { return keepWith(asked)(string(key)) }
	}
	r.tb = mustTable(t, o)
	for range 10000 {
		r.step()
	}
	r.finish()
}
