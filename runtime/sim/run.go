package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"moonpeer/net/step"
)

// Run works off everything that is due and follows what is on its way until nothing is. The clock moves to when it
// arrives, and no further. It returns an error if the world does not come to rest.
func (w *World) Run() error {
	w.turns, w.last = 0, nil
	w.wakeAll()
	for {
		if err := w.settle(); err != nil {
			return err
		}
		at := min(w.net.Arrival(), w.busy.Next())
		if at == step.Never {
			return w.refresh()
		}
		w.move(min(at, w.net.Next(), w.queue.Next()))
	}
}

// Advance moves the clock by d and works off everything that is due on the way, in the order of time.
func (w *World) Advance(d time.Duration) error {
	end := w.now.Add(max(d, 0))
	if end == step.Never || w.Wall() > math.MaxInt64-int64(end-w.now) {
		return fmt.Errorf("%v from %v on is beyond the end of time", d, w.Now())
	}
	w.turns, w.last = 0, nil
	w.wakeAll()
	for {
		if err := w.settle(); err != nil {
			return err
		}
		at := min(w.net.Next(), w.queue.Next(), w.busy.Next())
		if at > end {
			break
		}
		w.move(at)
		w.turns = 0
	}
	w.move(end)
	return w.refresh()
}

// move sets the clock.
func (w *World) move(to step.Time) {
	w.now = max(w.now, to)
	w.release()
	w.net.Step(w.now)
}

// refresh has every node know what time it is, for what is done to it from outside until the next call.
func (w *World) refresh() error {
	w.wakeAll()
	return w.settle()
}

// wakeAll gives every node that runs a turn: something may have been done to it from outside.
func (w *World) wakeAll() {
	for _, n := range w.nodes {
		n.wake()
	}
}

// settle works off what is due at this moment.
func (w *World) settle() error {
	for !w.stopped() {
		w.due = w.due[:0]
		for it := w.queue.PopDue(w.now); it != nil; it = w.queue.PopDue(w.now) {
			w.due = append(w.due, it.Value)
		}
		if len(w.due) == 0 && w.net.Next() > w.now {
			return nil
		}
		if w.opts.Shuffle {
			w.order.Shuffle(len(w.due), func(i, j int) { w.due[i], w.due[j] = w.due[j], w.due[i] })
		}
		for _, n := range w.due {
			if w.stopping.err.Load() == nil {
				w.last = n
				n.turn()
			}
		}
		w.net.Step(w.now)
		if w.turns += max(1, len(w.due)); w.turns > w.opts.MaxTurns {
			w.err = w.restless()
		}
	}
	return w.err
}

// restless says who keeps the world from coming to rest.
func (w *World) restless() error {
	busy := slices.Clone(w.due)
	slices.SortStableFunc(busy, func(a, b *Node) int { return cmp.Compare(b.Domain.Queued(), a.Domain.Queued()) })
	var who []string
	for _, n := range busy[:min(len(busy), 5)] {
		who = append(who, fmt.Sprintf("%s (%d events queued)", n.Name(), n.Domain.Queued()))
	}
	if len(who) == 0 {
		who = []string{"the wires"}
	}
	return fmt.Errorf("the world does not come to rest: %d turns, now at %v; busy to the end: %s", w.turns, w.Now(), strings.Join(who, ", "))
}
