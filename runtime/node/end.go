package node

import (
	"time"

	"moonpeer/net/step"
)

// stopDeadline bounds how long a node that was told to end goes on handling what is queued, and then how long it waits
// for its peers.
const stopDeadline = 3 * time.Second

// phase is how far a node's end has come.
type phase uint8

const (
	living   phase = iota
	draining       // what was queued when it was told to end is handled
	parting        // node_done has run, and what that queued is handled
	storing        // what was written to stores gets its outcome
	leaving        // the peers are told goodbye
	ended
)

// End begins the end in good order: what is queued is handled, within a deadline, and node_done is raised; then the
// peers are told goodbye: what was published before is sent, within another. Turn does all that until Ended.
func (n *Node) End() {
	if n.phase != living {
		return
	}
	n.stopping = true
	n.abandonReload()
	n.phase, n.endBy = draining, n.transport().Add(stopDeadline)
}

// Ended reports whether the end is over: the node wants no more turns, and takes no more inputs.
func (n *Node) Ended() bool { return n.phase == ended }

// endTurn is the turn of a node that ends.
func (n *Node) endTurn() (next step.Time) {
	if n.phase == draining && n.emptied() {
		if dropped := n.Domain.Abandon(); dropped > 0 {
			n.Domain.Reports.Warnf("%d events were still waiting %v after the node was told to end: they are dropped", dropped, stopDeadline)
		}
		n.Domain.Raise(n.Domain.Event("node_done"), nil)
		n.Domain.Run(1, nil)
		n.phase = parting
	}
	if n.phase == parting && n.emptied() {
		n.phase, n.endBy = storing, n.transport().Add(stopDeadline)
	}
	if n.Domain.Exited() {
		return step.Never
	}
	if n.phase == storing {
		more := n.goOn()
		if (n.Stores.outstanding() > 0 || n.Unsaved != nil && n.Unsaved() > 0) && !n.late() {
			return n.idleUntil(more)
		}
		n.leave()
	}
	if n.phase != leaving {
		return n.now
	}
	return n.parted()
}

// goOn is what of a turn is left when no scripts run any more.
func (n *Node) goOn() (more bool) {
	more = n.timers.Next() <= n.now && n.timers.Step(n.now)
	more = n.runPorts(false) || more
	more = n.Stores.flush() || more
	n.Hub.Flush()
	n.Peers.Flush()
	return more
}

// idleUntil is when the end goes on if nothing arrives.
func (n *Node) idleUntil(more bool) step.Time {
	if more || !n.inbox.empty(false) { // a disk may have answered within the turn
		return n.now
	}
	return min(n.timers.Next(), n.endBy+1)
}

// late reports whether the deadline of the phase is over.
func (n *Node) late() bool { return n.transport() > n.endBy }

// emptied handles some of what is queued, and returns true when nothing is or it is late.
func (n *Node) emptied() bool {
	if n.Domain.Queued() > 0 && !n.late() {
		n.Domain.Run(turnEvents, n.late)
	}
	return n.Domain.Queued() == 0 || n.late()
}

// leave begins to say goodbye. Events that still arrive are not handled any more.
func (n *Node) leave() {
	if n.profiling != nil {
		n.profiling.answer(true)
	}
	if c := &n.Domain.Counters; c.Misfits > 0 {
		n.Domain.Reports.Warnf("%d events from other nodes did not fit their declarations and were dropped", c.Misfits)
	}
	if waiting := n.Cluster.Config.Waiting(); waiting > 0 {
		n.Domain.Reports.Warnf("%d changes of options have not reached the manager and are lost", waiting)
	}
	if waiting := n.Stores.outstanding(); waiting > 0 {
		n.Domain.Reports.Warnf("%d writes to stores were not answered before the end: they may have been applied or not", waiting)
	}
	if n.Unsaved != nil && n.Unsaved() > 0 {
		n.Domain.Reports.Warnf("%d changes of containers have not been written to their stores and are lost", n.Unsaved())
	}
	n.Hub.Flush()
	n.Scripts.Close()
	if n.Ending != nil {
		n.Ending()
	}
	n.Busy = nil // nothing waits for whoever is behind
	n.Peers.Stop()
	n.phase, n.endBy = leaving, n.transport().Add(stopDeadline)
}

// parted turns what the goodbye needs, until no peer is left or it is late.
func (n *Node) parted() (next step.Time) {
	if !n.Peers.Stopped() && n.now < n.endBy {
		more := n.goOn()
		return n.idleUntil(more || n.Peers.Stopped())
	}
	n.Peers.Abort()
	n.inbox.close()
	n.phase = ended
	return step.Never
}
