package node

import (
	"moonpeer/net/endpoint"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

// scripts is the domain as a party of the hub: it takes events and identifier updates, undecoded.
type scripts struct{ n *Node }

// Offer implements endpoint.Receiver.
func (s scripts) Offer(e *endpoint.Envelope) bool {
	if e.Type != wire.TypeData {
		return false
	}
	return s.message(e, e.Payload)
}

// message takes one Zeek message; a batch is taken apart.
func (s scripts) message(e *endpoint.Envelope, payload []byte) bool {
	kind, _, err := wire.ParseZeekHeader(payload) // its type only
	if err != nil {
		s.n.Domain.Reports.Warnf("a message on topic %q is no event of Zeek's form (from %s): %v", e.Topic, e.Origin, err)
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
		b, err := wire.ParseBatch(payload)
		if err != nil {
			return false
		}
		taken := false
		for m, ok := b.Next(); ok; m, ok = b.Next() {
			taken = s.message(e, m) || taken
		}
		return taken
	}
	return false
}

// event queues an event that somebody here handles. One that nobody does is dropped before its arguments are
// looked at, and warned about once.
func (s scripts) event(e *endpoint.Envelope, payload []byte) bool {
	d := s.n.Domain
	name, err := wire.EventName(payload)
	if err != nil {
		d.Reports.Warnf("an event on topic %q can't be read (from %s): %v", e.Topic, e.Origin, err)
		return false
	}
	ev := d.LookupBytes(name)
	if ev != nil && ev.Own && e.From != nil {
		ev.Dropped++
		if ev.WarnOnce() {
			d.Reports.Warnf("event %q came on topic %q (from %s): only the node itself raises it, refused", ev.Name, e.Topic, e.Origin)
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

func (s scripts) unhandled(e *endpoint.Envelope, ev *script.Event, name []byte) {
	if ev != nil {
		ev.Dropped++
		if ev.Declared() { // declared and handled elsewhere is an ordinary design
			return
		}
	}
	if s.n.firstUnknown(string(name[:min(len(name), maxUnknownName)])) {
		s.n.Domain.Reports.Warnf("event %q arrived on topic %q (from %s), and no script here knows it%s; further ones are only counted",
			name, e.Topic, e.Origin, s.n.Domain.NearEvent(string(name)))
	}
}

// maxUnknown bounds how many names of unknown events are remembered, and maxUnknownName how much of each, since others
// choose them.
const (
	maxUnknown     = 1000
	maxUnknownName = 100
)

// firstUnknown tells whether an event that no one knows is worth a warning: its name is new, and there were few.
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
