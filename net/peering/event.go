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

// overflowReason is what Broker calls a peer that was dropped because its buffer was full.
const overflowReason = "caf::sec::backpressure_overflow"

// Event is something that happened to a peer, or to an attempt to reach one.
type Event struct {
	// Status is what happened; its code is StatusUnspecified if Error says it.
	Status broker.Status
	// Error is PeerUnavailable or PeerInvalid, with the address in question; nil for a status.
	Error *broker.Error
	// Why says to people what is behind a PeerLost or a PeerUnavailable; Broker's texts don't.
	Why string
}

func (t *Table) event(e Event) {
	if t.OnEvent != nil {
		t.OnEvent(e)
	}
}

func (t *Table) status(code broker.StatusCode, e broker.EndpointInfo, text, why string) {
	t.event(Event{Status: broker.Status{Code: code, Endpoint: e, Message: text}, Why: why})
}

func (t *Table) failed(code broker.Code, a Address, text, why string) {
	t.event(Event{Error: &broker.Error{Code: code, Context: text, Endpoint: endpointInfo(broker.EndpointID{}, a)}, Why: why})
}

// added tells of a new peer: discovered first, then added.
func (t *Table) added(id broker.EndpointID, a Address) {
	t.status(broker.EndpointDiscovered, broker.EndpointInfo{ID: id}, textDiscovered, "")
	t.status(broker.PeerAdded, endpointInfo(id, a), textAdded, "")
}

// gone tells of the end of a peering: by us if removed, else by the other side or the network.
func (t *Table) gone(id broker.EndpointID, a Address, removed bool, why string) {
	if removed {
		text := textRemoved
		if why != "" {
			text += " (" + why + ")"
		}
		t.status(broker.PeerRemoved, endpointInfo(id, a), text, why)
	} else {
		t.status(broker.PeerLost, endpointInfo(id, a), textLost, why)
	}
	t.status(broker.EndpointUnreachable, broker.EndpointInfo{ID: id}, textUnreachable, "")
}

func endpointInfo(id broker.EndpointID, a Address) broker.EndpointInfo {
	return broker.EndpointInfo{ID: id, Host: a.Host, Port: uint16(a.Port)}
}
