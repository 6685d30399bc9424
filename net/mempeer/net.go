package mempeer

import (
	"log/slog"
	"slices"
	"time"

	"moonpeer/net/lane"
	"moonpeer/net/step"
)

const (
	// batchSize is how much a reader takes at once.
	batchSize = 64 << 10
	// maxOpen is how many batches of a lane a node may hold unreleased.
	maxOpen = 4
)

// Options say how the wires of a Net behave.
type Options struct {
	// Delay is how long a batch of n bytes takes from one end to the other. Nil means no time.
	Delay func(from *Link, l step.Lane, n int) time.Duration
	// Window is how many bytes of a lane may be on the wire. Zero means 4 MB.
	Window int
	// Limits bound each link's lanes; see lane.Options.
	Limits [step.NumLanes]lane.Limits
	// Trace is called for every frame that arrives. Nil means nobody looks.
	Trace func(Arrival)
}

// Arrival is a frame at the end of its way. The frame is good during the call only.
type Arrival struct {
	At       step.Time
	From, To string // names of the ends
	Lane     step.Lane
	Frame    []byte
}

// End is a node's end of a link.
type End struct {
	Name  string      // for traces and logs
	ID    step.LinkID // the port; unique among the node's links
	Inbox step.Inbox
	Log   *slog.Logger // bursts of drops; nil means nobody wants to know
}

// Net moves bytes between the ends of its links. Make one with New; one goroutine uses it and its links.
type Net struct {
	opts      Options
	now       step.Time
	due       step.Heap[*pipe] // pipes whose first batch waits for its time
	ready     []*pipe          // pipes whose queue may have something to take, in the order of their waking
	ending    []*Link          // links that were closed and have not heard of it
	ups       []deliver        // ends of dials, and connections accepted, that nobody has heard of
	listeners []*listener
	ports     int // given out for port 0
	dials     int // that found a listener
	pool      lane.Pool
	taken     lane.Taken
}

// New returns a Net without links.
func New(opts Options) *Net {
	if opts.Window == 0 {
		opts.Window = 4 << 20
	}
	if opts.Delay == nil {
		opts.Delay = func(*Link, step.Lane, int) time.Duration { return 0 }
	}
	return &Net{opts: opts}
}

// Pair links two ends and returns a's and b's side of the link. Everything is read from the beginning.
func (n *Net) Pair(a, b End) (*Link, *Link) {
	la, lb := n.newLink(a, n.opts.Limits), n.newLink(b, n.opts.Limits)
	la.other, lb.other = lb, la
	for _, l := range [...]*Link{la, lb} {
		l.bound, l.open = true, true
	}
	return la, lb
}

// Next is when something happens without a node's doing; in the past if something is ready now.
func (n *Net) Next() step.Time {
	if len(n.ready) > 0 || len(n.ups) > 0 || slices.ContainsFunc(n.ending, (*Link).quiet) {
		return n.now
	}
	return n.due.Next()
}

// Step moves what can be moved by now. It always does everything, so it never asks for another round.
func (n *Net) Step(now step.Time) bool {
	n.now = max(n.now, now)
	n.deliverUps()
	for {
		for len(n.ready) > 0 {
			p := n.ready[0]
			n.ready = slices.Delete(n.ready, 0, 1)
			p.waiting = false
			p.pull()
		}
		it := n.due.PopDue(n.now)
		if it == nil {
			break
		}
		it.Value.arrive()
	}
	n.endings()
	return false
}

// endings tells the links that were closed, once all that was sent before has arrived.
func (n *Net) endings() {
	n.ending = slices.DeleteFunc(n.ending, func(l *Link) bool {
		if !l.quiet() {
			return false
		}
		l.other.lose() // what lies in lanes that were never opened
		if !l.bound {
			return true // nobody knows of it; Bind puts it back
		}
		l.end.Inbox.Put(step.Closed{Link: l.end.ID, Code: l.code, Why: l.why, Remote: l.remote})
		return true
	})
}

// Idle reports whether nothing is on the wire and nothing waits to be taken.
func (n *Net) Idle() bool { return n.Next() == step.Never }
