package flow

import (
	"math/rand/v2"
	"testing"
)

// The timers against a plain map, with random timers set, moved and stopped, over spans from nothing to several
// times around the wheel.
func TestTimersModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		tm := timers{deadline: func(c *Conn) int64 { return c.due }}
		model := map[*Conn]bool{}
		conns := make([]*Conn, 200)
		for i := range conns {
			conns[i] = &Conn{seq: uint64(i)}
		}
		earliest := func() (first *Conn) {
			for c := range model {
				if first == nil || c.due < first.due || c.due == first.due && c.seq < first.seq {
					first = c
				}
			}
			return first
		}
		now := int64(1.7e18)
		for step := range 3000 {
			switch c := conns[rnd.IntN(len(conns))]; rnd.IntN(8) {
			case 0:
				tm.stop(c)
				delete(model, c)
			case 1:
				now += rnd.Int64N(1 << (10 + rnd.IntN(33)))
			case 2, 3, 4:
				tm.set(c, now+rnd.Int64N(1<<(10+rnd.IntN(32))), now)
				model[c] = true
			default:
				want := earliest()
				if want != nil && want.due > now {
					want = nil
				}
				if got := tm.due(now); got != want {
					t.Fatalf("seed %d, step %d: got %+v, want %+v", seed, step, got, want)
				}
				if want != nil {
					tm.stop(want)
					delete(model, want)
				}
			}
			if first := earliest(); first != nil && tm.wake > first.due {
				t.Fatalf("seed %d, step %d: wakes at %d, after the first timer at %d", seed, step, tm.wake, first.due)
			}
			if (tm.soon() == nil) != (len(model) == 0) {
				t.Fatalf("seed %d, step %d: soon is %v with %d timers", seed, step, tm.soon(), len(model))
			}
		}
	}
}
