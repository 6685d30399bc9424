package mempeer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/step"
)

// node is the least of a node: a hub, one party and an inbox.
type node struct {
	name    string
	hub     *endpoint.Hub
	party   *endpoint.Local
	inbox   []step.Input
	peers   map[step.LinkID]*endpoint.Peer
	links   step.LinkID
	got     []string // "topic=payload", as a script would have had them raised
	closed  []step.Closed
	frozen  bool // takes no turn
	onEvent func(e *endpoint.Envelope)
	unknown bool // nothing here has a handler
}

func (n *node) Put(in step.Input) { n.inbox = append(n.inbox, in) }

func (n *node) Offer(e *endpoint.Envelope) bool {
	if n.unknown {
		return false
	}
	if e.Forwarded {
		return true
	}
	n.got = append(n.got, fmt.Sprintf("%s=%s", e.Topic, e.Payload))
	if n.onEvent != nil {
		n.onEvent(e)
	}
	return true
}

func (n *node) publish(topic, payload string) { n.party.Publish(topic, []byte(payload)) }

func (n *node) subscribe(prefixes ...string) {
	for _, p := range prefixes {
		n.party.Subscribe(p, endpoint.SubscribeOptions{})
	}
}

// peer returns the node's end of its only link to another.
func (n *node) peer(other *node) *endpoint.Peer { return n.hub.Peer(other.hub.ID()) }

// turn does what runtime/node's Turn does with ports and flushing.
func (n *node) turn() {
	inputs := n.inbox
	n.inbox = nil
	for _, in := range inputs {
		switch in := in.(type) {
		case *step.Batch:
			p := n.peers[in.Link]
			for done := false; !done; {
				var err error
				if done, err = p.Receive(in, 256); err != nil {
					p.Link().Close(uint64(broker.CodeOf(err)), err.Error())
				}
			}
			in.Release()
		case step.Closed:
			n.closed = append(n.closed, in)
			n.peers[in.Link].Detach()
		case step.Writable:
			n.peers[in.Link].Link().Writable(in.Lane)
		}
	}
	n.hub.Flush()
}

// cluster is some nodes on one Net.
type cluster struct {
	t     testing.TB
	now   step.Time
	net   *Net
	rand  *rand.Rand
	nodes []*node
	trace strings.Builder
}

func newCluster(t testing.TB, seed uint64, opts Options) *cluster {
	c := &cluster{t: t, rand: rand.New(rand.NewPCG(seed, 3))}
	opts.Trace = func(a Arrival) {
		fmt.Fprintf(&c.trace, "%d %s>%s %s %x\n", a.At, a.From, a.To, a.Lane, a.Frame)
	}
	c.net = New(opts)
	return c
}

func (c *cluster) node(name string, opts endpoint.Options) *node {
	var id [16]byte
	for i := range id {
		id[i] = byte(c.rand.Uint32())
	}
	opts.ID = broker.NewEndpointID(id)
	opts.Env = step.Env{Now: func() step.Time { return c.now }, Rand: c.rand}
	n := &node{name: name, hub: endpoint.New(opts), peers: map[step.LinkID]*endpoint.Peer{}}
	n.hub.Observe(func(e endpoint.TraceEvent) { fmt.Fprintf(&c.trace, "%d %s %s\n", c.now, name, e) })
	n.party = n.hub.Join("scripts", n)
	c.nodes = append(c.nodes, n)
	return n
}

// join links two nodes and lets them exchange filters.
func (c *cluster) join(a, b *node) {
	c.t.Helper()
	a.links++
	b.links++
	pa, pb, err := c.net.Join(Side{End{a.name, a.links, a, nil}, a.hub}, Side{End{b.name, b.links, b, nil}, b.hub})
	if err != nil {
		c.t.Fatal(err)
	}
	a.peers[a.links], b.peers[b.links] = pa, pb
	c.run()
}

// run turns everything until nothing is left to do, moving the clock as far as that needs.
func (c *cluster) run() {
	for {
		busy := false
		for _, n := range c.nodes {
			if !n.frozen {
				busy = busy || len(n.inbox) > 0
				n.turn()
			}
		}
		next := c.net.Next()
		if next == step.Never && !busy {
			return
		}
		if next != step.Never {
			c.now = max(c.now, next)
		}
		c.net.Step(c.now)
	}
}

// want compares what nodes got since the last call.
func (c *cluster) want(n *node, got ...string) {
	c.t.Helper()
	if !slices.Equal(n.got, got) {
		c.t.Errorf("%s got %q, want %q", n.name, n.got, got)
	}
	n.got = nil
}

// account checks every lane of every link, both ways.
func (c *cluster) account(links ...*Link) {
	c.t.Helper()
	for _, l := range links {
		for _, from := range [...]*Link{l, l.Other()} {
			for ln := range step.Lane(step.NumLanes) {
				s, r := from.Counters(ln), from.Other().Counters(ln)
				if s.Offered != s.Dropped.Plus(s.Written).Plus(from.Queued(ln)) {
					c.t.Errorf("%s %s: %+v with %+v queued", from.Name(), ln, s, from.Queued(ln))
				}
				if s.Written != r.Received.Plus(from.Lost(ln)).Plus(from.OnWire(ln)) {
					c.t.Errorf("%s %s: written %+v, received %+v, lost %+v, on the wire %+v", from.Name(), ln, s.Written, r.Received, from.Lost(ln), from.OnWire(ln))
				}
			}
		}
	}
}

func link(p *endpoint.Peer) *Link { return p.Link().(*Link) }
