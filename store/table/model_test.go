package table

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var firstSeed = flag.Uint64("seed", 1, "first seed of the model tests")

// The model is a Go map, and for each open walk the keys that it has still to visit.
type model struct {
	t       *testing.T
	r       *rand.Rand
	tb      *Table
	keys    int
	longest int  // value but for a few
	all     bool // large entries, and callbacks that do whatever step does
	now     int64
	entries map[string]modelEntry
	walks   []*modelWalk
	visits  int
}

type modelEntry struct {
	value   string
	expiry  int64
	carries bool
}

type modelWalk struct {
	w    *Walk
	due  map[string]bool // there since the beginning, unchanged, not visited
	seen map[string]bool // visited and not put since
}

// TestModel does the same with a table and with a map. What they answer must be the same all the time.
func TestModel(t *testing.T) {
	t.Parallel()
	rounds := uint64(40)
	if testing.Short() || raced {
		rounds = 8
	}
	for seed := *firstSeed; seed < *firstSeed+rounds; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 10))
			m := &model{t: t, r: r, tb: New(), keys: []int{3, 60, 2000, 20000}[seed%4], longest: 40, all: true, now: 1 << 60, entries: map[string]modelEntry{}}
			steps := 20000 + 2*m.keys
			for i := range steps {
				m.step()
				if m.tb.Len() != len(m.entries) {
					t.Fatalf("step %d: got %d entries, want %d", i, m.tb.Len(), len(m.entries))
				}
				if i%(steps/20) == 0 {
					m.compare()
				}
			}
			m.compare()
			m.finish()
		})
	}
}

func (m *model) step() {
	switch n := m.r.IntN(1000); {
	case n < 500:
		m.put()
	case n < 700:
		m.delete()
	case n < 780:
		m.get()
	case n < 880:
		m.touch()
	case n < 890 && len(m.walks) < 6:
		m.walks = append(m.walks, m.newWalk())
	case n < 950:
		m.walk()
	case n < 980:
		m.expire()
	case n < 990:
		m.sweep()
	case n < 992 && m.r.IntN(30) == 0:
		m.tb.Mark()
		for k, e := range m.entries {
			e.carries = false
			m.entries[k] = e
		}
	case n < 993 && m.r.IntN(100) == 0:
		m.tb.Clear()
		clear(m.entries)
		for _, w := range m.walks {
			clear(w.due)
		}
	}
}

func (m *model) key() string {
	n := m.r.IntN(m.keys)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%0*d", 1+n%30, n)
}

func (m *model) put() {
	k := m.key()
	length := m.r.IntN(m.longest)
	switch n := m.r.IntN(4000); {
	case n == 0 && m.all:
		length = largeBytes + m.r.IntN(100000)
	case n < 4:
		length = m.r.IntN(largeBytes)
	}
	value := make([]byte, length)
	for i := range value {
		value[i] = byte(m.r.Uint32())
	}
	var expiry int64
	if m.r.IntN(2) == 0 {
		expiry = max(1, m.now-1e9+m.r.Int64N(int64(1)<<(20+m.r.IntN(40))))
	}
	if old, _, ok := m.tb.Get([]byte(m.key())); ok && m.r.IntN(4) == 0 {
		value = old // the table's own memory, of this key or of another
		if len(old) > 0 && m.r.IntN(2) == 0 {
			value = old[1:]
		}
	}
	// Before Put, as that changes the memory.
	m.entries[k] = modelEntry{string(value), expiry, true}
	m.tb.Put([]byte(k), value, expiry)
	for _, w := range m.walks {
		delete(w.due, k)
		delete(w.seen, k)
	}
}

func (m *model) forget(k string) {
	delete(m.entries, k)
	for _, w := range m.walks {
		delete(w.due, k)
	}
}

func (m *model) delete() {
	k := m.key()
	_, want := m.entries[k]
	if got := m.tb.Delete([]byte(k)); got != want {
		m.t.Fatalf("delete %q: got %v", k, got)
	}
	m.forget(k)
}

func (m *model) get() {
	k := m.key()
	value, expiry, ok := m.tb.Get([]byte(k))
	if e, want := m.entries[k]; ok != want || string(value) != e.value || expiry != e.expiry {
		m.t.Fatalf("get %q: got %x, %d, %v, want %+v", k, value, expiry, ok, e)
	}
}

func (m *model) touch() {
	k := m.key()
	e, want := m.entries[k]
	if got := m.tb.Touch([]byte(k)); got != want {
		m.t.Fatalf("touch %q: got %v", k, got)
	}
	if want {
		e.carries = true
		m.entries[k] = e
	}
}

// gone is told by the table of an entry that it has removed.
func (m *model) gone(key, value []byte, why func(e modelEntry) bool) {
	e, ok := m.entries[string(key)]
	if !ok || e.value != string(value) || !why(e) {
		m.t.Fatalf("now %d: removed %q with %d bytes, is %v %d, carries %v", m.now, key, len(value), ok, e.expiry, e.carries)
	}
	if _, _, ok := m.tb.Get(key); ok {
		m.t.Fatalf("%q is there after it was removed", key)
	}
	m.forget(string(key))
	if m.r.IntN(20) == 0 { // a callback may change the table
		m.put()
	}
}

