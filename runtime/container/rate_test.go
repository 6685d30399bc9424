package container

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

const (
	second = int64(1_000_000_000)
	minute = 60 * second
)

func TestLimit(t *testing.T) {
	t.Parallel()
	l, err := NewLimit(5, RateOptions{Interval: minute})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		at   int64
		key  string
		want string // y or n for each attempt
	}{
		{100 * second, "a", "yyyy"},
		{130 * second, "a", "ynn"},
		{130 * second, "b", "y"},
		{160*second - 1, "a", "nn"},
		{160 * second, "a", "yyyyn"}, // the four of a minute ago; the refused ones did not count
		{190 * second, "a", "yn"},
		{500 * second, "a", "yyyyyn"},
	}
	for _, tt := range tests {
		var got strings.Builder
		for range tt.want {
			if l.Allow([]byte(tt.key), tt.at) {
				got.WriteByte('y')
			} else {
				got.WriteByte('n')
			}
		}
		if got.String() != tt.want {
			t.Errorf("%s at %d s: got %s, want %s", tt.key, tt.at/second, got.String(), tt.want)
		}
	}
	if n := l.Len(500 * second); n != 1 {
		t.Errorf("%d keys, want the one that is in use", n)
	}
	l.Clear()
	if n := l.Len(500 * second); n != 0 {
		t.Errorf("cleared: %d keys", n)
	}
}

// TestLimitModel checks that no window has more than the limit, and that a refusal has a reason: within the interval,
// or for large limits a fourteenth more.
func TestLimitModel(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1, 3, 16, 17, 100, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(*firstSeed, uint64(n)))
			l, err := NewLimit(n, RateOptions{Interval: minute})
			if err != nil {
				t.Fatal(err)
			}
			slack := int64(0)
			if n > maxBuckets {
				slack = minute/14 + 1
			}
			var times []int64
			within := func(now, interval int64) (k int64) {
				for i := len(times) - 1; i >= 0 && now-times[i] < interval; i-- {
					k++
				}
				return k
			}
			now := int64(1)
			for range 20000 {
				now += r.Int64N(2 * minute / n)
				if r.IntN(300) == 0 {
					now += r.Int64N(2 * minute)
				}
				if l.Allow([]byte("k"), now) {
					times = append(times, now)
					if k := within(now, minute); k > n {
						t.Fatalf("%d within a minute", k)
					}
				} else if k := within(now, minute+slack); k < n {
					t.Fatalf("refused although there were %d", k)
				}
			}
			v, _ := l.keys.Get([]byte("k"), now)
			if k := len(v.Ref.(*ring).buckets); k > maxBuckets {
				t.Errorf("%d buckets", k)
			}
		})
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	w, err := NewWindow(RateOptions{Interval: minute})
	if err != nil {
		t.Fatal(err)
	}
	add := func(at int64, key string, n, want float64) {
		t.Helper()
		if sum, err := w.Add([]byte(key), n, at); sum != want || err != nil {
			t.Errorf("%s at %d: got %g, %v, want %g", key, at, sum, err, want)
		}
	}
	add(100*second, "a", 5, 5)
	add(100*second, "a", 0.5, 5.5)
	add(120*second, "a", -1, 4.5)
	add(120*second, "b", 1, 1)
	add(160*second-1, "a", 0, 4.5)
	add(160*second, "a", 0, -1)
	if got := w.Sum([]byte("a"), 170*second); got != -1 {
		t.Errorf("sum: got %g", got)
	}
	if got := w.Sum([]byte("none"), 170*second); got != 0 || w.Len(170*second) != 2 {
		t.Errorf("a key that is not there: got %g", got)
	}
	add(500*second, "a", 1<<53-1, 1<<53-1)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := w.Add([]byte("a"), bad, 500*second); err == nil {
			t.Errorf("%g is accepted", bad)
		}
	}
	w.Clear()
	add(500*second, "a", 1, 1)
}

// TestWindowModel compares with the sums over the interval and over a fourteenth more, between which ours must be.
func TestWindowModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(*firstSeed, 6))
	w, err := NewWindow(RateOptions{Interval: minute})
	if err != nil {
		t.Fatal(err)
	}
	type item struct {
		at int64
		n  float64
	}
	var items []item
	now := int64(1)
	for range 20000 {
		now += r.Int64N(second) << r.IntN(7)
		it := item{now, float64(r.IntN(10))}
		items = append(items, it)
		got, _ := w.Add([]byte("k"), it.n, now)
		low, high := 0.0, 0.0
		for i := len(items) - 1; i >= 0 && now-items[i].at < minute+minute/14+1; i-- {
			high += items[i].n
			if now-items[i].at < minute {
				low += items[i].n
			}
		}
		if got < low || got > high {
			t.Fatalf("at %d: got %g, want %g to %g", now, got, low, high)
		}
	}
	v, _ := w.keys.Get([]byte("k"), now)
	if k := len(v.Ref.(*ring).buckets); k > maxBuckets {
		t.Errorf("%d buckets", k)
	}
}

