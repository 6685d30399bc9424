package endpoint

import (
	"bytes"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// largestHeader is our header with both ids. Sizes are checked with it, so that a message that leaves its origin
// can also be forwarded.
const largestHeader = 12 + 16 + 16

// Wanted reports whether anybody would get a data message of that topic if this party published it now. It is
// for asking before a message is encoded. While somebody observes the hub, everything is wanted.
func (l *Local) Wanted(topic string) bool {
	h := l.hub
	if h.observed() {
		return true
	}
	s := h.enter()
	s.match(h, topic)
	wanted := false
	for _, x := range s.hits {
		if t := x.Receiver; t.peer != nil {
			wanted = h.mayLeave(wire.TypeData, s.topic)
		} else {
			wanted = t.local != l || t.how == self
		}
		if wanted {
			break
		}
	}
	h.exit()
	return wanted
}

// Publish sends an event to everybody who subscribes to its topic. See Send.
func (l *Local) Publish(topic string, payload []byte) (Result, error) {
	return l.Send(Message{Topic: topic, Payload: payload})
}

// Send publishes m. It appends straight to the links and offers to the Locals that want it, and waits for
// nobody; that nobody wants it is no error. An error means that m can't be sent to anyone: it has no topic or no
// payload, is too large, or its receiver is not a peer.
func (l *Local) Send(m Message) (Result, error) {
	h := l.hub
	if err := h.check(l, &m); err != nil {
		return Result{}, err
	}
	h.stats.Published++
	s := h.enter()
	s.match(h, m.Topic)
	e := &s.env
	*e = Envelope{Header: wire.Header{Type: m.Type, TTL: h.opts.TTL, Seq: h.seq + 1, Origin: h.opts.ID, LastHop: h.opts.ID,
		Receiver: m.Receiver, Topic: s.topic}, Payload: m.Payload, Lane: m.Lane, Publisher: l}
	// What matches nobody does not use up a number.
	if len(s.hits) > 0 || !m.Receiver.IsZero() {
		h.seq++
	}
	if h.observed() {
		h.trace(TraceEvent{Kind: TracePublish, Local: l, Envelope: e})
	}
	r, err := h.spread(s)
	h.exit()
	return r, err
}

// check refuses what can't be sent, and fills in what is left out.
func (h *Hub) check(l *Local, m *Message) error {
	if m.Type == 0 {
		m.Type = wire.TypeData
	}
	if m.Lane == step.LaneControl {
		m.Lane = step.LaneEvents
	}
	size := largestHeader + len(m.Topic) + len(m.Payload)
	switch {
	case l.closed:
		return fmt.Errorf("publish on %q: %s is closed", m.Topic, l.name)
	case m.Type != wire.TypeData && m.Type != wire.TypeCommand && m.Type != wire.TypeStore:
		return fmt.Errorf("publish on %q: type %d is not for publishing", m.Topic, m.Type)
	case m.Topic == "":
		return fmt.Errorf("publish: the topic is empty; Broker peers would end the link over it")
	case len(m.Topic) > 1<<16-1:
		return fmt.Errorf("publish on %.20q…: topic of %d bytes, at most 65535", m.Topic, len(m.Topic))
	case len(m.Payload) == 0:
		return fmt.Errorf("publish on %q: the message is empty", m.Topic)
	case size > h.opts.MaxFrame:
		return fmt.Errorf("publish on %q: message of %d bytes, at most %d (limit max_frame)", m.Topic, size, h.opts.MaxFrame)
	}
	return nil
}

// match finds who wants topic.
func (s *scratch) match(h *Hub, topic string) {
	s.topic = append(s.topic[:0], topic...)
	s.hits = h.tree.Match(s.hits[:0], s.topic)
}

// spread takes a message published here to those that want it.
func (h *Hub) spread(s *scratch) (Result, error) {
	e := &s.env
	if e.Receiver.IsZero() {
		return h.spreadAll(s), nil
	}
	var r Result
	if e.Receiver == h.opts.ID {
		var offered int
		if r.Locals, offered = h.offerLocals(s); r.Locals == 0 {
			h.drop(e, unheard(offered))
		}
		return r, nil
	}
	p := h.byID[e.Receiver]
	if p == nil || p.muted || !p.Carries(e.Type) {
		h.drop(e, Unreachable)
		return r, fmt.Errorf("send to %s: it is no peer, or none that takes type %d: %w", e.Receiver, e.Type, broker.CodeError(broker.NoPathToPeer))
	}
	if !h.mayLeave(e.Type, e.Topic) {
		h.drop(e, Restricted)
		return r, nil
	}
	s.out = e.Header
	s.own()
	r.add(h.send(p, s))
	return r, nil
}

func (h *Hub) spreadAll(s *scratch) (r Result) {
	e := &s.env
	peers := 0
	for _, x := range s.hits {
		if p := x.Receiver.peer; p != nil && p.Carries(e.Type) {
			peers++
		}
	}
	if peers > 0 {
		if h.mayLeave(e.Type, e.Topic) {
			s.out = e.Header
			s.own()
			for _, x := range s.hits {
				if p := x.Receiver.peer; p != nil && p.Carries(e.Type) {
					r.add(h.send(p, s))
				}
			}
		} else {
			h.drop(e, Restricted)
		}
	}
	offered := 0
	if len(s.hits) > peers {
		r.Locals, offered = h.offerLocals(s)
	}
	if r.Locals == 0 && peers == 0 {
		h.drop(e, unheard(offered))
	}
	return r
}

// unheard is why nobody in this node took a message that was offered to so many.
func unheard(offered int) Reason {
	if offered > 0 {
		return NoHandler
	}
	return Unwanted
}

// own makes sure that links may keep a large payload.
func (s *scratch) own() {
	if len(s.env.Payload) > step.LargePayload {
		s.env.Payload = bytes.Clone(s.env.Payload)
	}
}

// mayLeave reports whether a message of that type and topic may go to peers at all.
func (h *Hub) mayLeave(typ uint8, topic []byte) bool {
	if len(topic) >= len(broker.LocalPrefix) && string(topic[:len(broker.LocalPrefix)]) == broker.LocalPrefix {
		return false
	}
	return !h.restricted || typ != wire.TypeData || h.leave.MatchBytes(topic)
}

// send appends the scratch's message to p's link, with the header made for going out.
func (h *Hub) send(p *Peer, s *scratch) step.Verdict {
	v := p.Append(s.env.Lane, &s.out, s.env.Payload)
	if v == step.Queued {
		if s.env.From == nil {
			h.stats.Sent++
		} else {
			h.stats.Forwarded++
		}
	}
	if h.observed() {
		h.trace(TraceEvent{Kind: TraceSend, Peer: p, Envelope: &s.env})
	}
	return v
}

func (r *Result) add(v step.Verdict) {
	switch v {
	case step.Queued:
		r.Peers++
	case step.Dropped:
		r.Dropped++
	case step.Full:
		r.Full++
	}
}

// offerLocals offers the scratch's message to each Local among the hits, and returns how many took it and how
// many it was offered to. A Local's interests lie beside each other.
func (h *Hub) offerLocals(s *scratch) (taken, offered int) {
	e := &s.env
	for i := 0; i < len(s.hits); {
		l := s.hits[i].Receiver.local
		if l == nil {
			i++
			continue
		}
		var how interest
		for ; i < len(s.hits) && s.hits[i].Receiver.local == l; i++ {
			how |= s.hits[i].Receiver.how
		}
		if l == e.Publisher && how&self == 0 {
			continue
		}
		offered++
		if l.offer(e, how) {
			taken++
		}
	}
	return taken, offered
}
