package node

import (
	"math"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/runtime/input"
)

// Turn does what is due at now and returns when to call again if nothing arrives before: now itself when work is
// left, step.Never when only an input can wake the node. A node of which a script has called os.exit does nothing more.
func (n *Node) Turn(now step.Time) (next step.Time) {
	n.now = now
	if n.phase != living {
		return n.endTurn()
	}
	more := n.runTimers()
	held := n.holds()
	more = n.runPorts(held) || more
	if !held {
		n.Domain.Run(turnEvents, n.budget)
	}
	n.runReload()
	more = n.Stores.tick() || more
	if n.Domain.Queued() == 0 && n.Hub.Writable(step.LaneEvents) {
		more = n.pull() || more
	}
	if n.Domain.Exited() {
		return step.Never
	}
	more = n.Stores.flush() || more
	n.Hub.Flush()
	n.Peers.Flush()
	n.debug.flush()
	if more || n.reload != nil || n.Domain.Queued() > 0 && !held || !n.inbox.empty(n.busy() || held) {
		return now
	}
	return n.nextWake(now)
}

// runTimers steps the machines and the scripts' timers that are due.
func (n *Node) runTimers() (more bool) {
	if n.timers.Next() <= n.now {
		more = n.timers.Step(n.now)
	}
	return n.Domain.Tick(n.clock.Now(), turnTimers) || more
}

// runPorts gives one input of each port to its owner, and what is urgent of all of them. A port whose owner is gone
// loses its inputs. While the scripts are behind, messages wait, then their readers, then flow control has the
// senders wait; pings are answered all the same, or a busy node would be taken for a dead one.
func (n *Node) runPorts(held bool) (more bool) {
	n.batch = n.inbox.pass(n.batch[:0], held || n.Domain.Full() || n.busy() || n.reload != nil)
	for i, in := range n.batch {
		n.batch[i] = nil
		owner, ok := n.ports[in.Port()]
		if !ok {
			release(in)
			continue
		}
		if !owner(in) {
			n.inbox.putBack(in)
		}
		more = true
	}
	return more
}

// busy asks Busy.
func (n *Node) busy() bool { return n.Busy != nil && n.Busy() }

// pull takes items from the input. Timers that are due before an item run before it; an item's events are handled
// before the next is looked at.
func (n *Node) pull() (more bool) {
	if n.source == nil || !n.entered || n.stopping || n.state == input.Done || n.state == input.Failed || n.waitsForPeers() {
		return false
	}
	for left := turnItems; left > 0; {
		if n.opts.Inputs.PaceReal && n.early() {
			n.pacedTimers()
			return false
		}
		until := input.Never
		due, waiting := n.Domain.NextTimer()
		if waiting && n.clock.replay {
			until = broker.Timestamp(due)
		}
		n.sink.queued = false
		took, state := n.source.Pull(left, until, n.sink)
		left -= max(took, 1)
		n.state = state
		if n.clock.replay {
			n.clock.advanceTo(n.source)
		}
		n.Domain.Run(turnEvents, n.budget)
		switch {
		case state == input.Done || state == input.Failed:
			n.failure = n.source.Err()
			return true
		case state == input.Wait:
			return false
		case took == 0 && waiting && n.clock.replay: // the next item lies behind a timer
			n.advanceTimers(due)
			n.Domain.Run(turnEvents, n.budget)
		default:
			n.waits = 0
		}
		if n.Domain.Queued() > 0 || n.reload != nil || n.stopping || n.budget != nil && n.budget() || !n.Hub.Writable(step.LaneEvents) {
			break // what was published is flushed, or waited for, before the next item
		}
	}
	return true
}

// waitsForPeers holds an input back until the cluster has started and those whom Options.Peer names have been reached
// once: what is published before has nobody to go to.
func (n *Node) waitsForPeers() bool {
	if !n.Cluster.Started() {
		return true
	}
	if len(n.opts.Peer) == 0 || n.peersReached || n.opts.Inputs.Follow {
		return false
	}
	n.peersReached = n.Peers.Reached(n.opts.Peer...)
	return !n.peersReached
}

// maxWaits is how many times timers may fire between two items of a replay. A recording whose times leap by years
// would else keep a timer that fires every second busy for hours.
const maxWaits = 100_000

// advanceTimers moves the clock of a replay to the next timer, which is due, or, after too many between two items,
// straight to the item: timers that are due in between fire once, late.
func (n *Node) advanceTimers(due int64) {
	if n.waits++; n.waits > maxWaits {
		if t, ok := n.source.Peek(); ok {
			due = max(due, int64(t))
		}
	}
	n.clock.advance(due)
	n.Domain.Tick(n.clock.Now(), turnTimers)
}

// pacedTimers runs the timers whose time has come in a replay that keeps its pace, between two items.
func (n *Node) pacedTimers() {
	for {
		due, ok := n.Domain.NextTimer()
		if !ok || !n.paced || n.paceDue(due) > n.now {
			return
		}
		n.clock.advance(due)
		n.Domain.Tick(n.clock.Now(), turnTimers)
		n.Domain.Run(turnEvents, n.budget)
	}
}

// early tells whether the next item's time has not come yet when the replay keeps the recording's pace.
func (n *Node) early() bool {
	t, ok := n.source.Peek()
	return ok && n.paceDue(int64(t)) > n.now
}

// paceDue returns when an item recorded at t is due on the transport clock.
func (n *Node) paceDue(t int64) step.Time {
	if !n.paced {
		n.paced, n.paceFrom, n.paceAt = true, t, n.now
	}
	return n.paceAt + step.Time(t-n.paceFrom)
}

// nextWake returns when the node wants to be turned although nothing arrives.
func (n *Node) nextWake(now step.Time) step.Time {
	next := n.timers.Next()
	if n.held.since != step.Never {
		next = min(next, n.held.since.Add(holdPatience))
	}
	if due, ok := n.Domain.NextTimer(); ok && !n.clock.replay {
		if here := n.clock.Now(); due <= here {
			next = now
		} else {
			next = min(next, now.Add(time.Duration(due-here)))
		}
	}
	if due := n.Stores.nextTick(); due != math.MaxInt64 && !n.clock.replay {
		next = min(next, now.Add(time.Duration(max(due-n.clock.Now(), 0))))
	}
	// Peers that are waited for, and lanes that are full, wake the node themselves.
	if n.opts.Inputs.PaceReal && n.source != nil && n.state == input.More && !n.waitsForPeers() && n.Hub.Writable(step.LaneEvents) {
		t, ok := n.source.Peek()
		if due, waits := n.Domain.NextTimer(); waits && ok {
			t = min(t, broker.Timestamp(due))
		}
		if ok {
			next = min(next, n.paceDue(int64(t)))
		}
	}
	return next
}
