package peering_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// idOf is the endpoint id that consists of one byte.
func idOf(b byte) (id broker.EndpointID) {
	for i := range id {
		id[i] = b
	}
	return id
}

// node is the least of a node around a Table: a hub, a party, ports and an inbox.
type node struct {
	t      testing.TB
	name   string
	clock  *step.Time // the test's
	now    step.Time  // of the turn
	hub    *endpoint.Hub
	party  *endpoint.Local
	table  *peering.Table
	ports  map[step.PortID]func(step.Input) bool
	last   step.PortID
	inbox  []step.Input
	frozen bool // takes no turn

	events []string // as event writes them
	got    []string // "topic=payload" of what came from peers
	logs   []string
	ups    []peering.Up
	dials  []dial
}

// dial is a call of Transport.Dial.
type dial struct {
	at   step.Time
	port step.PortID
	addr peering.Address
}

// config is what tests vary of a node.
type config struct {
	name    string
	id      byte
	seed    uint64
	hub     endpoint.Options
	peering peering.Options
	links   peering.Settings // of the listener that byHand opens
}

// newNode makes a node; transport is what it dials and listens with.
func newNode(t testing.TB, clock *step.Time, c config, transport func(n *node) peering.Transport) *node {
	n := &node{t: t, name: c.name, clock: clock, ports: map[step.PortID]func(step.Input) bool{}}
	n.now = *clock
	env := step.Env{Now: func() step.Time { return n.now }, Rand: rand.New(rand.NewPCG(c.seed, uint64(c.id))),
		Log: slog.New(logTo{n})}
	c.hub.Env = env
	if c.hub.ID.IsZero() {
		c.hub.ID = idOf(c.id)
	}
	n.hub = endpoint.New(c.hub)
	n.party = n.hub.Join("scripts", n)
	c.peering.Hub, c.peering.Env, c.peering.Ports, c.peering.Transport = n.hub, env, n, &spy{transport(n), n}
	if c.peering.Name == "" {
		c.peering.Name = c.name
	}
	n.table = peering.New(c.peering)
	n.table.OnEvent = func(e peering.Event) { n.events = append(n.events, n.event(e)) }
	return n
}

// spy notes dials.
type spy struct {
	peering.Transport
	n *node
}

func (s *spy) Dial(at step.PortID, a peering.Address, o peering.Settings) {
	s.n.dials = append(s.n.dials, dial{s.n.now, at, a})
	s.Transport.Dial(at, a, o)
}

// event writes an event without the parts of ids and ports that differ from run to run.
func (n *node) event(e peering.Event) string {
	if e.Error != nil {
		return fmt.Sprintf("%s %s: %s", e.Error.Code, n.at(e.Error.Endpoint), e.Error.Context)
	}
	return fmt.Sprintf("%s %s: %s", e.Status.Code, n.at(e.Status.Endpoint), e.Status.Message)
}

func (n *node) at(e broker.EndpointInfo) string {
	out := ""
	if !e.ID.IsZero() {
		out = fmt.Sprintf("%02x", e.ID[0])
	}
	switch {
	case e.Host == "":
		return out
	case e.Port >= 49152: // chosen by nobody
		return out + "@" + e.Host
	}
	return fmt.Sprintf("%s@%s:%d", out, e.Host, e.Port)
}

// Put implements step.Inbox.
func (n *node) Put(in step.Input) {
	if up, ok := in.(peering.Up); ok && up.Link != nil {
		n.ups = append(n.ups, up)
	}
	n.inbox = append(n.inbox, in)
}

// OpenPort implements peering.Ports.
func (n *node) OpenPort(owner func(step.Input) bool) step.PortID {
	n.last++
	n.ports[n.last] = owner
	return n.last
}

// DropPort implements peering.Ports.
func (n *node) DropPort(id step.PortID) { delete(n.ports, id) }

// Offer implements endpoint.Receiver.
func (n *node) Offer(e *endpoint.Envelope) bool {
	n.got = append(n.got, fmt.Sprintf("%s=%s", e.Topic, e.Payload))
	return true
}

func (n *node) subscribe(prefixes ...string) {
	for _, p := range prefixes {
		n.party.Subscribe(p, endpoint.SubscribeOptions{})
	}
}

func (n *node) publish(topic, payload string) {
	if _, err := n.party.Publish(topic, []byte(payload)); err != nil {
		n.t.Error(err)
	}
}

// due reports whether a turn would do something.
func (n *node) due() bool { return !n.frozen && (len(n.inbox) > 0 || n.table.Next() <= *n.clock) }

// turn does what runtime/node's does: timers, an input of each port, then what is to be sent.
func (n *node) turn() {
	if n.frozen {
		return
	}
	n.now = *n.clock
	if n.table.Next() <= n.now {
		n.table.Step(n.now)
	}
	inputs := n.inbox
	n.inbox = nil
	var kept []step.Input
	blocked := map[step.PortID]bool{}
	for _, in := range inputs {
		owner, ok := n.ports[in.Port()]
		switch {
		case blocked[in.Port()]:
			kept = append(kept, in)
		case !ok:
			if b, is := in.(*step.Batch); is {
				b.Release()
			}
		case !owner(in):
			blocked[in.Port()] = true
			kept = append(kept, in)
		}
	}
	n.inbox = append(kept, n.inbox...)
	n.hub.Flush()
	n.table.Flush()
}

// want compares what happened since the last call.
func (n *node) want(events ...string) {
	n.t.Helper()
	if !slices.Equal(n.events, events) {
		n.t.Errorf("%s has events\n\t%q, want\n\t%q", n.name, n.events, events)
	}
	n.events = nil
}

// wantGot compares what has arrived since the last call.
func (n *node) wantGot(messages ...string) {
	n.t.Helper()
	if !slices.Equal(n.got, messages) {
		n.t.Errorf("%s got %q, want %q", n.name, n.got, messages)
	}
	n.got = nil
}

// wantLeft fails if connections or timers, or ports besides those of listeners and dials, are left.
func (n *node) wantLeft(conns, timers, ports int) {
	n.t.Helper()
	if c, ti := n.table.Left(); c != conns || ti != timers || len(n.ports) != ports {
		n.t.Errorf("%s holds %d connections, %d timers and %d ports, want %d, %d and %d", n.name, c, ti, len(n.ports), conns, timers, ports)
	}
}

// logTo is a slog.Handler that writes a record as "message key=value …" into a node's list.
type logTo struct{ n *node }

func (l logTo) Enabled(context.Context, slog.Level) bool { return true }
func (l logTo) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l logTo) WithGroup(string) slog.Handler            { return l }
func (l logTo) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	l.n.logs = append(l.n.logs, line)
	return nil
}

// logged counts the lines that begin with a text.
func (n *node) logged(prefix string) (count int) {
	for _, line := range n.logs {
		if len(line) >= len(prefix) && line[:len(prefix)] == prefix {
			count++
		}
	}
	return count
}
