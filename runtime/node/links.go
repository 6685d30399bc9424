package node

import (
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// portOwner takes the inputs of one port. One that is not done gets the same input again in the next turn, before
// what came later.
type portOwner func(in step.Input) (done bool)

// ports implements peering.Ports.
type ports struct{ n *Node }

// OpenPort implements peering.Ports.
func (p ports) OpenPort(owner func(in step.Input) (done bool)) step.PortID {
	n := p.n
	n.lastPort++
	n.ports[n.lastPort] = owner
	return n.lastPort
}

// DropPort implements peering.Ports.
func (p ports) DropPort(id step.PortID) {
	delete(p.n.ports, id)
	p.n.inbox.drop(id)
}

// openPeers gives the node its peers. Without a transport it has none, and says so when somebody asks for one.
func (n *Node) openPeers(sys System) {
	opts := peering.Options{Hub: n.Hub, Env: n.Env, Ports: ports{n}, Name: n.opts.Name, Epoch: uint64(sys.Wall() / 1e6),
		MaxPeers: n.opts.Limits.Peers, Changed: func() { n.peersTimer.Changed() }}
	if sys.Transport != nil {
		opts.Transport = sys.Transport(n.inbox, n.Env.Log)
	}
	n.Peers = peering.New(opts)
	n.peersTimer = n.timers.Register(n.Peers)
}
