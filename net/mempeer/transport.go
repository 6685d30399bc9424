package mempeer

import (
	"slices"

	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// Transport implements peering.Transport for one node of a Net. Addresses name listeners, not hosts: a node dials
// what another listens at, and an address without a host is that of every host.
type Transport struct {
	// Granted are the names that the node's certificate would grant; nil: it has none, as without ssl_ options.
	Granted []string

	net  *Net
	end  End
	gone bool // crashed
}

// Transport returns what a node dials and listens with. The end's ID is not used. A new one takes the place of a crashed
// one of the same name.
func (n *Net) Transport(end End) *Transport {
	n.listeners = slices.DeleteFunc(n.listeners, func(l *listener) bool { return l.t.gone && l.t.end.Name == end.Name })
	return &Transport{net: n, end: end}
}

// WatchesSilence implements peering.Transport.
func (t *Transport) WatchesSilence() bool { return t.net.opts.Watch }

// Crash is the end of the node's process without a word to anybody. Who dials where it has listened gets no answer until
// there is another Transport of its name.
func (t *Transport) Crash(now step.Time) {
	n := t.net
	n.now = max(n.now, now)
	t.gone = true
	for _, c := range slices.Clone(n.cables) {
		for _, l := range c.ends {
			if l.owner == t {
				c.crash(l)
			}
		}
	}
	for _, d := range slices.Clone(n.dials) {
		if d.t == t {
			d.forget()
		}
	}
}

// listener implements peering.Listener.
type listener struct {
	t    *Transport
	at   step.PortID
	addr peering.Address
	s    peering.Settings
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
	if l := n.listenerAt(a); l != nil {
		if !l.t.gone {
			return nil, peering.ErrInUse
		}
		l.Close()
	}
	l := &listener{t, at, a, s}
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
