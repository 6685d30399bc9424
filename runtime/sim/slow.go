package sim

import (
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/sim/tracefile"
)

// Slow has each turn of the node in which it does something take so long, until it is said otherwise; zero: no time. What
// it sends leaves when the turn is over, and what comes meanwhile waits for the next one. Links are as silent meanwhile as
// those of a process whose loop hangs: one turn that is longer than the peer timeout loses the node its peers.
func (n *Node) Slow(turn time.Duration) {
	n.w.note(n.Name(), tracefile.Slow, "%v", turn)
	n.slow = max(turn, 0)
	n.w.slowed = true
}

// occupy has the node be busy after a turn that did something.
func (n *Node) occupy() {
	n.occupied = true
	n.w.busy.Move(n.free, n.w.now.Add(n.slow))
	n.w.net.Recheck(n.w.now)
}

// rest ends a node's being busy, if it is, without letting anything go.
func (n *Node) rest() {
	n.occupied = false
	n.w.busy.Move(n.free, step.Never)
}

// release lets the nodes go on whose turns are over.
func (w *World) release() {
	any := false
	for it := w.busy.PopDue(w.now); it != nil; it = w.busy.PopDue(w.now) {
		it.Value.rest()
		any = true
	}
	if any {
		w.net.Recheck(w.now)
	}
}

// answers reports whether the process on a host, if one runs, finds time.
func (w *World) answers(host string) bool {
	if !w.slowed {
		return true
	}
	n := w.byName[host]
	return n == nil || !n.occupied
}

// soonest is the earliest moment, from t on, at which the node may take a turn.
func (n *Node) soonest(t step.Time) step.Time {
	if n.occupied {
		return max(t, n.free.At())
	}
	return t
}
