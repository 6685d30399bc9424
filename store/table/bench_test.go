package table

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// sizes are of tables: in the second-level cache, in the last, in none.
var sizes = []int{1 << 12, 1 << 16, 1 << 20}

// filled holds n entries of 12 and 32 bytes.
func filled(n int, expiry func(i int) int64) *Table {
	tb := New()
	var k [12]byte
	value := make([]byte, 32)
	for i := range n {
		tb.Put(fillKey(&k, i), value, expiry(i))
	}
	return tb
}

func never(int) int64 { return 0 }

// someWhere goes through n numbers in an order that no cache foresees.
func someWhere(x, n int) int { return (x*5 + 12345) & (n - 1) }

func each(b *testing.B, do func(b *testing.B, n int)) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			do(b, n)
		})
	}
}

// BenchmarkPut makes tables of each size from nothing, so it includes all growth.
func BenchmarkPut(b *testing.B) {
	for name, expiry := range map[string]int64{"never": 0, "expiring": 1e18} {
		b.Run(name, func(b *testing.B) {
			each(b, func(b *testing.B, n int) {
				var k [12]byte
				value := make([]byte, 32)
				var tb *Table
				for i := 0; b.Loop(); i++ {
					if i%n == 0 {
						tb = New()
					}
					tb.Put(fillKey(&k, i%n), value, expiry)
				}
			})
		})
	}
}

func BenchmarkGet(b *testing.B) {
	for name, beyond := range map[string]int{"hit": 0, "miss": 1 << 30} {
		b.Run(name, func(b *testing.B) {
			each(b, func(b *testing.B, n int) {
				tb := filled(n, never)
				var k [12]byte
				x := 0
				for b.Loop() {
					x = someWhere(x, n)
					tb.Get(fillKey(&k, x+beyond))
				}
			})
		})
	}
}

// BenchmarkGoMap is what a Go map of the same contents takes for a hit.
func BenchmarkGoMap(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		m := map[string][]byte{}
		for i := range n {
			m[string(key(i))] = make([]byte, 32)
		}
		var k [12]byte
		x, found := 0, 0
		for b.Loop() {
			x = someWhere(x, n)
			found += len(m[string(fillKey(&k, x))])
		}
	})
}

// BenchmarkUpdate puts values that fit, then such as don't.
func BenchmarkUpdate(b *testing.B) {
	for name, lengths := range map[string][2]int{"place": {32, 31}, "moved": {32, 48}} {
		b.Run(name, func(b *testing.B) {
			each(b, func(b *testing.B, n int) {
				tb := filled(n, never)
				var k [12]byte
				value := make([]byte, 64)
				x := 0
				for i := 0; b.Loop(); i++ {
					x = someWhere(x, n)
					tb.Put(fillKey(&k, x), value[:lengths[i/n&1^1]], 0)
				}
			})
		})
	}
}

// BenchmarkProlong puts the same value with a later expiry, as a session store does.
func BenchmarkProlong(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		tb := filled(n, func(i int) int64 { return 1e18 + int64(i)*1000 })
		var k [12]byte
		value := make([]byte, 32)
		x := 0
		for i := 0; b.Loop(); i++ {
			x = someWhere(x, n)
			tb.Put(fillKey(&k, x), value, 1e18+int64(n+i)*1000)
		}
	})
}

// BenchmarkDelete deletes and puts back, in random order.
func BenchmarkDelete(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		tb := filled(n, never)
		var k [12]byte
		value := make([]byte, 32)
		x := 0
		for b.Loop() {
			x = someWhere(x, n)
			tb.Delete(fillKey(&k, x))
			tb.Put(k[:], value, 0)
		}
	})
}

// BenchmarkExpire lets entries go in steps of a thousand; ns/op are for one entry, filling included, once per n.
func BenchmarkExpire(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		expired, took := 0, time.Duration(0)
		for b.Loop() {
			tb := filled(n, func(i int) int64 { return 1e18 + int64(i*7919%n)*1000 })
			start := time.Now()
			for done := false; !done; {
				_, done = tb.Expire(2e18, 1000, func(key, value []byte) { expired++ })
			}
			took += time.Since(start)
		}
		b.ReportMetric(float64(took.Nanoseconds())/float64(expired), "ns/entry")
	})
}

func BenchmarkWalk(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		tb := filled(n, never)
		w := tb.NewWalk()
		for b.Loop() {
			if w.Next(func(key, value []byte, expiry int64) bool { return false }) {
				w = tb.NewWalk()
			}
		}
	})
}

// BenchmarkStalls reports the longest operations. It times each, so what it says is an upper bound: the scheduler's
// and the garbage collector's part is in it. What is asserted is work, in TestNoOperationIsLong.
func BenchmarkStalls(b *testing.B) {
	const n = 1 << 20
	for b.Loop() {
		tb := New()
		var k [12]byte
		value := make([]byte, 32)
		var put, cascade, del, step longest
		for i := range n {
			put.time(func() { tb.Put(fillKey(&k, i), value, 1e18) })
		}
		for done := false; !done; { // nothing is due, but all are looked at: see bucketOf
			tb.Put([]byte("k"), value, 1e18-1e9)
			cascade.time(func() { _, done = tb.Expire(1e18-1, 1000, func(key, value []byte) {}) })
		}
		for i := range n / 2 {
			del.time(func() { tb.Delete(fillKey(&k, i*2)) })
		}
		for done := false; !done; {
			step.time(func() { _, done = tb.Expire(1e18, 1000, func(key, value []byte) {}) })
		}
		b.ReportMetric(put.worst(), "µs/put")
		b.ReportMetric(cascade.worst(), "µs/cascade")
		b.ReportMetric(del.worst(), "µs/delete")
		b.ReportMetric(step.worst(), "µs/step")
	}
}

type longest time.Duration

func (l *longest) time(do func()) {
	start := time.Now()
	do()
	*l = max(*l, longest(time.Since(start)))
}

func (l *longest) worst() float64 { return float64(time.Duration(*l).Nanoseconds()) / 1000 }

// BenchmarkCollect is a forced collection, without anything and with a million entries.
func BenchmarkCollect(b *testing.B) {
	for _, n := range []int{0, million} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			tb := filled(n, func(i int) int64 { return int64(i + 1) })
			best := time.Hour // what other processes do is not of interest
			for b.Loop() {
				start := time.Now()
				runtime.GC()
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(best.Nanoseconds())/1e6, "ms/best")
			runtime.KeepAlive(tb)
		})
	}
}
