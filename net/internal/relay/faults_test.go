package relay

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// run is faults with a clock of its own and a record of what passed.
type run struct {
	faults
	t   testing.TB
	now time.Time
	got map[*direction][]string
}

func newRun(t testing.TB, o Options) *run {
	return &run{faults: faults{o: o}, t: t, now: time.Unix(1, 0), got: map[*direction][]string{}}
}

func (r *run) direction(number uint64) *direction {
	var d *direction
	d = newDirection(r.o.Seed, number, func(data []byte) { r.got[d] = append(r.got[d], string(data)) })
	return d
}

func (r *run) put(d *direction, texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		r.arrive(r.now, d, []byte(text))
		r.account()
	}
}

func (r *run) after(d time.Duration) {
	r.t.Helper()
	r.now = r.now.Add(d)
	r.step(r.now)
	r.account()
}

// account checks the sum that doc.go promises, and the bound on what is held.
func (r *run) account() {
	r.t.Helper()
	s := r.faults.now()
	if s.Received+s.Duplicated != s.Passed+s.Dropped+s.Held || s.Held > maxHeld {
		r.t.Fatalf("%+v: received + duplicated = passed + dropped + held, of at most %d, is not so", s, maxHeld)
	}
	passed := 0
	for _, texts := range r.got {
		passed += len(texts)
	}
	if uint64(passed) != s.Passed {
		r.t.Fatalf("%+v, but %d were sent", s, passed)
	}
}

func numbers(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%05d", i))
	}
	return out
}

func TestNoFaults(t *testing.T) {
	t.Parallel()
	r := newRun(t, Options{})
	d := r.direction(0)
	r.put(d, numbers(100)...)
	if !slices.Equal(r.got[d], numbers(100)) || r.stats != (Stats{Received: 100, Passed: 100}) {
		t.Errorf("got %q, %+v", r.got[d], r.stats)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	const n = 40_000
	for _, c := range []struct {
		name string
		o    Options
		of   func(Stats) uint64
		want uint64
	}{
		{"loss", Options{Loss: 0.05}, func(s Stats) uint64 { return s.Dropped }, n / 20},
		{"duplicate", Options{Duplicate: 0.05}, func(s Stats) uint64 { return s.Duplicated }, n / 20},
		{"reorder", Options{Reorder: 0.05}, func(s Stats) uint64 { return s.Reordered }, n / 20},
		{"all", Options{Loss: 0.5, Duplicate: 0.5, Reorder: 0.5}, func(s Stats) uint64 { return s.Duplicated }, n / 4},
		{"nothing is lost", Options{Duplicate: 0.5, Reorder: 0.5}, func(s Stats) uint64 { return s.Dropped }, 0},
		{"all is lost", Options{Loss: 1, Duplicate: 1, Reorder: 1}, func(s Stats) uint64 { return s.Dropped }, n},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRun(t, c.o)
			for dir := range uint64(8) { // neighbouring numbers must not be alike
				d := r.direction(dir)
				for range n / 8 {
					r.arrive(r.now, d, nil)
				}
			}
			r.after(holdTime)
			slack := c.want / 10
			if got := c.of(r.stats); got < c.want-slack || got > c.want+slack {
				t.Errorf("got %d, want about %d: %+v", got, c.want, r.stats)
			}
		})
	}
}

// overtakers counts, for each that passed, how many later ones did so before it.
func overtakers(got []string) (out []int) {
	for i, text := range got {
		n := 0
		for _, earlier := range got[:i] {
			if earlier > text {
				n++
			}
		}
		out = append(out, n)
	}
	return out
}

func TestReorder(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0.05, 0.5, 0.95} {
		r := newRun(t, Options{Reorder: rate})
		d, other := r.direction(0), r.direction(1)
		for _, text := range numbers(2000) {
			r.put(d, text)
			r.put(other, text)
		}
		r.after(holdTime)
		reordered := uint64(0)
		for _, dir := range []*direction{d, other} {
			seen := [maxLater + 1]int{}
			for i, n := range overtakers(r.got[dir]) {
				if n > maxLater {
					t.Fatalf("rate %v: %s was overtaken by %d", rate, r.got[dir][i], n)
				}
				seen[n]++
			}
			reordered += uint64(seen[1] + seen[2] + seen[3])
			if seen[1] == 0 || seen[2] == 0 || seen[3] == 0 {
				t.Errorf("rate %v: overtaken by 0, 1, 2, 3: %v", rate, seen)
			}
			if slices.Sort(r.got[dir]); !slices.Equal(r.got[dir], numbers(2000)) {
				t.Errorf("rate %v: %d came out, or other ones", rate, len(r.got[dir]))
			}
		}
		if r.stats.Reordered != reordered {
			t.Errorf("rate %v: %d counted as reordered, %d were", rate, r.stats.Reordered, reordered)
		}
	}
}

