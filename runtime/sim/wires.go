package sim

import (
	"errors"
	"fmt"
	"time"

	"moonpeer/runtime/sim/tracefile"
)

// Wire says what the way from one node to another is like.
type Wire struct {
	// Delay is how long a batch takes, Jitter how much longer at most.
	Delay, Jitter time.Duration
	// Loss is how likely a batch is lost each time it is sent, from 0 to below 1.
	Loss float64
}

func (x Wire) check() error {
	switch {
	case x.Delay < 0 || x.Jitter < 0:
		return errors.New("a delay can't be negative")
	case !(x.Loss >= 0 && x.Loss < 1):
		return fmt.Errorf("a loss of %v: it is from 0 to below 1", x.Loss)
	}
	return nil
}

// String shows it as a trace does.
func (x Wire) String() string {
	return fmt.Sprintf("delay %v jitter %v loss %v", x.Delay, x.Jitter, x.Loss)
}

// wire is what all ways are like that nothing else is said of.
func (o Options) wire() Wire { return Wire{o.Delay, o.Jitter, o.Loss} }

// Wire returns what the way from one node to another is like now.
func (w *World) Wire(from, to string) Wire {
	if len(w.wires) > 0 {
		if x, ok := w.wires[[2]string{from, to}]; ok {
			return x
		}
	}
	return w.opts.wire()
}

// SetWire makes each way from one of some nodes to one of others like x, from now on: what is on the wire arrives when it
// would have, and nothing overtakes it. The ways back stay as they are; SetWires changes both.
func (w *World) SetWire(from, to []string, x Wire) error {
	if err := w.canSet(from, to, x); err != nil {
		return err
	}
	w.setWire(from, to, x)
	return nil
}

// SetWires is SetWire for both directions.
func (w *World) SetWires(a, b []string, x Wire) error {
	if err := w.canSet(a, b, x); err != nil {
		return err
	}
	w.setWire(a, b, x)
	w.setWire(b, a, x)
	return nil
}

func (w *World) canSet(from, to []string, x Wire) error {
	err := x.check()
	if err == nil {
		err = w.groups(from, to)
	}
	if err != nil {
		return fmt.Errorf("the wire from %v to %v: %w", from, to, err)
	}
	return nil
}

func (w *World) setWire(from, to []string, x Wire) {
	w.note("", tracefile.Wires, "%s > %s %v", joined(from), joined(to), x)
	for _, a := range from {
		for _, b := range to {
			w.wires[[2]string{a, b}] = x
		}
	}
}

// delay is how long something takes from one node to another.
func (w *World) delay(from, to string) time.Duration {
	x := w.Wire(from, to)
	if x.Jitter == 0 {
		return x.Delay
	}
	return x.Delay + time.Duration(w.rand.Int64N(int64(x.Jitter)+1))
}

const (
	ackDelay = 25 * time.Millisecond // QUIC's: how long an acknowledgement may be held back
	maxLost  = 10                    // times in a row
)

// resend is how long it takes until something is sent that is not lost: a round trip and what an acknowledgement may be
// late, twice as long each further time.
func (w *World) resend(from, to string) (wait time.Duration) {
	there := w.Wire(from, to)
	if there.Loss == 0 {
		return 0
	}
	back := w.Wire(to, from)
	again := there.Delay + there.Jitter + back.Delay + back.Jitter + ackDelay
	for n := 0; n < maxLost && w.rand.Float64() < there.Loss; n++ {
		wait += again
		again *= 2
	}
	return wait
}

// roundTrip is how long a dial takes, and its answer.
func (w *World) roundTrip(from, to string) time.Duration {
	return w.resend(from, to) + w.delay(from, to) + w.delay(to, from)
}
