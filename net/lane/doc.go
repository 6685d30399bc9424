// Package lane is the outgoing half of a link: a bounded queue of frames per lane, between the node's loop, which
// appends, and a writer, which takes whole frames and hands them to a stream.
//
// A Set holds the queues of one link and implements the greater part of step.Link; a transport adds Close, a
// writer goroutine per stream and the reader. Messages are dropped here and nowhere else, by the lane's Policy,
// and counted.
//
// # Goroutines
//
// Append, Flush, Writable, Queued and Close belong to the loop; Take and Done to the writer of that lane, of
// which there is one; Received and Counters to anybody. The loop appends into a chunk of its own without a lock
// and hands it over once per Flush, or whenever 64 KB have come together: one lock per turn and lane, not one
// per message.
//
// # Bytes
//
// Append writes header and payload behind each other into the lane's chunks: copying a hundred bytes is cheaper
// than counting references, and a slow peer can't pin other people's buffers. A payload longer than
// step.LargePayload is kept by reference.
//
// # The account
//
// At any moment, for each lane, offered = dropped + written + waiting + taken by the writer and not yet done.
// What is answered Full was not offered. Close drops what waits.
//
// A writer's loop:
//
//	var t lane.Taken
//	for set.Take(l, lane.MaxTake, &t) {
//	        for _, b := range t.Buffers() {
//	                if _, err := stream.Write(b); err != nil { … }
//	        }
//	        set.Done(l, &t)
//	}
//	… wait for Options.Wake
package lane
