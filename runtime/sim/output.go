package sim

import (
	"fmt"

	"moonpeer/runtime/sim/tracefile"
)

// output keeps what a node writes, up to so many bytes; what comes later is counted.
type output struct {
	kept    []byte
	max     int
	leftOut int
}

// String returns what was written, and says how much is missing.
func (o *output) String() string {
	if o.leftOut == 0 {
		return string(o.kept)
	}
	return fmt.Sprintf("%s\n(%d bytes left out)\n", o.kept, o.leftOut)
}

// maxTraced is how much of a print or report the trace takes.
const maxTraced = 64 << 10

// tap is a node's standard output or error.
type tap struct {
	n      *Node
	to     *output
	stream tracefile.What
}

// Write implements io.Writer.
func (t tap) Write(p []byte) (int, error) {
	t.n.w.note(t.n.opts.Name, t.stream, "%s", p[:min(len(p), maxTraced)])
	take := min(len(p), t.to.max-len(t.to.kept))
	t.to.kept = append(t.to.kept, p[:take]...)
	t.to.leftOut += len(p) - take
	return len(p), nil
}
