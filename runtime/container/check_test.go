package container

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

// mustTable makes a table for a test.
func mustTable(t testing.TB, o Options) *Table {
	t.Helper()
	tb, err := NewTable(o)
	if err != nil {
		t.Fatal(err)
	}
	return tb
}

// addr is a key of 16 bytes, as an address has; neighbouring numbers differ in all of it.
func addr(i uint64) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], i*0x9E3779B97F4A7C15)
	binary.BigEndian.PutUint64(b[8:], ^i)
	return b[:]
}

// contents lists "key" or "key=bits" in order of insertion.
func contents(tb *Table, now int64) []string {
	var s []string
	for k, v := range tb.All(now) {
		if tb.opts.Values {
			s = append(s, fmt.Sprintf("%s=%d", k, v.Bits))
		} else {
			s = append(s, string(k))
		}
	}
	return s
}

func wantContents(t *testing.T, tb *Table, now int64, want ...string) {
	t.Helper()
	if got := contents(tb, now); !slices.Equal(got, want) {
		t.Errorf("contents at %d: got %q, want %q", now, got, want)
	}
	check(t, tb)
}

// check fails the test if the table's parts do not agree with each other.
func check(t testing.TB, tb *Table) {
	t.Helper()
	bad := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("broken table: "+format, args...)
	}
	count, last := 0, int64(-1)
	for p, s := range tb.order {
		if tb.segs[s.id] != s {
			bad("segment %d is not where its id says", s.id)
		}
		if s.live == 0 && s != tb.tail {
			bad("segment %d of %d is empty", p, len(tb.order))
		}
		if s.n > 0 && tb.where(s) != p {
			bad("segment %d is found at %d", p, tb.where(s))
		}
		live := 0
		for i := range int(s.n) {
			if int64(s.seq(i)) <= last {
				bad("sequence number %d after %d", s.seq(i), last)
			}
			last = int64(s.seq(i))
			if s.at != nil && s.isLive(i) == (s.at[i] == gone) {
				bad("slot %d: live %v, time %d", i, s.isLive(i), s.at[i])
			}
			if !s.isLive(i) {
				continue
			}
			live++
			if i < int(s.head) {
				bad("slot %d is live, head is %d", i, s.head)
			}
			if s.at != nil && s.at[i] < s.due {
				bad("slot %d has time %d, before its segment's %d", i, s.at[i], s.due)
			}
			if ref, _ := tb.find(s.key(i)); ref != s.ref(i) {
				bad("key %q is found at %x, is at %x", s.key(i), ref, s.ref(i))
			}
		}
		if live != int(s.live) {
			bad("segment %d has %d live entries, says %d", p, live, s.live)
		}
		count += live
	}
	if count != tb.count {
		bad("%d entries, says %d", count, tb.count)
	}
	if n := len(tb.order); n == 0 && tb.tail != nil || n > 0 && tb.tail != tb.order[n-1] {
		bad("the tail is not last")
	}
	checkHeap(bad, tb)
	if tb.idx != nil {
		checkIndex(bad, tb.idx, count)
	} else if len(tb.order) > 1 || len(tb.order) == 1 && tb.order[0].n > firstSlots {
		bad("no index")
	}
}

func checkHeap(bad func(string, ...any), tb *Table) {
	expires := tb.opts.Expiry != NoExpiry
	if expires && len(tb.due) != len(tb.order) || !expires && len(tb.due) != 0 {
		bad("%d of %d segments in the heap", len(tb.due), len(tb.order))
	}
	for i, s := range tb.due {
		if int(s.pos) != i || i > 0 && tb.due.less(i, (i-1)/2) {
			bad("heap: place %d", i)
		}
	}
}

func checkIndex(bad func(string, ...any), x *index, count int) {
	used, deepest := 0, 0
	for i := 0; i < len(x.dir); {
		p := x.dir[i]
		n := 1 << (x.depth - p.depth)
		for j := range n {
			if x.dir[i+j] != p {
				bad("index: directory entry %d of %d", i+j, len(x.dir))
			}
		}
		full := 0
		for _, s := range p.slots {
			if s != 0 {
				full++
				if x.dir[x.number(uint32(s>>32))] != p {
					bad("index: hash %x in page %d", s>>32, i)
				}
			}
		}
		if full != int(p.used) {
			bad("index: page of %d says %d", full, p.used)
		}
		if p.depth == x.depth {
			deepest++
		}
		used += full
		i += n
	}
	if used != count || len(x.dir) != 1<<x.depth || deepest != x.deepest {
		bad("index: %d of %d entries, directory %d of depth %d, %d deepest, says %d", used, count, len(x.dir), x.depth, deepest, x.deepest)
	}
}
