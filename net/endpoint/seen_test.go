package endpoint

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestSeenForgetsTheOldest(t *testing.T) {
	s := newSeen([2]uint64{1, 2})
	for i := range uint64(seenSize) {
		if s.add(messageID{id(1), i}) {
			t.Fatalf("%d was not there", i)
		}
	}
	if !s.add(messageID{id(1), 0}) {
		t.Error("the oldest of 65,536 is forgotten")
	}
	s.add(messageID{id(2), 0})
	if s.add(messageID{id(1), 0}) {
		t.Error("the 65,537th is remembered")
	}
	if !s.add(messageID{id(1), 2}) || !s.add(messageID{id(2), 0}) {
		t.Error("a younger one is forgotten")
	}
}

// TestSeenModel compares with a map and a slice, over several times the ring. The ids of every second run have
// their homes in five eighths of the index, so that probes are long and gaps wrap around.
func TestSeenModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 4))
			keys := [2]uint64{r.Uint64(), r.Uint64()}
			s := newSeen(keys)
			known, order := map[messageID]bool{}, []messageID(nil)
			var pool []messageID
			for i := 0; len(pool) < 3*seenSize; i++ {
				m := messageID{id(i % 3), uint64(i)}
				if seed%2 == 0 || (home(s.hash(m))+indexSize/4)%indexSize < indexSize/8*5 {
					pool = append(pool, m)
				}
			}
			for range 4 * seenSize {
				m := pool[r.IntN(len(pool))]
				if got := s.add(m); got != known[m] {
					t.Fatalf("%v: known %v", m, got)
				}
				if known[m] {
					continue
				}
				known[m], order = true, append(order, m)
				if len(order) > seenSize {
					delete(known, order[0])
					order = order[1:]
				}
			}
			used := 0
			for _, x := range s.index {
				if x != 0 {
					used++
				}
			}
			if used != len(known) {
				t.Errorf("%d places of the index are used for %d ids", used, len(known))
			}
		})
	}
}

func BenchmarkSeen(b *testing.B) {
	s := newSeen([2]uint64{1, 2})
	b.ReportAllocs()
	i := uint64(0)
	for b.Loop() {
		i++
		s.add(messageID{id(int(i & 7)), i})
	}
}
