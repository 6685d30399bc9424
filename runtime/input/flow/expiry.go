package flow

import (
	"math"

	"moonpeer/net/broker"
)

// Due returns the time at which the first connection ends if it stays silent, provided that is not after now.
func (t *Table) Due(now broker.Timestamp) (broker.Timestamp, bool) {
	for {
		c := t.timers.due(int64(now))
		if c == nil {
			return 0, false
		}
		// A packet may have come since the bucket was opened.
		due := c.deadline(&t.opts)
		if due <= c.due {
			return broker.Timestamp(c.due), true
		}
		t.timers.set(c, due, t.now)
	}
}

// NextDue returns a time before which no connection ends by itself; it may be early by up to 134 ms, and by
// more where packets came since. It reports false if there are no connections.
func (t *Table) NextDue() (broker.Timestamp, bool) {
	if len(t.conns) == 0 {
		return math.MaxInt64, false
	}
	return broker.Timestamp(t.timers.wake), true
}

// Expire ends the connection whose time is up first, if it is up by now, and returns when that was.
func (t *Table) Expire(now broker.Timestamp, h Handler) (broker.Timestamp, bool) {
	due, ok := t.Due(now)
	if !ok {
		return 0, false
	}
	t.now = max(t.now, int64(due))
	t.end(t.timers.due(int64(now)), h)
	return due, true
}

// EndFirst ends the connection that started first, whatever its state; it reports false if there is none. At the
// end of an input it is called until then.
func (t *Table) EndFirst(h Handler) bool {
	if t.first == nil {
		return false
	}
	t.end(t.first, h)
	return true
}

// evict ends one connection to make room: of those whose timers go off next, the first that was not used since its
// timer was set, or the last one looked at.
func (t *Table) evict(h Handler) {
	const looks = 16
	var c *Conn
	for range looks {
		c = t.timers.soon()
		due := c.deadline(&t.opts)
		if due <= c.due {
			break
		}
		t.timers.set(c, due, t.now)
	}
	t.stats.Evicted++
	t.end(c, h)
}

// deadline is when c ends if no more packets come.
func (c *Conn) deadline(o *Options) int64 {
	switch c.Proto {
	case broker.UDP:
		return c.seen + int64(o.UDPTimeout)
	case broker.ICMP:
		return c.seen + int64(o.ICMPTimeout)
	}
	if c.removeAt != 0 {
		return c.removeAt
	}
	if c.Orig.State.opening() && c.Resp.State == TCPInactive {
		return c.began + int64(o.AttemptDelay)
	}
	idle := c.seen + int64(o.TCPTimeout)
	if c.Orig.closed != c.Resp.closed {
		return min(idle, c.halfClosedEnd(o))
	}
	return idle
}

// halfClosedEnd is when a connection ends that one side closed: PartialCloseDelay after the first of the regular
// checks that finds no packet within Linger.
func (c *Conn) halfClosedEnd(o *Options) int64 {
	every := int64(o.CloseCheck)
	quiet := c.seen + int64(o.Linger)
	checks := (quiet-c.halfAt)/every + 1 // the first check after quiet
	return c.halfAt + checks*every + int64(o.PartialCloseDelay)
}
