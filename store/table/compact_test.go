package table

import "testing"

// TestWalkBetweenMergedArenas lets the arena go that a walk stands in, then makes its neighbours one.
func TestWalkBetweenMergedArenas(t *testing.T) {
	t.Parallel()
	const n = 4 * arenaBytes / 56
	tb := filled(n, never)
	in := map[uint64][]int{} // entries by arena
	for i := range n {
		at, _ := tb.find(tb.tag(key(i)), key(i))
		seq := tb.arenas[at.arena()].seq
		in[seq] = append(in[seq], i)
	}
	const first = 1
	w := tb.NewWalk()
	for w.seq != first {
		w.Next(func(key, value []byte, expiry int64) bool { return false })
	}
	for _, i := range in[first] {
		tb.Delete(key(i))
	}
	left := map[string]bool{}
	for _, seq := range []uint64{first - 1, first + 1} {
		for j, i := range in[seq] {
			if j%8 != 0 {
				tb.Delete(key(i))
			} else if seq > first {
				left[string(key(i))] = true
			}
		}
	}
	merged := tb.order[tb.where(first-1)]
	if merged.last != first+1 || w.seq != merged.seq {
		t.Fatalf("an arena from %d to %d, a walk in %d", merged.seq, merged.last, w.seq)
	}
	w.Next(func(k, value []byte, expiry int64) bool {
		for _, i := range in[first-1] {
			if string(k) == string(key(i)) {
				t.Fatal("an entry of the arena before is visited again")
			}
		}
		delete(left, string(k))
		return true
	})
	if len(left) > 0 {
		t.Errorf("%d entries of the arena behind were not visited", len(left))
	}
	check(t, tb)
}

// TestFewLargeAmongManySmall removes what earns little, and leaves what is dear to move.
func TestFewLargeAmongManySmall(t *testing.T) {
	t.Parallel()
	const large = 30
	tb := New()
	for i := range large * 6 {
		put(tb, string(rune(i)), string(make([]byte, largeBytes-100)), 0)
		for j := range 300 {
			tb.Put(key(i*300 + j)[:7], nil, 0)
		}
	}
	for i := range large * 6 {
		tb.Delete([]byte(string(rune(i))))
	}
	if most := 3*tb.live + idleBytes + arenaBytes; tb.memory > most {
		t.Errorf("%d bytes for %d live ones, want %d at most", tb.memory, tb.live, most)
	}
	check(t, tb)
}
