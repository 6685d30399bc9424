package store

import (
	"moonpeer/net/broker"
	"moonpeer/net/step"
)

// Bus is the network as a store needs it. Only the loop calls it, and nothing in it blocks.
type Bus interface {
	// ID is this endpoint's.
	ID() broker.EndpointID
	// Subscribe announces a topic to peers, so that they send what is published on it to this store.
	Subscribe(topic string)
	// Unsubscribe ends that.
	Unsubscribe(topic string)
	// Peers are the direct peers, in an order that does not depend on chance.
	Peers() []Peer
	// Send puts a message of type wire.TypeStore into the store lane of one of them, which copies it. Dropped: it is no
	// peer any more.
	Send(to broker.EndpointID, topic string, payload []byte) step.Verdict
	// Command publishes a message of type wire.TypeCommand, Broker's own protocol, which may get lost: to the peer of that
	// id, and if to is none or zero to all that subscribe to topic. It copies the payload. The error says that it can't be sent
	// to anybody, as it is too large.
	Command(topic string, to broker.EndpointID, payload []byte) error
	// Writable reports whether a peer's store lane is under half full.
	Writable(to broker.EndpointID) bool
}

// Peer is a direct peer as a store sees it.
type Peer struct {
	ID broker.EndpointID
	// Link is another number after each reconnect, and never 0.
	Link uint64
	// Filter is what it has announced.
	Filter broker.Filter
	// Broker: it takes no messages of type wire.TypeStore, only Broker's commands.
	Broker bool
	// Forwards: it passes commands on to others.
	Forwards bool
}

// distant reports whether a peer that announces a topic may lead to a store that only Broker's commands reach.
func distant(peers []Peer, topic string) bool {
	for i := range peers {
		p := &peers[i]
		if !p.Broker && !p.Forwards {
			continue
		}
		if _, wanted := p.announces(topic); wanted {
			return true
		}
	}
	return false
}

// linkOf returns the link of one of the peers; 0: it is none.
func linkOf(peers []Peer, id broker.EndpointID) uint64 {
	for i := range peers {
		if peers[i].ID == id {
			return peers[i].Link
		}
	}
	return 0
}

// announces reports whether a peer has announced exactly this topic, or one prefix of it.
func (p *Peer) announces(topic string) (exactly, wanted bool) {
	for _, f := range p.Filter {
		if f == topic {
			return true, true
		}
	}
	return false, p.Filter.Match(topic)
}
