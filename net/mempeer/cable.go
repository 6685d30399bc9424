package mempeer

import (
	"fmt"
	"slices"
	"time"

	"moonpeer/net/step"
)

// expiring is what is given up when its time has come.
type expiring interface{ expire() }

// cable is a link as a whole.
type cable struct {
	net     *Net
	ends    [2]*Link
	timeout time.Duration // of silence
	held    bool          // by Hold
	silent  bool          // the ends do not hear each other
	dead    bool          // it broke: nothing more arrives, and both ends hear of it, whatever lies between
	over    bool          // both ends were told
	late    *step.Item[expiring]
}

// tie makes a link of two ends.
func (n *Net) tie(a, b *Link, timeout time.Duration) {
	c := &cable{net: n, ends: [2]*Link{a, b}, timeout: timeout}
	c.late = n.late.Add(step.Never, c)
	a.other, b.other, a.cable, b.cable = b, a, c, c
	n.cables = append(n.cables, c)
}

// Recheck is told that Options.Reach, Runs or Answers may answer something else than before.
func (n *Net) Recheck(now step.Time) {
	n.now = max(n.now, now)
	for _, c := range slices.Clone(n.cables) {
		c.recheck()
	}
	for _, d := range n.dials {
		d.recheck()
	}
}

// recheck lets go what gets through now, keeps what does not, and begins or ends the wait for a silent other end.
func (c *cable) recheck() {
	for _, l := range c.ends {
		before := l.blocked
		l.blocked = !l.through()
		for i := range l.pipes {
			if before && !l.blocked {
				l.pipes[i].resend()
			}
			l.pipes[i].arm()
			l.pipes[i].wake() // perhaps this end runs again
		}
	}
	silent := c.ends[0].blocked || c.ends[1].blocked || !c.ends[0].answers() || !c.ends[1].answers()
	if silent == c.silent || !c.net.opts.Watch || c.over {
		return
	}
	c.silent = silent
	at := step.Never
	if silent {
		at = c.net.now.Add(c.timeout)
	}
	c.net.late.Move(c.late, at)
}

// expire ends a link whose ends have not heard each other for too long.
func (c *cable) expire() { c.cut(fmt.Sprintf("no answer from the peer for %v", c.timeout)) }

// cut loses what is on the wire and has both ends told that the connection broke, if they do not know of its end.
func (c *cable) cut(why string) {
	c.dead = true
	for _, l := range c.ends {
		if !l.closed || l.remote && !l.told {
			l.finish(0, why, true)
			l.hears = c.net.now
		}
		l.lose()
	}
}

// crash takes away the process at one end: what it had not sent is gone, and so is what nobody will send again.
func (c *cable) crash(l *Link) {
	l.closed, l.told = true, true
	l.set.Close()
	c.net.ending = slices.DeleteFunc(c.net.ending, func(x *Link) bool { return x == l })
	for i := range l.pipes {
		l.pipes[i].unsent()
	}
	c.recheck()
	c.forget()
}

// forget drops a link of which both ends know that it is over.
func (c *cable) forget() {
	if c.over || !c.ends[0].told || !c.ends[1].told {
		return
	}
	c.over = true
	n := c.net
	n.late.Remove(c.late)
	n.cables = slices.DeleteFunc(n.cables, func(x *cable) bool { return x == c })
	for _, l := range c.ends {
		for i := range l.pipes {
			n.due.Remove(l.pipes[i].item)
		}
	}
}