// TestNothingFollows: the timer lets a packet go, in order, and then it was not reordered.
func TestNothingFollows(t *testing.T) {
	t.Parallel()
	r := newRun(t, Options{Reorder: 1, Duplicate: 1})
	d := r.direction(0)
	r.put(d, "a")
	r.after(holdTime / 2)
	r.put(d, "b")
	if due, ok := r.next(); !ok || !due.Equal(r.now.Add(holdTime/2)) || len(r.got[d]) > 0 {
		t.Errorf("next is %v %v, and %q passed", due, ok, r.got[d])
	}
	r.after(holdTime/2 - 1)
	if len(r.got[d]) != 0 {
		t.Errorf("%q passed too early", r.got[d])
	}
	r.after(1)
	r.after(holdTime / 2)
	if want := []string{"a", "a", "b", "b"}; !slices.Equal(r.got[d], want) {
		t.Errorf("got %q, want %q", r.got[d], want)
	}
	if want := (Stats{Received: 2, Duplicated: 2, Passed: 4}); r.stats != want {
		t.Errorf("got %+v, want %+v", r.stats, want)
	}
	if _, ok := r.next(); ok {
		t.Error("something is due although nothing is held")
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	r := newRun(t, Options{Delay: time.Second})
	d := r.direction(0)
	r.put(d, "a", "b")
	r.after(time.Second / 2)
	r.put(d, "c")
	if due, ok := r.next(); !ok || !due.Equal(r.now.Add(time.Second/2)) {
		t.Errorf("next is %v, %v", due, ok)
	}
	r.after(time.Second/2 - 1)
	if len(r.got[d]) > 0 {
		t.Errorf("%q passed too early", r.got[d])
	}
	r.after(1)
	if want := []string{"a", "b"}; !slices.Equal(r.got[d], want) {
		t.Errorf("after the delay %q, want %q", r.got[d], want)
	}
	r.after(time.Second / 2)
	if want := []string{"a", "b", "c"}; !slices.Equal(r.got[d], want) {
		t.Errorf("then %q, want %q", r.got[d], want)
	}
}

// TestEarliest: of what is delayed and what is held back, next names what is due first.
func TestEarliest(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{holdTime / 2, 2 * holdTime} {
		r := newRun(t, Options{Delay: delay})
		d := r.direction(0)
		r.put(d, "delayed")
		r.o.Reorder = 1
		r.put(d, "held back")
		if due, ok := r.next(); !ok || !due.Equal(r.now.Add(min(delay, holdTime))) {
			t.Errorf("with a delay of %v next is in %v, %v", delay, due.Sub(r.now), ok)
		}
	}
}

// TestSameFate: what happens to a packet depends on the seed and its number only.
func TestSameFate(t *testing.T) {
	t.Parallel()
	o := Options{Seed: 7, Loss: 0.2, Duplicate: 0.2, Reorder: 0.2}
	sent := numbers(500)
	alone := newRun(t, o)
	a := alone.direction(0)
	alone.put(a, sent...)
	alone.after(holdTime)

	mixed := newRun(t, o)
	b, other := mixed.direction(0), mixed.direction(1)
	for i, text := range sent {
		mixed.put(other, sent[:i%3]...)
		mixed.put(b, text)
	}
	mixed.after(holdTime)
	if !slices.Equal(alone.got[a], mixed.got[b]) {
		t.Error("another direction in between changes what passes")
	}
	second := newRun(t, o)
	a2 := second.direction(1)
	second.put(a2, sent...)
	second.after(holdTime)
	if slices.Equal(alone.got[a], second.got[a2]) {
		t.Error("two directions have the same fate")
	}

	o.Seed++
	reseeded := newRun(t, o)
	c := reseeded.direction(0)
	reseeded.put(c, sent...)
	if slices.Equal(alone.got[a], reseeded.got[c]) {
		t.Error("another seed has the same fate")
	}
}

// TestRatesDoNotShift: a rate that is changed for a while has no influence on what comes later.
func TestRatesDoNotShift(t *testing.T) {
	t.Parallel()
	survivors := func(middle func(*run)) []string {
		r := newRun(t, Options{Seed: 3, Loss: 0.3})
		d := r.direction(0)
		r.put(d, numbers(100)...)
		middle(r)
		r.put(d, numbers(100)...)
		r.o.Loss, r.cut = 0.3, false
		before := len(r.got[d])
		r.put(d, numbers(100)...)
		return r.got[d][before:]
	}
	want := survivors(func(*run) {})
	for name, middle := range map[string]func(*run){
		"loss": func(r *run) { r.o.Loss = 1 }, "no loss": func(r *run) { r.o.Loss = 0 }, "cut": func(r *run) { r.sever() },
	} {
		if got := survivors(middle); !slices.Equal(got, want) {
			t.Errorf("%s in between: %d survive, or other ones, want %d", name, len(got), len(want))
		}
	}
}

func TestBound(t *testing.T) {
	t.Parallel()
	t.Run("delayed", func(t *testing.T) {
		r := newRun(t, Options{Delay: time.Hour})
		r.put(r.direction(0), numbers(maxHeld+100)...)
		if s := r.faults.now(); s.Held != maxHeld || s.Dropped != 100 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("reordered", func(t *testing.T) {
		r := newRun(t, Options{Reorder: 1})
		d := r.direction(0)
		r.put(d, numbers(maxHeld)...)
		if s := r.faults.now(); s.Held != maxHeld || s.Passed != 0 {
			t.Errorf("at the limit %+v", s)
		}
		r.put(d, "one more")
		if s := r.faults.now(); s.Dropped != 0 || r.got[d][0] != "one more" {
			t.Errorf("beyond it %+v, %q passed", s, r.got[d])
		}
	})
}

func TestSever(t *testing.T) {
	t.Parallel()
	r := newRun(t, Options{Reorder: 1, Duplicate: 1, Delay: time.Second})
	d := r.direction(0)
	r.put(d, "held")
	r.after(holdTime) // now delayed
	r.put(d, "held too")
	r.sever()
	r.account()
	r.put(d, "during")
	r.after(time.Hour)
	if want := (Stats{Received: 3, Duplicated: 2, Dropped: 5}); r.stats != want || len(r.got[d]) > 0 {
		t.Errorf("got %+v, %q, want %+v", r.stats, r.got[d], want)
	}
	r.cut = false
	r.put(d, "after")
	r.after(holdTime)
	r.after(time.Second)
	if want := []string{"after", "after"}; !slices.Equal(r.got[d], want) {
		t.Errorf("got %q, want %q", r.got[d], want)
	}
}

// TestRandom does everything at random; put and after check the account. Whatever comes out was put in, at most twice.
func TestRandom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		o := Options{Seed: seed, Loss: rnd.Float64() / 2, Duplicate: rnd.Float64(), Reorder: rnd.Float64()}
		o.Delay = time.Duration(rnd.IntN(3)) * 7 * time.Millisecond
		r := newRun(t, o)
		dirs := []*direction{r.direction(0), r.direction(1), r.direction(2)}
		for i := range 3000 {
			switch rnd.IntN(20) {
			case 0:
				r.after(time.Duration(rnd.IntN(15)) * time.Millisecond)
			case 1:
				if rnd.IntN(20) == 0 {
					r.sever()
				}
			case 2:
				r.cut = false
			default:
				r.put(dirs[rnd.IntN(3)], fmt.Sprint(i))
			}
		}
		r.after(holdTime)
		r.after(o.Delay)
		if s := r.faults.now(); s.Held != 0 || s.Passed == 0 {
			t.Errorf("seed %d: %+v at the end", seed, s)
		}
		for _, d := range dirs {
			count := map[string]int{}
			for _, text := range r.got[d] {
				if count[text]++; count[text] > 2 {
					t.Errorf("seed %d: %s passed %d times", seed, text, count[text])
				}
			}
		}
	}
}
