package table

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// TestWalkInOrder says what order is: that of being put, an entry that was given other room counting as new.
func TestWalkInOrder(t *testing.T) {
	t.Parallel()
	tb := New()
	for _, k := range []string{"a", "b", "c", "d", "e"} {
		put(tb, k, "1", 0)
	}
	tb.Delete([]byte("b"))
	put(tb, "a", "2", 0)
	put(tb, "c", "a long value", 0)
	var got []string
	if !tb.NewWalk().Next(func(key, value []byte, expiry int64) bool {
		got = append(got, string(key)+"="+string(value))
		return true
	}) {
		t.Error("the walk is not over")
	}
	if want := []string{"a=2", "d=1", "e=1", "c=a long value"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWalkPromise removes and puts again nearly all of a table of many arenas, so that most of them are compacted
// several times and merged, under walks of all paces that begin and end all the time. The model does the asking.
func TestWalkPromise(t *testing.T) {
	t.Parallel()
	const keys = 6000
	rounds := uint64(6)
	if testing.Short() || raced {
		rounds = 2
	}
	for seed := *firstSeed; seed < *firstSeed+rounds; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 11))
			m := &model{t: t, r: r, tb: New(), keys: keys, longest: 700, entries: map[string]modelEntry{}}
			merged := 0
			for range 3 {
				for len(m.entries) < keys*3/4 {
					m.put()
				}
				for range 300 {
					for range 1 + r.IntN(150) {
						m.delete()
					}
					for range r.IntN(5) {
						m.put()
					}
					if len(m.walks) < 8 {
						m.walks = append(m.walks, m.newWalk())
					}
					for range 1 + r.IntN(8) {
						m.walk()
					}
					for _, a := range m.tb.order {
						if a.last > a.seq {
							merged++
						}
					}
				}
				check(t, m.tb)
			}
			if merged == 0 {
				t.Error("no arenas were merged: the test is in vain")
			}
			m.finish()
		})
	}
}

// TestWalkEnds visits one entry at a time while a writer puts new entries, and moves others, much faster.
func TestWalkEnds(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 100, 5000} {
		tb := filled(n, never)
		w, visits := tb.NewWalk(), 0
		for i := 0; !w.Next(func(key, value []byte, expiry int64) bool { return false }); i++ {
			if visits++; visits > n+arenaBytes/56 {
				t.Fatalf("%d visits in a table that had %d entries", visits, n)
			}
			for j := range 50 {
				tb.Put(key(n+i*50+j), make([]byte, 32), 0)
				tb.Put([]byte("k"), make([]byte, j*8), 0)
				tb.Delete(key(n + i*50 + j - 1000))
			}
		}
		t.Logf("%d visits in a table that had %d entries", visits, n)
		check(t, tb)
	}
}

// TestDroppedWalks begins walks that nobody ends.
func TestDroppedWalks(t *testing.T) {
	tb := filled(100, never)
	last := tb.NewWalk()
	for i := range 100000 {
		last = tb.NewWalk()
		last.Next(func(key, value []byte, expiry int64) bool { return false })
		if i%1000 == 0 {
			runtime.GC()
		}
	}
	if n := len(tb.walks); n > 8000 {
		t.Errorf("%d walks are remembered", n)
	}
	n := 1
	if last.Next(func(key, value []byte, expiry int64) bool { n++; return true }); n != 100 {
		t.Errorf("the last walk visited %d", n)
	}
	for range 1000 {
		tb.NewWalk().Next(func(key, value []byte, expiry int64) bool { return true })
	}
	if n := len(tb.walks); n > 8000 {
		t.Errorf("%d walks are remembered", n)
	}
}

func TestSweepInSteps(t *testing.T) {
	t.Parallel()
	tb := filled(50000, never)
	for done := false; !done; {
		before := tb.moved
		done = tb.Sweep(100, func(key, value []byte) { t.Fatal("what was put before any generation was removed") })
		if n := tb.moved - before; n > 100+looksPerCall {
			t.Fatalf("a step of 100 looked at %d", n)
		}
	}
	tb.Mark()
	for i := 0; i < 50000; i += 3 {
		tb.Touch(key(i))
	}
	tb.Mark() // nobody swept: those of the generation before must not count
	for i := 1; i < 50000; i += 3 {
		tb.Touch(key(i))
	}
	steps, removed := 1, 0
	for ; !tb.Sweep(1000, func(k, value []byte) { removed++ }); steps++ {
		tb.Put(key(100000+steps), nil, 0)
		if steps > 100 {
			t.Fatal("the sweep does not end")
		}
	}
	if left := 50000 - removed; left != 16667 {
		t.Errorf("%d are left, want 16667", left)
	}
	for i := range 50000 {
		if _, _, ok := tb.Get(key(i)); ok != (i%3 == 1) {
			t.Fatalf("%d is there: %v", i, ok)
		}
	}
	check(t, tb)
	tb.Mark()
	if tb.Sweep(5, func(key, value []byte) {}) {
		t.Error("a sweep is over after five entries")
	}
	tb.Mark()
	for !tb.Sweep(1000, func(key, value []byte) {}) {
	}
	if check(t, tb); tb.Len() != 0 {
		t.Errorf("%d entries without the generation", tb.Len())
	}
}
