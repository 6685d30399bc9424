package step

// PortID names one source of inputs: a link, a store's disk, the control socket. The node gives the numbers out
// and does not use one again while inputs of its former owner may still arrive.
type PortID uint32

// Input is something that came from the world, or the end of something the loop asked for.
type Input interface {
	// Port is where it came from. Inputs of one port stay in order.
	Port() PortID
}

// Inbox is where edges put inputs for a node's loop. Any goroutine may call it.
type Inbox interface {
	// Put queues in and wakes the loop if it sleeps. It does not block and takes everything: how much may be
	// under way is each edge's own bound, such as four unreleased batches per lane. After the node has stopped
	// it throws the input away, and releases it if it is a Batch.
	Put(in Input)
}
