package flow

import "moonpeer/net/broker"

// ID names the two ends of a connection, originator first.
type ID struct {
	OrigH, RespH broker.Address
	OrigP, RespP broker.Port
}

// Conn is one connection: what both sides did since its first packet. The [Table] that made it changes it with
// each packet, on the goroutine that calls the table; whoever holds it reads on that goroutine only.
//
// A Conn is used again for another connection after its [StateRemove], unless somebody called [Conn.Retain].
type Conn struct {
	ID    ID
	Proto broker.Proto // TCP, UDP or ICMP
	// Start and Last are the times of the first and the last packet. Last stays behind when both sides have
	// closed: what follows does not make the connection longer.
	Start, Last broker.Timestamp
	Orig, Resp  Endpoint
	// Removed says that StateRemove was raised: nothing changes any more.
	Removed bool
	// User is free for whoever called Retain, such as the value that scripts see for the connection.
	User any

	established bool // the event was raised
	sized       bool // TCP: payload positions are known, see OrigBytes
	retained    bool
	uid         string
	uidSeed     uint64
	given       State  // instead of what has been seen; "": none
	again       uint32 // how many connections before this one had the same key and Start

	key      key
	began    int64 // the table's clock at the first packet
	seen     int64 // and at the last
	removeAt int64 // fixed end of a connection that closed or was reset; 0: none
	halfAt   int64 // when the first of two sides closed

	// Owned by Table: all connections in order of their start, and the timers' lists.
	prev, next   *Conn
	seq          uint64
	due          int64
	where        place
	bucket, slot int32
	tprev, tnext *Conn
}

// Retain keeps c from being used again after its end. Call it before the callback returns that handed c out.
func (c *Conn) Retain() { c.retained = true }

// Established tells whether both sides of a TCP connection have agreed to it.
func (c *Conn) Established() bool { return c.established }

// Duration is the time from the first to the last packet; it reports false for a single packet.
func (c *Conn) Duration() (broker.Timespan, bool) {
	return broker.Timespan(c.Last - c.Start), c.Orig.Packets+c.Resp.Packets > 1
}

// OrigBytes returns the payload bytes the originator sent. For TCP that is what sequence numbers say, so a
// retransmission counts once and what the capture lost counts, too; it reports false as long as no payload
// position is known, that is while SYNs of one side are all there is.
func (c *Conn) OrigBytes() (uint64, bool) { return c.bytes(&c.Orig, &c.Resp) }

// RespBytes is OrigBytes for the responder.
func (c *Conn) RespBytes() (uint64, bool) { return c.bytes(&c.Resp, &c.Orig) }

func (c *Conn) bytes(e, peer *Endpoint) (uint64, bool) {
	if c.Proto != broker.TCP {
		return e.payload, true
	}
	return e.size(peer), c.sized
}

// flip exchanges originator and responder.
func (c *Conn) flip() {
	id := &c.ID
	id.OrigH, id.RespH = id.RespH, id.OrigH
	id.OrigP, id.RespP = id.RespP, id.OrigP
	c.Orig, c.Resp = c.Resp, c.Orig
}

// Endpoint is one side of a connection.
type Endpoint struct {
	State   EndpointState // TCP only
	Packets uint64
	IPBytes uint64 // IP headers included

	payload uint64 // UDP and ICMP
	before  EndpointState
	syn     bool   // sent a SYN without ACK
	fin     bool   // sent a FIN
	closed  bool   // its end was taken note of
	first   uint32 // sequence number of the SYN, or where it would have been
	sent    uint64 // end of what it sent, counted from first
	acked   uint64 // end of what the peer acknowledged, counted from first
}

// enter changes the state and remembers the one before.
func (e *Endpoint) enter(s EndpointState) {
	if e.State != s {
		e.before, e.State = e.State, s
	}
}
