package endpoint

import (
	"slices"

	"moonpeer/net/broker"
	"moonpeer/net/prefix"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Options say what kind of endpoint a Hub is.
type Options struct {
	// ID is the endpoint's identity, made afresh at every start. Required.
	ID broker.EndpointID
	// Env is where randomness comes from. Required: Rand.
	Env step.Env
	// Forwarding passes messages on from peer to peer. Zero means off, as in Zeek.
	Forwarding bool
	// TTL is the time to live of messages published here, at most 255. Zero means wire.DefaultTTL.
	TTL uint16
	// MaxFrame is the largest frame that is sent, by its length field. Zero means wire.DefaultMaxFrame.
	MaxFrame int
	// MaxFilter is how many prefixes a peer may announce. Zero means 65,536.
	MaxFilter int
}

func (o Options) withDefaults() Options {
	if o.TTL == 0 {
		o.TTL = wire.DefaultTTL
	}
	o.TTL = min(o.TTL, 255)
	if o.MaxFrame == 0 {
		o.MaxFrame = wire.DefaultMaxFrame
	}
	if o.MaxFilter == 0 {
		o.MaxFilter = 1 << 16
	}
	return o
}

// Hub routes messages between the parties of a node and its peers. Make one with New; only the loop may use it.
type Hub struct {
	opts    Options
	seq     uint64 // the last number given out
	parties prefix.ID
	tree    prefix.Tree[*target]
	peers   []*Peer // in the order in which they were attached
	byID    map[broker.EndpointID]*Peer

	wants     wants         // what Locals subscribe to and forward
	wantBytes int           // of an update with all of them
	announced broker.Filter // replaced, never changed: peers hold it as what they were told
	stale     bool          // wants has changed since announced was made of it
	untold    bool          // some peer may not know announced
	turnover  uint64        // how often peers came, went or announced something else

	restricted bool
	leave      broker.Filter // what may leave if restricted

	seen *seen // nil while nobody forwards
	keys [2]uint64

	observers []*observer // see Observe

	unflushed []*Peer
	scratches []*scratch
	depth     int
	stats     Stats
}

// hit is a party that a topic matched.
type hit = prefix.Entry[*target]

// target is how a party stands in the tree: a peer once, a Local once for each way of being interested.
type target struct {
	peer  *Peer
	local *Local
	how   interest
}

// interest says how a Local wants a prefix.
type interest uint8

const (
	plain   interest = 1 << iota // what others publish
	self                         // that, and its own
	forward                      // only to have it come here
	numInterests
)

// idsPerParty leaves each party's targets beside each other in the tree's order.
const idsPerParty = 4

// New returns a hub without parties.
func New(opts Options) *Hub {
	h := &Hub{opts: opts.withDefaults(), byID: map[broker.EndpointID]*Peer{}}
	h.keys = [2]uint64{opts.Env.Rand.Uint64(), opts.Env.Rand.Uint64()}
	h.watchCopies()
	return h
}

// ID is the endpoint's identity.
func (h *Hub) ID() broker.EndpointID { return h.opts.ID }

// NextSeq takes the next number of the endpoint's sequence, for a message that does not go through the hub.
func (h *Hub) NextSeq() uint64 {
	h.seq++
	return h.seq
}

// Stats returns the counts.
func (h *Hub) Stats() Stats { return h.stats }

// Forwarding reports whether messages are passed on between peers.
func (h *Hub) Forwarding() bool { return h.opts.Forwarding }

// SetForwarding turns forwarding on or off. Peers hear of it by a hello; see peering.Table.ForwardingChanged.
func (h *Hub) SetForwarding(on bool) {
	h.opts.Forwarding = on
	h.watchCopies()
}

// Restrict lets data messages leave to peers only if their topic has one of the given prefixes, also those that
// are forwarded; without prefixes nothing leaves. Store commands and control messages are not concerned.
func (h *Hub) Restrict(prefixes ...string) {
	h.restricted, h.leave = true, broker.NewFilter(prefixes...)
}

// Unrestrict lets everything leave again.
func (h *Hub) Unrestrict() { h.restricted, h.leave = false, nil }

// Peers returns the attached peers in the order in which they came. The slice is the caller's.
func (h *Hub) Peers() []*Peer { return slices.Clone(h.peers) }

// Peer returns the attached peer of that id, or nil.
func (h *Hub) Peer(id broker.EndpointID) *Peer { return h.byID[id] }

// Turnover rises whenever a peer comes, goes, announces another filter, or begins or ends to forward.
func (h *Hub) Turnover() uint64 { return h.turnover }

// Writable reports whether lane l of every link is under half full, so that more input may be taken up.
func (h *Hub) Writable(l step.Lane) bool {
	for _, p := range h.peers {
		if !p.closing && !p.link.Writable(l) {
			return false
		}
	}
	return true
}

// Flush ends a turn: peers are told of a filter that has changed, and links hand over what was appended.
func (h *Hub) Flush() {
	h.announce()
	for i, p := range h.unflushed {
		h.unflushed[i] = nil
		p.unflushed = false
		if !p.detached {
			p.link.Flush()
		}
	}
	h.unflushed = h.unflushed[:0]
}

// nextParty gives out the tree ids of one more party.
func (h *Hub) nextParty() prefix.ID {
	h.parties += idsPerParty
	return h.parties
}

// watchCopies looks for duplicates while copies can come about: while this node or a peer forwards.
func (h *Hub) watchCopies() {
	on := h.opts.Forwarding || slices.ContainsFunc(h.peers, func(p *Peer) bool { return p.forwards })
	switch {
	case !on:
		h.seen = nil
	case h.seen == nil:
		h.seen = newSeen(h.keys)
	}
}

// enter returns scratch space for one publish or route; exit gives it back.
func (h *Hub) enter() *scratch {
	if h.depth == len(h.scratches) {
		h.scratches = append(h.scratches, new(scratch))
	}
	s := h.scratches[h.depth]
	h.depth++
	return s
}

func (h *Hub) exit() {
	h.depth--
	h.scratches[h.depth].env.Payload = nil // it may be a large one
}

// drop counts and traces a message that goes no further.
func (h *Hub) drop(e *Envelope, r Reason) {
	h.stats.Not[r]++
	if h.observed() {
		h.trace(TraceEvent{Kind: TraceDrop, Reason: r, Peer: e.From, Local: e.Publisher, Envelope: e})
	}
}
