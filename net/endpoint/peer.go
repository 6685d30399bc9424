package endpoint

import (
	"fmt"
	"slices"

	"moonpeer/net/broker"
	"moonpeer/net/prefix"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// PeerOptions say what the handshake has found out about a peer.
type PeerOptions struct {
	// Broker: frames have Broker's header, without ids, and come on one lane.
	Broker bool
	// Forwards: the peer passes messages on, so copies may come from it.
	Forwards bool
	// Stores: the peer takes messages of type wire.TypeStore.
	Stores bool
	// Filter is what the peer announced in the handshake; a routing update replaces it.
	Filter broker.Filter
	// Told is what the handshake has announced to the peer. If the endpoint's filter is another one by now, a
	// routing update follows.
	Told broker.Filter
	// Control takes the messages between the two ends of the link, ping, pong and link control, on behalf of the
	// peering. Header and payload are good during the call. An error is returned by Receive. Nil means that such
	// messages are counted and dropped.
	Control func(h *wire.Header, payload []byte) error
}

// Peer is an endpoint that is linked to this one.
type Peer struct {
	hub      *Hub
	id       broker.EndpointID
	link     Link
	broker   bool
	forwards bool
	stores   bool
	control  func(h *wire.Header, payload []byte) error

	treeID prefix.ID
	target *target
	filter broker.Filter
	told   broker.Filter // what it knows of this endpoint's

	unflushed bool // appended to in this turn
	closing   bool // the hub has closed the link and waits to have it detached
	muted     bool // nothing goes to it any more but control messages
	detached  bool
}

// Attach adds a peer whose handshake is done. It is an error if a peer of that id is attached, or if its filter
// is too large.
func (h *Hub) Attach(id broker.EndpointID, link Link, opts PeerOptions) (*Peer, error) {
	if id == h.opts.ID {
		return nil, fmt.Errorf("peer %s is this endpoint itself: %w", id, broker.CodeError(broker.PeerInvalid))
	}
	if h.byID[id] != nil {
		return nil, fmt.Errorf("peer %s is attached already: %w", id, broker.CodeError(broker.RedundantConnection))
	}
	p := &Peer{hub: h, id: id, link: link, broker: opts.Broker, forwards: opts.Forwards, stores: opts.Stores, control: opts.Control, treeID: h.nextParty()}
	p.target = &target{peer: p}
	if err := p.setFilter(broker.NewFilter(opts.Filter...)); err != nil {
		return nil, err
	}
	h.byID[id] = p
	h.peers = append(h.peers, p)
	h.turnover++
	h.watchCopies()
	p.told, h.untold = slices.Clone(opts.Told), true
	return p, nil
}

// Detach removes the peer. It does not close the link. A second call does nothing.
func (p *Peer) Detach() {
	if p.detached {
		return
	}
	h := p.hub
	p.detached = true
	h.turnover++
	for _, f := range p.filter {
		h.tree.Remove(f, p.treeID)
	}
	delete(h.byID, p.id)
	h.peers = slices.DeleteFunc(h.peers, func(q *Peer) bool { return q == p })
	h.watchCopies()
}

// Mute ends what goes to the peer, but for control messages. What comes from it is routed on.
func (p *Peer) Mute() {
	if !p.detached {
		p.setFilter(nil) // no filter is small enough
		p.muted = true
		p.hub.turnover++
	}
}

// ID is the peer's endpoint id.
func (p *Peer) ID() broker.EndpointID { return p.id }

// Serial tells this attachment of the peer from all others of the hub's.
func (p *Peer) Serial() uint64 { return uint64(p.treeID) }

// Muted reports whether nothing goes to the peer any more.
func (p *Peer) Muted() bool { return p.muted }

// Link is the link the peer was attached with.
func (p *Peer) Link() Link { return p.link }

// Filter is what the peer has announced. It must not be changed.
func (p *Peer) Filter() broker.Filter { return p.filter }

// Forwards reports whether the peer passes messages on.
func (p *Peer) Forwards() bool { return p.forwards }

// SetForwards says whether the peer passes messages on, when that is known only after Attach.
func (p *Peer) SetForwards(on bool) {
	if p.forwards != on && !p.detached {
		p.hub.turnover++
	}
	p.forwards = on
	p.hub.watchCopies()
}

// Carries reports whether the peer takes messages of that type: our own types are not for Broker, and store commands for
// those who have said so.
func (p *Peer) Carries(typ uint8) bool {
	if typ == wire.TypeStore {
		return p.stores
	}
	return !p.broker || typ <= wire.TypePong
}

// Append puts a message of the link's own, such as a ping, into one of its lanes; Flush takes it along. Messages
// for subscribers go through Publish.
func (p *Peer) Append(l step.Lane, hd *wire.Header, payload []byte) step.Verdict {
	if p.detached || p.closing {
		return step.Dropped
	}
	if !p.unflushed {
		p.unflushed = true
		p.hub.unflushed = append(p.hub.unflushed, p)
	}
	return p.link.Append(l, hd, payload)
}
