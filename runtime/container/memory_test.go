package container

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"
)

const million = 1_000_000

// heapInUse is what lives on the heap after a collection. Tests that ask must not run in parallel with others.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemory measures bytes per entry at a million entries and what is left when all are gone.
func TestMemory(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("skipped with -short and -race: a million entries, several times")
	}
	str := func(i uint64) []byte {
		return append(binary.AppendUvarint(nil, i*0x9E3779B97F4A7C15), "www.example.com"...)
	}
	tests := []struct {
		name string
		o    Options
		key  func(i uint64) []byte
		max  int64 // bytes per entry
	}{
		{"addresses", Options{KeyWidth: 16}, addr, 40},
		{"addresses, create_expire", Options{KeyWidth: 16, Expiry: OnCreate, Interval: Fixed(million)}, addr, 50},
		{"addresses, read_expire", Options{KeyWidth: 16, Expiry: OnRead, Interval: Fixed(million)}, addr, 50},
		{"addresses to counts, write_expire", Options{KeyWidth: 16, Values: true, Expiry: OnWrite, Interval: Fixed(million)}, addr, 60},
		{"strings of 25, create_expire", Options{Expiry: OnCreate, Interval: Fixed(million)}, str, 70},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base := heapInUse()
			tb := mustTable(t, tt.o)
			for i := range uint64(million) {
				tb.Add(tt.key(i), int64(i)+1)
			}
			per := (heapInUse() - base) / million
			t.Logf("%d bytes an entry", per)
			if per > tt.max {
				t.Errorf("got %d bytes an entry, want %d at most", per, tt.max)
			}
			if tt.o.Expiry != NoExpiry {
				for tb.Expire(3*million, 1000) {
				}
			} else {
				for i := range uint64(million) {
					tb.Remove(tt.key(i), 1)
				}
			}
			if left := heapInUse() - base; tb.Len(3*million) != 0 || left > 50_000 {
				t.Errorf("%d bytes are left with %d entries", left, tb.Len(3*million))
			}
			runtime.KeepAlive(tb)
		})
	}
}

// TestMemoryFollowsTheEntries removes nearly everything, in an order that leaves something everywhere.
func TestMemoryFollowsTheEntries(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("skipped with -short and -race: a million entries")
	}
	base := heapInUse()
	tb := mustTable(t, Options{KeyWidth: 16, Values: true, Expiry: OnRead, Interval: Fixed(1)})
	for i := range uint64(million) {
		tb.Add(addr(i), 1)
	}
	full := heapInUse() - base
	for i, n := range rand.New(rand.NewPCG(1, 3)).Perm(million) {
		tb.Remove(addr(uint64(n)), 1)
		if i == million*99/100 {
			break
		}
	}
	left := heapInUse() - base
	t.Logf("%d bytes, %d an entry, are left of %d", left, left/int64(tb.count), full)
	if left > full/25 {
		t.Errorf("a hundredth of the entries keeps %d bytes of %d", left, full)
	}
	check(t, tb)
}

// TestSmallTables bounds what a set inside a map costs.
func TestSmallTables(t *testing.T) {
	if raced {
		t.Skip("skipped with -race, which makes memory larger")
	}
	const n = 10000
	base := heapInUse()
	tables := make([]*Table, n)
	for i := range tables {
		tables[i] = mustTable(t, Options{KeyWidth: 16, Expiry: OnCreate, Interval: Fixed(1)})
	}
	empty := (heapInUse() - base) / n
	for _, tb := range tables {
		for i := range uint64(4) {
			tb.Add(addr(i), 1)
		}
	}
	four := (heapInUse() - base) / n
	t.Logf("%d bytes empty, %d with four addresses", empty, four)
	if empty > 450 || four > 1300 {
		t.Errorf("got %d bytes empty, %d with four addresses", empty, four)
	}
	runtime.KeepAlive(tables)
}

// worked is all that a table has ever moved about.
func worked(tb *Table) uint64 {
	if tb.idx == nil {
		return tb.moved
	}
	return tb.moved + tb.idx.moved
}

// TestNoOperationIsLong counts, for each single operation, the entries, slots and directory entries that it moves: no
// more than a few pages' worth, however large the table. That, and not a clock, is the promise that none stalls.
func TestNoOperationIsLong(t *testing.T) {
	t.Parallel()
	const limit = 2*pageSlots + 2*segSlots + 4*million/pageSlots
	n := uint64(million)
	if testing.Short() || raced {
		n /= 10
	}
	for _, o := range []Options{
		{KeyWidth: 16, Expiry: OnCreate, Interval: Fixed(100)},
		{KeyWidth: 16, Expiry: OnRead, Interval: Fixed(100)},
	} {
		tb := mustTable(t, o)
		last, worst := uint64(0), uint64(0)
		note := func() {
			if w := worked(tb); w >= last { // less: the index was given up
				worst = max(worst, w-last)
				last = w
			} else {
				last = w
			}
		}
		for i := range n {
			tb.Add(addr(i), 1+int64(i%100))
			note()
		}
		for i := range n / 2 {
			tb.Remove(addr(i*i%n), 100) // here and there
			note()
		}
		before := tb.count
		for more := true; more; {
			more = tb.Expire(1000, 1000)
			if gone := before - tb.count; gone > 1000 {
				t.Fatalf("a step of 1000 expired %d", gone)
			}
			before = tb.count
		}
		t.Logf("expiry %d: the longest operation moved %d", o.Expiry, worst)
		if worst > limit {
			t.Errorf("expiry %d: one operation moved %d, want %d at most", o.Expiry, worst, limit)
		}
	}
}
