package container

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

// sizes are of tables: in the first cache, in the second, in the last, in none.
var sizes = []int{1 << 8, 1 << 12, 1 << 16, 1 << 20}

// scatter writes a key of 16 bytes over k, all of which differs from that of a neighbouring number.
func scatter(k *[16]byte, i uint64) []byte {
	binary.LittleEndian.PutUint64(k[:], i*0x9E3779B97F4A7C15)
	return k[:]
}

func filled(b *testing.B, n int, o Options) *Table {
	o.KeyWidth = 16
	tb := mustTable(b, o)
	var k [16]byte
	for i := range n {
		tb.Set(scatter(&k, uint64(i)), Value{}, int64(i)+1)
	}
	return tb
}

var created = Options{Expiry: OnCreate, Interval: Fixed(1e9)}

// BenchmarkAddNew makes tables of each size from nothing, so it includes all growth.
func BenchmarkAddNew(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			o := created
			o.KeyWidth = 16
			var k [16]byte
			var tb *Table
			for i := 0; b.Loop(); i++ {
				if i%n == 0 {
					tb = mustTable(b, o)
				}
				tb.Add(scatter(&k, uint64(i)), int64(i)+1)
			}
		})
	}
}

// BenchmarkHas asks in an order that no cache foresees.
func BenchmarkHas(b *testing.B) {
	for name, o := range map[string]Options{"create": created, "read": {Expiry: OnRead, Interval: Fixed(1e9)}} {
		for _, n := range sizes {
			tb := filled(b, n, o)
			var k [16]byte
			for _, miss := range []uint64{0, 1 << 40} {
				hit := map[bool]string{true: "hit", false: "miss"}[miss == 0]
				b.Run(fmt.Sprintf("%s/%s/%d", name, hit, n), func(b *testing.B) {
					b.ReportAllocs()
					x := 0
					for b.Loop() {
						x = (x*5 + 12345) & (n - 1)
						tb.Has(scatter(&k, uint64(x)+miss), int64(n))
					}
				})
			}
		}
	}
}

// BenchmarkGoMap is what the same questions cost a Go map that neither expires nor keeps an order.
func BenchmarkGoMap(b *testing.B) {
	for _, n := range sizes {
		m := map[[16]byte]int64{}
		var k [16]byte
		for i := range n {
			m[[16]byte(scatter(&k, uint64(i)))] = 1
		}
		b.Run(fmt.Sprintf("hit/%d", n), func(b *testing.B) {
			x, found := 0, int64(0)
			for b.Loop() {
				x = (x*5 + 12345) & (n - 1)
				found += m[[16]byte(scatter(&k, uint64(x)))]
			}
		})
		b.Run(fmt.Sprintf("add/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var m map[[16]byte]int64
			for i := 0; b.Loop(); i++ {
				if i%n == 0 {
					m = map[[16]byte]int64{}
				}
				m[[16]byte(scatter(&k, uint64(i)))] = 1
			}
		})
	}
}

func BenchmarkIncr(b *testing.B) {
	for _, n := range sizes {
		o := created
		o.Values = true
		tb := filled(b, n, o)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var k [16]byte
			x := 0
			for b.Loop() {
				x = (x*5 + 12345) & (n - 1)
				tb.IncrCount(scatter(&k, uint64(x)), 1, int64(n))
			}
		})
	}
}

// BenchmarkExpire lets entries go one at a time, which is dearer than in steps of many.
func BenchmarkExpire(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var tb *Table
			for b.Loop() {
				if tb == nil || tb.count == 0 {
					b.StopTimer()
					tb = filled(b, n, created)
					b.StartTimer()
				}
				tb.Expire(2e9, 1)
			}
		})
	}
}

func BenchmarkIterate(b *testing.B) {
	tb := filled(b, 1<<20, created)
	it := tb.Iter()
	b.ReportAllocs()
	for b.Loop() {
		if !it.Next(1 << 20) {
			it = tb.Iter()
		}
	}
}

func BenchmarkSubnetLookup(b *testing.B) {
	m := mustSubnetMap(b, 0)
	for i := range 100_000 {
		a := ip("10.0.0.0")
		binary.BigEndian.PutUint16(a[13:], uint16(i))
		m.Set(Subnet{a, uint8(v4Bits + 8 + i%17)}, Value{})
	}
	a := ip("10.1.2.3")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		binary.BigEndian.PutUint16(a[13:], uint16(i*40503))
		m.Lookup(a)
	}
}

func BenchmarkRates(b *testing.B) {
	o := RateOptions{Interval: minute}
	l, _ := NewLimit(5, o)
	w, _ := NewWindow(o)
	d, _ := NewDistinct(0, o)
	var k, v [16]byte
	key := func(i int) []byte { return scatter(&k, uint64(i&4095)) }
	for name, do := range map[string]func(i int){
		"limit":    func(i int) { l.Allow(key(i), int64(i)*1e6) },
		"window":   func(i int) { w.Add(key(i), 1, int64(i)*1e6) },
		"distinct": func(i int) { d.Add(key(i), scatter(&v, uint64(i*7&0xffff)), int64(i)*1e6) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 1; b.Loop(); i++ {
				do(i)
			}
		})
	}
}

// BenchmarkStalls is a report: the longest single Add on the way to a million, the longest step of 1,000 expiries, and
// the garbage collector's part in neither. What is asserted is work, in TestNoOperationIsLong.
func BenchmarkStalls(b *testing.B) {
	for b.Loop() {
		o := created
		o.KeyWidth = 16
		tb := mustTable(b, o)
		var k [16]byte
		add, step := longest{}, longest{}
		for i := range million {
			add.time(func() { tb.Add(scatter(&k, uint64(i)), int64(i)+1) })
		}
		for more := true; more; {
			step.time(func() { more = tb.Expire(2e9, 1000) })
		}
		b.ReportMetric(float64(add.worst.Microseconds()), "µs/worst-add")
		b.ReportMetric(float64(step.worst.Microseconds()), "µs/worst-step")
		b.ReportMetric(float64(add.over), "adds-over-1ms")
	}
}

type longest struct {
	worst time.Duration
	over  int
}

func (l *longest) time(do func()) {
	start := time.Now()
	do()
	d := time.Since(start)
	l.worst = max(l.worst, d)
	if d > time.Millisecond {
		l.over++
	}
}
