package tracefile

import (
	"bytes"
	"time"

	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// What happened to a node, or to the world.
type What string

// What happens to a node.
const (
	Loaded    What = "loaded"    // a run has begun: its scripts are loaded; the text is its endpoint id
	Started   What = "started"   // node_init is raised
	Stopping  What = "stopping"  // it is to end in good order
	Stopped   What = "stopped"   // it has ended in good order
	Crashed   What = "crashed"   // its process is gone
	Frozen    What = "frozen"    // its process does not run
	Running   What = "running"   // it does again
	Skewed    What = "skew"      // its wall clock is ahead by so much
	Slow      What = "slow"      // its turns take so long
	Out       What = "out"       // it has printed the text, which is quoted
	Err       What = "err"       // it has reported the text, which is quoted
	Connected What = "connected" // it has dialled or accepted a connection
	Unreached What = "unreached" // a dial has failed
	Closed    What = "closed"    // a link has ended
)

// What happens to the world.
const (
	World     What = "world"     // it has begun: its options
	Partition What = "partition" // nothing gets through between two groups
	Heal      What = "heal"      // and now it does
	Wires     What = "wire"      // some ways have another delay, jitter, loss
)

// whats are all, for the world or not.
var whats = map[What]bool{
	Loaded: false, Started: false, Stopping: false, Stopped: false, Crashed: false, Frozen: false, Running: false, Skewed: false,
	Slow: false, Out: false, Err: false, Connected: false, Unreached: false, Closed: false,
	World: true, Partition: true, Heal: true, Wires: true,
}

// Entry is one thing that happened.
type Entry struct {
	At      time.Duration // since the world's beginning
	Message *Message      // nil: it is a note
	Node    string        // whose note; "": the world's
	What    What
	Text    string // more about it
}

// Fault tells whether it is something that is done to nodes and wires, and not what comes of it.
func (e *Entry) Fault() bool {
	switch e.What {
	case Partition, Heal, Wires, Crashed, Frozen, Running, Skewed, Slow, Stopping:
		return e.Message == nil
	}
	return false
}

// Message is a message at the end of its way.
type Message struct {
	From, To string // names of nodes
	Lane     step.Lane
	Sent     time.Duration // when it was put on the wire
	Again    time.Duration // when it was for the last time: later than Sent if it was lost and sent again
	At       time.Duration // when it arrived, or was lost for good
	Lost     bool          // it has not arrived
	Size     int           // of the frame
	Frame    []byte        // with its length field; its beginning only, if Size is larger
}

// Parse reads the frame's header. Topic and payload alias the frame. It is an error for a frame of a handshake.
func (m *Message) Parse() (wire.Header, []byte, error) {
	if m.handshake() || len(m.Frame) < wire.LengthSize {
		return wire.Header{}, nil, wire.ErrFrameType
	}
	return wire.ParseFrame(m.Frame[wire.LengthSize:])
}

// Whole tells whether all of the frame is there.
func (m *Message) Whole() bool { return len(m.Frame) == m.Size }

var handshakeMagic = []byte("ZEEK")

// handshake tells whether it belongs to a handshake, whose frames have no header. Two of its types are link control's and
// the stores' numbers, too; those have the magic bytes where a frame has its TTL, which is at most 16, and what follows.
func (m *Message) handshake() bool {
	if m.Lane != step.LaneControl || len(m.Frame) <= wire.LengthSize {
		return false
	}
	kind, rest := m.Frame[wire.LengthSize], m.Frame[wire.LengthSize+1:]
	switch kind {
	case wire.TypeHello, wire.TypeProbe, wire.TypeOriginatorSyn, wire.TypeResponderSynAck, wire.TypeOriginatorAck:
		return true
	}
	return bytes.HasPrefix(rest, handshakeMagic)
}

// Messages makes entries of messages, for Draw.
func Messages(ms []Message) []Entry {
	es := make([]Entry, len(ms))
	for i := range ms {
		es[i] = Entry{At: ms[i].At, Message: &ms[i]}
	}
	return es
}
