package tracefile

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/script"
)

// maxLine bounds a line: the frame or text in it has 64 KiB at most, as far as we have written it.
const maxLine = 1 << 20

// Section is what happened in one world.
type Section struct {
	Title   string // without the #; "": the file has none
	Line    int    // where it begins
	Entries []Entry
}

// Reader reads a trace file.
type Reader struct {
	name  string
	lines *bufio.Scanner
	line  int
	next  *Section // whose title was read
	begun bool
	names map[string]string
	err   error
}

// NewReader returns a reader of a file; name is what it is called in messages.
func NewReader(name string, r io.Reader) *Reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	return &Reader{name: name, lines: s, names: map[string]string{}}
}

// Next returns the next section, io.EOF after the last one, or what can't be read with its file and line; what stood
// before that in its section is returned with it.
func (r *Reader) Next() (*Section, error) {
	if r.err != nil {
		return nil, r.err
	}
	s, err := r.section()
	r.err = err
	if err == io.EOF && s != nil {
		return s, nil
	}
	return s, err
}

// section reads up to the next title or the end.
func (r *Reader) section() (s *Section, err error) {
	if !r.begun {
		if err := r.first(); err != nil {
			return nil, err
		}
	}
	s, r.next = r.next, nil
	for r.scan() {
		line := r.lines.Text()
		title, isTitle := strings.CutPrefix(line, "# ")
		switch {
		case isTitle:
			r.next = &Section{Title: script.Printable(title), Line: r.line}
			if s != nil {
				return s, nil
			}
			s, r.next = r.next, nil
			continue
		case line == "":
			continue
		case s == nil:
			s = &Section{Line: r.line}
		}
		e, err := r.entry(line)
		if err != nil {
			return s, r.fail(err)
		}
		s.Entries = append(s.Entries, e)
	}
	if err := r.lines.Err(); err != nil {
		return s, r.broken(err)
	}
	return s, io.EOF
}

func (r *Reader) scan() bool {
	if r.lines.Scan() {
		r.line++
		return true
	}
	return false
}

// first reads the first line.
func (r *Reader) first() error {
	r.begun = true
	if !r.scan() && r.lines.Err() != nil {
		return r.broken(r.lines.Err())
	}
	line := r.lines.Text()
	switch {
	case line == header:
		return nil
	case r.line == 0:
		return fmt.Errorf("%s: the file is empty, a trace begins with %q", r.name, header)
	case strings.HasPrefix(line, "moonpeer trace "):
		return r.fail(fmt.Errorf("a trace of version %q, this program reads version 1", script.Clip(strings.TrimPrefix(line, "moonpeer trace "))))
	}
	return r.fail(fmt.Errorf("this is no trace: it begins with %q, want %q", script.Clip(line), header))
}

// broken is an error of the file below.
func (r *Reader) broken(err error) error {
	r.line++
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("a line of more than %d KiB", maxLine>>10)
	}
	return r.fail(err)
}

func (r *Reader) fail(err error) error { return fmt.Errorf("%s:%d: %w", r.name, max(r.line, 1), err) }

// entry reads a line.
func (r *Reader) entry(line string) (e Entry, err error) {
	at, rest, _ := strings.Cut(line, " ")
	if e.At, err = moment(at); err != nil {
		return e, err
	}
	if rest, ok := strings.CutPrefix(rest, "* "); ok {
		return e, e.note(rest, true)
	}
	name, rest, err := r.nodeName(rest)
	if err != nil {
		return e, err
	}
	rest, isMessage := strings.CutPrefix(rest, "-> ")
	lost := false
	if !isMessage {
		rest, lost = strings.CutPrefix(rest, "-x ")
	}
	if !isMessage && !lost {
		e.Node = name
		return e, e.note(rest, false)
	}
	if e.Message, err = r.message(name, rest); err == nil {
		e.Message.At, e.Message.Lost = e.At, lost
	}
	return e, err
}

// note reads what happened and more about it.
func (e *Entry) note(rest string, world bool) error {
	what, text, _ := strings.Cut(rest, " ")
	if ofWorld, known := whats[What(what)]; !known || ofWorld != world {
		return fmt.Errorf("nothing called %q happens in a trace", script.Clip(what))
	}
	e.What, e.Text = What(what), script.Printable(text)
	if e.What != Out && e.What != Err {
		return nil
	}
	var err error
	if e.Text, err = strconv.Unquote(text); err != nil {
		return fmt.Errorf("the text of %q is not in quotes: %s", what, script.Clip(text))
	}
	return nil
}

// message reads a message from the name of its receiver on.
func (r *Reader) message(from, rest string) (*Message, error) {
	m := &Message{From: from}
	var err error
	if m.To, rest, err = r.nodeName(rest); err != nil {
		return nil, err
	}
	lane, rest, _ := strings.Cut(rest, " ")
	if m.Lane, err = laneOf(lane); err != nil {
		return nil, err
	}
	f := strings.SplitN(rest, " ", 8)
	if len(f) < 3 || f[0] != "sent" {
		return nil, errors.New("a message without the time when it was sent, or without its frame")
	}
	if m.Sent, err = moment(f[1]); err != nil {
		return nil, err
	}
	m.Again, f = m.Sent, f[2:]
	if len(f) > 2 && f[0] == "again" {
		if m.Again, err = moment(f[1]); err != nil {
			return nil, err
		}
		f = f[2:]
	}
	if m.Frame, err = hex.DecodeString(f[0]); err != nil {
		return nil, fmt.Errorf("the frame of a message: %w", err)
	}
	return m, m.size(f[1:])
}

// size reads how many bytes a frame had that was cut.
func (m *Message) size(f []string) (err error) {
	m.Size = len(m.Frame)
	switch {
	case len(f) == 0:
		return nil
	case len(f) == 2 && f[0] == "of":
		m.Size, err = strconv.Atoi(f[1])
		if err == nil && m.Size >= len(m.Frame) {
			return nil
		}
	}
	return fmt.Errorf("what follows the frame of a message can't be read: %q", script.Clip(strings.Join(f, " ")))
}

// nodeName reads a name and the blank behind it.
func (r *Reader) nodeName(text string) (name, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err == nil {
			name, err = strconv.Unquote(quoted)
		}
		if err != nil || name == "" {
			return "", "", fmt.Errorf("no name of a node in quotes: %s", script.Clip(text))
		}
		rest = strings.TrimPrefix(text[len(quoted):], " ")
	} else {
		name, rest, _ = strings.Cut(text, " ")
		if name == "" || strings.ContainsFunc(name, odd) {
			return "", "", fmt.Errorf("%q is no name of a node", script.Clip(name))
		}
	}
	if kept, ok := r.names[name]; ok {
		return kept, rest, nil
	}
	name = strings.Clone(name)
	r.names[name] = name
	return name, rest, nil
}

func moment(text string) (time.Duration, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no time in nanoseconds", script.Clip(text))
	}
	return time.Duration(n), nil
}

func laneOf(text string) (step.Lane, error) {
	for l := range step.Lane(step.NumLanes) {
		if l.String() == text {
			return l, nil
		}
	}
	return 0, fmt.Errorf("there is no lane %q", script.Clip(text))
}
