package mempeer

import (
	"log/slog"
	"slices"
	"time"

	"moonpeer/net/lane"
	"moonpeer/net/peering"
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
	// Resend is how long a batch of n bytes waits until it is sent for the last time: links are reliable, so what is lost
	// on its way is sent again. Nil means nothing is lost.
	Resend func(from *Link, l step.Lane, n int) time.Duration
	// RoundTrip is how long a dial from one host to another takes. Nil means no time.
	RoundTrip func(from, to string) time.Duration
	// DialTimeout is after how long a dial that does not get through is given up. Zero means 2 s.
	DialTimeout time.Duration
	// Answers says whether a host's process, which runs, finds time now: one that does not takes what arrives and sends
	// nothing, and who watches for silence hears none of it. Nil means always. When an answer has changed, call Recheck.
	Answers func(host string) bool
	// Reach says whether what one host sends gets to another now, and Runs whether a host's process does. Nil means
	// always. When an answer has changed, call Recheck.
	Reach func(from, to string) bool
	Runs  func(host string) bool
	// Watch ends links of which the ends have not heard each other for the peer timeout; see Transport.WatchesSilence.
	Watch bool
	// Window is how many bytes of a lane may be on the wire. Zero means 4 MB.
	Window int
	// Limits bound each link's lanes; see lane.Options.
	Limits [step.NumLanes]lane.Limits
	// Trace is called for every frame that arrives, or is lost on its way. Nil means nobody looks.
	Trace func(Arrival)
}

// Arrival is a frame at the end of its way. The frame is good during the call only.
type Arrival struct {
	At       step.Time
	Sent     step.Time // when it was put on the wire
	Again    step.Time // when it was for the last time: later than Sent if it was lost before
	From, To string    // names of the ends
	Lane     step.Lane
	Lost     bool // it does not arrive: its link was closed or broke
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
	due       step.Heap[*pipe]    // pipes whose first batch waits for its time
	ways      step.Heap[*dial]    // dials on their way
	late      step.Heap[expiring] // what is given up when its time comes: dials, links that are silent
	ready     []*pipe             // pipes whose queue may have something to take, in the order of their waking
	begun     []*dial             // dials that have not been sent yet
	dials     []*dial             // all that are under way
	cables    []*cable            // all links that somebody still holds
	ending    []*Link             // links that were closed and have not heard of it
	listeners []*listener
	ports     int // given out for port 0
	dialled   int // dials that found a listener
	pool      lane.Pool
	taken     lane.Taken
}

// New returns a Net without links.
func New(opts Options) *Net {
	if opts.Window == 0 {
		opts.Window = 4 << 20
	}
	if opts.DialTimeout == 0 {
		opts.DialTimeout = 2 * time.Second
	}
	noTime := func(*Link, step.Lane, int) time.Duration { return 0 }
	if opts.Delay == nil {
		opts.Delay = noTime
	}
	if opts.Resend == nil {
		opts.Resend = noTime
	}
	if opts.RoundTrip == nil {
		opts.RoundTrip = func(_, _ string) time.Duration { return 0 }
	}
	if opts.Reach == nil {
		opts.Reach = func(_, _ string) bool { return true }
	}
	if opts.Runs == nil {
		opts.Runs = func(string) bool { return true }
	}
	if opts.Answers == nil {
		opts.Answers = func(string) bool { return true }
	}
	return &Net{opts: opts}
}

// Pair links two ends and returns a's and b's side of the link. Everything is read from the beginning.
func (n *Net) Pair(a, b End) (*Link, *Link) {
	la, lb := n.newLink(a, n.opts.Limits), n.newLink(b, n.opts.Limits)
	for _, l := range [...]*Link{la, lb} {
		l.bound, l.open = true, true
	}
	n.tie(la, lb, peering.DefaultPeerTimeout)
	return la, lb
}

// Next is when something happens without a node's doing; in the past if something is ready now.
func (n *Net) Next() step.Time { return min(n.Arrival(), n.late.Next()) }

// Arrival is Next without what is given up when its time has come: when the next of what is on its way, and gets
// through, will be there.
func (n *Net) Arrival() step.Time {
	if len(n.ready) > 0 || len(n.begun) > 0 {
		return n.now
	}
	at := min(n.due.Next(), n.ways.Next())
	for _, l := range n.ending {
		if l.quiet() {
			at = min(at, max(l.hears, n.now))
		}
	}
	return at
}

// Step moves what can be moved by now. It always does everything, so it never asks for another round.
func (n *Net) Step(now step.Time) bool {
	n.now = max(n.now, now)
	n.setOut()
	for n.arrivals() || n.expire() {
	}
	n.endings()
	return false
}

// arrivals does one of the things that are due; false if there is none.
func (n *Net) arrivals() bool {
	if it := n.ways.PopDue(n.now); it != nil {
		it.Value.arrive()
		return true
	}
	if len(n.ready) > 0 {
		p := n.ready[0]
		n.ready = slices.Delete(n.ready, 0, 1)
		p.waiting = false
		p.pull()
		return true
	}
	if it := n.due.PopDue(n.now); it != nil {
		it.Value.arrive()
		return true
	}
	return false
}

// expire gives up one thing whose time has come; false if there is none.
func (n *Net) expire() bool {
	it := n.late.PopDue(n.now)
	if it != nil {
		it.Value.expire()
	}
	return it != nil
}

// endings tells the links that were closed, once all that was sent before has arrived.
func (n *Net) endings() {
	n.ending = slices.DeleteFunc(n.ending, func(l *Link) bool {
		if !l.quiet() || l.hears > n.now {
			return false
		}
		l.other.lose() // what lies in lanes that were never opened
		if !l.bound {
			return true // nobody knows of it; Bind puts it back
		}
		l.end.Inbox.Put(step.Closed{Link: l.end.ID, Code: l.code, Why: l.why, Remote: l.remote})
		l.told = true
		l.cable.forget()
		return true
	})
}

// Idle reports whether nothing is on its way that gets through, and nothing waits to be taken.
func (n *Net) Idle() bool { return n.Arrival() == step.Never }
