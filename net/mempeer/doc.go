// Package mempeer links nodes in one process, for tests and simulated clusters. What travels is the same bytes
// that QUIC carries: messages go through the same queues (net/lane) with the same policies, are written with the
// same header, cut into batches at frame borders and parsed again. A struct handed across would leave out the
// code that breaks first.
//
// # Types
//
//	Net   the wires of a simulation, a step.Machine that moves bytes when it is stepped
//	Link  one end of a wire; implements endpoint.Link
//	End   what a node contributes to a link: the port's number and the inbox
//
//	Transport  a node's way to dial and to listen; implements peering.Transport
//
// # Time and goroutines
//
// There is neither a goroutine nor a clock here. Whoever simulates turns the nodes and steps the Net, all in one
// goroutine, and asks the Net's Next after each turn, since turns append and release. A batch arrives after the
// delay Options.Delay gives it, and never before one that was sent earlier on its lane; without Delay it arrives
// in the same step. Ties are settled by the order in which the links were made, so a run is a function of its
// inputs.
//
// # Back-pressure
//
// A receiver gets four batches per lane; more stay on the wire until it releases one, and when Options.Window
// bytes are on the wire of a lane, frames stay in the sender's queue. There, and nowhere else, they can be dropped.
//
// # Ends
//
// Close drops what is queued, loses what is on the wire towards the closer, and lets arrive what was sent to the
// other end before it hears of the close. Cut loses everything on the wire, both ways, as a crash does. Hold
// keeps everything on the wire until it is let go, as a partition does that ends in time. In each case, lane by
// lane, one end's Written is the other end's Received plus Link.Lost plus what is on the wire.
//
// # Hosts
//
// The name of an End is that of its host. Options.Reach and Runs say who gets through to whom and which process runs;
// after a change Recheck lets go on what gets through now and keeps the rest, messages and dials. With Options.Watch a
// link of which one end does not get through to the other for the peer timeout is cut, and pings are not needed.
// Options.Answers says which process finds time: one that does not takes what arrives and sends nothing, which counts as
// silence. Transport.Crash takes a process away. What a batch waits for because it was lost and is sent again is Options.Resend:
// its sender's crash loses it, while what is on the wire arrives.
//
// Next says when anything happens, Arrival when something arrives that is on its way and gets through: the former counts
// the patience with silent links and dials, too.
//
// # Handshake
//
// Transport is what a node has: it dials and listens among the nodes of one Net, and links are read as those of QUIC
// are, the control lane once they are bound and the others once the peering has opened them. Pair makes bare links,
// for tests of what lies below. Nobody is authenticated; Transport.Granted stands for what a certificate would say.
package mempeer
