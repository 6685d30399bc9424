package input

import (
	"moonpeer/net/broker"
	"moonpeer/runtime/input/flow"
)

// Sink receives what a source hands over, on the goroutine that called Pull. Its methods must not block and must
// not call the source, except for Clock.
type Sink interface {
	// ConnEvent tells of a connection in a capture. c changes with later packets and is used for another
	// connection after its StateRemove, unless it was retained; see [flow.Conn].
	flow.Handler

	// Record hands over a line of the Zeek log called path: the event Input::<path>. The fields of rec are those
	// of t, in order; an unset one is None, a nested record a Vector. rec belongs to the sink. t is the same for
	// all lines of the same make-up, and immutable.
	Record(path string, t *RecordType, rec broker.Vector)

	// Event hands over {"event": name, "args": args} as it came: strings, bools, nil, json.Number, []any and
	// map[string]any. args belongs to the sink. line is for messages.
	Event(name string, args []any, line int)

	// Warn is told what was skipped: an [*Error] with file and line. The input goes on.
	Warn(err error)

	// Enough ends the pull. A sink that wants an event handled before its connection changes any more says so
	// once it has queued something.
	Enough() bool
}
