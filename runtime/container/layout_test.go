package container

import (
	"bytes"
	"testing"
)

func TestRoomIsWonBack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		add      int
		remove   func(i int) bool
		segments int
	}{
		{"nothing", 5 * segSlots, func(int) bool { return false }, 5},
		{"the second segment", 5 * segSlots, func(i int) bool { return i/segSlots == 1 }, 4},
		{"the first two", 5 * segSlots, func(i int) bool { return i < 2*segSlots }, 3},
		{"the last", 5 * segSlots, func(i int) bool { return i/segSlots == 4 }, 5}, // it goes on to be filled
		{"nearly all", 5 * segSlots, func(i int) bool { return i%100 != 0 }, 2},
		{"nearly all before a small tail", 2*segSlots + 10, func(i int) bool { return i/segSlots == 1 && i%64 != 0 }, 3},
		{"half of each", 5 * segSlots, func(i int) bool { return i%2 == 0 }, 5},
		{"all", 5 * segSlots, func(int) bool { return true }, 0},
		{"all of a few", firstSlots, func(int) bool { return true }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tb := mustTable(t, Options{KeyWidth: 16})
			for i := range tt.add {
				tb.Add(addr(uint64(i)), 1)
			}
			left := 0
			for i := range tt.add {
				if tt.remove(i) {
					tb.Remove(addr(uint64(i)), 1)
				} else {
					left++
				}
			}
			check(t, tb)
			if len(tb.order) != tt.segments || tb.count != left {
				t.Errorf("got %d segments with %d entries, want %d, %d", len(tb.order), tb.count, tt.segments, left)
			}
			for i := range 3 * segSlots { // and what is left can be built upon
				tb.Add(addr(uint64(i+tt.add)), 1)
			}
			check(t, tb)
		})
	}
}

// TestAFewThatComeAndGo must not make a small table larger.
func TestAFewThatComeAndGo(t *testing.T) {
	t.Parallel()
	tb := mustTable(t, Options{})
	tb.Add([]byte("stays"), 1)
	for i := range uint64(1000) {
		tb.Add(addr(i), 1)
		tb.Remove(addr(i), 1)
	}
	check(t, tb)
	if len(tb.order) != 1 || tb.order[0].size != firstSlots || tb.idx != nil || !tb.Has([]byte("stays"), 1) {
		t.Errorf("got %d segments, the first with %d slots", len(tb.order), tb.order[0].size)
	}
}

// TestKeysStay takes keys out of a table and wants them unchanged whatever happens to it.
func TestKeysStay(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{}, {KeyWidth: 16}} {
		tb := mustTable(t, o)
		var kept, want [][]byte
		for i := range uint64(3000) {
			tb.Add(addr(i), 1)
			if i%3 == 0 {
				tb.Remove(addr(i/2), 1)
			}
			for k := range tb.All(1) {
				kept, want = append(kept, k), append(want, bytes.Clone(k))
				break
			}
		}
		tb.Clear()
		for i := range kept {
			if !bytes.Equal(kept[i], want[i]) {
				t.Fatalf("key %d became %x, was %x", i, kept[i], want[i])
			}
			_ = append(kept[i], 0xff) // a caller's append must not reach the table either
			if i+1 < len(kept) && !bytes.Equal(kept[i+1], want[i+1]) {
				t.Fatalf("append to key %d reaches the next", i)
			}
		}
	}
}

func TestKeyOfAnotherWidth(t *testing.T) {
	t.Parallel()
	tb := mustTable(t, Options{KeyWidth: 8})
	if tb.Has([]byte("no"), 1) {
		t.Error("is there")
	}
	defer func() {
		if recover() == nil {
			t.Error("is accepted")
		}
	}()
	tb.Add([]byte("no"), 1)
}

func TestTableThatDoesNotExpire(t *testing.T) {
	t.Parallel()
	tb := setOf(t, Options{}, "a")
	if tb.NextExpiry() != Never || tb.Expire(Never, 10) || tb.Len(Never) != 1 || !tb.Has([]byte("a"), Never) {
		t.Error("it expires")
	}
}
