package sim

import (
	"fmt"
	"io"
	"time"

	"moonpeer/net/mempeer"
	"moonpeer/runtime/sim/tracefile"
)

// note takes down what happened to a node, or to the world if that is "".
func (w *World) note(node string, what tracefile.What, format string, args ...any) {
	if w.opts.Trace == io.Discard && w.recent.off() {
		return
	}
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	w.recent.note(w.Now(), node, what, text)
	if w.opts.Trace != io.Discard {
		w.line = tracefile.AppendNote(w.line[:0], w.Now(), node, what, text)
		w.write()
	}
}

// frame is the wires' hook.
func (w *World) frame(a mempeer.Arrival) {
	m := tracefile.Message{From: a.From, To: a.To, Lane: a.Lane, Sent: time.Duration(a.Sent), Again: time.Duration(a.Again),
		At: time.Duration(a.At), Lost: a.Lost, Size: len(a.Frame), Frame: a.Frame}
	w.recent.message(&m)
	if w.opts.Trace != io.Discard {
		w.line = tracefile.AppendMessage(w.line[:0], &m)
		w.write()
	}
}

// write writes a line of the trace.
func (w *World) write() {
	if _, err := w.opts.Trace.Write(w.line); err != nil && w.err == nil {
		w.err = fmt.Errorf("writing the trace: %w", err)
	}
}