// TestTinyIntervals checks that sixteen buckets are enough where an interval is only a few nanoseconds.
func TestTinyIntervals(t *testing.T) {
	t.Parallel()
	for d := int64(1); d < 64; d++ {
		w, err := NewWindow(RateOptions{Interval: d})
		if err != nil {
			t.Fatal(err)
		}
		for now := int64(1); now < 200; now++ {
			got, _ := w.Add([]byte("k"), 1, now)
			if low := float64(min(d, now)); got < low || got > low+float64(d/10+2) {
				t.Fatalf("interval %d: got %g, want %g", d, got, low)
			}
		}
		v, _ := w.keys.Get([]byte("k"), 199)
		if k := len(v.Ref.(*ring).buckets); k > maxBuckets {
			t.Errorf("interval %d: %d buckets", d, k)
		}
	}
}

func TestDistinct(t *testing.T) {
	t.Parallel()
	d, err := NewDistinct(3, RateOptions{Interval: minute, MaxSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	add := func(at int64, key, value string, want int, wantSaturated bool) {
		t.Helper()
		if n, saturated := d.Add([]byte(key), []byte(value), at); n != want || saturated != wantSaturated {
			t.Errorf("%s, %.3s at %d: got %d, %v, want %d, %v", key, value, at, n, saturated, want, wantSaturated)
		}
	}
	long := strings.Repeat("x", 1000)
	add(100*second, "a", "1", 1, false)
	add(110*second, "a", "1", 1, false)
	add(120*second, "a", long, 2, false)
	add(120*second, "a", long+"y", 3, false)
	add(120*second, "a", "4", 3, true)
	add(120*second, "a", long, 3, false) // it is known
	add(120*second, "b", "1", 1, false)
	add(170*second-1, "a", "5", 3, true)
	add(170*second, "a", "5", 3, false) // "1" was seen a minute ago
	add(180*second, "a", "6", 2, false) // so were the long ones
	add(180*second, "c", "6", 1, false) // and a goes for it, being the oldest
	if d.Dropped() != 1 || d.total != 2 {
		t.Errorf("got %d dropped, %d values in all", d.Dropped(), d.total)
	}
	add(180*second, "b", "2", 1, false)
	if n := d.Len(300 * second); n != 0 || d.total != 0 {
		t.Errorf("later: got %d keys, %d values", n, d.total)
	}
	add(300*second, "a", "1", 1, false)
	d.Clear()
	add(300*second, "a", "2", 1, false)
	if d.total != 1 {
		t.Errorf("cleared: got %d values in all", d.total)
	}
}

func TestDistinctBoundOverAllKeys(t *testing.T) {
	t.Parallel()
	d, err := NewDistinct(0, RateOptions{Interval: minute, MaxSize: 10})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		key := fmt.Append(nil, i%5)
		n, _ := d.Add(key, fmt.Append(nil, i), 1)
		if d.total > 160 || n > 160 {
			t.Fatalf("%d values are kept, of one key %d", d.total, n)
		}
		total := 0
		for _, v := range d.keys.All(1) {
			total += v.Ref.(*Table).count
		}
		if total != d.total {
			t.Fatalf("%d values are kept, says %d", total, d.total)
		}
	}
	if d.Dropped() == 0 {
		t.Error("nothing was dropped")
	}
}

func TestRatesForget(t *testing.T) {
	t.Parallel()
	var w Sweeper
	o := RateOptions{Interval: minute, MaxSize: 100, Sweeper: &w}
	l, err1 := NewLimit(1, o)
	s, err2 := NewWindow(o)
	d, err3 := NewDistinct(0, o)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	for i := range 150 {
		k := bytes.Repeat(fmt.Append(nil, i), 40) // too long to be kept as they are
		l.Allow(k, second)
		s.Add(k, 1, second)
		d.Add(k, k, second)
	}
	if l.Dropped() != 50 || s.Dropped() != 50 || d.Dropped() != 50 || l.Len(second)+s.Len(second)+d.Len(second) != 300 {
		t.Errorf("dropped %d, %d and %d keys of 150, want 50", l.Dropped(), s.Dropped(), d.Dropped())
	}
	if next := w.Next(); next != minute+second+1 {
		t.Errorf("got next %d", next)
	}
	for w.Step(minute+second+1, 64) {
	}
	if w.Len() != 0 || l.keys.count+s.keys.count+d.keys.count+d.total != 0 {
		t.Errorf("%d tables are left", w.Len())
	}
}

func TestRatesRefuse(t *testing.T) {
	t.Parallel()
	good := RateOptions{Interval: 1}
	limit := func(n int64, o RateOptions) error { _, err := NewLimit(n, o); return err }
	window := func(o RateOptions) error { _, err := NewWindow(o); return err }
	distinct := func(n int, o RateOptions) error { _, err := NewDistinct(n, o); return err }
	for name, err := range map[string]error{
		"limit 0":        limit(0, good),
		"limit 2^53+1":   limit(1<<53+1, good),
		"no interval":    limit(1, RateOptions{}),
		"no interval w":  window(RateOptions{}),
		"negative":       window(RateOptions{Interval: -1}),
		"negative bound": window(RateOptions{Interval: 1, MaxSize: -1}),
		"no interval d":  distinct(0, RateOptions{}),
		"fewer than 0":   distinct(-1, good),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestShortKey(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for n := range 200 {
		k := shortKey(make([]byte, n))
		if len(k) > maxRateKey+1 {
			t.Errorf("a key of %d stays %d long", n, len(k))
		}
		if m, ok := seen[string(k)]; ok {
			t.Errorf("keys of %d and %d are one", n, m)
		}
		seen[string(k)] = n
	}
}
