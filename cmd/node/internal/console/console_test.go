package console

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"
)

// onTerminal returns a console whose outputs are one terminal with the given columns, and what was written to it.
func onTerminal(colour bool, columns int) (*Console, *bytes.Buffer) {
	var written bytes.Buffer
	s := stream{w: &written, tty: true, colour: colour, width: func() int { return columns }}
	return &Console{out: s, err: s}, &written
}

func piped() (c *Console, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return New(stdout, stderr, func(string) string { return "xterm" }), stdout, stderr
}

func TestTable(t *testing.T) {
	t.Parallel()
	c, stdout, _ := piped()
	table := c.Table("node", "role", "events")
	table.Row("worker-1", "worker", 7)
	table.Row("mänager", "", uint64(12345))
	table.Row("evil\x1b[2J\xff", "a\tb\u0085", 1)
	if err := table.Write(); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"node             role          events\n" +
		"worker-1         worker             7\n" +
		"mänager                         12345\n" +
		`evil\x1b[2J\xff  a\x09b\u0085       1` + "\n"
	if got := stdout.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestTableNumbers: a number with its unit is one, and a column that holds anything else is none.
func TestTableNumbers(t *testing.T) {
	t.Parallel()
	c, stdout, _ := piped()
	table := c.Table("time", "mixed")
	table.Row(Number("1.50 ms"), Number("1 MB"))
	table.Row(Number("7 s"), "-")
	if err := table.Write(); err != nil {
		t.Fatal(err)
	}
	if got, want := stdout.String(), "   time  mixed\n1.50 ms  1 MB\n    7 s  -\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTableWithoutHeader(t *testing.T) {
	t.Parallel()
	c, written := onTerminal(true, 80)
	table := c.Table()
	table.Row("go", "go1.26")
	table.Row("platform", "")
	if err := table.Write(); err != nil {
		t.Fatal(err)
	}
	if got, want := written.String(), "go        go1.26\nplatform\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTableWraps(t *testing.T) {
	t.Parallel()
	c, written := onTerminal(true, 40)
	table := c.Table()
	table.Wrap()
	table.Row("  one", "two words and some more of them")
	table.Row("  alongername", "")
	table.Row("  2", "averylongwordthatfitsnowhereatall ends")
	if err := table.Write(); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"  one          two words and some more\n" +
		"               of them\n" +
		"  alongername\n" +
		"  2            averylongwordthatfitsnowhereatall\n" +
		"               ends\n"
	if got := written.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		width      int
		want       []string
	}{
		{"nothing", " \n ", 10, nil},
		{"fits", "one two", 7, []string{"one two"}},
		{"one column short", "one two", 6, []string{"one", "two"}},
		{"line breaks and many blanks", "one\n  two", 20, []string{"one two"}},
		{"letters count, not bytes", "äöü äöü", 7, []string{"äöü äöü"}},
		{"a word that is too long", "a toolong b", 3, []string{"a", "toolong", "b"}},
	}
	for _, tt := range tests {
		if got := Wrap(tt.text, tt.width); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for columns, want := range map[int]int{0: 100, 60: 60, 300: 100} {
		if c, _ := onTerminal(true, columns); c.TextWidth() != want {
			t.Errorf("%d columns: width %d, want %d", columns, c.TextWidth(), want)
		}
	}
	if c, _, _ := piped(); c.TextWidth() != 100 {
		t.Errorf("piped: width %d, want 100", c.TextWidth())
	}
}

func TestHeaderIsBoldOnTerminal(t *testing.T) {
	t.Parallel()
	c, written := onTerminal(true, 80)
	if err := c.Table("a", "b").Write(); err != nil {
		t.Fatal(err)
	}
	if got, want := written.String(), "\x1b[1ma  b\x1b[0m\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	joined := errors.Join(errors.New("one"), fmt.Errorf("two: %w", errors.New("cause")))
	c, stdout, stderr := piped()
	c.Error(joined)
	if got, want := stderr.String(), "error: one\nerror: two: cause\n"; got != want || stdout.Len() > 0 {
		t.Errorf("piped: got %q, want %q", got, want)
	}
	c, written := onTerminal(true, 80)
	c.Error(joined)
	if got, want := written.String(), "\x1b[1;31merror:\x1b[0m one\n\x1b[1;31merror:\x1b[0m two: cause\n"; got != want {
		t.Errorf("terminal: got %q, want %q", got, want)
	}
	c, written = onTerminal(false, 80)
	c.Error(joined)
	if got, want := written.String(), "error: one\nerror: two: cause\n"; got != want {
		t.Errorf("without colours: got %q, want %q", got, want)
	}
}

// TestErrorsAreCleaned: what another host said steers no terminal and forges no message.
func TestErrorsAreCleaned(t *testing.T) {
	t.Parallel()
	c, _, stderr := piped()
	c.Error(errors.Join(errors.New("refused: \x1b[2Jno\x9b\nerror: forged"), errors.New("there are:\n  a\n\n\tb\x00\n")))
	want := `error: refused: \x1b[2Jno\x9b` + "\n  error: forged\nerror: there are:\n  a\n\n  b\\x00\n"
	if got := stderr.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyStderrHasLevels(t *testing.T) {
	t.Parallel()
	c, written := onTerminal(true, 80)
	fmt.Fprint(c.Stdout(), "error: printed by a script\nx")
	fmt.Fprint(c.Stderr(), "error: in the middle of a line\n")
	if got, want := written.String(), "error: printed by a script\nxerror: in the middle of a line\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	c, stdout, _ := piped()
	if err := c.JSON(map[string]any{"b": 1, "a": "<&>"}); err != nil {
		t.Fatal(err)
	}
	if got, want := stdout.String(), `{"a":"<&>","b":1}`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestProgress follows one read on a terminal of 30 columns.
func TestProgress(t *testing.T) {
	t.Parallel()
	c, written := onTerminal(false, 30)
	now := time.Unix(0, 0)
	p := c.Progress("a.pcap", func() time.Time { return now })
	steps := []struct {
		name string
		at   time.Duration
		do   func()
		want string
	}{
		{"too early", 499 * time.Millisecond, func() { p.Update(1, 100) }, ""},
		{"first", 500 * time.Millisecond, func() { p.Update(1e6, 4e6) }, "a.pcap: 25 % of 4.0 MB, 2.0 M"},
		{"too soon", 599 * time.Millisecond, func() { p.Update(2e6, 4e6) }, ""},
		{"second", 1 * time.Second, func() { p.Update(3e6, 4e6) }, "\r                             \ra.pcap: 75 % of 4.0 MB, 3.0 M"},
		{"message", 1 * time.Second, func() { c.Error(errors.New("x")) }, "\r                             \rerror: x\n"},
		{"half a line", 1 * time.Second, func() { fmt.Fprint(c.Stdout(), "x") }, "x"},
		{"no line now", 2 * time.Second, func() { p.Update(3e6, 4e6) }, ""},
		{"line ended", 2 * time.Second, func() { fmt.Fprint(c.Stdout(), "y\n") }, "y\n"},
		{"unknown total", 3 * time.Second, func() { p.Update(6e6, 0) }, "a.pcap: 6.0 MB, 2.0 MB/s"},
		{"done", 3 * time.Second, p.Done, "\r                        \r"},
		{"done again", 3 * time.Second, p.Done, ""},
	}
	for _, s := range steps {
		written.Reset()
		now = time.Unix(0, 0).Add(s.at)
		s.do()
		if got := written.String(); got != s.want {
			t.Errorf("%s: got %q, want %q", s.name, got, s.want)
		}
	}
}

func TestProgressText(t *testing.T) {
	t.Parallel()
	p := &Progress{what: "x"}
	tests := []struct {
		done, total int64
		took        time.Duration
		want        string
	}{
		{0, 1000, time.Second, "x: 0 % of 1.0 kB, 0 B/s, ? left"},
		{285e6, 570e6, 3 * time.Second, "x: 50 % of 570 MB, 95 MB/s, 3s left"},
		{5, 4, time.Second, "x: 5 B, 5 B/s"},
		{999_600, 0, time.Second, "x: 1.0 MB, 1.0 MB/s"},
		{5e15, 0, time.Second, "x: 5000.0 TB, 5000.0 TB/s"},
	}
	for _, tt := range tests {
		if got := p.text(tt.done, tt.total, tt.took); got != tt.want {
			t.Errorf("%d of %d: got %q, want %q", tt.done, tt.total, got, tt.want)
		}
	}
}

func TestNoProgressInPipe(t *testing.T) {
	t.Parallel()
	c, _, stderr := piped()
	p := c.Progress("x", time.Now)
	p.Update(1, 2)
	p.Done()
	if p != nil || stderr.Len() > 0 {
		t.Errorf("got %v and %q, want nothing", p, stderr)
	}
}

func TestLogger(t *testing.T) {
	t.Parallel()
	c, _, stderr := piped()
	log := c.Logger(slog.LevelInfo)
	log.Debug("not shown")
	log.Info("peer added", "peer", "10.0.0.1:9999", "why", "")
	log.With("node", "a b").WithGroup("link").Warn("slow\x1b[31m", "lane", 1, slog.Group("q", "len", 7), slog.Attr{})
	log.Error(`bad "x"`, "text", `say "hi"`)
	want := `info: peer added peer=10.0.0.1:9999 why=""
warning: slow\x1b[31m node="a b" link.lane=1 link.q.len=7
error: bad "x" text="say \"hi\""
`
	if got := stderr.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	both := fmt.Errorf("both %w and %w", a, b)
	tests := []struct {
		name string
		err  error
		want []error
	}{
		{"nil", nil, nil},
		{"one", a, []error{a}},
		{"joined", errors.Join(a, errors.Join(b, nil, c)), []error{a, b, c}},
		{"says more than its parts", errors.Join(both, c), []error{both, c}},
	}
	for _, tt := range tests {
		if got := Split(tt.err); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
