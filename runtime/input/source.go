package input

import (
	"math"

	"moonpeer/net/broker"
)

// State says what a source can do next.
type State uint8

// The states.
const (
	More   State = iota // call Pull again
	Wait                // nothing right now; the source's Wake function is called when that changes
	Done                // the end, and everything was handed over
	Failed              // as Done, but the end is not where it should be: see Err
)

// String returns the state in lower case.
func (s State) String() string {
	if int(s) >= len(states) {
		return "?"
	}
	return states[s]
}

var states = [...]string{"more", "wait", "done", "failed"}

// Never is a time after all items: the until of a Pull that is bounded by its count alone.
const Never broker.Timestamp = math.MaxInt64

// Source is one input of a node. All methods are called by the node's loop, and none of them waits for anything but
// a regular file.
type Source interface {
	// Pull hands up to max items to sink and returns how many. An item is a packet, the end of a connection, a
	// line. It stops before the first item whose time is after until, and after an item for which sink was
	// called and [Sink.Enough] is true. Items without a time are not held up by until.
	//
	// More with n = 0 means that the next item is after until. After Done or Failed it stays at that.
	Pull(max int, until broker.Timestamp, sink Sink) (n int, s State)

	// Peek returns the time of the item that Pull would hand over first. It reports false if there is none at
	// the moment or it has no time.
	Peek() (broker.Timestamp, bool)

	// Clock returns the time of the item that is being handed over or was last; it never goes back. It reports
	// false before the first item with a time.
	Clock() (broker.Timestamp, bool)

	// Progress returns the bytes read of those there are, as they lie on disk; total is -1 where nobody knows.
	Progress() (done, total int64)

	// Err says, after Failed, what is wrong, in which file and where in it: an [*Error].
	Err() error

	// Close lets go of the input. It may be called at any time, and more than once.
	Close() error
}
