package node

import (
	"time"

	"moonpeer/net/step"
)

// hold is how a node with Options.Lossless waits for a slow peer.
type hold struct {
	since   step.Time // when a lane was found full, or last moved; Never: none is
	written uint64    // messages that the lanes' writers had taken then
}

// holdPatience is how long no lane may move. Then two nodes wait for each other, or the peer hangs, and what has no room
// is dropped, as ever.
const holdPatience = 10 * time.Second

// holds reports whether the node should neither take nor handle messages, since what comes of them has no room: then those
// who send to it wait, too, up to whoever reads the input.
func (n *Node) holds() bool {
	h := &n.held
	if !n.opts.Lossless || n.Hub.Writable(step.LaneEvents) {
		h.since = step.Never
		return false
	}
	if w := n.written(); h.since == step.Never || w > h.written {
		h.since, h.written = n.now, w
	}
	return n.now.Sub(h.since) < holdPatience
}

// written is how many events the links have taken out of their queues.
func (n *Node) written() (sum uint64) {
	for _, s := range n.Peers.Stats() {
		l := &s.Lanes[step.LaneEvents]
		sum += l.Offered.Messages - l.Dropped.Messages - l.Queued.Messages
	}
	return sum
}
