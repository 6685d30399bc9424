package peering

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Claim is who the other end of a link says it is, and what is known of it, before it becomes a peer.
type Claim struct {
	ID       broker.EndpointID
	Name     string   // of its node, at most 255 bytes of anything; "" for a Broker, which has no hello
	Epoch    uint64   // of the run of its node; 0 for a Broker
	Address  Address  // where it comes from; if it was dialled, what was dialled
	Granted  []string // names of its certificate, which was verified; nil: nobody is authenticated
	Broker   bool
	Outbound bool // this node has dialled it
}

// Verdict is what becomes of a claim. The zero value takes the peer.
type Verdict struct {
	// Refuse is why the other end is not taken; "" takes it. It reads this text, as long as it stays below 200 bytes.
	// Both logs leave out a text that repeats itself, so what differs from one attempt to the next has no place in it.
	Refuse string
	// Replace is an endpoint whose place the new peer takes: a peering with it is lost first. Zero means nobody's.
	Replace broker.EndpointID
}

// CodeRefused is what a link is closed with whose other end was not admitted, or whose place was given to another: one
// of ours, above Broker's.
const CodeRefused = 0x101

// judge asks Admit about the other end.
func (c *conn) judge() Verdict {
	ask := c.t.opts.Admit
	if ask == nil {
		return Verdict{}
	}
	return ask(Claim{ID: c.them, Name: c.name, Epoch: c.epoch, Address: c.remote, Granted: c.granted,
		Broker: c.link.Broker(), Outbound: c.target != nil})
}

// admission decides about an end that has said who it is. One that asks as well is a peer when it has said yes: otherwise
// who is turned away would have a new peer and lose it again with every attempt.
func (c *conn) admission(h hello) {
	v := c.judge()
	if v.Refuse != "" {
		c.turnAway(v.Refuse)
		return
	}
	c.greeting = h
	if c.t.opts.Admit != nil && !c.link.Broker() {
		hd := c.t.header(c.them)
		c.link.Append(step.LaneControl, &hd, []byte{kindAdmitted})
		c.t.touch(c)
	}
	if h.asks {
		c.state = awaitAdmitted
		return
	}
	c.takeUp(v)
}

// admitted takes the other end's yes. Our own is some time ago: others may have become peers since.
func (c *conn) admitted(frame []byte) {
	if _, err := linkFrame(frame, kindAdmitted); err != nil {
		c.broke(err)
		return
	}
	v := c.judge()
	if v.Refuse != "" {
		c.turnAway(v.Refuse)
		return
	}
	c.takeUp(v)
}

// takeUp makes the other end a peer, in somebody's place if the verdict says so.
func (c *conn) takeUp(v Verdict) {
	t := c.t
	if old := t.byID[v.Replace]; old != nil && old != c.entry && old.conn != nil {
		old.conn.abandon(CodeRefused, fmt.Sprintf("the node has started again: %s with epoch %d has taken its place", c.remote, c.epoch))
	}
	if !c.link.Broker() {
		c.entry.account.hello(c.greeting)
	}
	c.attach()
}

// turnAway closes the link of an end that is not admitted. A dialler's target tells of it.
func (c *conn) turnAway(why string) {
	if c.target == nil && c.t.isNews(c, why) {
		c.t.log(slog.LevelWarn, "a peer was refused", "node", clip(c.name), "from", c.remote, "id", c.them, "why", why)
	}
	c.cut(CodeRefused, why)
}

// refusal is somebody whom the log has shown to be turned away.
type refusal struct {
	id        broker.EndpointID
	name, why string
	last      step.Time
}

// Of the last maxRefusals, one who comes back before refusalRest has passed is not told of again.
const (
	maxRefusals = 64
	refusalRest = time.Minute
)

// isNews reports whether the log has not said this of late.
func (t *Table) isNews(c *conn, why string) bool {
	now := t.now()
	i := slices.IndexFunc(t.refusals, func(r refusal) bool { return r.id == c.them && r.name == c.name && r.why == why })
	if i >= 0 {
		rested := now.Sub(t.refusals[i].last) >= refusalRest
		t.refusals[i].last = now
		return rested
	}
	if len(t.refusals) == maxRefusals {
		t.refusals = slices.Delete(t.refusals, 0, 1)
	}
	t.refusals = append(t.refusals, refusal{c.them, c.name, why, now})
	return true
}

// linkFrame returns what a frame of the link's own says behind its kind, which must be the given one.
func linkFrame(frame []byte, kind byte) (body []byte, err error) {
	hd, payload, err := wire.ParseFrame(frame)
	switch {
	case err != nil:
		return nil, err
	case hd.Type != wire.TypeLink || len(payload) == 0 || payload[0] != kind:
		return nil, errControl(fmt.Sprintf("another message than the one of kind %d that is due", kind))
	}
	return payload[1:], nil
}
