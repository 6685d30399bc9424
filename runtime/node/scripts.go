package node

import (
	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

// scripts is the domain as a party of the hub: it takes events and identifier updates, undecoded.
type scripts struct{ n *Node }

// Offer implements endpoint.Receiver.
func (s scripts) Offer(e *endpoint.Envelope) bool {
	if e.Type != wire.TypeData || aboutControl(e.Topic) {
		return false
	}
	return s.message(e, e.Payload)
}

// message takes one Zeek message; a batch is taken apart.
func (s scripts) message(e *endpoint.Envelope, payload []byte) bool {
	kind, _, err := wire.ParseZeekHeader(payload) // its type only
	if err != nil {
		s.n.Domain.Reports.Warnf("a message on topic %q is no event of Zeek's form (from %s): %v", script.Clip(e.Topic), e.Origin, err)
		return false
	}
	switch kind {
	case wire.ZeekEvent:
		return e.Forwarded || s.event(e, payload)
	case wire.ZeekIdentifierUpdate:
		if s.n.OnIdentifier != nil { // in its turn: events that were published before it come first
			from := e.Origin
			return s.n.Domain.DeferReceived(payload, func(p []byte) { s.n.OnIdentifier(p, from.String()) })
		}
	case wire.ZeekBatch:
		return s.batch(e, payload)
	}
	return false
}

// batch takes a batch apart. A batch inside is refused, with one warning for the whole message: Zeek sends none, and
// each level would be read over once more for each level around it.
func (s scripts) batch(e *endpoint.Envelope, payload []byte) bool {
	b, err := wire.ParseBatch(payload)
	if err != nil {
		return false
	}
	taken, nested := false, false
	for m, ok := b.Next(); ok; m, ok = b.Next() {
		if kind, _, _ := wire.ParseZeekHeader(m); kind == wire.ZeekBatch {
			nested = true
			continue
		}
		taken = s.message(e, m) || taken
	}
	if nested {
		s.n.Domain.Reports.Warnf("a batch on topic %q has a batch inside (from %s): the one inside is dropped",
			script.Clip(e.Topic), e.Origin)
	}
	return taken
}

// event queues an event that somebody here handles. One that nobody does is dropped before its arguments are
// looked at, and warned about once.
func (s scripts) event(e *endpoint.Envelope, payload []byte) bool {
	d := s.n.Domain
	name, err := wire.EventName(payload)
	if err != nil {
		d.Reports.Warnf("an event on topic %q can't be read (from %s): %v", script.Clip(e.Topic), e.Origin, err)
		return false
	}
	if e.From != nil && s.n.Cluster.Receive(name, payload, sender(e)) {
		return true
	}
	ev := d.LookupBytes(name)
	if ev != nil && ev.Own && e.From != nil {
		ev.Dropped++
		if ev.WarnOnce() {
			d.Reports.Warnf("event %q came on topic %q (from %s): only the node itself raises it, refused",
				script.Clip(ev.Name), script.Clip(e.Topic), e.Origin)
		}
		return false
	}
	if ev == nil || !ev.Wanted() {
		d.Counters.Unhandled++
		s.unhandled(e, ev, name)
		return false
	}
	return d.Receive(ev, script.Origin{Remote: e.From != nil, ID: e.Origin, Topic: e.Topic, Payload: payload})
}

// sender is the peer that a message is from by its own account and by that of its link; nobody if they differ, since
// peers may say of what they pass on whatever they like.
func sender(e *endpoint.Envelope) (id broker.EndpointID) {
	if from := e.From.ID(); e.Origin == from {
		return from
	}
	return id
}

func (s scripts) unhandled(e *endpoint.Envelope, ev *script.Event, name []byte) {
	if ev != nil {
		ev.Dropped++
		if ev.Declared() { // declared and handled elsewhere is an ordinary design
			return
		}
	}
	if shown := script.Clip(name); s.n.firstUnknown(shown) {
		s.n.Domain.Reports.Warnf("event %q arrived on topic %q (from %s), and no script here knows it%s; further ones are only counted",
			shown, script.Clip(e.Topic), e.Origin, s.n.Domain.NearEvent(shown))
	}
}

// maxUnknown bounds how many names of unknown events are remembered, since others choose them.
const maxUnknown = 1000

// firstUnknown tells whether an event that no one knows is worth a warning: its name, which was cut, is new, and
// there were few.
func (n *Node) firstUnknown(name string) bool {
	if len(n.unknown) >= maxUnknown || n.unknown[name] {
		return false
	}
	if n.unknown == nil {
		n.unknown = map[string]bool{}
	}
	n.unknown[name] = true
	return true
}
