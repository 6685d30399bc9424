package node

import (
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// portOwner takes the inputs of one port. One that is not done gets the same input again in the next turn, before
// what came later.
type portOwner func(in step.Input) (done bool)

// OpenPort returns a new port, whose inputs go to owner. It implements peering.Ports.
func (n *Node) OpenPort(owner func(in step.Input) (done bool)) step.PortID {
	n.lastPort++
	n.ports[n.lastPort] = owner
	return n.lastPort
}

// DropPort forgets a port with what waits there. It implements peering.Ports.
func (n *Node) DropPort(id step.PortID) {
	delete(n.ports, id)
	n.inbox.drop(id)
}

// Inbox is where edges put what is for the node's ports. Any goroutine may use it.
func (n *Node) Inbox() step.Inbox { return n.inbox }

// Register adds a machine that the node steps when it is due, by the transport clock.
func (n *Node) Register(m step.Machine) *step.Entry { return n.timers.Register(m) }

// openPeers gives the node its peers. Without a transport it has none, and says so when somebody asks for one.
func (n *Node) openPeers(sys System) {
	opts := peering.Options{Hub: n.Hub, Env: n.Env, Ports: n, Name: n.opts.Name, Epoch: sys.Epoch,
		MaxPeers: n.opts.Limits.Peers, Changed: func() { n.peersTimer.Changed() }}
	if n.Cluster.Enabled() {
		opts.Admit = n.admit
	}
	if sys.Transport != nil {
		opts.Transport = sys.Transport(n.inbox, n.Env.Log)
	}
	n.Peers = peering.New(opts)
	n.Peers.OnEvent = n.peerEvent
	n.peersTimer = n.timers.Register(n.Peers)
}
