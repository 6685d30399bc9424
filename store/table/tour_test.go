package table

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestTourMissesNothing: under a writer that goes on all the time, each key that is there throughout is visited, and its
// last visit shows a value that it had since the one before.
func TestTourMissesNothing(t *testing.T) {
	t.Parallel()
	for seed := *firstSeed; seed < *firstSeed+8; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 5))
			tb := New()
			now := map[string]string{}
			set := func(i int) {
				k := fmt.Sprint("key ", i)
				v := strings.Repeat(fmt.Sprint(r.Uint32()), 1+r.IntN(40))
				if r.IntN(500) == 0 { // an arena of its own
					v = strings.Repeat(v, 1+largeBytes/len(v))
				}
				put(tb, k, v, 0)
				now[k] = v
			}
			const keys = 3000
			for i := range keys {
				set(i)
			}
			throughout := map[string]bool{}
			for k := range now {
				throughout[k] = true
			}
			tour, seen := tb.NewTour(), map[string]bool{}
			visit := 0
			for done := false; !done; {
				budget := 1 + r.IntN(60)
				done = tour.Next(func(key, value []byte, _ int64) bool {
					visit++
					seen[string(key)] = true
					if now[string(key)] != string(value) {
						t.Fatalf("%s is shown with a value that it does not have", key)
					}
					budget--
					return budget > 0
				})
				if done && !tour.Complete() && tour.round < maxRounds {
					t.Error("it ends too early")
				}
				for range r.IntN(12) {
					switch i := r.IntN(keys); r.IntN(8) {
					case 0:
						k := fmt.Sprint("key ", i)
						tb.Delete([]byte(k))
						delete(now, k)
						delete(throughout, k)
					case 1:
						set(keys + r.IntN(keys))
					default:
						if _, there := now[fmt.Sprint("key ", i)]; there {
							set(i)
						}
					}
				}
			}
			for k := range throughout {
				if !seen[k] {
					t.Errorf("%s was there throughout and is missed (%d rounds)", k, tour.round)
				}
			}
			if tour.round < 2 {
				t.Error("one round was enough: the test is in vain")
			}
			check(t, tb)
		})
	}
}

// TestTourEnds also when a writer puts more than it visits, and says that it is not complete.
func TestTourEnds(t *testing.T) {
	t.Parallel()
	tb := New()
	for i := range 1000 {
		put(tb, fmt.Sprint(i), "v", 0)
	}
	tour := tb.NewTour()
	visits := 0
	for done := false; !done; visits++ {
		done = tour.Next(func(_, _ []byte, _ int64) bool { return false })
		for i := range 3 {
			put(tb, fmt.Sprint((3*visits+i)%1000), strings.Repeat("x", 100+visits%7*8), 0)
		}
	}
	if visits > 200_000 {
		t.Errorf("%d visits", visits)
	}
	if tour.Complete() {
		t.Error("it says that it is complete")
	}
}

// TestTourOfNothing and of what is cleared under it.
func TestTourOfNothing(t *testing.T) {
	t.Parallel()
	tb := New()
	tour := tb.NewTour()
	if !tour.Next(func(_, _ []byte, _ int64) bool { t.Error("an entry"); return true }) || !tour.Complete() {
		t.Error("a tour of nothing is not over")
	}
	for i := range 10 {
		put(tb, fmt.Sprint(i), "v", 0)
	}
	tour = tb.NewTour()
	tour.Next(func(_, _ []byte, _ int64) bool { return false })
	tb.Clear()
	put(tb, "late", "v", 0)
	var got []string
	if !tour.Next(func(key, _ []byte, _ int64) bool { got = append(got, string(key)); return true }) || !tour.Complete() {
		t.Error("it is not over")
	}
	if len(got) > 1 {
		t.Errorf("got %q", got)
	}
}
