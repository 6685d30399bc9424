package container

import (
	"fmt"
	"strconv"
	"testing"
)

// fill makes a set of the keys 0 to n-1, three digits each.
func fill(t *testing.T, n int) *Table {
	tb := mustTable(t, Options{KeyWidth: 3})
	for i := range n {
		tb.Add(fmt.Appendf(nil, "%03d", i), 1)
	}
	return tb
}

func TestWalkWhileTheTableChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(tb *Table, i int) // after each entry
		n    int                    // entries that 900 give
		last string
	}{
		{"nothing", func(*Table, int) {}, 900, "899"},
		{"add", func(tb *Table, i int) { tb.Add(fmt.Appendf(nil, "x%02d", i%100), 1) }, 900, "899"},
		{"remove the entry", func(tb *Table, i int) { tb.Remove(fmt.Appendf(nil, "%03d", i), 1) }, 900, "899"},
		{"remove the next", func(tb *Table, i int) { tb.Remove(fmt.Appendf(nil, "%03d", i+1), 1) }, 450, "898"},
		{"remove the last", func(tb *Table, i int) { tb.Remove(fmt.Appendf(nil, "%03d", 899-i), 1) }, 450, "449"},
		{"remove and add", func(tb *Table, i int) {
			k := fmt.Appendf(nil, "%03d", (i+450)%900)
			tb.Remove(k, 1)
			tb.Add(k, 1)
		}, 450, "449"},
		{"clear", func(tb *Table, i int) {
			if i == 10 {
				tb.Clear()
				tb.Add([]byte("new"), 1)
			}
		}, 11, "010"},
		{"repack", func(tb *Table, i int) {
			for j := range 900 {
				if j%8 != 0 {
					tb.Remove(fmt.Appendf(nil, "%03d", j), 1)
				}
			}
		}, 113, "896"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tb := fill(t, 900)
			n, last := 0, ""
			for it := tb.Iter(); it.Next(1); n++ {
				last = string(it.Key())
				if inner := tb.Iter(); inner.Next(1) && n%100 == 0 {
					for inner.Next(1) { // a walk inside the walk
					}
				}
				i, _ := strconv.Atoi(last)
				tt.do(tb, i)
				if string(it.Key()) != last {
					t.Fatalf("the key under the walk changed to %q", it.Key())
				}
			}
			if n != tt.n || last != tt.last {
				t.Errorf("came to %d entries, the last %q, want %d, %q", n, last, tt.n, tt.last)
			}
			check(t, tb)
		})
	}
}

func TestWalkThatEnded(t *testing.T) {
	t.Parallel()
	tb := fill(t, 1)
	it := tb.Iter()
	it.Next(1)
	for range 2 {
		if it.Next(1) {
			t.Fatal("goes on, or begins again")
		}
	}
	for range 3 {
		if it.Next(1) || it.Key() != nil {
			t.Fatal("goes on")
		}
		tb.Clear()
		tb.Add([]byte("abc"), 1)
	}
	for k := range tb.All(1) {
		if string(k) != "abc" {
			t.Errorf("got %q", k)
		}
		break
	}
}

func TestWalkOfNothing(t *testing.T) {
	t.Parallel()
	tb := mustTable(t, Options{})
	it := tb.Iter()
	tb.Add([]byte("a"), 1)
	if it.Next(1) {
		t.Error("comes to what was added")
	}
}