func (m *model) expire() {
	if m.r.IntN(10) == 0 {
		m.now = max(0, m.now-m.r.Int64N(1e13)) // the clock was set back
	} else if m.r.IntN(3) == 0 {
		m.now = max(m.now, min(m.tb.NextExpiry(), m.now+1e15))
	} else {
		m.now += m.r.Int64N(int64(1) << (20 + m.r.IntN(30)))
	}
	overdue := func(e modelEntry) bool { return e.expiry != 0 && e.expiry <= m.now }
	all := m.r.IntN(1+m.keys/200) == 0 // to look at all each time would take most of the test
	next := m.tb.NextExpiry()
	for k, e := range m.entries {
		if all && e.expiry != 0 && e.expiry < next {
			m.t.Fatalf("next expiry is %d, but %q expires at %d", next, k, e.expiry)
		}
	}
	most := 1 + m.r.IntN(100)
	n, done := m.tb.Expire(m.now, most, func(key, value []byte) { m.gone(key, value, overdue) })
	if n > most || done != (m.tb.NextExpiry() > m.now) {
		m.t.Fatalf("expired %d of %d, done %v, next %d, now %d", n, most, done, m.tb.NextExpiry(), m.now)
	}
	if done && all {
		for k, e := range m.entries {
			if overdue(e) {
				m.t.Fatalf("%q is overdue since %d, and Expire is done", k, m.now-e.expiry)
			}
		}
	}
}

func (m *model) sweep() {
	stale := func(e modelEntry) bool { return !e.carries }
	n, most := 0, 1+m.r.IntN(200)
	done := m.tb.Sweep(most, func(key, value []byte) { n++; m.gone(key, value, stale) })
	if n > most {
		m.t.Fatalf("swept %d of %d", n, most)
	}
	if !done || m.r.IntN(1+m.keys/200) > 0 {
		return
	}
	for k, e := range m.entries {
		if !e.carries {
			m.t.Fatalf("%q does not carry the generation, and Sweep is done", k)
		}
	}
}

func (m *model) newWalk() *modelWalk {
	w := &modelWalk{m.tb.NewWalk(), map[string]bool{}, map[string]bool{}}
	for k := range m.entries {
		w.due[k] = true
	}
	return w
}

func (m *model) walk() {
	if len(m.walks) == 0 {
		return
	}
	i := m.r.IntN(len(m.walks))
	w, left := m.walks[i], 1+m.r.IntN(100)
	done := w.w.Next(func(key, value []byte, expiry int64) bool {
		m.visits++
		k := string(key)
		if e, ok := m.entries[k]; !ok || e.value != string(value) || e.expiry != expiry {
			m.t.Fatalf("walk: got %q, expiry %d; there is %v, expiry %d", k, expiry, ok, e.expiry)
		}
		if w.seen[k] {
			m.t.Fatalf("walk: %q was visited before", k)
		}
		w.seen[k] = true
		delete(w.due, k)
		switch m.r.IntN(100) { // a callback may change the table
		case 0:
			m.put()
		case 1:
			m.delete()
		case 2:
			if m.all {
				m.step()
			}
		}
		left--
		return left > 0
	})
	if done && len(w.due) > 0 {
		m.t.Fatalf("walk: %d keys were not visited", len(w.due))
	}
	if j := slices.Index(m.walks, w); j >= 0 && (done || m.r.IntN(300) == 0) {
		m.walks = slices.Delete(m.walks, j, j+1)
	}
}

func (m *model) compare() {
	check(m.t, m.tb)
	var size int64
	for k, e := range m.entries {
		size += int64(len(k) + len(e.value))
		value, expiry, ok := m.tb.Get([]byte(k))
		if !ok || string(value) != e.value || expiry != e.expiry {
			m.t.Fatalf("%q: got %d bytes, %d, %v, want %d bytes, %d", k, len(value), expiry, ok, len(e.value), e.expiry)
		}
	}
	if size != m.tb.Size() {
		m.t.Fatalf("got size %d, want %d", m.tb.Size(), size)
	}
}

// finish ends all walks, then expires and removes everything.
func (m *model) finish() {
	for len(m.walks) > 0 {
		m.walk()
	}
	for done := false; !done; {
		_, done = m.tb.Expire(1<<63-1, 10, func(key, value []byte) { m.forget(string(key)) })
	}
	for k, e := range m.entries {
		if e.expiry != 0 {
			m.t.Fatalf("%q is still there", k)
		}
	}
	for k := range m.entries {
		m.tb.Delete([]byte(k))
	}
	check(m.t, m.tb)
	if m.tb.Len() != 0 || m.tb.Size() != 0 {
		m.t.Fatalf("%d entries, %d bytes are left", m.tb.Len(), m.tb.Size())
	}
}
