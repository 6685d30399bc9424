package peering

import (
	"moonpeer/net/broker"
	"moonpeer/net/step"
)

// LaneStats is the account of one lane to one peer, over all links with its endpoint id. At any moment Offered is
// Dropped + Queued + InFlight + Received + Lost.
type LaneStats struct {
	Offered  step.Count // what was to be sent
	Dropped  step.Count // by the lane's policy, or because the link ended while it was queued
	Queued   step.Count // waits to be written
	InFlight step.Count // written; the other end has not said yet that it took it
	Received step.Count // the other end took it
	Lost     step.Count // written, and gone with a link that broke
	Taken    step.Count // the opposite direction: what came from the peer and was taken here
}

// Stats is the account of one peer.
type Stats struct {
	ID        broker.EndpointID
	Name      string // of its node; "" for a Broker
	Address   Address
	Connected bool
	Lanes     [step.NumLanes]LaneStats
	// MaxQueuedRecently is the most events that waited since the figure was last reset, and Overflows how many
	// bursts of drops the event lane has had.
	MaxQueuedRecently uint64
	Overflows         uint64
}

// ended is a link that is over, as far as the next hello needs it.
type ended struct {
	ours      uint64 // our name for the link; 0: there was none
	theirs    uint64
	unsettled bool // the other end may still say how much it took
	written   laneCounts
	confirmed laneCounts // how much of it the other end said it took
	taken     laneCounts // what came from it
}

// account sums up the links that are over.
type account struct {
	lanes     [step.NumLanes]LaneStats // but for Queued and InFlight
	overflows uint64
	former    ended
}

// close takes in a link that has ended.
func (a *account) close(c *conn) {
	a.settle(a.former.confirmed) // the other end has never said more about the one before
	before := a.former
	a.former = ended{ours: c.ours, theirs: c.theirs, unsettled: true, confirmed: c.confirmed, taken: c.taken}
	if !c.spoke {
		// It may never have had our hello: then the link before this one is the last it knows of.
		a.former.theirs, a.former.taken = before.theirs, before.taken
	}
	for l := range a.lanes {
		n := c.link.Counters(step.Lane(l))
		lane := &a.lanes[l]
		lane.Offered = lane.Offered.Plus(n.Offered)
		lane.Dropped = lane.Dropped.Plus(n.Dropped)
		lane.Taken = lane.Taken.Plus(c.taken[l])
		a.former.written[l] = n.Offered.Minus(n.Dropped)
	}
	a.overflows += c.link.Overflows(step.LaneEvents)
}

// settle books the former link with what the other end took of it: the rest is lost.
func (a *account) settle(taken laneCounts) {
	f := &a.former
	if !f.unsettled {
		return
	}
	for l := range a.lanes {
		got := taken[l]
		if got.Messages > f.written[l].Messages || got.Bytes > f.written[l].Bytes {
			got = f.written[l] // the other end's word is not to be trusted beyond what can be
		}
		lane := &a.lanes[l]
		lane.Received = lane.Received.Plus(got)
		lane.Lost = lane.Lost.Plus(f.written[l].Minus(got))
	}
	f.unsettled = false
}

// stats returns the account with a link that is up, or nil.
func (a *account) stats(c *conn) (out [step.NumLanes]LaneStats) {
	out = a.lanes
	for l := range out {
		lane := &out[l]
		if a.former.unsettled {
			confirmed := a.former.confirmed[l]
			lane.Received = lane.Received.Plus(confirmed)
			lane.InFlight = lane.InFlight.Plus(a.former.written[l].Minus(confirmed))
		}
		if c == nil {
			continue
		}
		n := c.link.Counters(step.Lane(l))
		queued := c.link.Queued(step.Lane(l))
		lane.Offered = lane.Offered.Plus(n.Offered)
		lane.Dropped = lane.Dropped.Plus(n.Dropped)
		lane.Queued = queued
		lane.Received = lane.Received.Plus(c.confirmed[l])
		lane.InFlight = lane.InFlight.Plus(n.Offered.Minus(n.Dropped).Minus(queued).Minus(c.confirmed[l]))
		lane.Taken = lane.Taken.Plus(c.taken[l])
	}
	return out
}
