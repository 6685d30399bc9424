package node

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"moonpeer/net/endpoint"
	"moonpeer/runtime/script"
)

// DebugStreams are what Options.Debug can name, with what each shows.
var DebugStreams = []struct{ Name, Shows string }{
	{"broker", "each message: published, routed to a script, or not, and why"},
	{"events", "each event when its handlers are called, with its arguments"},
}

// debugLog writes what happens inside a node, a line each: node time, wall time, stream, text.
type debugLog struct {
	n    *Node
	w    *bufio.Writer
	file io.Closer
	wall func() int64
}

// openDebug begins the log: in the state directory if there is one, else on Stderr.
func (n *Node) openDebug(wall func() int64) error {
	if len(n.opts.Debug) == 0 {
		return nil
	}
	for _, s := range n.opts.Debug {
		if !slices.ContainsFunc(DebugStreams, func(d struct{ Name, Shows string }) bool { return d.Name == s }) {
			return fmt.Errorf("--debug %s: no such stream%s; there are:\n%s", s, script.DidYouMean(s, streamNames()), describeStreams())
		}
	}
	d := &debugLog{n: n, w: bufio.NewWriter(n.opts.Stderr), wall: wall}
	if dir := n.opts.NodeDir(); dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("--state: %w", err)
		}
		f, err := os.OpenFile(filepath.Join(dir, "debug.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("--debug: %w", err)
		}
		d.w, d.file = bufio.NewWriter(f), f
	}
	n.debug = d
	return nil
}

func streamNames() []string {
	var names []string
	for _, s := range DebugStreams {
		names = append(names, s.Name)
	}
	return names
}

func describeStreams() string {
	var b strings.Builder
	for _, s := range DebugStreams {
		fmt.Fprintf(&b, "  %-8s %s\n", s.Name, s.Shows)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// shows tells whether a stream was asked for.
func (n *Node) shows(stream string) bool {
	return n.debug != nil && slices.Contains(n.opts.Debug, stream)
}

func (d *debugLog) printf(stream, format string, args ...any) {
	fmt.Fprintf(d.w, "%.6f/%.6f [%s] ", seconds(d.n.clock.Now()), seconds(d.wall()), stream)
	d.w.WriteString(script.Printable(fmt.Sprintf(format, args...))) // arguments and topics are what others sent
	d.w.WriteByte('\n')
}

func seconds(ns int64) float64 { return float64(ns) / float64(time.Second) }

// trace is the hub's hook for stream broker.
func (d *debugLog) trace(e endpoint.TraceEvent) { d.printf("broker", "%s", e) }

func (d *debugLog) flush() {
	if d != nil {
		d.w.Flush()
	}
}

// close ends the log; a line that could not be written is an error here.
func (d *debugLog) close() error {
	if d == nil {
		return nil
	}
	err := d.w.Flush()
	if d.file != nil {
		err = errors.Join(err, d.file.Close())
	}
	if err != nil {
		return fmt.Errorf("debug log: %w", err)
	}
	return nil
}
