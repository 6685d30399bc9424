package zeeklog

import (
	"errors"
	"io"
	"path/filepath"
	"strings"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/ahead"
	"moonpeer/runtime/input/lines"
)

// Options say how to read a log.
type Options struct {
	// Path is the path of a log that does not tell its own; "" is the file's name up to its first dot.
	Path string
	lines.Options
}

// Source reads one log. It is an [input.Source].
type Source struct {
	name  string
	lines *lines.Reader
	parse parser

	next   item
	have   bool
	clock  broker.Timestamp
	timed  bool // clock is set
	err    error
	failed bool
}

var _ input.Source = (*Source)(nil)

// item is a record, or what is wrong with a line.
type item struct {
	path  string
	typ   *input.RecordType
	rec   broker.Vector
	time  broker.Timestamp
	timed bool
	bad   error
}

// Open opens the log called name.
func Open(name string, o Options) (*Source, error) {
	r, err := lines.Open(name, o.Options)
	if err != nil {
		return nil, err
	}
	return newSource(name, r, o), nil
}

// New reads a log from r, which is called name in messages. Close closes r if it can be closed.
func New(name string, r io.Reader, o Options) *Source {
	return newSource(name, lines.New(name, r, o.Options), o)
}

func newSource(name string, r *lines.Reader, o Options) *Source {
	path := o.Path
	if path == "" {
		path, _, _ = strings.Cut(filepath.Base(name), ".")
	}
	return &Source{name: name, lines: r, parse: parser{path: path}}
}

// Pull implements [input.Source].
func (s *Source) Pull(max int, until broker.Timestamp, sink input.Sink) (n int, st input.State) {
	for n < max {
		if !s.have {
			switch err := s.fill(); {
			case err == ahead.ErrWait:
				return n, input.Wait
			case s.failed:
				return n, input.Failed
			case err != nil:
				return n, input.Done
			}
		}
		if s.next.timed && s.next.time > until {
			return n, input.More
		}
		s.hand(sink)
		n++
		if sink.Enough() {
			break
		}
	}
	return n, input.More
}

// hand hands over the next item.
func (s *Source) hand(sink input.Sink) {
	it := s.next
	s.next, s.have = item{}, false
	if it.timed {
		s.clock, s.timed = max(s.clock, it.time), true
	}
	if it.bad != nil {
		sink.Warn(it.bad)
		return
	}
	sink.Record(it.path, it.typ, it.rec)
}

// fill reads lines up to the next item.
func (s *Source) fill() error {
	for !s.have {
		if s.err != nil {
			return s.err
		}
		text, number, err := s.lines.Next()
		switch {
		case err == ahead.ErrWait:
			return err
		case err == lines.ErrTooLong:
			s.bad(number, err)
			continue
		case err != nil:
			s.err, s.failed = err, err != io.EOF
			continue
		}
		s.next, s.have, err = s.parse.line(text)
		var fatal headerError
		switch {
		case errors.As(err, &fatal):
			s.err, s.failed = s.at(number, fatal.error), true
		case err != nil:
			s.bad(number, err)
		}
	}
	return nil
}

func (s *Source) bad(line int, err error) { s.next, s.have = item{bad: s.at(line, err)}, true }

func (s *Source) at(line int, err error) error {
	return &input.Error{File: s.name, Line: line, Offset: -1, Err: err}
}

// Peek implements [input.Source].
func (s *Source) Peek() (broker.Timestamp, bool) {
	if !s.have && s.fill() != nil {
		return 0, false
	}
	return max(s.next.time, s.clock), s.next.timed
}

// Clock implements [input.Source]: the latest ts so far. A conn.log is ordered by the ends of connections, and its
// ts is their start, so ts alone goes back and forth.
func (s *Source) Clock() (broker.Timestamp, bool) { return s.clock, s.timed }

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
