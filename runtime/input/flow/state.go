package flow

import "moonpeer/net/broker"

// EndpointState is where one side of a TCP connection stands, as Zeek counts it.
type EndpointState uint8

// The states. A side is TCPPartial if it sent packets and no SYN of it was seen.
const (
	TCPInactive EndpointState = iota
	TCPSynSent
	TCPSynAckSent
	TCPPartial
	TCPEstablished
	TCPClosed
	TCPReset
)

var endpointStates = [...]string{"inactive", "syn_sent", "syn_ack_sent", "partial", "established", "closed", "reset"}

// String returns the state in words: syn_sent.
func (s EndpointState) String() string {
	if int(s) >= len(endpointStates) {
		return "?"
	}
	return endpointStates[s]
}

// quiet tells whether the side has not taken part in a handshake.
func (s EndpointState) quiet() bool { return s == TCPInactive || s == TCPPartial }

// opening tells whether the side has asked for a connection and got no answer yet.
func (s EndpointState) opening() bool { return s == TCPSynSent || s == TCPSynAckSent }

// State is the summary that Zeek calls conn_state.
type State string

// The values of conn_state.
const (
	S0     State = "S0"     // attempt, no answer
	S1     State = "S1"     // established, not over
	S2     State = "S2"     // established, originator closed
	S3     State = "S3"     // established, responder closed
	SF     State = "SF"     // normal end
	REJ    State = "REJ"    // attempt rejected
	RSTO   State = "RSTO"   // established, originator aborted
	RSTR   State = "RSTR"   // responder aborted
	RSTOS0 State = "RSTOS0" // originator sent SYN and RST, responder nothing
	RSTRH  State = "RSTRH"  // responder sent SYN-ACK and RST, originator no SYN
	SH     State = "SH"     // originator sent SYN and FIN, responder no SYN-ACK
	SHR    State = "SHR"    // responder sent SYN-ACK and FIN, originator no SYN
	OTH    State = "OTH"    // none of these
)

// State sums up what has been seen so far.
func (c *Conn) State() State {
	if c.given != "" {
		return c.given
	}
	switch c.Proto {
	case broker.TCP:
		return c.tcpState()
	case broker.UDP:
		switch {
		case c.Orig.Packets > 0 && c.Resp.Packets > 0:
			return SF
		case c.Orig.Packets > 0:
			return S0
		case c.Resp.Packets > 0:
			return SHR
		}
	}
	return OTH
}

// tcpState is the table in Zeek's conn/main.zeek, checked in the same order.
func (c *Conn) tcpState() State {
	o, r := c.Orig.State, c.Resp.State
	switch {
	case r == TCPReset:
		return c.respReset()
	case o == TCPReset && !r.quiet():
		return RSTO
	case o == TCPReset && c.Orig.syn && c.Resp.Packets == 0:
		return RSTOS0
	case o == TCPReset:
		return OTH
	case o == TCPClosed && r == TCPClosed:
		return SF
	case o == TCPClosed && r.quiet():
		return SH
	case o == TCPClosed:
		return S2
	case r == TCPClosed && o.quiet():
		return SHR
	case r == TCPClosed:
		return S3
	case o == TCPSynSent && r == TCPInactive:
		return S0
	case o == TCPEstablished && r == TCPEstablished:
		return S1
	}
	return OTH
}

func (c *Conn) respReset() State {
	o := c.Orig.State
	switch {
	case o.opening():
		return REJ
	case o == TCPReset && c.Orig.size(&c.Resp) == 0 && c.Resp.size(&c.Orig) == 0:
		return REJ
	case o.quiet():
		return RSTRH
	}
	return RSTR
}
