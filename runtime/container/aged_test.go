package container

import (
	"math/rand/v2"
	"testing"
)

// TestSetAged: an entry that is aged when it comes ends as much earlier, found by the sweep alone, and behind ones that
// are younger.
func TestSetAged(t *testing.T) {
	tb := mustTable(t, Options{Expiry: OnCreate, Interval: Fixed(100), Values: true})
	tb.Set([]byte("a"), Value{Bits: 1}, 1000)
	tb.SetAged([]byte("b"), Value{Bits: 2}, 60, 1000)
	tb.SetAged([]byte("c"), Value{Bits: 3}, 30, 1010)
	tb.SetAged([]byte("d"), Value{Bits: 4}, 5000, 1010)  // older than the clock: overdue at once
	tb.SetAged([]byte("e"), Value{Bits: 5}, -70, 1010)   // younger than now is now
	tb.SetAged([]byte("a"), Value{Bits: 6}, 99, 1010)    // it is there: keeps its time
	tb.SetAged([]byte("e"), Value{Bits: 5}, 99999, 1010) // too
	for key, want := range map[string]int64{"a": 10, "b": 70, "c": 30, "e": 0} {
		if age, ok := tb.Age([]byte(key), 1010); !ok || age != want {
			t.Errorf("%s is %d old, %v, want %d", key, age, ok, want)
		}
	}
	if _, ok := tb.Age([]byte("d"), 1010); ok {
		t.Error("d is there")
	}
	for _, step := range []struct {
		now  int64
		want []string
	}{
		{1040, []string{"a=6", "b=2", "c=3", "e=5"}},
		{1041, []string{"a=6", "c=3", "e=5"}},
		{1081, []string{"a=6", "e=5"}},
		{1101, []string{"e=5"}},
		{1111, nil},
	} {
		tb.Expire(step.now, 100)
		if tb.count != len(step.want) {
			t.Errorf("at %d the sweep has left %d", step.now, tb.count)
		}
		wantContents(t, tb, step.now, step.want...)
	}
}

// TestSetAgedBeforeTheClock: until the clock runs there are no ages.
func TestSetAgedBeforeTheClock(t *testing.T) {
	tb := mustTable(t, Options{Expiry: OnCreate, Interval: Fixed(100)})
	tb.SetAged([]byte("a"), Value{}, 50, 0)
	if age, ok := tb.Age([]byte("a"), 1000); !ok || age != 0 {
		t.Errorf("%d, %v", age, ok)
	}
	wantContents(t, tb, 1100, "a")
	wantContents(t, tb, 1101)
}

// TestSetAgedMany: with many of all ages no more and no fewer are there than should, whatever is repacked.
func TestSetAgedMany(t *testing.T) {
	tb := mustTable(t, Options{Expiry: OnCreate, Interval: Fixed(1000), KeyWidth: 16})
	r := rand.New(rand.NewPCG(1, 2))
	const n = 5000
	ends := make([]int64, n)
	for i := range ends {
		age := r.Int64N(900)
		tb.SetAged(addr(uint64(i)), Value{}, age, 10_000)
		ends[i] = 10_000 - age + 1000
	}
	for now := int64(10_000); now < 11_010; now += 97 {
		for tb.Expire(now, 50) {
		}
		want := 0
		for _, end := range ends {
			if end >= now {
				want++
			}
		}
		if tb.count != want {
			t.Fatalf("at %d there are %d, want %d", now, tb.count, want)
		}
		check(t, tb)
	}
}
