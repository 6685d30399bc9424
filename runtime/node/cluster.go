package node

import (
	"fmt"
	"net"
	"strconv"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/cluster"
)

// openCluster makes the node's view of its cluster.
func (n *Node) openCluster(epoch uint64) (err error) {
	n.Cluster, err = cluster.New(cluster.Options{
		Layout: n.opts.Layout, Self: n.opts.Name, ID: n.Hub.ID(), Epoch: epoch, Log: n.opts.Logger,
		Debugf: func(format string, args ...any) { n.Debugf(DebugCluster, format, args...) },
	})
	return err
}

// enter joins the cluster, listens and dials, once node_init has run.
func (n *Node) enter() error {
	if err := n.Cluster.Open(backend{n}); err != nil {
		return err
	}
	listen, peer := n.opts.Listen, n.opts.Peer
	if n.Cluster.Enabled() {
		if me := n.opts.Layout.Node(n.opts.Name); me.Port != 0 {
			listen = append(listen[:len(listen):len(listen)], address(me))
		}
		for _, o := range n.opts.Layout.Dials(n.opts.Name) {
			if o.Port != 0 {
				peer = append(peer[:len(peer):len(peer)], address(o))
			}
		}
	}
	if n.OpenPeering == nil {
		return nil
	}
	return n.OpenPeering(listen, peer)
}

func address(n *cluster.Node) peering.Address {
	return peering.Address{Transport: "quic", Host: n.Host, Port: n.Port}
}

// peerEvent tells scripts what happened to a peer, and then the cluster.
func (n *Node) peerEvent(e peering.Event) {
	if n.OnPeer != nil {
		n.OnPeer(e)
	}
	n.remote.lost(e)
	at := &e.Status.Endpoint
	m := cluster.Member{Name: e.Node, Epoch: e.Epoch, ID: at.ID, At: net.JoinHostPort(at.Host, strconv.Itoa(int(at.Port)))}
	switch e.Status.Code {
	case broker.PeerAdded:
		n.Cluster.PeerUp(m)
	case broker.PeerLost, broker.PeerRemoved:
		n.Cluster.PeerDown(m)
	}
}

// admit has the cluster decide whether somebody may be a peer.
func (n *Node) admit(c peering.Claim) peering.Verdict {
	replace, err := n.Cluster.Claim(cluster.Member{Name: c.Name, Epoch: c.Epoch, ID: c.ID, At: c.Address.HostPort(), Granted: c.Granted})
	if err != nil {
		return peering.Verdict{Refuse: err.Error()}
	}
	return peering.Verdict{Replace: replace}
}

// backend is the node's peers as the cluster's network.
type backend struct{ n *Node }

// Subscribe implements cluster.Backend.
func (b backend) Subscribe(prefix string) {
	b.n.Scripts.Subscribe(prefix, endpoint.SubscribeOptions{})
}

// Wanted implements cluster.Backend.
func (b backend) Wanted(topic string) bool { return b.n.Scripts.Wanted(topic) }

// Publish implements cluster.Backend.
func (b backend) Publish(topic string, payload []byte) error {
	_, err := b.n.Scripts.Publish(topic, payload)
	return err
}

// PublishKept implements cluster.Backend: on the lane of stores, where a full queue refuses instead of dropping.
func (b backend) PublishKept(topic string, payload []byte) error {
	r, err := b.n.Scripts.Send(endpoint.Message{Topic: topic, Payload: payload, Lane: step.LaneStores})
	if err == nil && r.Full > 0 {
		err = fmt.Errorf("%d peers are too far behind to take it", r.Full)
	}
	return err
}

// Members implements cluster.Backend.
func (b backend) Members() (out []cluster.Member) {
	for _, p := range b.n.Peers.Peers() {
		out = append(out, cluster.Member{Name: p.Name, Epoch: p.Epoch, ID: p.ID, At: p.Address.HostPort(), Granted: p.Granted})
	}
	return out
}
