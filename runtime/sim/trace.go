package sim

import (
	"fmt"
	"io"

	"moonpeer/net/mempeer"
)

// trace writes a line: nanoseconds since the beginning, and what happened. Two runs from one seed write the same.
func (w *World) trace(format string, args ...any) {
	if w.opts.Trace == io.Discard {
		return
	}
	line := fmt.Appendf(nil, "%d ", w.now)
	line = append(fmt.Appendf(line, format, args...), '\n')
	if _, err := w.opts.Trace.Write(line); err != nil && w.err == nil {
		w.err = fmt.Errorf("writing the trace: %w", err)
	}
}

// traceFrame is the wires' hook.
func (w *World) traceFrame(a mempeer.Arrival) { w.trace("%s->%s %v %x", a.From, a.To, a.Lane, a.Frame) }
