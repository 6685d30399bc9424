package flow

// maxTrustedJump is how far the sequence number of a SYN or RST may lie from the last one to be believed.
const maxTrustedJump = 1 << 20

// begin prepares the numbering of the side that sends p. It starts at the first packet, as though a SYN had come
// just before where there was none, and starts anew at a SYN with another number as long as the old numbers may
// have been somebody else's.
func (e *Endpoint) begin(p *Packet) {
	syn := p.Flags.Has(SYN)
	if syn && !p.Flags.Has(ACK) {
		e.syn = true
	}
	switch e.State {
	case TCPInactive:
		e.number(p, syn)
	case TCPSynSent, TCPSynAckSent, TCPEstablished, TCPPartial:
		if syn && p.Seq != e.first {
			e.number(p, true)
		}
	case TCPReset:
		if syn && e.before == TCPInactive {
			e.number(p, true) // the reset was the first packet and may have been made up
		}
	}
}

// number starts counting at p.
func (e *Endpoint) number(p *Packet, syn bool) {
	if syn {
		e.first, e.sent, e.acked = p.Seq, uint64(p.sequenceLen()), 0
		return
	}
	e.first, e.sent, e.acked = p.Seq-1, 1, 0
}

// assume starts the numbering of a side that has not spoken from what its peer acknowledges.
func (e *Endpoint) assume(ack uint32) { e.first, e.sent, e.acked = ack-1, 0, 0 }

// acknowledge notes that the peer has received what lies before ack.
func (e *Endpoint) acknowledge(ack uint32) {
	delta := int32(ack - (e.first + uint32(e.acked)))
	if ack == 0 && delta > maxTrustedJump {
		return // a broken packet more likely than a sequence that happens to end at 0
	}
	if delta > 0 {
		e.acked += uint64(delta)
	}
}

// advance notes how far p goes.
func (e *Endpoint) advance(p *Packet) {
	end := p.Seq + p.sequenceLen()
	delta := int32(end - (e.first + uint32(e.sent)))
	switch {
	case p.Flags.Has(SYN|RST) && (delta > maxTrustedJump || delta < -maxTrustedJump):
	case p.Flags.Has(FIN) && e.sent == 1:
		// Only the SYN and the FIN were seen: the distance may exceed 2 GB, which delta takes for a step back.
		e.sent = uint64(end - e.first)
	case e.State == TCPReset:
	case delta > 0:
		e.sent += uint64(delta)
	}
}

// sequenceLen is the room p takes in sequence space. Data with a RST is not part of the stream.
func (p *Packet) sequenceLen() uint32 {
	n := uint32(0)
	if !p.Flags.Has(RST) {
		n = uint32(p.Payload)
	}
	if p.Flags.Has(SYN) {
		n++
	}
	if p.Flags.Has(FIN) {
		n++
	}
	return n
}

// size returns the payload bytes a TCP side sent, by sequence numbers, SYN and FIN not counted.
func (e *Endpoint) size(peer *Endpoint) uint64 {
	if e.before == TCPSynSent && e.State == TCPReset && peer.State == TCPInactive {
		return 0 // never had a chance to send any; the numbers of its RST may be from elsewhere
	}
	n := max(e.sent, e.acked)
	if n > 0 {
		n--
	}
	if e.fin && n > 0 {
		n--
	}
	return n
}
