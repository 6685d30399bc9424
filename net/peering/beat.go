package peering

import (
	"bytes"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// beat pings the other loop, and ends a link whose other loop has been silent for too long. That the other loop pings
// shows that it runs, though not that it gets to what it is sent: then a ping of ours at every third beat is enough, and an
// idle link costs half.
func (c *conn) beat(now step.Time) {
	every := c.timeout / 5
	if late := now.Sub(c.pingAt); late > every {
		c.heard, c.pinged = c.heard.Add(late), c.pinged.Add(late) // this loop did not run, which is not the peer's fault
	}
	if c.silentAt() <= now {
		c.close(broker.PeerTimeout, fmt.Sprintf("no answer from the peer's loop for %v", c.timeout))
		return
	}
	c.pingAt = min(c.nextBeat(now), c.silentAt())
	if now.Sub(c.pinged) < every && now.Sub(c.heard) < every*9/4 {
		return
	}
	c.pings++
	c.control(wire.TypePing, fmt.Appendf(nil, "moonpeer %d", c.pings))
}

// silentAt is when the other loop will have been silent for too long: it has neither asked nor answered for the timeout, or
// has not answered for two beats longer although it asks.
func (c *conn) silentAt() step.Time {
	return min(max(c.heard, c.pinged).Add(c.timeout), c.heard.Add(c.timeout+2*c.timeout/5))
}

// nextBeat is when to look after the other loop again. All links of a node with one timeout have the same moments, so that
// it wakes once for all of them; one of two ends is a little later than the other, and so hears of it before.
func (c *conn) nextBeat(now step.Time) step.Time {
	every, offset := step.Time(c.timeout/5), step.Time(0)
	if me := c.t.opts.Hub.ID(); bytes.Compare(me[:], c.them[:]) > 0 {
		offset = every / 8
	}
	return (now-offset)/every*every + every + offset
}

// calm forgets how many events have waited. A link without pings looks again only when some have (watchPeak), so that
// it has no timer while nothing happens.
func (c *conn) calm(now step.Time) {
	c.link.ResetPeak()
	c.peakAt = step.Never
	if !c.t.quiet() {
		c.peakAt = now.Add(c.window)
	}
}

// watchPeak has the peak forgotten after a while. It is called when the other end says what it took, which follows
// everything that has waited.
func (c *conn) watchPeak() {
	if c.peakAt == step.Never && c.t.quiet() && c.link.Peak(step.LaneEvents) > 0 {
		c.peakAt = c.t.now().Add(c.window)
		c.arm()
	}
}
