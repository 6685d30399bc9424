package endpoint

import "fmt"

// Reason says why the hub did not take a message further. These counts come after Received: what a full lane
// loses is in the link's account, not here, but for FullLane.
type Reason uint8

// The reasons.
const (
	NoHandler   Reason = iota // subscribed to, but everyone offered it said that nothing handles it
	Unwanted                  // no subscription here and at the peers it could go to
	Expired                   // its time to live was over before it could be forwarded
	Duplicate                 // a copy of a message that was here already
	OwnOrigin                 // the node's own message came back
	Restricted                // kept from the peers by Restrict
	Reserved                  // came from a peer with a topic that never leaves a node
	Unreachable               // addressed to an endpoint that is neither this one nor reachable from here
	Malformed                 // a frame, or its content, is not what it should be
	Unhandled                 // a control message that nobody here takes
	FullLane                  // forwarded into a lane that answered Full
	NumReasons  = 11
)

var reasonNames = [NumReasons]string{
	"no_handler", "unwanted", "expired", "duplicate", "own_origin", "restricted", "reserved", "unreachable",
	"malformed", "unhandled", "full_lane",
}

// String returns the reason's name in metrics.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// Stats counts what the hub has done since it was made.
type Stats struct {
	Published uint64 // messages given to Publish or Send that were well-formed
	Received  uint64 // messages that came from peers, routing updates and control apart
	Updates   uint64 // routing updates that came
	Delivered uint64 // offers to Locals that were taken
	Sent      uint64 // appends of published messages to links
	Forwarded uint64 // appends of received messages to links
	Not       [NumReasons]uint64
}

// TraceKind is what a TraceEvent tells.
type TraceKind uint8

// The kinds of trace events.
const (
	TracePublish TraceKind = iota // published here
	TraceReceive                  // came from Peer
	TraceDeliver                  // offered to Local
	TraceSend                     // appended to Peer's link
	TraceDrop                     // went no further, for Reason
)

var traceNames = [...]string{"publish", "receive", "deliver", "send", "drop"}

// String returns the kind's name.
func (k TraceKind) String() string { return traceNames[k] }

// TraceEvent is one step of a message through the hub. It is good during the call only.
type TraceEvent struct {
	Kind     TraceKind
	Reason   Reason // of TraceDrop
	Peer     *Peer  // of TraceReceive and TraceSend
	Local    *Local // of TraceDeliver and TracePublish
	Envelope *Envelope
}

// String writes the event on one line, with the message's id as origin:sequence.
func (t TraceEvent) String() string {
	e := t.Envelope
	s := fmt.Sprintf("%s %s:%d %q type %d ttl %d %d bytes", t.Kind, e.Origin, e.Seq, e.Topic, e.Type, e.TTL, len(e.Payload))
	switch {
	case t.Kind == TraceDrop:
		s += " " + t.Reason.String()
	case t.Peer != nil:
		s += " peer " + t.Peer.id.String()
	case t.Local != nil:
		s += " local " + t.Local.name
	}
	return s
}
