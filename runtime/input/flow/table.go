package flow

import "moonpeer/net/broker"

// EventKind says what happened to a connection.
type EventKind uint8

// The events. Each connection has one NewConnection, at most one Established and one StateRemove, in this order.
const (
	NewConnection EventKind = iota // its first packet came
	Established                    // TCP: both sides agreed
	StateRemove                    // it is over
)

// String returns the name of Zeek's event.
func (k EventKind) String() string {
	switch k {
	case NewConnection:
		return "new_connection"
	case Established:
		return "connection_established"
	case StateRemove:
		return "connection_state_remove"
	}
	return "?"
}

// Handler is told what happens. It is called on the goroutine that called the table, after the packet was counted,
// and must not call the table. See [Conn.Retain] for keeping c.
type Handler interface {
	ConnEvent(kind EventKind, c *Conn)
}

// Stats counts what a table did since it was made.
type Stats struct {
	Packets     uint64
	Connections uint64
	Reused      uint64 // ended by a SYN of their successor
	Evicted     uint64 // ended early because there were MaxFlows
	Live, Peak  int
}

// maxSpare bounds the ended connections kept for use again.
const maxSpare = 1 << 16

// Table tracks connections. Its time is packet time and only moves forward. It is not safe for concurrent use, and
// what it does depends on its packets and options only.
type Table struct {
	opts  Options
	conns map[key]*Conn
	// first and last are the ends of the list of all connections in order of their start.
	first, last *Conn
	timers      timers
	now         int64
	seq         uint64
	spare       []*Conn
	stats       Stats
}

// New returns an empty table.
func New(o Options) (*Table, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	t := &Table{opts: o, conns: map[key]*Conn{}}
	t.timers.deadline = func(c *Conn) int64 { return c.deadline(&t.opts) }
	return t, nil
}

// Stats returns the counters.
func (t *Table) Stats() Stats {
	s := t.stats
	s.Live = len(t.conns)
	return s
}

// Each calls fn for the connections that have not ended, in the order of their start. fn must not call the table.
func (t *Table) Each(fn func(c *Conn)) {
	for c := t.first; c != nil; c = c.next {
		fn(c)
	}
}

// Evicted returns the counter of that name.
func (t *Table) Evicted() uint64 { return t.stats.Evicted }

// Packet counts p for its connection and raises what follows from it; it reports whether there was any event.
// Connections whose time is up by then must have been ended by [Table.Expire] before.
func (t *Table) Packet(p *Packet, h Handler) (raised bool) {
	t.stats.Packets++
	t.now = max(t.now, int64(p.Time))
	k := makeKey(p)
	c := t.conns[k]
	orig := c != nil && c.ID.OrigH == p.Src && c.ID.OrigP.Number == p.SrcPort
	again := uint32(0)
	if c != nil && p.Proto == broker.TCP && c.reuses(p, orig, t.now, &t.opts) {
		t.stats.Reused++
		if c.Start == p.Time {
			again = c.again + 1
		}
		t.end(c, h)
		c = nil
	}
	fresh := c == nil
	if fresh {
		c = t.add(p, k, h)
		c.again = again
		orig = c.ID.OrigH == p.Src && c.ID.OrigP.Number == p.SrcPort
	}
	established := t.count(c, p, orig)
	if fresh {
		t.timers.set(c, c.deadline(&t.opts), t.now)
		h.ConnEvent(NewConnection, c)
	} else if p.Flags.Has(FIN | RST) {
		if due := c.deadline(&t.opts); due < c.due {
			t.timers.set(c, due, t.now)
		}
	}
	if established {
		h.ConnEvent(Established, c)
	}
	return fresh || established
}

// count adds p to its side of c.
func (t *Table) count(c *Conn, p *Packet, orig bool) (established bool) {
	var e *Endpoint
	if p.Proto == broker.TCP {
		e, established = c.tcp(p, orig, t.now, &t.opts)
	} else {
		c.Last = max(c.Last, p.Time)
		e, _ = c.sides(orig)
		e.payload += uint64(p.Payload)
	}
	c.seen = t.now
	e.Packets++
	e.IPBytes += uint64(p.IPLen)
	return established
}

// add makes the connection that starts with p.
func (t *Table) add(p *Packet, k key, h Handler) *Conn {
	if len(t.conns) >= t.opts.MaxFlows {
		t.evict(h)
	}
	c := t.fresh()
	t.seq++
	c.ID = ID{p.Src, p.Dst, broker.Port{Number: p.SrcPort, Proto: p.Proto}, broker.Port{Number: p.DstPort, Proto: p.Proto}}
	c.Proto, c.Start, c.Last = p.Proto, p.Time, p.Time
	c.key, c.uidSeed, c.seq, c.began = k, t.opts.Seed, t.seq, t.now
	if t.opts.LikelyServerPorts.flips(p) {
		c.flip()
	}
	t.conns[k] = c
	if t.last == nil {
		t.first = c
	} else {
		t.last.next, c.prev = c, t.last
	}
	t.last = c
	t.stats.Connections++
	t.stats.Peak = max(t.stats.Peak, len(t.conns))
	return c
}

func (t *Table) fresh() *Conn {
	n := len(t.spare)
	if n == 0 {
		return &Conn{}
	}
	c := t.spare[n-1]
	t.spare = t.spare[:n-1]
	*c = Conn{}
	return c
}

// end raises StateRemove and forgets c.
func (t *Table) end(c *Conn, h Handler) {
	t.timers.stop(c)
	delete(t.conns, c.key)
	if c.prev == nil {
		t.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		t.last = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
	c.Removed = true
	h.ConnEvent(StateRemove, c)
	if !c.retained && len(t.spare) < maxSpare {
		t.spare = append(t.spare, c)
	}
}
