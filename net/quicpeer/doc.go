// Package quicpeer is the native transport between two of ours: QUIC with TLS 1.3 (architecture §4).
//
// # Types
//
//	Transport  implements peering.Transport: one UDP socket to dial from, one for each listener
//	link       implements peering.Link: a QUIC connection, its lanes' queues, readers and writers
//
// # Streams
//
// The dialler opens the bidirectional stream 0, which is the control lane. Each side opens a one-way stream for a
// lane when it has something to send there; its first byte is the lane's number. Frames follow, a length in front of
// each. A stream that ends or is not wanted by its reader, one for a lane that has one already, and a frame above the
// limit end the connection; the frames in front of it are taken.
//
// # Goroutines
//
// The loop calls Transport and link. Each connection has one reader and one writer per lane in use and one that
// waits for its end; a listener has one that accepts, and each connection that is accepted one until its stream 0 is
// there. Readers fill buffers, cut them at frame borders and put them into the inbox as batches, at most four per
// lane that are not released; then they wait, and QUIC's flow control makes the sender wait. Writers take what is
// queued, all of it at once; an idle link sends at once, a busy one fills packets.
//
// # Ends
//
// Closed is the last input of a link: everything that arrived before is in front of it, and the account of what was
// written is final. Close from here does not wait. Transport.Close waits for every goroutine.
//
// # Identity
//
// Up carries the names of the other end's certificate (tlsconf.Config.Granted), on both ends, and nil where nobody is
// authenticated.
//
// # Limits
//
// Strangers are bounded by package stranger until the handshake above is done. A stream's window is 128 KB and grows
// to 4 MB while its reader keeps up; that of the connection is 20 MB from the start, more than all its streams
// together, so that a lane that is not read never stops the others. A frame's buffer grows with what has arrived of
// it, not with what its length field says.
package quicpeer
