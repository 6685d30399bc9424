package mempeer

import (
	"errors"
	"fmt"
	"slices"

	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// dial is a dial that is under way. One that does not get through waits until it does, or until it is given up: QUIC
// repeats its first packet.
type dial struct {
	t    *Transport
	at   step.PortID
	addr peering.Address
	s    peering.Settings
	way  *step.Item[*dial] // when it arrives; Never while it does not get through
	late *step.Item[expiring]
}

var errNobody = errors.New("nobody listens there")

// Dial implements peering.Transport.
func (t *Transport) Dial(at step.PortID, a peering.Address, s peering.Settings) {
	n := t.net
	d := &dial{t: t, at: at, addr: a, s: s}
	d.way = n.ways.Add(step.Never, d)
	d.late = n.late.Add(step.Never, d)
	n.dials = append(n.dials, d)
	n.begun = append(n.begun, d)
}

// setOut sends what was dialled since the last Step.
func (n *Net) setOut() {
	begun := n.begun
	n.begun = nil
	for _, d := range begun {
		if d.t.gone {
			continue
		}
		n.late.Move(d.late, n.now.Add(n.opts.DialTimeout))
		d.recheck()
	}
}

// host is the name of whom the dial goes to.
func (d *dial) host() string {
	if l := d.t.net.listenerAt(d.addr); l != nil {
		return l.t.end.Name
	}
	return d.addr.Host
}

// through reports whether the dial and its answer get through.
func (d *dial) through() bool {
	n := d.t.net
	from, to := d.t.end.Name, d.host()
	if l := n.listenerAt(d.addr); l != nil && l.t.gone {
		return false
	}
	return n.opts.Runs(from) && n.opts.Runs(to) && n.opts.Reach(from, to) && n.opts.Reach(to, from)
}

// recheck sends a dial that has been sent already once more, if it gets through now and did not before.
func (d *dial) recheck() {
	if n := d.t.net; d.way.At() == step.Never && d.late.At() != step.Never && d.through() {
		n.ways.Move(d.way, n.now.Add(n.opts.RoundTrip(d.t.end.Name, d.host())))
	}
}

// arrive makes the connection.
func (d *dial) arrive() {
	n := d.t.net
	if !d.through() {
		n.ways.Move(d.way, step.Never) // something came between
		return
	}
	l := n.listenerAt(d.addr)
	if l == nil {
		d.fail(errNobody)
		return
	}
	d.forget()
	mine, theirs := n.newLink(d.t.end, d.s.Limits), n.newLink(l.t.end, l.s.Limits)
	mine.owner, theirs.owner = d.t, l.t
	n.tie(mine, theirs, min(d.s.Timeout(), l.s.Timeout()))
	n.dialled++
	from := peering.Address{Transport: "quic", Host: d.t.end.Name, Port: firstPort + n.dialled}
	d.t.end.Inbox.Put(peering.Up{At: d.at, Remote: d.addr, Link: mine, Granted: l.t.Granted})
	l.t.end.Inbox.Put(peering.Up{At: l.at, Remote: from, Link: theirs, Granted: d.t.Granted})
}

// expire gives the dial up.
func (d *dial) expire() { d.fail(fmt.Errorf("no answer within %v", d.t.net.opts.DialTimeout)) }

func (d *dial) fail(err error) {
	d.forget()
	d.t.end.Inbox.Put(peering.Up{At: d.at, Remote: d.addr, Err: err})
}

// forget ends the dial.
func (d *dial) forget() {
	n := d.t.net
	n.ways.Remove(d.way)
	n.late.Remove(d.late)
	n.dials = slices.DeleteFunc(n.dials, func(x *dial) bool { return x == d })
}
