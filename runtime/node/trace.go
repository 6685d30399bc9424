package node

import (
	"errors"
	"fmt"
	"strings"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/runtime/script"
)

// TraceLine is a part of the answer to "trace": one step of a message through the node.
type TraceLine struct {
	Time   float64 `json:"time"` // wall, seconds since 1970
	ID     string  `json:"id"`   // origin:sequence, the same on every node
	Kind   string  `json:"kind"` // publish, receive, send, drop
	Peer   string  `json:"peer,omitempty"`
	Topic  string  `json:"topic"`
	Event  string  `json:"event"` // name and arguments, cut to size
	Size   int     `json:"size"`  // bytes of the payload
	Reason string  `json:"reason,omitempty"`
	Missed uint64  `json:"missed,omitempty"` // lines in front of this one that the asker was too slow for
}

// maxTracers is how many may look at once.
const maxTracers = 16

// tracer shows messages to an asker for as long as it is there.
type tracer struct {
	n      *Node
	q      *Question
	prefix string
	missed uint64
	names  map[broker.EndpointID]string // of peers, as far as they were looked up
}

// answerTrace shows the messages whose topics begin with a prefix. The answer has no end; it is the asker who leaves.
func (n *Node) answerTrace(q *Question) {
	var p struct {
		Prefix string `json:"prefix"`
	}
	if !q.Params(&p) {
		return
	}
	if n.controls.tracers >= maxTracers {
		q.Fail(errors.New("too many look at messages already"))
		return
	}
	n.controls.tracers++
	t := &tracer{n: n, q: q, prefix: p.Prefix, names: map[broker.EndpointID]string{}}
	stop := n.Hub.Observe(t.see)
	q.OnGone(func() {
		n.controls.tracers--
		stop()
	})
	q.Part(TraceLine{Kind: "begin"}) // whoever waits for it knows that nothing is missed from now on
}

// see makes a line of a step. That a message is offered here shows in that it is not dropped.
func (t *tracer) see(e endpoint.TraceEvent) {
	m := e.Envelope
	if e.Kind == endpoint.TraceDeliver || len(m.Topic) == 0 || !strings.HasPrefix(string(m.Topic), t.prefix) {
		return
	}
	if t.q.Behind() {
		t.missed++
		return
	}
	line := TraceLine{Time: seconds(t.n.clock.live()), ID: fmt.Sprintf("%s:%d", m.Origin, m.Seq), Kind: e.Kind.String(), Topic: script.Clip(m.Topic), Size: len(m.Payload), Missed: t.missed}
	if t.n.Describe != nil {
		line.Event = t.n.Describe(m.Payload)
	}
	if e.Peer != nil {
		line.Peer = t.name(e.Peer.ID())
	}
	if e.Kind == endpoint.TraceDrop {
		line.Reason = e.Reason.String()
	}
	if t.q.Part(line) {
		t.missed = 0
	}
}

// name is what a peer's node is called, or its id.
func (t *tracer) name(id broker.EndpointID) string {
	if name, ok := t.names[id]; ok {
		return name
	}
	if len(t.names) > 1000 { // of peers that came and went
		clear(t.names)
	}
	name := id.String()
	for _, p := range t.n.Peers.Peers() {
		if p.ID == id && p.Name != "" {
			name = p.Name
		}
	}
	t.names[id] = name
	return name
}
