package peering

import (
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// beat pings the other loop, and ends a link whose other loop has been silent for too long.
func (c *conn) beat(now step.Time) {
	every := c.timeout / 5
	if late := now.Sub(c.pingAt); late > every {
		c.heard = c.heard.Add(late) // this loop did not run, which is not the peer's fault
	}
	if silent := now.Sub(c.heard); silent >= c.timeout {
		c.close(broker.PeerTimeout, fmt.Sprintf("no answer from the peer's loop for %v", c.timeout))
		return
	}
	c.pings++
	c.control(wire.TypePing, fmt.Appendf(nil, "moonpeer %d", c.pings))
	c.pingAt = now.Add(every)
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
