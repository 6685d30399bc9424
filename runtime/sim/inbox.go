package sim

import (
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/sim/tracefile"
)

// inbox is what stands between the wires and the inbox of a node's run: it gives the node a turn for what comes.
type inbox struct {
	n         *Node
	to        step.Inbox
	transport *mempeer.Transport // of the run
}

// Put implements step.Inbox. What comes after the end of the run is thrown away.
func (b *inbox) Put(in step.Input) {
	if b.n.down() || b.n.transport != b.transport {
		if batch, ok := in.(*step.Batch); ok {
			batch.Release()
		}
		return
	}
	switch in := in.(type) {
	case peering.Up:
		if in.Err != nil {
			b.n.w.note(b.n.Name(), tracefile.Unreached, "%s: %v", in.Remote, in.Err)
		} else {
			b.n.w.note(b.n.Name(), tracefile.Connected, "with %s", in.Remote)
		}
	case step.Closed:
		b.n.w.note(b.n.Name(), tracefile.Closed, "link %d, code %d, %q", in.Link, in.Code, in.Why)
	}
	b.to.Put(in)
	b.n.got = true
	b.n.wake()
}
