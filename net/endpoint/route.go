package endpoint

import (
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Receive routes frames of b, at most max of them, and reports whether it is done with the batch. Frames that
// are not yet routed stay for the next call. The caller releases the batch.
//
// An error means that the peer broke the protocol, and that the link must be closed; the frame that broke it is the first
// that is not routed.
func (p *Peer) Receive(b *step.Batch, max int) (done bool, err error) {
	for ; b.Done < b.Len() && max > 0; max-- {
		if p.detached {
			b.Done = b.Len()
			return true, nil
		}
		if err := p.Route(b.Lane, b.Frame(b.Done)[wire.LengthSize:]); err != nil {
			return true, err
		}
		b.Done++
	}
	return b.Done == b.Len(), nil
}

// Route takes one frame without its length field, as it came on a lane. An error means what it means in Receive.
func (p *Peer) Route(l step.Lane, frame []byte) error {
	h := p.hub
	s := h.enter()
	err := p.route(s, l, frame)
	h.exit()
	return err
}

func (p *Peer) route(s *scratch, l step.Lane, frame []byte) error {
	h := p.hub
	e := &s.env
	*e = Envelope{From: p, Lane: l}
	var err error
	if p.broker {
		e.Header, e.Payload, err = wire.ParseBrokerFrame(frame)
		if err != nil {
			h.drop(e, Malformed) // Broker goes on after such a frame, and so do we
			return nil
		}
		e.Lane = laneOf(e.Type)
	} else if e.Header, e.Payload, err = wire.ParseFrame(frame); err != nil {
		h.drop(e, Malformed)
		return fmt.Errorf("peer %s: %s lane: %w", p.id, l, err)
	}
	e.LastHop = p.id
	if !p.broker && (l == step.LaneControl) != linksOwn(e.Type) {
		h.drop(e, Malformed)
		return fmt.Errorf("peer %s: a message of type %d on the %s lane: %w", p.id, e.Type, l, broker.CodeError(broker.InvalidMessage))
	}
	switch e.Type {
	case wire.TypeData, wire.TypeCommand, wire.TypeStore:
		p.identify(e)
		h.route(s)
		return nil
	case wire.TypeRoutingUpdate:
		h.stats.Updates++
		return p.updateFilter(e.Payload)
	}
	if p.control == nil {
		h.drop(e, Unhandled)
		return nil
	}
	return p.control(&e.Header, e.Payload)
}

// linksOwn reports whether messages of that type go between the two ends of a link, on its control lane: there they are
// in front of everything, and what others publish must not get there.
func linksOwn(typ uint8) bool {
	switch typ {
	case wire.TypeRoutingUpdate, wire.TypePing, wire.TypePong, wire.TypeLink:
		return true
	}
	return false
}

// laneOf is the lane of a message that came over a link that has only one.
func laneOf(typ uint8) step.Lane {
	if typ == wire.TypeCommand {
		return step.LaneStores
	}
	return step.LaneEvents
}

// identify completes origin and number. A Broker says neither, so this node stands in as the origin.
func (p *Peer) identify(e *Envelope) {
	h := p.hub
	switch {
	case p.broker:
		e.Origin, e.Seq = h.opts.ID, h.NextSeq()
		e.TTL = min(e.TTL, 255)
	case e.Origin.IsZero():
		e.Origin = p.id
	}
}

// route takes a message from a peer to those that want it.
func (h *Hub) route(s *scratch) {
	e := &s.env
	h.stats.Received++
	if h.observed() {
		h.trace(TraceEvent{Kind: TraceReceive, Peer: e.From, Envelope: e})
	}
	if why, refused := h.refuse(e); refused {
		h.drop(e, why)
		return
	}
	s.hits = h.tree.Match(s.hits[:0], e.Topic)
	taken, offered := 0, 0
	if e.Receiver.IsZero() || e.Receiver == h.opts.ID {
		taken, offered = h.offerLocals(s)
	}
	passed := e.Receiver != h.opts.ID && h.passOn(s)
	switch {
	case taken > 0 || passed:
	case e.Receiver.IsZero() || e.Receiver == h.opts.ID:
		h.drop(e, unheard(offered))
	default:
		h.drop(e, Unreachable)
	}
}

// refuse finds what makes a message from a peer unfit to go on.
func (h *Hub) refuse(e *Envelope) (Reason, bool) {
	switch {
	case !e.From.broker && e.Origin == h.opts.ID:
		return OwnOrigin, true
	case len(e.Topic) == 0 || len(e.Payload) == 0 || e.Seq == 0:
		return Malformed, true
	case len(e.Topic) >= len(broker.LocalPrefix) && string(e.Topic[:len(broker.LocalPrefix)]) == broker.LocalPrefix:
		return Reserved, true
	case h.seen != nil && !e.From.broker && h.seen.add(messageID{e.Origin, e.Seq}):
		return Duplicate, true
	}
	return 0, false
}

// passOn forwards the message to the peers that want it, and reports whether it had anywhere to go: then what
// became of it has been counted.
func (h *Hub) passOn(s *scratch) bool {
	e := &s.env
	if !h.opts.Forwarding || e.Type == wire.TypeStore {
		return false // store commands of ours go to direct peers only
	}
	if !e.Receiver.IsZero() {
		p := h.byID[e.Receiver]
		if p == nil || p == e.From || p.muted {
			return false
		}
		if h.prepare(s) {
			h.relay(p, s)
		}
		return true
	}
	ready := false
	for _, x := range s.hits {
		p := x.Receiver.peer
		// Never back to where it came from, nor to where it was made: that end would drop it.
		if p == nil || p == e.From || p.id == e.Origin {
			continue
		}
		if !ready && !h.prepare(s) {
			return true
		}
		ready = true
		h.relay(p, s)
	}
	return ready
}

// prepare makes the header to forward with. It returns false, having counted why, if the message may not leave.
func (h *Hub) prepare(s *scratch) bool {
	e := &s.env
	switch {
	case e.TTL <= 1:
		h.drop(e, Expired)
		return false
	case !h.mayLeave(e.Type, e.Topic):
		h.drop(e, Restricted)
		return false
	}
	s.out = e.Header
	s.out.TTL--
	s.out.LastHop = h.opts.ID
	s.own()
	return true
}

// relay sends what prepare has made ready. Nobody here can keep what a lane has no room for.
func (h *Hub) relay(p *Peer, s *scratch) {
	if h.send(p, s) == step.Full {
		h.drop(&s.env, FullLane)
	}
}
