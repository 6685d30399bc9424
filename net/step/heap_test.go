package step

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestHeapOrder(t *testing.T) {
	var h Heap[string]
	h.Add(5, "late")
	a := h.Add(3, "first of the tie")
	b := h.Add(3, "second of the tie")
	early := h.Add(1, "early")
	if h.First() != early || h.Next() != 1 || h.Len() != 4 {
		t.Fatalf("first is %q at %d, %d items", h.First().Value, h.Next(), h.Len())
	}
	// Moving does not change the place among ties.
	h.Move(a, 9)
	h.Move(a, 3)
	if it := h.PopDue(0); it != nil {
		t.Fatalf("popped %q before it was due", it.Value)
	}
	var got []string
	for it := h.PopDue(3); it != nil; it = h.PopDue(3) {
		got = append(got, it.Value)
	}
	want := []string{"early", "first of the tie", "second of the tie"}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	h.Remove(b) // not in the heap any more
	h.Move(b, 4)
	if h.First() != b {
		t.Fatal("an item that was removed is not put back by Move")
	}
	h.Remove(b)
	h.Remove(h.First())
	if h.Next() != Never || h.First() != nil {
		t.Fatal("an empty heap is due")
	}
}

// TestHeapModel compares with a sorted slice.
func TestHeapModel(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, 0))
	var h Heap[int]
	var all []*Item[int]
	for op := range 5000 {
		switch k := r.IntN(5); {
		case k < 2 || len(all) == 0:
			all = append(all, h.Add(Time(r.IntN(50)), op))
		case k == 2:
			h.Move(all[r.IntN(len(all))], Time(r.IntN(50)))
		case k == 3:
			i := r.IntN(len(all))
			h.Remove(all[i])
			all = slices.Delete(all, i, i+1)
		default:
			want := slices.MinFunc(all, func(a, b *Item[int]) int {
				if a.at != b.at {
					return int(a.at - b.at)
				}
				return int(a.order) - int(b.order)
			})
			if got := h.First(); got != want {
				t.Fatalf("seed %d, step %d: first is %d at %d, want %d at %d", seed, op, got.Value, got.at, want.Value, want.at)
			}
		}
		if h.Len() != len(all) {
			t.Fatalf("seed %d, step %d: %d items, want %d", seed, op, h.Len(), len(all))
		}
	}
}

func TestTimeAdd(t *testing.T) {
	for _, c := range []struct {
		name string
		t    Time
		d    time.Duration
		want Time
	}{
		{"ordinary", 5, 3, 8},
		{"back", 5, -3, 2},
		{"never stays", Never, -3, Never},
		{"saturates", Never - 1, 5, Never},
	} {
		if got := c.t.Add(c.d); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}
