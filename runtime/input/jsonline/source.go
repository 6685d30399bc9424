package jsonline

import (
	"io"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/ahead"
	"moonpeer/runtime/input/lines"
)

// Source reads events. It is an [input.Source].
type Source struct {
	name   string
	lines  *lines.Reader
	err    error
	failed bool
}

var _ input.Source = (*Source)(nil)

// New reads r, which is called name in messages. wake is called from another goroutine when Pull said
// [input.Wait] and there may be more now. Close closes r if it can be closed, or interrupts it.
func New(name string, r io.Reader, wake func()) *Source {
	return &Source{name: name, lines: lines.New(name, r, lines.Options{Wake: wake})}
}

// Pull implements [input.Source].
func (s *Source) Pull(max int, _ broker.Timestamp, sink input.Sink) (n int, st input.State) {
	for n < max {
		if s.err != nil {
			if s.failed {
				return n, input.Failed
			}
			return n, input.Done
		}
		text, number, err := s.lines.Next()
		switch {
		case err == ahead.ErrWait:
			return n, input.Wait
		case err == lines.ErrTooLong:
			sink.Warn(s.at(number, err))
		case err != nil:
			s.err, s.failed = err, err != io.EOF
			continue
		default:
			if blank(text) {
				continue
			}
			if e, err := parse(text); err != nil {
				sink.Warn(s.at(number, err))
			} else {
				sink.Event(e.name, e.args, number)
			}
		}
		n++
		if sink.Enough() {
			break
		}
	}
	return n, input.More
}

func (s *Source) at(line int, err error) error {
	return &input.Error{File: s.name, Line: line, Offset: -1, Err: err}
}

// Peek implements [input.Source]: events have no time.
func (s *Source) Peek() (broker.Timestamp, bool) { return 0, false }

// Clock implements [input.Source]: events have no time.
func (s *Source) Clock() (broker.Timestamp, bool) { return 0, false }

// Progress implements [input.Source].
func (s *Source) Progress() (done, total int64) { return s.lines.Progress() }

// Err implements [input.Source].
func (s *Source) Err() error {
	if !s.failed {
		return nil
	}
	return s.err
}

// Close implements [input.Source].
func (s *Source) Close() error { return s.lines.Close() }
