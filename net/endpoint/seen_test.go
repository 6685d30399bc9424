package endpoint

import (
	"fmt"
	mathbits "math/bits"
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

// TestSeenModel compares with a map and a slice, over several times the ring: numbers in a row, far apart, and mixed.
func TestSeenModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 4))
			s := newSeen([2]uint64{r.Uint64(), r.Uint64()})
			known, order := map[messageID]bool{}, []messageID(nil)
			var pool []messageID
			for i := range uint64(3 * seenSize) {
				m := messageID{id(int(i % 3)), i}
				switch seed % 3 {
				case 1:
					m.seq = r.Uint64()
				case 2:
					m.seq = i / 3 * uint64(1+r.IntN(40))
				}
				pool = append(pool, m)
			}
			for n := range 4 * seenSize {
				m := pool[r.IntN(len(pool))]
				if seed < 3 {
					m = pool[n%len(pool)] // as they come from a network
				}
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
			bits, used := 0, 0
			for _, x := range s.index {
				if x != 0 {
					used++
					bits += mathbits.OnesCount64(s.blocks[x-1].bits)
				}
			}
			if bits != len(known) || used+len(s.free) != len(s.blocks) || len(s.blocks) > seenSize+1 {
				t.Errorf("%d bits in %d places for %d ids, %d blocks, %d of them free", bits, used, len(known), len(s.blocks), len(s.free))
			}
		})
	}
}

func BenchmarkSeen(b *testing.B) {
	b.Run("one origin", func(b *testing.B) { benchmarkSeen(b, func(i uint64) messageID { return messageID{id(1), i} }) })
	b.Run("eight origins", func(b *testing.B) {
		benchmarkSeen(b, func(i uint64) messageID { return messageID{id(int(i & 7)), i >> 3} })
	})
	b.Run("far apart", func(b *testing.B) {
		benchmarkSeen(b, func(i uint64) messageID { return messageID{id(1), i * 0x9e3779b97f4a7c15} })
	})
}

func benchmarkSeen(b *testing.B, next func(i uint64) messageID) {
	s := newSeen([2]uint64{1, 2})
	b.ReportAllocs()
	i := uint64(0)
	for b.Loop() {
		i++
		s.add(next(i))
	}
}
