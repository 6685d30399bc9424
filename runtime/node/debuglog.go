package node

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"moonpeer/runtime/script"
)

// debugLog writes what happens inside a node, a line each: node time, wall time, stream, text. It is flushed at the end of
// each turn.
type debugLog struct {
	on   uint8         // the streams, a bit each
	w    *bufio.Writer // nil: nothing is on
	file io.Closer     // nil: it is the node's Stderr
	wall func() int64
	stop func() // looking at the hub's messages; nil: nobody does
}

// open begins the log unless it has begun.
func (d *debugLog) open(opts *Options) error {
	if d.w != nil {
		return nil
	}
	dir := opts.NodeDir()
	if dir == "" {
		d.w = bufio.NewWriter(opts.Stderr)
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("debug log: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "debug.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("debug log: %w", err)
	}
	d.w, d.file = bufio.NewWriter(f), f
	return nil
}

// names returns the streams that are on, in the order of DebugStreams.
func (d *debugLog) names() []string {
	var names []string
	for i, s := range DebugStreams {
		if d.on&(1<<i) != 0 {
			names = append(names, s.Name)
		}
	}
	return names
}

func (d *debugLog) printf(s Stream, now int64, format string, args ...any) {
	fmt.Fprintf(d.w, "%.6f/%.6f [%s] ", seconds(now), seconds(d.wall()), s)
	d.w.WriteString(script.Printable(fmt.Sprintf(format, args...))) // arguments and topics are what others sent
	d.w.WriteByte('\n')
}

func seconds(ns int64) float64 { return float64(ns) / float64(time.Second) }

func (d *debugLog) flush() {
	if d.w != nil {
		d.w.Flush()
	}
}

// close ends the log; a line that could not be written is an error here. Streams that are on are off then.
func (d *debugLog) close() error {
	if d.w == nil {
		return nil
	}
	err := d.w.Flush()
	if d.file != nil {
		err = errors.Join(err, d.file.Close())
	}
	d.on, d.w, d.file = 0, nil, nil
	if err != nil {
		return fmt.Errorf("debug log: %w", err)
	}
	return nil
}
