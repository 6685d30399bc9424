// Package peering is the life of a node's peers: who is dialled and accepted, the handshake, what goes over a link
// besides messages, and its end. It speaks Broker's protocol 1 over any ordered stream (native-peering §2, §3, §5)
// and, on links with our header, the link hello and what follows from it. It opens no socket, starts no goroutine
// and reads no clock.
//
// # Types
//
//	Table      the peers of one node, a step.Machine: listeners, dials, handshakes, peerings
//	Transport  what opens sockets: net/quicpeer in production, net/mempeer in a simulation
//	Link       a connection as Table sees it: endpoint.Link, and what a handshake needs
//	Up         the input that says a connection is there, or that a dial has failed
//	Event      what happened to a peer, in the documented order
//	Claim      who an other end says it is; Options.Admit answers with a Verdict
//
// Everything here belongs to the node's loop. Transports do their work elsewhere and answer by inputs.
//
// # A connection's life
//
//	Up ─▶ handshake ─▶ link hello (ours only) ─▶ admission ─▶ peered ─▶ leaving ─▶ Closed
//	          │               │                      │           │
//	          │               │                      │           └── silence, a frame that is none, overflow: Close
//	          │               │                      └── not admitted: Close, or somebody else's peering goes first
//	          └── refused: drop_conn, at most 1 s
//
// The endpoint with the smaller id is the originator, whoever dialled. Only the originator decides between two
// connections to one peer: it pauses the second while the first is shaking hands, then drops it with code 39, which
// a dialler takes as success. From Up to peered a connection has 10 s.
//
// # Who is admitted
//
// Without Options.Admit everybody is. With it the table asks once the hello has come, which says name and epoch; the
// transport adds the names of the certificate, if there is one. Who is refused reads why in the reason of the close
// (CodeRefused), and a dialler goes on at its interval; the log of either end has the reason once. A verdict may name a
// peer whose place the new one takes: peer_lost and endpoint_unreachable of the old come first, then
// endpoint_discovered and peer_added of the new.
//
// Both ends ask for themselves. One that does says so in its hello, and sends "admitted" when it has said yes; the other
// does not peer before, so who is turned away never has a peer that it loses at once. Name and epoch are those of the
// first hello of a link.
//
// # What somebody else knows
//
// Table.Gone ends a peering at once whose process has ended, Table.Hurry dials an address at which a node is up.
//
// # What goes over the control lane
//
// Handshake frames first (wire.Handshake). Then frames with the link's header: routing updates, pings, pongs, and,
// on our links, type 9, link control. The payload of link control begins with its kind:
//
//	1 hello     fields, each: number u8, length varbyte, content. Unknown numbers are skipped
//	            1 features u8: 1 forwards, 2 speaks our store commands, 4 admitted will follow
//	            2 node name, text        3 epoch u64
//	            4 link id u64: the sender's own name for this link
//	            5 former link id u64: the receiver's name for the former link between the two
//	            6 what the sender took from that link: per lane, messages u64 and bytes u64
//	2 counters  per lane: messages u64, bytes u64 taken so far; once a second while they change
//	3 bye       per lane: messages u64 that have been and will be written
//	4 done      all of them were taken
//	5 admitted  the sender takes the receiver for a peer; if it is sent, the first message after the hello
//
// The hello is the first frame after the handshake, both ways, and comes again when its content has changed. Lanes
// other than control are read only when the hello has arrived, so a stranger can't make a node hold more than the
// flow-control windows of streams that nobody reads.
//
// # The account
//
// Per peer and lane, over all links with one endpoint id:
//
//	offered = received + dropped + lost + in flight + queued
//
// Received is what the other loop took, as it says. What a broken link had written and not yet told is in flight
// until the next hello says how much of it arrived; if the peer never comes back it stays there, unless it is known to
// be gone (Gone, or its place was taken): then it is lost.
//
// # Liveness
//
// The loop looks after each peer every fifth of the peer timeout: it pings, and the other loop answers, unless the other
// has just pinged, which leaves it out twice in three beats. So a process whose loop hangs is found although its kernel
// and its QUIC stack still acknowledge. Time in which this loop itself did not run is
// not held against the peers. A transport that watches for silence itself (Transport.WatchesSilence: the simulator's)
// needs no pings, and an idle link has no timer then.
package peering
