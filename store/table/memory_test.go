package table

import (
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

// TestMemory measures a million entries with keys of 12 and values of 32 bytes, and what is left when all are gone.
func TestMemory(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("NOT TESTED: bytes an entry, with -short or -race: a million entries, several times")
	}
	tests := []struct {
		name   string
		expiry func(i int) int64
		max    int64
	}{
		{"for ever", never, 80},
		{"expiring at once", func(int) int64 { return 1e18 }, 100},
		{"expiring one by one", func(i int) int64 { return 1e18 + int64(i)*1e6 }, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base := heapInUse()
			tb := filled(million, tt.expiry)
			used := heapInUse() - base
			t.Logf("%d bytes an entry, Memory says %d", used/million, tb.Memory()/million)
			if used/million > tt.max {
				t.Errorf("got %d bytes an entry, want %d at most", used/million, tt.max)
			}
			if off := tb.Memory() - used; max(off, -off) > used/20 {
				t.Errorf("Memory is %d, %d were allocated", tb.Memory(), used)
			}
			for i := range million {
				if tt.expiry(i) == 0 {
					tb.Delete(key(i))
				}
			}
			for done := false; !done; {
				_, done = tb.Expire(2e18, 1000, func(key, value []byte) {})
			}
			if left := heapInUse() - base; tb.Len() != 0 || left > 100_000 {
				t.Errorf("%d bytes are left with %d entries", left, tb.Len())
			}
			check(t, tb)
			runtime.KeepAlive(tb)
		})
	}
}

// TestMemoryFollowsTheEntries removes nearly everything, in an order that leaves something everywhere.
func TestMemoryFollowsTheEntries(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("NOT TESTED: how long operations are, with -short or -race: a million entries")
	}
	base := heapInUse()
	tb := filled(million, func(i int) int64 { return int64(i&1) * 1e18 })
	full := heapInUse() - base
	for _, n := range rand.New(rand.NewPCG(1, 3)).Perm(million)[:million*99/100] {
		tb.Delete(key(n))
	}
	left := heapInUse() - base
	t.Logf("%d bytes, %d an entry, are left of %d", left, left/int64(tb.Len()), full)
	if left > full/25 {
		t.Errorf("a hundredth of the entries keeps %d bytes of %d", left, full)
	}
	check(t, tb)
	tb.Clear()
	if left := heapInUse() - base; left > 20_000 {
		t.Errorf("%d bytes are left after Clear", left)
	}
	runtime.KeepAlive(tb)
}

// TestNoOperationIsLong counts, for each single operation, the entries, kilobytes, nodes, slots and directory entries
// that it moves. That, and not a clock, is the promise that none stalls.
func TestNoOperationIsLong(t *testing.T) {
	t.Parallel()
	n := million
	if testing.Short() || raced {
		n /= 10
	}
	// Compaction of an arena, the split of a page, the directory; for a step also what it looks at and removes.
	limit := uint64(maxCredit + 2*pageSlots + 8*n/pageFull)
	tb := New()
	last, worst := uint64(0), map[string]uint64{}
	note := func(what string) {
		now := tb.moved + tb.idx.moved
		worst[what] = max(worst[what], now-last)
		last = now
	}
	for i := range n {
		tb.Put(key(i), make([]byte, i%60), int64(i%2)*1e18)
		note("put")
	}
	for i := range n / 2 {
		x := i * 7919 % n
		tb.Delete(key(x))
		note("delete")
		tb.Put(key(x*3%n), make([]byte, i%100), int64(i%2)*1e18)
		note("put")
	}
	for i := range 1000 { // few large entries die among many small ones
		tb.Put([]byte{1}, make([]byte, largeBytes-100+i%50*8), 0)
		note("put")
		for j := range 30 {
			tb.Put(key(n + i*100 + j)[:7], nil, 0)
			note("put")
		}
	}
	tb.Put([]byte("early"), nil, 1e18-1)
	for done := false; !done; note("cascade") {
		_, done = tb.Expire(1e18-1, 1000, func(key, value []byte) {})
	}
	tb.Mark()
	for range 100 {
		tb.Sweep(1000, func(key, value []byte) {})
		note("step")
	}
	for done := false; !done; note("step") {
		_, done = tb.Expire(1e18, 1000, func(key, value []byte) {})
	}
	t.Logf("longest: %v", worst)
	for what, moved := range worst {
		most := limit
		if what == "step" || what == "cascade" {
			most += looksPerCall + 1000 + 2000 + 16*pageSlots // nodes; pages that become one
		}
		if moved > most {
			t.Errorf("a %s moved %d, want %d at most", what, moved, most)
		}
	}
	check(t, tb)
}
