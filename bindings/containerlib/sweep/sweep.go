// Package sweep lets the entries of a domain's containers and rates expire when nobody reads them: it steps one
// container.Sweeper on the node's clock.
//
// There is a timer only while something can expire. A sweep goes in steps of bounded size; between them the domain's
// other work goes on, in the same moment of the node's clock. Sweeps are a tenth of a second apart at least, so that
// a steady stream of entries is not swept one by one. Reads never show an overdue entry, so all this decides is when
// hooks are called and memory is given back.
package sweep

import (
	"moonpeer/runtime/container"
	"moonpeer/runtime/script"
)

const (
	// perStep is how many entries one step lets go. The loop looks at its own time every sixteen steps.
	perStep = 1000
	// perHookStep is the same once scripts have hooks: a hook takes ten times as long as an entry, or more.
	perHookStep = 50
	// gap is the least time between two sweeps, in ns.
	gap = 100_000_000
	// poll is how often a sweep looks whether an interval that is an option has changed, in ns. It is Zeek's
	// table_expire_interval.
	poll = 10_000_000_000
)

// Sweep is the expiry of one domain. It belongs to the loop's goroutine.
type Sweep struct {
	container.Sweeper // for container.Options

	d       *script.Domain
	timer   *script.Timer
	at      int64 // when the timer is due; Never: there is none; 0: a sweep is under way
	floor   int64 // before this the next sweep does not begin
	step    int
	polls   bool
	waiting bool // for the clock to start
}

// New returns a sweep with nothing to do.
func New(d *script.Domain) *Sweep {
	return &Sweep{d: d, at: container.Never, step: perStep}
}

// Hooks says that entries' ends call scripts from now on.
func (s *Sweep) Hooks() { s.step = perHookStep }

// Polls says that some table's interval may change by itself.
func (s *Sweep) Polls() { s.polls = true }

// Filled is told each time a table that expires has got an entry, or may have.
func (s *Sweep) Filled(t *container.Table) {
	if s.at == 0 {
		return
	}
	due := t.NextExpiry()
	if s.polls && s.d.Now() > 0 {
		due = min(due, s.d.Now()+poll)
	}
	if due == container.Never && s.d.Now() <= 0 {
		s.wait()
		return
	}
	s.Due(due)
}

// Due is told when something that has just been made may expire.
func (s *Sweep) Due(at int64) {
	if at = max(at, s.floor); at < s.at {
		s.arm(at)
	}
}

// wait deals with entries made before the clock has started: the queue is looked at when all is loaded and it has.
func (s *Sweep) wait() {
	if s.waiting {
		return
	}
	s.waiting = true
	s.d.Defer(func() {
		s.waiting = false
		if s.at != 0 && s.d.Now() > 0 {
			s.run(s.d.Now())
		}
	})
}

func (s *Sweep) arm(at int64) {
	if s.timer != nil {
		s.d.Cancel(s.timer)
	}
	s.at = at
	s.timer = s.d.At(at, func(now int64) {
		s.timer = nil
		s.run(now)
	})
}

// run takes one step and sees to it that the next is taken.
func (s *Sweep) run(now int64) {
	s.at = 0
	if s.Step(now, s.step) {
		s.d.Defer(func() { s.run(s.d.Now()) })
		return
	}
	s.at, s.floor = container.Never, now+gap
	next := s.Next()
	if s.polls && s.Len() > 0 {
		next = min(next, now+poll)
	}
	s.Due(next)
}
