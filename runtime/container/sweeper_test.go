package container

import (
	"fmt"
	"slices"
	"testing"
)

func TestSweeper(t *testing.T) {
	t.Parallel()
	var w Sweeper
	var told []string
	option := &setting{50}
	table := func(name string, e Expiry, d Interval) *Table {
		return mustTable(t, Options{Expiry: e, Interval: d, Sweeper: &w, OnChange: func(what Change, key []byte, _, _ Value) {
			if what == Expired {
				told = append(told, name+" "+string(key))
			}
		}})
	}
	a, b, c := table("a", OnCreate, Fixed(100)), table("b", OnRead, Fixed(100)), table("c", OnWrite, option)
	if w.Len() != 0 || w.Next() != Never || w.Step(1, 10) {
		t.Error("empty tables are known")
	}
	a.Add([]byte("x"), 10)
	b.Add([]byte("y"), 5)
	c.Add([]byte("z"), 20)
	if w.Len() != 3 || w.Next() != 71 {
		t.Errorf("got %d tables, next %d, want 3, 71", w.Len(), w.Next())
	}
	option.d = 1000
	if w.Next() != 106 {
		t.Errorf("got next %d, want 106", w.Next())
	}
	b.Has([]byte("y"), 50)
	if w.Step(106, 10) || len(told) > 0 || w.Next() != 111 {
		t.Errorf("got %q, next %d, want none, 111", told, w.Next())
	}
	if w.Step(111, 10) || w.Len() != 2 || w.Next() != 151 {
		t.Errorf("got %d tables, next %d, want 2, 151", w.Len(), w.Next())
	}
	option.d = 0
	if w.Step(200, 100) || w.Len() != 0 || w.Next() != Never {
		t.Errorf("got %d tables, next %d, want none", w.Len(), w.Next())
	}
	slices.Sort(told)
	if want := []string{"a x", "b y", "c z"}; !slices.Equal(told, want) {
		t.Errorf("expired: got %q, want %q", told, want)
	}
	a.Add([]byte("x"), 300)
	if w.Len() != 1 || w.Next() != 401 {
		t.Errorf("a table that fills again: got %d, next %d", w.Len(), w.Next())
	}
}

func TestSweeperStepsAreBounded(t *testing.T) {
	t.Parallel()
	var w Sweeper
	var tables []*Table
	left := 0
	for i := range 300 {
		tb := mustTable(t, Options{KeyWidth: 16, Expiry: OnCreate, Interval: Fixed(10 + i%3), Sweeper: &w})
		tables = append(tables, tb)
		for j := range uint64(i) {
			tb.Add(addr(j), 1)
			left++
		}
	}
	if len(w.groups) != 3 {
		t.Errorf("got %d groups for three intervals", len(w.groups))
	}
	for more, steps := true, 0; more; steps++ {
		more = w.Step(1000, 50)
		now := 0
		for _, tb := range tables {
			now += tb.count
		}
		if left-now > 50 {
			t.Fatalf("a step of 50 expired %d", left-now)
		}
		left = now
		if steps > 20000 {
			t.Fatal("no end")
		}
	}
	if left != 0 || w.Len() != 0 || len(w.groups) != 0 {
		t.Errorf("left: %d entries, %d tables, %d groups", left, w.Len(), len(w.groups))
	}
}

func TestSweeperBeforeTheClockStarts(t *testing.T) {
	t.Parallel()
	var w Sweeper
	o := Options{Expiry: OnCreate, Interval: Fixed(100), Sweeper: &w}
	early, late := mustTable(t, o), mustTable(t, o)
	early.Add([]byte("x"), 0)
	if w.Next() != Never {
		t.Error("something expires before the clock starts")
	}
	late.Add([]byte("y"), 1000) // has seen the clock run, and so has everyone
	if w.Next() != 1101 || w.Step(1100, 100) || w.Step(1101, 100) || w.Len() != 0 {
		t.Errorf("got next %d, %d tables", w.Next(), w.Len())
	}
}

func TestSweeperKnowsTheStartForTablesThatDoNot(t *testing.T) {
	t.Parallel()
	var w Sweeper
	w.Rebase(1000)
	tb := mustTable(t, Options{Expiry: OnCreate, Interval: Fixed(100), Sweeper: &w})
	tb.Add([]byte("x"), 0)
	if w.Next() != 1101 {
		t.Errorf("got next %d, want 1101", w.Next())
	}
}

func TestSweeperStarvesNobody(t *testing.T) {
	t.Parallel()
	var w Sweeper
	var tables []*Table
	for d := range 3 {
		tb := mustTable(t, Options{KeyWidth: 16, Expiry: OnCreate, Interval: Fixed(d), Sweeper: &w})
		for i := range uint64(10000) {
			tb.Add(addr(i), 1)
		}
		tables = append(tables, tb)
	}
	for range 6 {
		w.Step(1000, 100)
	}
	for i, tb := range tables {
		if tb.count == 10000 {
			t.Errorf("after six steps nothing of table %d has expired", i)
		}
	}
}

