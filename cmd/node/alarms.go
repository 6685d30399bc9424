package main

import (
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// alarms are the parent's own timers. They are a machine of the node and not its domain's timers, which end when the
// supervisor's scripts are loaded anew. It implements step.Machine.
type alarms struct {
	now   func() step.Time
	heap  step.Heap[func()]
	entry *step.Entry
}

// register makes them one of a node's machines.
func (a *alarms) register(n *node.Node) {
	a.now, a.entry = n.Env.Now, n.Register(a)
}

// after has fn called by the loop when some time has passed.
func (a *alarms) after(delay time.Duration, fn func()) {
	a.heap.Add(a.now().Add(delay), fn)
	a.entry.Changed()
}

// Step implements step.Machine. What is added meanwhile has its turn later.
func (a *alarms) Step(now step.Time) (more bool) {
	for range a.heap.Len() {
		it := a.heap.PopDue(now)
		if it == nil {
			return false
		}
		it.Value()
	}
	return a.heap.Next() <= now
}

// Next implements step.Machine.
func (a *alarms) Next() step.Time { return a.heap.Next() }
