package node

import "moonpeer/runtime/input"

// clock is the node clock, what scripts see: wall time when live, packet time when replaying. While replaying it
// starts at the first item's time, never goes back, and stays at the last item's time when the input has ended
// (decision 1).
type clock struct {
	live   func() int64 // wall time, ns since 1970; constant during a turn
	replay bool
	now    int64 // of the replay
}

// Now returns the node's time, ns since 1970.
func (c *clock) Now() int64 {
	if c.replay {
		return c.now
	}
	return c.live()
}

// advance moves a replay's time forward; a time that lies back is ignored.
func (c *clock) advance(t int64) {
	if t > c.now {
		c.now = t
	}
}

// advanceTo moves a replay's time to that of the item the source hands over.
func (c *clock) advanceTo(s input.Source) {
	if t, ok := s.Clock(); ok {
		c.advance(int64(t))
	}
}

// Wall returns the wall clock, ns since 1970, also while the node replays.
func (n *Node) Wall() int64 { return n.clock.live() }
