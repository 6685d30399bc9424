package console

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Console writes to the two output streams of a command.
type Console struct {
	out, err stream

	mu      sync.Mutex
	line    int  // columns of the progress line that stands on the terminal; 0: there is none
	midLine bool // the last thing written to a terminal did not end its line
}

// stream is one output and what may be done with it.
type stream struct {
	w      io.Writer
	tty    bool
	colour bool
	width  func() int // columns of the terminal; 0: not known
}

// New returns a console on a command's outputs. getenv is os.Getenv, or a test's.
func New(stdout, stderr io.Writer, getenv func(string) string) *Console {
	colours := getenv("NO_COLOR") == "" && getenv("TERM") != "dumb" && (getenv("TERM") != "" || getenv("WT_SESSION") != "")
	return &Console{out: newStream(stdout, colours), err: newStream(stderr, colours)}
}

// Through returns a console for the same terminals, or files, whose outputs go through out and err: a prompt's, which keep
// its line below what is written. It takes the place of c.
func (c *Console) Through(out, err io.Writer) *Console {
	through := &Console{out: c.out, err: c.err}
	through.out.w, through.err.w = out, err
	return through
}

// Raw returns the two outputs as they are, for who draws on a terminal himself and then hands them to Through.
func (c *Console) Raw() (out, err io.Writer) { return c.out.w, c.err.w }

// Interactive tells whether the output for results is a terminal.
func (c *Console) Interactive() bool { return c.out.tty }

// EndLine ends the line that was written last if it is not ended, on a terminal.
func (c *Console) EndLine() {
	c.mu.Lock()
	begun := c.midLine
	c.mu.Unlock()
	if begun {
		fmt.Fprintln(c.Stdout())
	}
}

// IsTerminal tells whether a file is a terminal.
func IsTerminal(file any) bool {
	f, ok := file.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

func newStream(w io.Writer, colours bool) stream {
	if !IsTerminal(w) {
		return stream{w: w}
	}
	f := w.(interface{ Fd() uintptr })
	width := func() int {
		columns, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0
		}
		return columns
	}
	return stream{w: w, tty: true, colour: colours, width: width}
}

// Stdout is where results go.
func (c *Console) Stdout() io.Writer { return c.writer(&c.out) }

// Stderr is where everything goes that is not a result.
func (c *Console) Stderr() io.Writer { return c.writer(&c.err) }

// writer is the stream itself unless a progress line could stand in the way.
func (c *Console) writer(s *stream) io.Writer {
	if !s.tty {
		return s.w
	}
	return &screen{c, s}
}

// Error writes err as one message, or one for each where it joins several, cleaned: it may quote what another host
// said. Further lines of one message are indented, so that none looks like a message.
func (c *Console) Error(err error) {
	for _, e := range Split(err) {
		fmt.Fprintf(c.Stderr(), "error: %s\n", CleanLines(e.Error()))
	}
}

// CleanLines cleans a text of several lines. Those behind the first are indented, and tabs are blanks.
func CleanLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		l = strings.ReplaceAll(l, "\t", "  ")
		lines[i] = Clean(l)
		if i > 0 && l != "" && l[0] != ' ' {
			lines[i] = "  " + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// Split takes apart what errors.Join has joined, also within each other; nil gives nothing.
func Split(err error) (parts []error) {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var texts []string
	for _, e := range joined.Unwrap() {
		texts = append(texts, e.Error())
		parts = append(parts, Split(e)...)
	}
	if strings.Join(texts, "\n") != err.Error() { // it says more than its parts
		return []error{err}
	}
	return parts
}

// JSON writes v to standard output as one line.
func (c *Console) JSON(v any) error {
	enc := json.NewEncoder(c.Stdout())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// screen is a terminal; both streams usually end on the same one.
type screen struct {
	c *Console
	s *stream
}

// Write erases the progress line and writes p.
func (s *screen) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.erase()
	text := p
	if s.s.colour && !s.c.midLine && s.s == &s.c.err {
		text = paintLevel(p)
	}
	s.c.midLine = p[len(p)-1] != '\n'
	if _, err := s.s.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// style is a terminal's escape sequence.
type style string

const (
	bold   style = "\x1b[1m"
	red    style = "\x1b[1;31m"
	green  style = "\x1b[32m"
	yellow style = "\x1b[1;33m"
	faint  style = "\x1b[2m"
	reset  style = "\x1b[0m"
)

// paint wraps text in a style where the stream has colours.
func (s *stream) paint(st style, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return string(st) + text + string(reset)
}

// levels are the words that messages begin with.
var levels = []struct {
	word  string
	style style
}{{"error:", red}, {"warning:", yellow}, {"info:", faint}, {"debug:", faint}}

// paintLevel gives the word that a message begins with its colour.
func paintLevel(p []byte) []byte {
	for _, l := range levels {
		if rest, ok := strings.CutPrefix(string(p), l.word+" "); ok {
			return []byte(string(l.style) + l.word + string(reset) + " " + rest)
		}
	}
	return p
}

// Clean returns s with control characters and bytes that are not UTF-8 escaped.
func Clean(s string) string {
	bad := func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1, r < utf8.RuneSelf && unicode.IsControl(r):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}
