package mempeer

import (
	"fmt"

	"moonpeer/net/endpoint"
)

// Side is one node of a Join.
type Side struct {
	End
	Hub *endpoint.Hub
}

// Join links two hubs and attaches each to the other, as a handshake would have done. Each side's End must have
// its port in place, since inputs come to it from the next Step on.
func (n *Net) Join(a, b Side) (pa, pb *endpoint.Peer, err error) {
	la, lb := n.Pair(a.End, b.End)
	pa, err = a.Hub.Attach(b.Hub.ID(), la, endpoint.PeerOptions{Forwards: b.Hub.Forwarding()})
	if err != nil {
		return nil, nil, fmt.Errorf("join %s to %s: %w", a.Name, b.Name, err)
	}
	pb, err = b.Hub.Attach(a.Hub.ID(), lb, endpoint.PeerOptions{Forwards: a.Hub.Forwarding()})
	if err != nil {
		pa.Detach()
		return nil, nil, fmt.Errorf("join %s to %s: %w", b.Name, a.Name, err)
	}
	return pa, pb, nil
}
