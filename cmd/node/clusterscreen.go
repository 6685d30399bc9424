package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"moonpeer/net/step"
)

// screen shows what nodes write, and never makes the loop wait.
type screen struct {
	out, err *spoolWriter
	zeek     bool              // in the form of Zeek's supervisor
	info     bool              // lines of that level, too
	results  bool              // there are to be some
	warned   map[string]string // who has written a warning first
}

func newScreen(inv *invocation, p *clusterPlan) screen {
	return screen{out: newSpoolWriter(inv.console.Stdout()), err: newSpoolWriter(inv.console.Stderr()),
		zeek: len(p.c.Supervisor) > 0, info: p.c.Info, results: len(p.c.Print) > 0, warned: map[string]string{}}
}

// close writes what waits. An output that has failed is an error; whether one is that nobody has read to its end depends
// on whether a result was written.
func (s screen) close() error {
	unread := s.out.close()
	s.err.close() // what nobody reads is in the nodes' files
	if err := s.out.Err(); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	if s.results {
		return unread
	}
	return nil
}

// result shows a line of what the run was for. It is not dropped, however slow its reader is: the answer that it comes from
// was in memory, too.
func (s screen) result(format string, args ...any) {
	s.out.spool.Write(fmt.Appendf(nil, format, args...))
}

// show writes a node's line. A supervisor with scripts of its own writes as Zeek's does, else the name goes in front.
func (s screen) show(name string, stream step.Stream, line []byte) {
	w := s.out
	if stream == step.Stderr {
		w = s.err
		if !s.info && s.idle(name, string(line)) {
			return
		}
	}
	if s.zeek {
		fmt.Fprintf(w, "[supervisor:%s] [%s] %s\n", strings.ToUpper(stream.String()), name, line)
		return
	}
	fmt.Fprintf(w, "%s: %s\n", name, line)
}

// maxWarned is how many warnings are remembered.
const maxWarned = 1000

// idle tells what nobody is served with: how a node is, and the warning that another one has given already.
func (s screen) idle(name, line string) bool {
	if !strings.HasPrefix(line, "warning: ") {
		return strings.HasPrefix(line, "info: ") || line == "ready"
	}
	first, known := s.warned[line]
	if !known && len(s.warned) < maxWarned {
		s.warned[line] = name
	}
	return known && first != name
}

func (s screen) infof(format string, args ...any) { fmt.Fprintf(s.err, "info: "+format+"\n", args...) }
func (s screen) errorf(format string, args ...any) {
	fmt.Fprintf(s.err, "error: "+format+"\n", args...)
}

// spoolWriter writes to an output that may be slow. While that is far behind, lines are dropped and counted.
type spoolWriter struct {
	*spool
	dropped int
}

func newSpoolWriter(w io.Writer) *spoolWriter { return &spoolWriter{spool: newSpool(w, func() {})} }

// Write implements io.Writer. It takes everything, or drops it.
func (w *spoolWriter) Write(p []byte) (int, error) {
	if w.Full() {
		w.dropped++
		return len(p), nil
	}
	if w.dropped > 0 {
		w.spool.Write(fmt.Appendf(nil, "warning: %d lines were not shown, since nobody read so fast; the nodes' files have them\n", w.dropped))
		w.dropped = 0
	}
	w.spool.Write(p)
	return len(p), nil
}

// lastLines is how long the end waits for a slow reader.
const lastLines = 3 * time.Second

func (w *spoolWriter) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), lastLines)
	defer cancel()
	return w.Close(ctx)
}
