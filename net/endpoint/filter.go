package endpoint

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// maxUpdate is how long a routing update may be: what a control lane holds.
const maxUpdate = 1 << 20

// What an endpoint may want: peers take so many prefixes, and a control lane holds an update of that size.
const (
	mostWanted      = wire.MaxFilter
	mostWantedBytes = 900 << 10
)

// Room says why one more prefix can't be wanted; nil if it can. Peers could not be told of a filter that is too large.
func (h *Hub) Room(prefix string) error { return h.RoomBeside(prefix, 0, 0) }

// RoomBeside is Room for one who is about to want so many other prefixes, with so many bytes in all.
func (h *Hub) RoomBeside(prefix string, others, bytes int) error {
	n, size := len(h.wants)+others, h.wantBytes+bytes+others*lengthOfPrefix
	if n < mostWanted && size+len(prefix)+lengthOfPrefix <= mostWantedBytes || h.wants.has(prefix) {
		return nil
	}
	return fmt.Errorf("this node subscribes to %d prefixes of %d bytes, at most %d and %d can be told to peers; subscribe to a shorter prefix instead",
		n, size, mostWanted, mostWantedBytes)
}

// Wants tells whether exactly this prefix is wanted.
func (h *Hub) Wants(prefix string) bool { return h.wants.has(prefix) }

// lengthOfPrefix is how long the length of a prefix is at most.
const lengthOfPrefix = 3

// wants is the prefixes that parties want, sorted, with how many want each.
type wants []want

type want struct {
	prefix string
	n      int
}

// find returns where a prefix is, or would be.
func (w wants) find(prefix string) (i int, ok bool) {
	return slices.BinarySearchFunc(w, prefix, func(x want, p string) int { return cmp.Compare(x.prefix, p) })
}

func (w wants) has(prefix string) bool {
	_, ok := w.find(prefix)
	return ok
}

// want counts one more or one less party for prefix.
func (h *Hub) want(prefix string, delta int) {
	i, ok := h.wants.find(prefix)
	if !ok {
		h.wants = slices.Insert(h.wants, i, want{prefix: prefix})
		h.wantBytes += len(prefix) + lengthOfPrefix
	}
	h.wants[i].n += delta
	if h.wants[i].n == 0 {
		h.wants = slices.Delete(h.wants, i, i+1)
		h.wantBytes -= len(prefix) + lengthOfPrefix
	}
	h.stale = true
}

// filter returns the smallest set of prefixes that covers w, without what never leaves a node.
func (w wants) filter() broker.Filter {
	var f broker.Filter
	for _, x := range w {
		covered := len(f) > 0 && strings.HasPrefix(x.prefix, f[len(f)-1])
		if !covered && !broker.IsLocalTopic(x.prefix) {
			f = append(f, x.prefix)
		}
	}
	return f
}

// Filter returns what the endpoint announces: for the handshake, which tells a peer before it is attached.
func (h *Hub) Filter() broker.Filter {
	h.refresh()
	return slices.Clone(h.announced)
}

// refresh makes the announced filter of what is wanted now.
func (h *Hub) refresh() {
	if !h.stale {
		return
	}
	h.stale = false
	if f := h.wants.filter(); !f.Equal(h.announced) {
		h.announced, h.untold = f, true
	}
}

// announce tells the filter to every peer that knows another one.
func (h *Hub) announce() {
	h.refresh()
	if !h.untold {
		return
	}
	h.untold = false
	update := wire.AppendFilter(nil, h.announced)
	for _, p := range h.peers {
		if !p.muted && !p.told.Equal(h.announced) {
			p.told = h.announced
			p.sendControl(wire.TypeRoutingUpdate, update)
		}
	}
}

// Control sends a message between the two ends of the link, such as a ping, into its control lane. Full means that
// the peer does not read.
func (p *Peer) Control(typ uint8, payload []byte) step.Verdict {
	h := p.hub
	hd := wire.Header{Type: typ, TTL: h.opts.TTL, Seq: h.NextSeq(), Origin: h.opts.ID, LastHop: h.opts.ID,
		Receiver: p.id, Topic: reservedTopic}
	if len(payload) > step.LargePayload { // links keep it, and it may lie in a batch
		payload = bytes.Clone(payload)
	}
	return p.Append(step.LaneControl, &hd, payload)
}

// sendControl is Control for the hub's own messages. A control lane that is full means that the peer is gone.
func (p *Peer) sendControl(typ uint8, payload []byte) {
	if p.Control(typ, payload) == step.Full {
		p.closing = true
		p.link.Close(uint64(broker.PeerTimeout), "control lane full: the peer does not read")
	}
}

var reservedTopic = []byte(broker.ReservedTopic)

// updateFilter takes in a routing update, which replaces the peer's whole filter.
func (p *Peer) updateFilter(payload []byte) error {
	if len(payload) > maxUpdate {
		return fmt.Errorf("peer %s: routing update of %d bytes, at most %d are taken: %w", p.id, len(payload), maxUpdate, broker.CodeError(broker.InvalidMessage))
	}
	prefixes, err := wire.ParseFilter(payload)
	if err != nil {
		return fmt.Errorf("peer %s: routing update: %w", p.id, err)
	}
	if p.muted {
		return nil
	}
	return p.setFilter(broker.NewFilter(prefixes...))
}

// setFilter makes f the peer's filter; only the differences reach the tree.
func (p *Peer) setFilter(f broker.Filter) error {
	h := p.hub
	if len(f) > h.opts.MaxFilter {
		return fmt.Errorf("peer %s: filter of %d prefixes, at most %d are taken: %w", p.id, len(f), h.opts.MaxFilter, broker.CodeError(broker.InvalidMessage))
	}
	old := p.filter
	for i, j := 0, 0; i < len(old) || j < len(f); {
		switch {
		case j == len(f) || i < len(old) && old[i] < f[j]:
			h.tree.Remove(old[i], p.treeID)
			i++
		case i == len(old) || f[j] < old[i]:
			h.tree.Insert(f[j], p.treeID, p.target)
			j++
		default:
			i, j = i+1, j+1
		}
	}
	p.filter = f
	h.turnover++
	return nil
}
