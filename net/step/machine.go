package step

import (
	"log/slog"
	"math/rand/v2"
	"time"
)

// Time is a moment on a node's clock in nanoseconds. The zero value is the beginning of that clock.
type Time int64

// Never is later than every moment that comes.
const Never Time = 1<<63 - 1

// Add returns t plus d, no later than Never. Never plus anything is Never.
func (t Time) Add(d time.Duration) Time {
	if t == Never {
		return Never
	}
	s := t + Time(d)
	if d > 0 && s < t {
		return Never
	}
	return s
}

// Sub returns the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Env is handed to every machine's New and is its only source of time, chance and a voice.
type Env struct {
	// Now is the time of the current turn; it does not change during one.
	Now func() Time
	// Rand is seeded by the node. Only the loop may draw from it: the order of draws is part of what a seed means.
	Rand *rand.Rand
	// Log takes diagnostics about the node itself, never log records.
	Log *slog.Logger
}

// Machine is one of the state machines a node is made of. Only the loop calls it.
type Machine interface {
	// Step does what is due at now, at most one budget of it, without blocking. It returns true if it has more
	// to do and wants to be called again in this turn's next round; the others get their turn first.
	Step(now Time) (more bool)
	// Next is when the machine wants to be stepped if nothing else happens; Never if there is nothing to wait
	// for. A moment in the past means at once.
	Next() Time
}
