package table

import (
	"bytes"
	"fmt"
	"math"
	"testing"
)

func put(tb *Table, key, value string, expiry int64) { tb.Put([]byte(key), []byte(value), expiry) }

func want(t *testing.T, tb *Table, key, value string, expiry int64) {
	t.Helper()
	got, at, ok := tb.Get([]byte(key))
	if !ok || string(got) != value || at != expiry {
		t.Errorf("%q: got %.40q, expiry %d, %v, want %.40q, expiry %d", key, got, at, ok, value, expiry)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	tb := New()
	if _, _, ok := tb.Get(nil); ok || tb.Delete(nil) || tb.Touch([]byte("k")) || tb.Len() != 0 || tb.Size() != 0 || tb.Memory() != 0 {
		t.Error("an empty table holds something")
	}
	if n, done := tb.Expire(math.MaxInt64, 1, nil); n != 0 || !done || tb.NextExpiry() != math.MaxInt64 {
		t.Error("something expires in an empty table")
	}
	if !tb.Sweep(1, nil) || !tb.NewWalk().Next(nil) {
		t.Error("there is something to visit in an empty table")
	}
}

func TestKeysAndValuesOfAllLengths(t *testing.T) {
	t.Parallel()
	lengths := []int{0, 1, 7, 8, 9, 255, largeBytes - 20, largeBytes - 8, largeBytes, arenaBytes - 8, arenaBytes, 1 << 20}
	tb := New()
	for round := range int64(3) {
		for i, n := range lengths {
			for j, m := range lengths {
				tb.Put(bytes.Repeat([]byte{byte(j)}, m), bytes.Repeat([]byte{byte(i + j)}, n), round*int64(i&1))
			}
			check(t, tb)
			for j, m := range lengths {
				k := bytes.Repeat([]byte{byte(j)}, m)
				want(t, tb, string(k), string(bytes.Repeat([]byte{byte(i + j)}, n)), round*int64(i&1))
			}
		}
	}
	for j, m := range lengths {
		if !tb.Delete(bytes.Repeat([]byte{byte(j)}, m)) {
			t.Errorf("key of %d bytes is not there", m)
		}
		check(t, tb)
	}
	if tb.Memory() > 40_000 {
		t.Errorf("%d bytes are left", tb.Memory())
	}
}

// TestPutWhatGetReturned hands the table its own memory back, also where it grows, moves or is written over.
func TestPutWhatGetReturned(t *testing.T) {
	t.Parallel()
	tb := New()
	put(tb, "", "abcdefgh", 0)
	model := "abcdefgh"
	for i := range 20000 {
		v, _, _ := tb.Get(nil)
		switch {
		case len(model) > 300:
			tb.Put(nil, v[290:], int64(i%3))
			model = model[290:]
		case i%5 == 0:
			tb.Put(nil, v[1:], int64(i%2)) // fits: written over itself, one byte to the left
			model = model[1:]
		default:
			tb.Put(v, v, 0) // the value as a key and a value
			want(t, tb, model, model, 0)
			tb.Delete(v)
			tb.Put(nil, append(v, byte(i), byte(i>>8)), 0)
			model += string([]byte{byte(i), byte(i >> 8)})
		}
		if v, _, _ := tb.Get(nil); string(v) != model {
			t.Fatalf("put %d: got %x, want %x", i, v, model)
		}
	}
	check(t, tb)
}

// TestUpdateInPlace says when an arena grows by an update: when the new value needs other room than the old one.
func TestUpdateInPlace(t *testing.T) {
	t.Parallel()
	tb := New()
	put(tb, "key", "12345", 0)
	used := tb.tail.used
	for _, v := range []string{"54321", "1", "", "abcde"} {
		put(tb, "key", v, 0)
		want(t, tb, "key", v, 0)
	}
	if tb.tail.used != used || tb.Size() != 8 {
		t.Errorf("values that fit: used %d, then %d; size %d", used, tb.tail.used, tb.Size())
	}
	put(tb, "key", "123456", 0)
	want(t, tb, "key", "123456", 0)
	put(tb, "key", "123456", 7)
	want(t, tb, "key", "123456", 7)
	if tb.tail.used != 16+24+32 {
		t.Errorf("values that don't fit: used %d", tb.tail.used)
	}
	check(t, tb)
}

// TestOverwritingStaysSmall keeps a few entries and overwrites one of them for ever.
func TestOverwritingStaysSmall(t *testing.T) {
	t.Parallel()
	for _, others := range []int{0, 10, 1000} {
		tb := filled(others, never)
		for i := range 100000 {
			put(tb, "k", "0123456789012345678901234567890123456789"[:i%5*8], int64(i&1))
		}
		check(t, tb)
		if most := int64(50_000 + 300*others); tb.Memory() > most {
			t.Errorf("%d bytes for %d entries, want %d at most", tb.Memory(), tb.Len(), most)
		}
	}
}

// TestRemovedStaysReadable keeps what callbacks were given while the table goes on to change.
func TestRemovedStaysReadable(t *testing.T) {
	t.Parallel()
	tb := New()
	kept := map[string][]byte{}
	keep := func(key, value []byte) { kept[string(key)] = value }
	for i := range 50000 {
		k := fmt.Sprint(i)
		put(tb, k, k+" has this value", int64(i%1000+1))
		if i%1000 == 999 {
			tb.Expire(500, 400, keep)
			tb.Mark()
			tb.Sweep(300, keep)
		}
	}
	if len(kept) < 10000 {
		t.Fatalf("only %d were removed", len(kept))
	}
	for k, v := range kept {
		if string(v) != k+" has this value" {
			t.Fatalf("what was the value of %q is %q", k, v)
		}
	}
}

// TestSameForAnyHash does the same with two tables, whose seeds differ.
func TestSameForAnyHash(t *testing.T) {
	t.Parallel()
	var said [2]bytes.Buffer
	for side := range said {
		tb, out := New(), &said[side]
		say := func(key, value []byte) { fmt.Fprintf(out, " %x", key) }
		w := tb.NewWalk()
		for i := range 60000 {
			x := i * 7919 % 10007
			switch i % 7 {
			case 0, 1, 2, 3:
				tb.Put(key(x), make([]byte, x%60), int64(i+x*x%5000)*int64(x&1))
			case 4:
				tb.Delete(key(x * 3))
			case 5:
				tb.Touch(key(x))
			}
			switch {
			case i%500 == 0:
				_, done := tb.Expire(int64(i), 40, say)
				fmt.Fprintln(out, "expired", done, tb.NextExpiry(), tb.Len(), tb.Size())
			case i%500 == 1:
				fmt.Fprintln(out, "swept", tb.Sweep(30, say))
			case i%5000 == 2:
				tb.Mark()
			case i%50 == 3:
				n := 0
				done := w.Next(func(key, value []byte, expiry int64) bool { n++; say(key, value); return n < 50 })
				if fmt.Fprintln(out, "walked", done); done {
					w = tb.NewWalk()
				}
			}
		}
	}
	if !bytes.Equal(said[0].Bytes(), said[1].Bytes()) {
		t.Error("two tables with the same contents tell different stories")
	}
}

func TestAllocations(t *testing.T) {
	if raced {
		t.Skip("NOT TESTED: allocations, with -race, which allocates")
	}
	tb := filled(10000, func(i int) int64 { return int64(i&1) * 1e18 })
	k, missing, value := key(77), key(-1), make([]byte, 32)
	w := tb.NewWalk()
	for name, do := range map[string]func(){
		"get":    func() { tb.Get(k) },
		"miss":   func() { tb.Get(missing) },
		"touch":  func() { tb.Touch(k) },
		"put":    func() { tb.Put(k, value, 2e18) },
		"expire": func() { tb.Expire(1, 1000, nil) },
		"walk":   func() { w.Next(func(key, value []byte, expiry int64) bool { return false }) },
	} {
		if n := testing.AllocsPerRun(1000, do); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
