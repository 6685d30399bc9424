package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"moonpeer/bindings"
	"moonpeer/runtime/luatest"
	"moonpeer/runtime/sim/tracefile"
)

// traceReporter is a reporter that writes down, or draws, what the simulated nodes of tests have done.
type traceReporter struct {
	luatest.Reporter
	file io.Writer // nil: it is not written
	draw func(name string, trace io.Reader) error
}

// Result implements luatest.Reporter.
func (t *traceReporter) Result(r *luatest.Result) error {
	if err := t.Reporter.Result(r); err != nil {
		return err
	}
	if t.file != nil {
		if _, err := t.file.Write(r.Trace); err != nil {
			return fmt.Errorf("--trace: %w", err)
		}
	}
	if t.draw == nil || len(r.Trace) == 0 {
		return nil
	}
	return t.draw(r.File, bytes.NewReader(append(tracefile.AppendHeader(nil), r.Trace...)))
}

// traced wraps a reporter as the flags say.
func (c *testCommand) traced(inv *invocation, out *testOutput) error {
	if c.Trace == "" && !c.ShowTrace {
		return nil
	}
	t := &traceReporter{Reporter: out.Reporter}
	if c.ShowTrace {
		draw, err := drawTrace(inv, c.forPeople(inv))
		if err != nil {
			return err
		}
		t.draw = draw
	}
	if c.Trace != "" {
		f, err := os.Create(c.Trace)
		if err == nil {
			out.files = append(out.files, f)
			t.file = f
			_, err = f.Write(tracefile.AppendHeader(nil))
		}
		if err != nil {
			return usagef("test", "--trace: %w", err)
		}
	}
	out.Reporter = t
	return nil
}

// drawTrace returns what draws a trace on standard output.
func drawTrace(inv *invocation, w io.Writer) (func(name string, trace io.Reader) error, error) {
	m, err := bindings.NewMessages(func() int64 { return 0 })
	if err != nil {
		return nil, err
	}
	o := tracefile.Options{Width: inv.console.Width(), Describe: m.Describe}
	if o.Width == 0 {
		o.Width = 140 // of a file, in which lines may be long
	}
	return func(name string, trace io.Reader) error {
		r := tracefile.NewReader(name, trace)
		for {
			s, err := r.Next()
			if s != nil {
				fmt.Fprintf(w, "\n%s\n", inv.console.Paints().Bold(s.Title))
				if failed := tracefile.Draw(w, s.Entries, o); failed != nil {
					return failed
				}
			}
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}, nil
}

// drawFiles draws the files that --trace has written; drawn is false when the arguments are no such files.
func (c *testCommand) drawFiles(inv *invocation) (drawn bool, err error) {
	if !c.ShowTrace {
		return false, nil
	}
	draw, err := drawTrace(inv, c.forPeople(inv))
	if err != nil {
		return true, err
	}
	for i, name := range c.Args {
		f, err := os.Open(name)
		if err != nil || !isTrace(f) {
			if i > 0 {
				err = usagef("test", "%s: it is no file that --trace has written, as %s is", name, c.Args[0])
				return true, errors.Join(err, f.Close())
			}
			f.Close()
			return false, nil
		}
		if err = errors.Join(draw(name, f), f.Close()); err != nil {
			return true, err
		}
	}
	return len(c.Args) > 0, nil
}

// isTrace looks at the first line, and goes back.
func isTrace(f *os.File) bool {
	header := tracefile.AppendHeader(nil)
	first := make([]byte, len(header))
	_, err := io.ReadFull(f, first)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	return err == nil && bytes.Equal(first, header)
}
