package container

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func setOf(t *testing.T, o Options, keys ...string) *Table {
	tb := mustTable(t, o)
	for _, k := range keys {
		tb.Add([]byte(k), 1)
	}
	return tb
}

func TestAlgebra(t *testing.T) {
	t.Parallel()
	a := setOf(t, Options{}, "d", "a", "b")
	b := setOf(t, Options{Expiry: OnRead, Interval: Fixed(100)}, "b", "c", "d")
	b.Add([]byte("late"), 50)
	tests := []struct {
		name string
		do   func(now int64) (*Table, error)
		now  int64
		want []string
	}{
		{"union", func(now int64) (*Table, error) { return a.Union(b, now) }, 50, []string{"d", "a", "b", "c", "late"}},
		{"union the other way", func(now int64) (*Table, error) { return b.Union(a, now) }, 50, []string{"b", "c", "d", "late", "a"}},
		{"intersect", func(now int64) (*Table, error) { return a.Intersect(b, now) }, 50, []string{"d", "b"}},
		{"minus", func(now int64) (*Table, error) { return a.Minus(b, now) }, 50, []string{"a"}},
		{"with itself", func(now int64) (*Table, error) { return a.Minus(a, now) }, 50, nil},
		{"none of it was reading", func(now int64) (*Table, error) { return a.Minus(b, now) }, 102, []string{"d", "a", "b"}},
		{"union with the overdue", func(now int64) (*Table, error) { return b.Union(a, now) }, 102, []string{"late", "d", "a", "b"}},
	}
	for _, tt := range tests { // in order, as time does not run backwards
		r, err := tt.do(tt.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := contents(r, tt.now); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		check(t, r)
	}
	for _, o := range []Options{{KeyWidth: 8}, {Values: true}} {
		if _, err := a.Union(mustTable(t, o), 1); err != ErrShape {
			t.Errorf("union with %+v: got %v", o, err)
		}
	}
}

func TestIncr(t *testing.T) {
	t.Parallel()
	tb := mustTable(t, Options{Values: true, Expiry: OnWrite, Interval: Fixed(100)})
	k := []byte("k")
	count := func(want uint64, wantErr error) func(uint64, error) {
		return func(n uint64, err error) {
			t.Helper()
			if n != want || !errors.Is(err, wantErr) {
				t.Errorf("got %d, %v, want %d, %v", n, err, want, wantErr)
			}
		}
	}
	count(5, nil)(tb.IncrCount(k, 5, 1))
	count(math.MaxUint64, nil)(tb.IncrCount(k, math.MaxUint64-5, 1))
	count(0, ErrOverflow)(tb.IncrCount(k, 1, 1))
	count(math.MaxUint64-1, nil)(tb.DecrCount(k, 1, 1))
	count(0, ErrOverflow)(tb.DecrCount(k, math.MaxUint64, 1))
	count(0, nil)(tb.DecrCount(k, math.MaxUint64-1, 90))
	count(7, nil)(tb.IncrCount(k, 7, 190)) // an assignment at 90 has kept it
	count(7, nil)(tb.IncrCount(k, 7, 291)) // overdue: from 0
	count(0, ErrOverflow)(tb.DecrCount([]byte("other"), 1, 291))
	if tb.Has([]byte("other"), 291) {
		t.Error("an error has made an entry")
	}

	ints := mustTable(t, Options{Values: true})
	for _, c := range []struct {
		n, want int64
		err     error
	}{{-3, -3, nil}, {math.MinInt64, 0, ErrOverflow}, {math.MinInt64 + 3, math.MinInt64, nil}, {-1, 0, ErrOverflow}, {math.MaxInt64, -1, nil}, {math.MaxInt64, math.MaxInt64 - 1, nil}, {2, 0, ErrOverflow}, {0, math.MaxInt64 - 1, nil}} {
		if n, err := ints.IncrInteger(k, c.n, 1); n != c.want || !errors.Is(err, c.err) {
			t.Errorf("integer %+d: got %d, %v, want %d, %v", c.n, n, err, c.want, c.err)
		}
	}
	reals := mustTable(t, Options{Values: true})
	for _, c := range []struct{ x, want float64 }{{0.5, 0.5}, {-2, -1.5}, {math.Inf(1), math.Inf(1)}} {
		if x, err := reals.IncrReal(k, c.x, 1); x != c.want || err != nil {
			t.Errorf("real %+g: got %g, %v", c.x, x, err)
		}
	}
	if _, err := mustTable(t, Options{}).IncrCount(k, 1, 1); !errors.Is(err, ErrShape) {
		t.Errorf("a set: got %v", err)
	}
}

func TestRefs(t *testing.T) {
	t.Parallel()
	tb := mustTable(t, Options{Values: true})
	for i := range uint64(2000) {
		v := Value{Bits: i}
		if i%3 == 0 {
			v.Ref = i
		}
		tb.Set(addr(i), v, 1)
	}
	for i := range uint64(2000) {
		if i%5 != 0 {
			tb.Remove(addr(i), 1)
		}
	}
	check(t, tb)
	for i := uint64(0); i < 2000; i += 5 {
		v, ok := tb.Get(addr(i), 1)
		if !ok || v.Bits != i || (i%3 == 0) != (v.Ref == any(i)) {
			t.Fatalf("entry %d: got %v, %v", i, v, ok)
		}
	}
	old, _ := tb.Set(addr(15), Value{Bits: 1}, 1)
	if v, _ := tb.Get(addr(15), 1); old.Ref != any(uint64(15)) || v.Ref != nil {
		t.Errorf("overwritten: got %v, then %v", old, v)
	}
	for _, s := range tb.order {
		for i := range s.values.refs {
			if !s.isLive(i) && s.values.refs[i] != nil {
				t.Fatal("a removed entry keeps its value alive")
			}
		}
	}
}

func TestNewTableRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"negative width":       {KeyWidth: -1},
		"wide keys":            {KeyWidth: 33},
		"no interval":          {Expiry: OnCreate},
		"nothing that expires": {Interval: Fixed(1)},
		"unknown expiry":       {Expiry: 9, Interval: Fixed(1)},
		"negative bound":       {MaxSize: -1},
		"large bound":          {MaxSize: maxEntries + 1},
	} {
		if _, err := NewTable(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if o := mustTable(t, Options{}).Options(); o.MaxSize != maxEntries {
		t.Errorf("got bound %d", o.MaxSize)
	}
}

func TestChangeNames(t *testing.T) {
	t.Parallel()
	for c, want := range map[Change]string{New: "new", Changed: "changed", Removed: "removed", Expired: "expired", 9: "change(9)"} {
		if got := c.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
