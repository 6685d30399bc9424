package flow

// tcp runs p through the endpoint states of its connection and returns which side sent it: roles may change here.
// now is the table's clock. It reports whether the connection became established with this packet.
func (c *Conn) tcp(p *Packet, orig bool, now int64, o *Options) (e *Endpoint, established bool) {
	e, peer := c.sides(orig)
	reversed := !orig && c.isReversal(p)
	e.begin(p)
	if !c.Orig.closed || !c.Resp.closed {
		c.Last = max(c.Last, p.Time)
	}
	if p.Flags.Has(FIN) {
		e.fin = true
	}
	if p.Flags.Has(ACK) {
		if peer.State == TCPInactive {
			peer.assume(p.Ack)
		} else if !p.Flags.Has(RST) {
			peer.acknowledge(p.Ack)
		}
	}
	e.advance(p)
	if !p.Flags.Has(SYN) || peer.Packets > 0 {
		c.sized = true
	}

	if reversed {
		c.flip()
		e, peer = c.sides(true)
		peer.enter(TCPEstablished)
	}
	before := e.State
	switch before {
	case TCPInactive:
		established = c.stepInactive(e, peer, p, now, o)
	case TCPSynSent, TCPSynAckSent:
		c.stepOpening(e, peer, p, now, o)
	case TCPPartial, TCPEstablished:
		c.stepOpen(e, peer, p, now, o)
	case TCPClosed:
		c.stepClosed(e, peer, p, now, o)
	}
	return e, established
}

func (c *Conn) sides(orig bool) (e, peer *Endpoint) {
	if orig {
		return &c.Orig, &c.Resp
	}
	return &c.Resp, &c.Orig
}

// isReversal tells whether p is the SYN to which the first packet, a SYN-ACK, was the answer.
func (c *Conn) isReversal(p *Packet) bool {
	return c.Orig.State == TCPSynAckSent && c.Resp.State == TCPInactive &&
		p.Flags&(SYN|ACK) == SYN && p.Seq == c.Resp.first
}

// stepInactive handles the first packet of a side.
func (c *Conn) stepInactive(e, peer *Endpoint, p *Packet, now int64, o *Options) (established bool) {
	orig := e == &c.Orig
	if p.Flags.Has(SYN) {
		switch {
		case peer.State == TCPEstablished: // just flipped
			e.enter(TCPEstablished)
			established = c.establish()
		case orig && p.Flags.Has(ACK):
			e.enter(TCPSynAckSent)
		case orig:
			e.enter(TCPSynSent)
		default:
			if peer.State == TCPSynSent {
				peer.enter(TCPEstablished)
			}
			e.enter(TCPEstablished)
			established = c.establish()
		}
	}
	if p.Flags.Has(FIN) {
		e.enter(TCPClosed)
	}
	if p.Flags.Has(RST) {
		e.enter(TCPReset)
	}
	if p.Flags.Has(FIN | RST) {
		c.close(e, peer, now, o)
	}
	if e.State != TCPInactive {
		return established
	}
	switch { // no control flags
	case !orig && p.Payload == 0 && peer.State == TCPSynSent:
		// Some stacks acknowledge a SYN before they answer it: wait for the answer.
	case p.Flags.Has(ACK) && peer.State == TCPEstablished:
		// The SYN was not captured, its answer was.
		e.enter(TCPEstablished)
		established = c.establish()
	default:
		e.enter(TCPPartial)
	}
	return established
}

// stepOpening handles what an originator sends between its SYN and the answer.
func (c *Conn) stepOpening(e, peer *Endpoint, p *Packet, now int64, o *Options) {
	if p.Flags.Has(FIN) {
		e.enter(TCPClosed)
	}
	if p.Flags.Has(RST) {
		e.enter(TCPReset)
	}
	if p.Flags.Has(FIN | RST) {
		c.close(e, peer, now, o)
	}
}

// stepOpen handles what a side sends while the connection goes on.
func (c *Conn) stepOpen(e, peer *Endpoint, p *Packet, now int64, o *Options) {
	if p.Flags&(SYN|ACK) == SYN && e.State == TCPPartial && peer.State == TCPInactive {
		e.enter(TCPSynSent)
	}
	switch {
	case p.Flags.Has(RST):
		e.enter(TCPReset)
	case p.Flags.Has(FIN):
		e.enter(TCPClosed)
		if peer.State == TCPReset && peer.before == TCPClosed {
			peer.enter(TCPClosed) // a FIN, then a RST: a normal end after all
		}
	default:
		return
	}
	c.close(e, peer, now, o)
}

// stepClosed handles what a side sends after its FIN: only a RST matters, unless the peer is done, too.
func (c *Conn) stepClosed(e, peer *Endpoint, p *Packet, now int64, o *Options) {
	if !p.Flags.Has(RST) || peer.State == TCPClosed {
		return
	}
	e.enter(TCPReset)
	if !e.closed {
		c.close(e, peer, now, o)
	}
	if c.removeAt == 0 {
		c.removeAt = now + int64(o.ResetDelay)
	}
}

// establish notes that both sides agree, once. A responder's SYN-ACK whose SYN was missed waits for the
// originator's first packet.
func (c *Conn) establish() bool {
	if c.established || c.Orig.State != TCPEstablished || c.Resp.State != TCPEstablished {
		return false
	}
	c.established = true
	return true
}

// close takes note that e closed or reset the connection.
func (c *Conn) close(e, peer *Endpoint, now int64, o *Options) {
	if e.closed {
		return
	}
	e.closed = true
	switch {
	case e.State == TCPReset:
		c.removeAt = now + int64(o.ResetDelay)
	case peer.closed || peer.State == TCPInactive:
		c.removeAt = now + int64(o.CloseDelay)
	default:
		c.halfAt = now
	}
}

// reuses tells whether p, a SYN, starts another connection between the same ends: its number is new, and the old
// connection is over on the sender's side, was reset, or has been silent.
func (c *Conn) reuses(p *Packet, orig bool, now int64, o *Options) bool {
	if !p.Flags.Has(SYN) {
		return false
	}
	e, peer := c.sides(orig)
	if p.Flags.Has(ACK) && c.Orig.State != TCPInactive {
		return false // the answer within a connection, not the start of half of one
	}
	if e.State == TCPInactive {
		// What the peer acknowledged tells which SYN was meant.
		return !orig && c.Orig.State == TCPSynAckSent && !p.Flags.Has(ACK) && p.Seq != e.first
	}
	if p.Seq == e.first {
		return false
	}
	switch {
	case e.State == TCPClosed, e.State == TCPReset, peer.State == TCPReset:
		return true
	}
	return now-c.seen > int64(o.Linger)
}