// TestSweeperAndHooks lets hooks fill, drain and make tables while the sweep walks over them.
func TestSweeperAndHooks(t *testing.T) {
	t.Parallel()
	var w Sweeper
	var tables []*Table
	now := int64(1)
	made := 0
	var grow func(d int)
	grow = func(d int) {
		made++
		n := made
		tb := mustTable(t, Options{Expiry: OnWrite, Interval: Fixed(d), Sweeper: &w, OnChange: func(what Change, key []byte, _, _ Value) {
			if what != Expired {
				return
			}
			if made < 200 {
				grow(10 + n%7)
			}
			tables[n*7%len(tables)].Add([]byte(fmt.Sprint(n)), now)
			tables[n*5%len(tables)].Remove(key, now)
			if n%50 == 0 {
				tables[n*3%len(tables)].Clear()
			}
		}})
		tables = append(tables, tb)
		tb.Add([]byte("x"), now)
	}
	grow(10)
	for ; now < 3000; now++ {
		if next := w.Next(); next <= now-1 {
			t.Fatalf("at %d: %d is still to be done", now, next)
		}
		for w.Step(now, 3) {
		}
	}
	if made != 200 {
		t.Errorf("made %d tables, want 200", made)
	}
	for _, tb := range tables {
		check(t, tb)
		if tb.count > 0 && tb.member.group == nil {
			t.Error("a table with entries is unknown")
		}
	}
}

func TestSweeperIsNotSteppedByHooks(t *testing.T) {
	t.Parallel()
	var w Sweeper
	steps := 0
	tb := mustTable(t, Options{Expiry: OnCreate, Interval: Fixed(1), Sweeper: &w, OnExpire: func([]byte, Value) int64 {
		steps++
		if w.Step(100, 10) {
			t.Error("there is more to do inside a hook")
		}
		return 0
	}})
	tb.Add([]byte("a"), 1)
	tb.Add([]byte("b"), 1)
	if w.Step(100, 100) || steps != 2 {
		t.Errorf("%d hooks", steps)
	}
}

func TestSwapWithOlderEntries(t *testing.T) {
	t.Parallel()
	var w Sweeper
	o := Options{Expiry: OnWrite, Interval: Fixed(100), Sweeper: &w}
	a, b := mustTable(t, o), mustTable(t, o)
	a.Add([]byte("old"), 1)
	b.Add([]byte("new"), 50)
	if err := a.Swap(b, 50); err != nil {
		t.Fatal(err)
	}
	if w.Step(102, 100) || a.count != 1 || b.count != 0 || w.Next() != 151 {
		t.Errorf("got %d and %d entries, next %d", a.count, b.count, w.Next())
	}
	// Entries that were read in any order, under a table that looks at the first one only.
	read := mustTable(t, Options{Expiry: OnRead, Interval: Fixed(100)})
	read.Add([]byte("x"), 110)
	read.Add([]byte("y"), 110)
	read.Has([]byte("x"), 150)
	created := mustTable(t, Options{Expiry: OnCreate, Interval: Fixed(100)})
	if err := created.Swap(read, 150); err != nil {
		t.Fatal(err)
	}
	if created.Expire(211, 100) || created.count != 1 {
		t.Errorf("%d entries, want 1", created.count)
	}
}

func TestSwap(t *testing.T) {
	t.Parallel()
	var w Sweeper
	told := 0
	a := mustTable(t, Options{KeyWidth: 16, Expiry: OnCreate, Interval: Fixed(100), Sweeper: &w, MaxSize: 1000,
		OnChange: func(what Change, _ []byte, _, _ Value) { told++ }})
	b := mustTable(t, Options{KeyWidth: 16})
	for i := range uint64(500) {
		a.Add(addr(i), 10)
	}
	for i := range uint64(2000) {
		b.Add(addr(i+1000), 50)
	}
	b.Remove(addr(1007), 50)
	walkA, walkB := a.Iter(), b.Iter()
	walkA.Next(50)
	told = 0
	if err := a.Swap(b, 50); err != nil {
		t.Fatal(err)
	}
	check(t, a)
	check(t, b)
	if walkA.Next(50) || walkB.Next(50) {
		t.Error("a walk goes on in other contents")
	}
	if a.Len(50) != 1999 || b.Len(50) != 500 || !b.Has(addr(0), 5000) || told > 0 {
		t.Errorf("got %d and %d entries, %d hooks", a.Len(50), b.Len(50), told)
	}
	if w.Step(111, 100) || w.Next() != 151 || a.Len(150) != 1999 {
		t.Errorf("entries begin to expire at %d, want 151", w.Next())
	}
	a.Add(addr(1), 60) // 2000, and the bound is 1000
	if a.Len(60) != 1998 || a.Dropped() != 2 {
		t.Errorf("got %d entries, %d dropped, want 1998, 2", a.Len(60), a.Dropped())
	}
	for w.Step(1000, 100) {
	}
	if a.Len(1000) != 0 {
		t.Errorf("%d entries did not expire", a.Len(1000))
	}
	if err := a.Swap(mustTable(t, Options{KeyWidth: 8}), 1); err != ErrShape {
		t.Errorf("other keys: got %v", err)
	}
	if err := a.Swap(mustTable(t, Options{KeyWidth: 16, Values: true}), 1); err != ErrShape {
		t.Errorf("a map: got %v", err)
	}
	if err := b.Swap(b, 1); err != nil || b.Len(1) != 500 {
		t.Errorf("with itself: got %v", err)
	}
}
