package peering

import "moonpeer/net/broker"

// Texts of statuses and errors, as Broker writes them (native-peering §7.2).
const (
	textDiscovered  = "found a new peer in the network"
	textAdded       = "handshake successful"
	textRemoved     = "removed connection to remote peer"
	textLost        = "lost connection to remote peer"
	textUnreachable = "lost the last path"
	textUnavailable = "unable to connect to remote peer"
	textUnknown     = "cannot unpeer from unknown peer"
)

// OverflowReason is what Broker calls a peer that was dropped because its buffer was full, and CodeOverflow the code that
// a transport closes such a link with: one of ours, above Broker's.
const (
	OverflowReason = "caf::sec::backpressure_overflow"
	CodeOverflow   = 0x100
)

// Event is something that happened to a peer, or to an attempt to reach one.
type Event struct {
	// Status is what happened; its code is StatusUnspecified if Error says it.
	Status broker.Status
	// Error is PeerUnavailable or PeerInvalid, with the address in question; nil for a status.
	Error *broker.Error
	// Why says to people what is behind a PeerLost, PeerRemoved or PeerUnavailable; Broker's texts don't.
	Why string
	// Node is the name of the peer's node and Epoch that of its run, with PeerAdded, PeerLost and PeerRemoved. A Broker has
	// neither.
	Node  string
	Epoch uint64
}

func (t *Table) event(e Event) {
	if t.OnEvent != nil {
		t.OnEvent(e)
	}
}

// status tells of a peering.
func (t *Table) status(code broker.StatusCode, e *entry, text, why string) {
	t.event(Event{Status: broker.Status{Code: code, Endpoint: endpointInfo(e.id, e.addr), Message: text}, Why: why, Node: e.name, Epoch: e.epoch})
}

// reachable tells of an endpoint in the network.
func (t *Table) reachable(code broker.StatusCode, e *entry, text string) {
	t.event(Event{Status: broker.Status{Code: code, Endpoint: broker.EndpointInfo{ID: e.id}, Message: text}})
}

func (t *Table) failed(code broker.Code, a Address, text, why string) {
	t.event(Event{Error: &broker.Error{Code: code, Context: text, Endpoint: endpointInfo(broker.EndpointID{}, a)}, Why: why})
}

// added tells of a new peer: discovered first, then added.
func (t *Table) added(e *entry) {
	t.reachable(broker.EndpointDiscovered, e, textDiscovered)
	t.status(broker.PeerAdded, e, textAdded, "")
}

// gone tells of the end of a peering: by us if it was removed, else by the other side or the network.
func (t *Table) gone(c *conn, why string) {
	e := c.entry
	switch {
	case c.removed && c.reason != "":
		t.status(broker.PeerRemoved, e, textRemoved+" ("+c.reason+")", why)
	case c.removed:
		t.status(broker.PeerRemoved, e, textRemoved, why)
	default:
		t.status(broker.PeerLost, e, textLost, why)
	}
	t.reachable(broker.EndpointUnreachable, e, textUnreachable)
}

func endpointInfo(id broker.EndpointID, a Address) broker.EndpointInfo {
	return broker.EndpointInfo{ID: id, Host: a.Host, Port: uint16(a.Port)}
}
