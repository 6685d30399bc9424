package step

import "sync/atomic"

// Lane is one of the ordered ways a link has. Order holds within a lane, and none holds between lanes. The
// number is the first byte of a one-way stream between two of ours.
type Lane uint8

// The lanes. What each does when its queue is full is the lane's own policy; see net/lane.
const (
	LaneControl Lane = iota // handshake, routing updates, ping and pong, link control
	LaneEvents              // data messages
	LaneStores              // store commands, never dropped
	LaneLogs                // log records, answered Full
	NumLanes    = 4
)

var laneNames = [NumLanes]string{"control", "events", "stores", "logs"}

// String returns the lane's name.
func (l Lane) String() string {
	if int(l) < len(laneNames) {
		return laneNames[l]
	}
	return "unknown"
}

// LinkID names a link among a node's links. The node gives it out; it is the number of the link's port.
type LinkID uint32

// Verdict says what became of a message that was appended to a lane.
type Verdict uint8

// The verdicts.
const (
	Queued  Verdict = iota // it is in the queue; an older one may have been dropped for it
	Dropped                // it was dropped and counted; the caller has nothing more to do with it
	Full                   // it was not taken and not counted as offered; it is still the caller's
)

var verdictNames = [...]string{"queued", "dropped", "full"}

// String returns the verdict's name.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "unknown"
}

// LargePayload is the length in bytes up to which a Link copies a payload. A longer one it keeps by reference.
const LargePayload = 8 << 10

// Count is a number of messages and the bytes of their frames.
type Count struct{ Messages, Bytes uint64 }

// Add counts one more message of n bytes.
func (c *Count) Add(n int) {
	c.Messages++
	c.Bytes += uint64(n)
}

// Plus returns the sum of c and d.
func (c Count) Plus(d Count) Count { return Count{c.Messages + d.Messages, c.Bytes + d.Bytes} }

// Minus returns the difference of c and d.
func (c Count) Minus(d Count) Count { return Count{c.Messages - d.Messages, c.Bytes - d.Bytes} }

// Counters is the account of one lane of one link since the link came up. Offered is Dropped plus Written plus
// what waits in the queue; at the other end Written is Received plus what is in flight or was lost with the link.
type Counters struct {
	Offered  Count // taken into the queue or dropped; what was answered Full is not in it
	Dropped  Count
	Written  Count // handed to the transport
	Received Count // the opposite direction: what arrived here on this lane
}

// Link is one peer as the loop sees it: the outgoing half of a connection, whose incoming half is the Batches in
// the inbox. H is what goes in front of a payload: header and topic. Only the loop calls it, and nothing in it blocks.
type Link[H any] interface {
	// Append puts a message into lane l. Header and payload are copied, but a payload longer than LargePayload
	// is kept by reference until it is written: the caller never changes it afterwards, and it must not lie in a
	// pooled buffer. A message that the link's format cannot carry, or after Close any message, is Dropped.
	Append(l Lane, h *H, payload []byte) Verdict
	// Writable reports whether lane l is under half full. Once it has answered false, the change back to true
	// comes as a Writable input.
	Writable(l Lane) bool
	// Flush hands what was appended since the last Flush to the lanes' writers and wakes them; called once per turn.
	Flush()
	// Counters returns the account of lane l as it is now.
	Counters(l Lane) Counters
	// Close ends the link without waiting for what is queued; code and why are what the other end is told. A
	// Closed input follows, also if the link was closed already by the other end. Further calls do nothing.
	Close(code uint64, why string)
}

// Batch is what one reader took from one lane of a link: whole frames, one behind the other. The loop owns it
// until Release.
type Batch struct {
	Link LinkID
	Lane Lane
	Buf  []byte   // the frames and nothing else
	Off  []uint32 // where in Buf each frame begins, with its length field
	Done int      // how many frames the loop has taken; a batch may be worked off over several turns

	free     func(*Batch)
	released atomic.Bool
}

// NewBatch returns an empty batch that calls free when it is released; free may be nil.
func NewBatch(free func(*Batch)) *Batch { return &Batch{free: free} }

// Port is the port of the batch's link.
func (b *Batch) Port() PortID { return PortID(b.Link) }

// Len is the number of frames in the batch, Done ones included.
func (b *Batch) Len() int { return len(b.Off) }

// Frame returns frame i with its length field. It is good until Release.
func (b *Batch) Frame(i int) []byte {
	end := uint32(len(b.Buf))
	if i+1 < len(b.Off) {
		end = b.Off[i+1]
	}
	return b.Buf[b.Off[i]:end:end]
}

// Release gives the buffer back to the link it came from, which may then read on. Any goroutine may call it; a
// second call does nothing until the batch is in use again.
func (b *Batch) Release() {
	if b.released.Swap(true) || b.free == nil {
		return
	}
	b.free(b)
}

// Reset makes b an empty batch of the given link and lane, keeping its buffers. Only the link calls it.
func (b *Batch) Reset(link LinkID, lane Lane) {
	b.Link, b.Lane, b.Done = link, lane, 0
	b.Buf, b.Off = b.Buf[:0], b.Off[:0]
	b.released.Store(false)
}

// Writable is the input that says a lane has room again.
type Writable struct {
	Link LinkID
	Lane Lane
}

// Port is the port of the link.
func (w Writable) Port() PortID { return PortID(w.Link) }

// Closed is the last input of a link.
type Closed struct {
	Link   LinkID
	Code   uint64 // what the other end gave; 0 if it gave none
	Why    string
	Remote bool // the other end closed, or the connection broke; false after our own Close
}

// Port is the port of the link.
func (c Closed) Port() PortID { return PortID(c.Link) }
