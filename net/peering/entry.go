package peering

import (
	"log/slog"
	"slices"

	"moonpeer/net/broker"
	"moonpeer/net/step"
)

// entry is what the table knows of one endpoint (native-peering §3.6).
type entry struct {
	id      broker.EndpointID
	conn    *conn   // shaking hands or peered; nil: disconnected
	paused  []*conn // wait for how conn's handshake ends
	name    string
	epoch   uint64
	addr    Address
	account account
}

// maxAbsent is how many endpoints are remembered that are not linked: their accounts wait for the next hello.
const maxAbsent = 1024

// entryOf returns the entry of an endpoint, made if there is none.
func (t *Table) entryOf(id broker.EndpointID) *entry {
	e := t.byID[id]
	if e == nil {
		t.forgetAbsent()
		e = &entry{id: id}
		t.byID[id] = e
		t.entries = append(t.entries, e)
	}
	return e
}

// forgetAbsent makes room for one more endpoint: it forgets the one that was met first among those that are not linked.
func (t *Table) forgetAbsent() {
	if len(t.entries) < maxAbsent {
		return
	}
	i := slices.IndexFunc(t.entries, func(e *entry) bool { return e.conn == nil && len(e.paused) == 0 && !t.followed(e) })
	if i >= 0 {
		delete(t.byID, t.entries[i].id)
		t.entries = slices.Delete(t.entries, i, i+1)
	}
}

// forgetStranger forgets an endpoint that has never been a peer, and that nobody waits for.
func (t *Table) forgetStranger(e *entry) {
	if e.conn == nil && len(e.paused) == 0 && !t.followed(e) && e.account == (account{}) {
		delete(t.byID, e.id)
		t.entries = slices.DeleteFunc(t.entries, func(x *entry) bool { return x == e })
	}
}

func (t *Table) followed(e *entry) bool {
	return slices.ContainsFunc(t.targets, func(x *target) bool { return x.entry == e })
}

// admit decides what becomes of a handshake whose other end has become known.
func (t *Table) admit(c *conn, originator bool) {
	if t.stopped {
		c.refuse(broker.ShuttingDown, "shutting down")
		return
	}
	e := t.entryOf(c.them)
	switch {
	case e.conn == nil:
		e.conn, c.entry = c, e
		if originator {
			c.originate()
		} else {
			c.state = awaitOriginatorSyn
		}
	case !originator:
		c.refuse(broker.LogicError, "detected redundant connection at the responder")
	case e.conn.peer != nil:
		c.refuse(broker.RedundantConnection, "redundant connection")
		t.adopt(c, e)
	default:
		e.paused = append(e.paused, c)
		c.state = paused
	}
}

// adopt lets a dial whose connection turned out to be a second one follow the first. The originator learns by itself
// what drop_conn tells a responder.
func (t *Table) adopt(c *conn, e *entry) {
	if c.target != nil {
		c.target.follow(e)
		c.target = nil
	}
}

// established takes up a peering, and ends the connections that waited for it.
func (t *Table) established(c *conn) {
	e := c.entry
	e.name, e.epoch = c.name, c.epoch
	if c.target != nil || !t.followed(e) {
		e.addr = c.remote // of a dial: its address
	}
	if c.target != nil {
		c.target.follow(e)
	}
	c.remote = e.addr
	t.log(slog.LevelInfo, "peer added", "peer", e.addr, "node", e.name, "id", e.id)
	t.added(e)
	for _, p := range e.paused {
		p.refuse(broker.RedundantConnection, "redundant connection")
		t.adopt(p, e)
	}
	e.paused = nil
	for _, x := range t.targets {
		if x.entry == e {
			x.arrived()
		}
	}
}

// shakingEnded is the end of a connection that never became a peering.
func (t *Table) shakingEnded(c *conn, why string) {
	if e := t.byID[c.them]; e != nil {
		e.paused = slices.DeleteFunc(e.paused, func(p *conn) bool { return p == c })
		if e.conn == c {
			e.conn = nil
			for _, p := range e.paused {
				// Its dialler tries again (native-peering §3.6.1).
				p.refuse(broker.LogicError, "the connection before this one failed")
			}
			e.paused = nil
			t.lostFollowers(e)
		}
		t.forgetStranger(e)
	}
	if c.target != nil {
		c.target.failed(why)
	} else if c.why != "" {
		t.log(slog.LevelDebug, "a connection was not taken up", "from", c.remote, "why", c.why)
	}
}

// lost is the end of a peering. Who dialled it dials again, unless we wanted the end.
func (t *Table) lost(c *conn, why string) {
	e := c.entry
	e.conn = nil
	text := "peer lost"
	if c.removed {
		text = "peer removed"
	}
	if why == "" {
		why = "goodbye"
	}
	t.log(slog.LevelInfo, text, "peer", e.addr, "node", e.name, "id", e.id, "why", why)
	t.gone(c, why)
	t.lostFollowers(e)
}

// Gone says that the process behind an endpoint has ended, which whoever calls it knows better than the link does. A
// peering with it is lost at once, within the call; a handshake is broken off. Who dialled it dials again, as after any
// loss. It reports whether there was a connection.
func (t *Table) Gone(id broker.EndpointID, why string) bool {
	e := t.byID[id]
	if e == nil || e.conn == nil {
		return false
	}
	e.conn.abandon(uint64(broker.NoError), why)
	return true
}

func (t *Table) lostFollowers(e *entry) {
	for _, x := range slices.Clone(t.targets) {
		if x.entry == e {
			x.lost()
		}
	}
}

// Info is a peer that is there.
type Info struct {
	ID       broker.EndpointID
	Name     string // of its node; "" for a Broker
	Epoch    uint64 // of the run of its node; 0 for a Broker
	Address  Address
	Outbound bool // this node has dialled it
	// Granted are the names of its certificate; nil: nobody is authenticated.
	Granted []string
}

// info tells of a peer that is there; ok is false for any other endpoint.
func (t *Table) info(e *entry) (i Info, ok bool) {
	if e == nil || e.conn == nil || e.conn.peer == nil {
		return i, false
	}
	return Info{ID: e.id, Name: e.name, Epoch: e.epoch, Address: e.addr, Outbound: t.followed(e), Granted: e.conn.granted}, true
}

// Peer tells of one peer; ok is false if the endpoint is none.
func (t *Table) Peer(id broker.EndpointID) (i Info, ok bool) { return t.info(t.byID[id]) }

// Peers lists the peers in the order in which they were first met.
func (t *Table) Peers() []Info {
	var out []Info
	for _, e := range t.entries {
		if i, ok := t.info(e); ok {
			out = append(out, i)
		}
	}
	return out
}

// Stats lists the accounts of the peers that are there and of those that were, as far as they are remembered, in the
// order in which they were first met.
func (t *Table) Stats() []Stats {
	var out []Stats
	for _, e := range t.entries {
		c := e.conn
		if c != nil && c.peer == nil {
			c = nil
		}
		if c == nil && e.account == (account{}) {
			continue
		}
		s := Stats{ID: e.id, Name: e.name, Address: e.addr, Connected: c != nil, Lanes: e.account.stats(c), Overflows: e.account.overflows}
		if c != nil {
			s.MaxQueuedRecently = c.link.Peak(step.LaneEvents)
			s.Overflows += c.link.Overflows(step.LaneEvents)
		}
		out = append(out, s)
	}
	return out
}
