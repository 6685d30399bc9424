package flow

import (
	"slices"

	"moonpeer/net/broker"
)

// States are the values of conn_state.
var States = []State{S0, S1, S2, S3, SF, REJ, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR, OTH}

// Given is a connection of which nobody has seen a packet: what tests say that it was.
type Given struct {
	ID       ID
	Proto    broker.Proto
	UID      string // "": as that of a connection that was seen
	Again    uint32 // how many connections before this one have the same ends and start
	Start    broker.Timestamp
	Duration broker.Timespan
	Orig     GivenEndpoint
	Resp     GivenEndpoint
	State    State // one of States
}

// GivenEndpoint is one side of it.
type GivenEndpoint struct{ Bytes, Packets, IPBytes uint64 }

// Conn returns the connection. It is nobody's but the caller's: no table changes it.
func (g *Given) Conn() *Conn {
	c := &Conn{ID: g.ID, Proto: g.Proto, Start: g.Start, Last: g.Start + broker.Timestamp(g.Duration), Removed: true,
		established: slices.Contains([]State{S1, S2, S3, SF, RSTO, RSTR}, g.State),
		sized:       true, retained: true, uid: g.UID, again: g.Again, given: g.State}
	c.key = makeKey(&Packet{Src: g.ID.OrigH, Dst: g.ID.RespH, SrcPort: g.ID.OrigP.Number, DstPort: g.ID.RespP.Number, Proto: g.Proto})
	c.Orig, c.Resp = g.Orig.endpoint(), g.Resp.endpoint()
	return c
}

func (e *GivenEndpoint) endpoint() Endpoint {
	return Endpoint{Packets: e.Packets, IPBytes: e.IPBytes, payload: e.Bytes, sent: e.Bytes + 1} // sent counts the SYN
}
