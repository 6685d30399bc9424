package table

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

const (
	second = int64(1e9)
	start  = int64(1795651200) * second // 2026-11-26
	day    = 86400 * second
)

// expire steps until all is done, and returns the keys that expired.
func expire(tb *Table, now int64) (keys []string) {
	for done := false; !done; {
		_, done = tb.Expire(now, 1000, func(key, value []byte) { keys = append(keys, string(key)) })
	}
	return keys
}

func wantExpired(t *testing.T, tb *Table, now int64, want ...string) {
	t.Helper()
	got := expire(tb, now)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("at %d: got %q, want %q", now, got, want)
	}
	check(t, tb)
}

func TestExpireToTheNanosecond(t *testing.T) {
	t.Parallel()
	tb := New()
	at := []int64{start, start + 1, start + 2, start + 63, start + 64, start + second, start + day, start + 400*day, math.MaxInt64 - 1}
	for i, e := range slices.Backward(at) {
		put(tb, fmt.Sprint(i), "", e)
	}
	put(tb, "never", "", 0)
	put(tb, "end of time", "", math.MaxInt64)
	for i, e := range at {
		wantExpired(t, tb, e-1)
		if next := tb.NextExpiry(); next != e {
			t.Errorf("next expiry is %d, want %d", next, e)
		}
		wantExpired(t, tb, e, fmt.Sprint(i))
	}
	wantExpired(t, tb, math.MaxInt64)
	if tb.Len() != 2 || tb.NextExpiry() != math.MaxInt64 {
		t.Errorf("%d entries, next expiry %d", tb.Len(), tb.NextExpiry())
	}
}

func TestClockJumps(t *testing.T) {
	t.Parallel()
	tb := New()
	put(tb, "day", "", start+day)
	put(tb, "year", "", start+365*day)
	wantExpired(t, tb, start)
	wantExpired(t, tb, start-3*day) // back
	put(tb, "back", "", start-2*day)
	put(tb, "day too", "", start+day)
	wantExpired(t, tb, start-2*day-1)
	wantExpired(t, tb, start-2*day, "back")
	wantExpired(t, tb, -5)
	put(tb, "old", "", -7)
	wantExpired(t, tb, -6, "old")
	wantExpired(t, tb, start)
	wantExpired(t, tb, start+366*day, "day", "day too", "year") // ahead
	put(tb, "late", "", start)                                  // overdue when put
	if next := tb.NextExpiry(); next != start {
		t.Errorf("next expiry is %d", next)
	}
	wantExpired(t, tb, start-1)
	wantExpired(t, tb, start, "late")
}

// TestProlongingStaysSmall puts one key for ever, with expiries that do all sorts of things.
func TestProlongingStaysSmall(t *testing.T) {
	t.Parallel()
	for name, expiry := range map[string]func(now int64, i int) int64{
		"thirty days":      func(now int64, i int) int64 { return now + 30*day },
		"ever shorter":     func(now int64, i int) int64 { return start + 30*day - int64(i)*second },
		"long and short":   func(now int64, i int) int64 { return now + []int64{30 * day, second}[i&1] },
		"with and without": func(now int64, i int) int64 { return int64(i&1) * (now + second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := New()
			nodes := uint32(0)
			for i := range 300000 {
				now := start + int64(i)*second/100000
				put(tb, "key", "value", expiry(now, i))
				tb.Expire(now, 1000, func(key, value []byte) { t.Fatalf("expired at %d", now-start) })
				if i == 10 {
					nodes = tb.wheel.nodes
				}
			}
			if tb.wheel.nodes != nodes || tb.Memory() > 50_000 {
				t.Errorf("%d nodes, %d before; %d bytes", tb.wheel.nodes, nodes, tb.Memory())
			}
			check(t, tb)
		})
	}
}

// TestExpireInSteps lets entries expire that lie in one bucket or in many, and counts what each call does.
func TestExpireInSteps(t *testing.T) {
	t.Parallel()
	const n = 100000
	for name, apart := range map[string]int64{"at once": 0, "nanoseconds": 1, "microseconds": 1000, "milliseconds": 1e6, "minutes": 6e10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := filled(n, func(i int) int64 { return start + int64(i*7919%n)*apart })
			if tb.NextExpiry() != start {
				t.Errorf("next expiry is %d", tb.NextExpiry())
			}
			calls, removed, end := 0, 0, start+n*apart
			// In as many steps as a driver would take that is woken 100 times.
			for step := range int64(101) {
				now := start + (end-start)/100*step
				for done := false; !done; calls++ {
					before := tb.moved
					var k int
					k, done = tb.Expire(now, 1000, func(key, value []byte) { removed++ })
					if k > 1000 || tb.moved-before > 1000+looksPerCall+maxCredit+2000 {
						t.Fatalf("a step of 1000 removed %d and moved %d", k, tb.moved-before)
					}
					if calls > 100+n/1000+10*n/looksPerCall {
						t.Fatalf("%d calls", calls)
					}
				}
				if due := int(min(n, step*n/100+1)); apart > 0 && removed != due {
					t.Fatalf("%d had expired after step %d, want %d", removed, step, due)
				}
			}
			if check(t, tb); removed != n || tb.Len() != 0 {
				t.Errorf("%d expired, %d are left", removed, tb.Len())
			}
		})
	}
}

// TestFarAhead jumps over years in which nothing happens.
func TestFarAhead(t *testing.T) {
	t.Parallel()
	tb := filled(1000, func(i int) int64 { return start + int64(i)*day })
	calls := 0
	for now := start; tb.Len() > 0; now = tb.NextExpiry() {
		if calls++; calls > 1100 {
			t.Fatal("it takes more than a call or so for each entry")
		}
		tb.Expire(now, 1000, func(key, value []byte) {})
	}
	tb = filled(1000, func(i int) int64 { return start + 3650*day })
	tb.Expire(start, 1000, nil)
	if n, done := tb.Expire(start+3650*day, 1000, func(key, value []byte) {}); n != 1000 || !done {
		t.Errorf("ten years later %d expired, done %v", n, done)
	}
}

// TestWheelShrinks leaves a few of many nodes, here and there, and goes on.
func TestWheelShrinks(t *testing.T) {
	t.Parallel()
	const n = 50000
	tb := filled(n, func(i int) int64 { return start + int64(i*i%997) })
	for i := range n {
		if i%100 != 7 {
			tb.Delete(key(i))
		}
	}
	check(t, tb)
	if nodes := tb.wheel.nodes; nodes > 3*chunkNodes+n/50 {
		t.Errorf("%d nodes for %d entries", nodes, tb.Len())
	}
	for now := start; tb.Len() > 0; now += 100 {
		expire(tb, now)
		check(t, tb)
	}
}
