package supervisor

import (
	"fmt"

	"moonpeer/net/step"
)

// intent is what becomes of a node when its process ends. A later one in this list overrides an earlier one.
type intent uint8

const (
	keep    intent = iota // the process has not been asked to end
	restart               // start it again
	halt                  // leave it: the supervisor is stopping
	forget                // it was destroyed
)

// phase is how far the end of a process has got.
type phase uint8

const (
	untold phase = iota
	asked        // by Options.Ask
	termed       // SIGTERM, which is repeated
	killed       // SIGKILL
	stuck        // and still it is there, which was said
)

// ending is a process's way to its end: asked, then SIGTERM again and again, then SIGKILL. It belongs to one node,
// so that one which does not end keeps no other one waiting.
type ending struct {
	want   intent
	phase  phase
	killAt step.Time
}

// end has the process end, for the given reason.
func (n *node) end(want intent) {
	if n.queued && want == restart {
		return // it has not been started once
	}
	n.ending.want = max(n.ending.want, want)
	switch {
	case !n.busy:
		n.settle()
	case n.pid != 0 && n.ending.phase == untold:
		n.ask()
	}
}

// ask begins to end a running process.
func (n *node) ask() {
	n.enter(Stopping)
	now := n.s.now()
	switch {
	case n.s.stop != nil && n.s.stop.killing:
		n.kill(now)
	case n.s.opts.Ask(n.spec.Name):
		n.ending.phase = asked
		n.s.at(n.timer, now.Add(n.s.opts.Grace))
	default:
		n.press(now)
	}
}

// press is the next thing to end the process with, when the one before has not done it.
func (n *node) press(now step.Time) {
	e := &n.ending
	switch {
	case e.phase == killed:
		e.phase = stuck
		n.s.opts.Env.Log.Error(fmt.Sprintf("%s was killed and does not end", n))
		return
	case e.phase < termed:
		e.phase = termed
		e.killAt = step.Never
		if n.s.opts.KillAfter > 0 {
			e.killAt = now.Add(n.s.opts.KillAfter)
		}
	case now >= e.killAt:
		n.s.opts.Env.Log.Warn(fmt.Sprintf("%s does not end when it is told to: killed", n))
		n.kill(now)
		return
	}
	n.s.opts.Processes.Signal(n.token, step.Stop)
	n.s.at(n.timer, min(now.Add(termEvery), e.killAt))
}

func (n *node) kill(now step.Time) {
	n.ending.phase = killed
	n.s.opts.Processes.Signal(n.token, step.Kill)
	n.s.at(n.timer, now.Add(stuckAfter))
}

// settle does what was to be done when the process has ended.
func (n *node) settle() {
	want := n.ending.want
	n.ending = ending{}
	n.revived = false
	switch want {
	case restart:
		now := n.s.now()
		n.pace.reset()
		due := n.pace.due(now) // a hook that restarts whatever ends must not make processes as fast as they die
		n.enter(Starting)
		if due > now {
			n.enter(Waiting)
		}
		n.s.at(n.timer, due)
	case forget:
		n.s.forget(n)
	case halt:
		n.ending.want = halt
		n.queued = false
		n.enter(Stopped)
		n.s.at(n.timer, step.Never)
		n.s.stop.wake()
	}
}
