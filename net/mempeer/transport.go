package mempeer

import (
	"errors"
	"slices"

	"moonpeer/net/lane"
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// Transport implements peering.Transport for one node of a Net. Addresses name listeners, not hosts: a node dials
// what another listens at, and an address without a host is that of every host.
type Transport struct {
	// Granted are the names that the node's certificate would grant; nil: it has none, as without ssl_ options.
	Granted []string

	net *Net
	end End
}

// Transport returns what a node dials and listens with. The end's ID is not used.
func (n *Net) Transport(end End) *Transport { return &Transport{net: n, end: end} }

// listener implements peering.Listener.
type listener struct {
	t      *Transport
	at     step.PortID
	addr   peering.Address
	limits [step.NumLanes]lane.Limits
}

// deliver is an Up on its way.
type deliver struct {
	inbox step.Inbox
	up    peering.Up
}

// firstPort is where ports for port 0 begin.
const firstPort = 49152

// Listen implements peering.Transport.
func (t *Transport) Listen(at step.PortID, a peering.Address, s peering.Settings) (peering.Listener, error) {
	n := t.net
	if a.Port == 0 {
		n.ports++
		a.Port = firstPort + n.ports - 1
	}
	if n.listenerAt(a) != nil {
		return nil, peering.ErrInUse
	}
	l := &listener{t, at, a, s.Limits}
	n.listeners = append(n.listeners, l)
	return l, nil
}

// listenerAt returns the listener that an address leads to.
func (n *Net) listenerAt(a peering.Address) *listener {
	for _, l := range n.listeners {
		if l.addr.Port == a.Port && (l.addr.Host == a.Host || l.addr.Host == "" || a.Host == "") {
			return l
		}
	}
	return nil
}

// Port implements peering.Listener.
func (l *listener) Port() int { return l.addr.Port }

// Close implements peering.Listener.
func (l *listener) Close() {
	n := l.t.net
	n.listeners = slices.DeleteFunc(n.listeners, func(x *listener) bool { return x == l })
}

var errNobody = errors.New("nobody listens there")

// Dial implements peering.Transport.
func (t *Transport) Dial(at step.PortID, a peering.Address, s peering.Settings) {
	n := t.net
	l := n.listenerAt(a)
	if l == nil {
		n.ups = append(n.ups, deliver{t.end.Inbox, peering.Up{At: at, Remote: a, Err: errNobody}})
		return
	}
	mine, theirs := n.newLink(t.end, s.Limits), n.newLink(l.t.end, l.limits)
	mine.other, theirs.other = theirs, mine
	n.dials++
	from := peering.Address{Transport: "quic", Host: t.end.Name, Port: firstPort + n.dials}
	n.ups = append(n.ups, deliver{t.end.Inbox, peering.Up{At: at, Remote: a, Link: mine, Granted: l.t.Granted}},
		deliver{l.t.end.Inbox, peering.Up{At: l.at, Remote: from, Link: theirs, Granted: t.Granted}})
}

// deliverUps tells of connections and of dials that have failed.
func (n *Net) deliverUps() {
	ups := n.ups
	n.ups = nil
	for _, d := range ups {
		d.inbox.Put(d.up)
	}
}
