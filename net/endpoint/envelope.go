package endpoint

import (
	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Link is how the hub sees a connection to a peer.
type Link = step.Link[wire.Header]

// Envelope is a message in transit. It and its slices belong to the hub; whoever keeps something copies it.
type Envelope struct {
	wire.Header // Origin and LastHop are never zero here
	Payload     []byte
	Lane        step.Lane
	From        *Peer  // who sent it here; nil if it was published in this node
	Publisher   *Local // who published it in this node; nil if it came from a peer
	// Forwarded says that the topic lies under a prefix the receiver forwards: an event is not to be raised.
	// Other kinds of message are not concerned.
	Forwarded bool
}

// Receiver is what a Local offers envelopes to.
type Receiver interface {
	// Offer takes e, which is good until Offer returns. It does not block. False means that nothing here handles
	// the message, which is counted as such. Offer may call the hub.
	Offer(e *Envelope) bool
}

// Message is what a Local publishes.
type Message struct {
	Topic    string
	Payload  []byte            // copied
	Type     uint8             // wire.TypeData, TypeCommand or TypeStore; zero means TypeData
	Lane     step.Lane         // events, stores or logs; LaneControl, which is zero, means events
	Receiver broker.EndpointID // zero means everybody who subscribes
}

// Result says how many took a published message. Nothing counted here is an error: nobody may want it.
type Result struct {
	Locals  int // parties in this node
	Peers   int // links that queued it
	Dropped int // links whose lane dropped it at once
	Full    int // links that answered Full: for these it is still the caller's
}

// scratch is what one publish or route needs. The hub has as many as calls are nested in each other.
type scratch struct {
	env   Envelope
	out   wire.Header
	topic []byte
	hits  []hit
}
