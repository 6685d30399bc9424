package node

import (
	"moonpeer/net/endpoint"
	"moonpeer/net/step"
)

// NewPort returns the number of a port that no one has had before.
func (n *Node) NewPort() step.PortID {
	n.lastPort++
	return n.lastPort
}

// Inbox is where the edges of this node put what they have for it.
func (n *Node) Inbox() step.Inbox { return n.inbox }

// Attached makes port that of an attached peer's link: what arrives there is routed, and the peer is detached when
// the link has ended. A peer that breaks the protocol loses its link.
func (n *Node) Attached(port step.PortID, p *endpoint.Peer) {
	n.ports[port] = func(in step.Input) (done bool) {
		switch in := in.(type) {
		case *step.Batch:
			done, err := p.Receive(in, turnMessages)
			if err != nil {
				n.Domain.Reports.Warnf("%v: the link is closed", err)
				p.Link().Close(0, err.Error())
			}
			if done {
				in.Release()
			}
			return done
		case step.Writable:
			p.Link().Writable(in.Lane) // looking ends the report on a burst of drops
		case step.Closed:
			p.Detach()
			delete(n.ports, port)
			n.inbox.drop(port)
		}
		return true
	}
}
