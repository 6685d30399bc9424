// Package flow tracks connections: it turns packet headers into Zeek's connection records and their three events.
//
// # What it is for
//
// A [Table] is handed one [Packet] after the other, each the few numbers of its headers that matter, and keeps a
// [Conn] for each pair of ends that talk. Its [Handler] hears of the first packet of a connection, of the moment at
// which both sides of a TCP connection have agreed, and of the end. Reading files and decoding is package capture's
// business.
//
//	tab, err := flow.New(flow.Options{})
//	for each packet {
//		for {
//			if _, ok := tab.Expire(p.Time, h); !ok {
//				break
//			}
//		}
//		tab.Packet(&p, h)
//	}
//	for tab.EndFirst(h) {
//	}
//
// # What a connection is
//
// Who is the originator, the states of TCP endpoints, conn_state, byte counts and timeouts are Zeek's, for TCP, UDP
// and ICMP. The originator is the sender of the first packet, unless that packet is not the start of a TCP
// connection, or is UDP, and comes from a likely server's port; a SYN-ACK captured before its SYN is put right when
// the SYN comes. Where we differ is written in ../DESIGN.md.
//
// # Time
//
// All time is packet time. A connection ends exactly when its timeout is over, in the order of these moments;
// packets never move timers, a timer that goes off looks whether it is still right. A packet whose time lies before
// its predecessor's is counted with its own time, but the clock that timers follow never goes back.
//
// # Memory and goroutines
//
// A table belongs to one goroutine. It holds at most MaxFlows connections, about 500 bytes each; one more ends
// another early, which is counted. A Conn is used again after its end unless it was retained, so a long capture
// allocates no more than its peak needs.
package flow
