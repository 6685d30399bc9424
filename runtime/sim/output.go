package sim

import "fmt"

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

// tap is a node's standard output or error.
type tap struct {
	n      *Node
	to     *output
	stream string
}

// Write implements io.Writer.
func (t tap) Write(p []byte) (int, error) {
	t.n.w.trace("%s %s %q", t.n.opts.Name, t.stream, p)
	take := min(len(p), t.to.max-len(t.to.kept))
	t.to.kept = append(t.to.kept, p[:take]...)
	t.to.leftOut += len(p) - take
	return len(p), nil
}
