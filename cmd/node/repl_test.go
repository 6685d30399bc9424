package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// fakeNode answers a session: a text by what answers says of it, else by itself as its value.
type fakeNode struct {
	texts   []node.PromptText
	answers map[string]func(ctx context.Context) (node.Evaluated, error)
	ended   chan struct{} // nil: it never does
	asked   chan string   // interruptions
}

// Stream implements promptLink.
func (f *fakeNode) Stream(ctx context.Context, method string, params any, each func(json.RawMessage), result any) error {
	switch method {
	case "prompt":
		each(json.RawMessage(`{"prompt":7}`))
		select {
		case <-ctx.Done():
		case <-f.ended:
		}
		return errNodeEnded
	case "prompt.interrupt":
		f.asked <- fmt.Sprint(params)
		return nil
	}
	text := params.(node.PromptText)
	f.texts = append(f.texts, text)
	e := node.Evaluated{Values: []string{text.Code}}
	if answer := f.answers[text.Code]; answer != nil {
		var err error
		if e, err = answer(ctx); err != nil {
			return err
		}
	}
	*result.(*node.Evaluated) = e
	return nil
}

// conversation is a session with a fake node about an input that is no terminal.
func conversation(t *testing.T, input string) (s *session, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	inv := &invocation{program: "node", console: console.New(stdout, stderr, func(string) string { return "" })}
	s = &session{inv: inv, name: "stdin", line: 1, lines: newPipedLines(strings.NewReader(input))}
	t.Cleanup(s.lines.close)
	return s, stdout, stderr
}

func TestReplChunks(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxReplLine)
	for _, tt := range []struct {
		name, input string
		want        []string // line and text of each that is run
		stderr      string
		fails       bool
	}{
		{"nothing", "", nil, "", false},
		{"lines", "a\nb\r\nc", []string{"1 a", "2 b", "3 c"}, "", false},
		{"block", "do\nx()\nend\ny", []string{"1 do\nx()\nend", "4 y"}, "", false},
		{"string over lines", "[[a\n.quit\nb]]", []string{"1 [[a\n.quit\nb]]"}, "", false},
		{"bracket behind =", "= f(\n1)", []string{"1 = f(\n1)"}, "", false},
		{"number with a dot", ".5 + 1", []string{"1 .5 + 1"}, "", false},
		{"unfinished at the end", "x\nf(", []string{"1 x", "2 f("}, "", false},
		{"quit", "a\n  .quit\nb", []string{"1 a"}, "", false},
		{"time", "\n.time a", []string{"1 ", "2 a"}, "", false},
		{"wrong command", ".quit now\na", []string{"2 a"}, "error: stdin:1: usage: .quit\n", true},
		{"long line", "do\n" + long + "y\nz", []string{"3 z"}, "error: stdin:2: the line is longer than 256 kB, and was skipped\n", true},
		{"line of 10 MB", strings.Repeat(long, 40) + "\nz", []string{"2 z"}, "error: stdin:1: the line is longer than 256 kB, and was skipped\n", true},
		{"garbage", "\x00\xff\xfe\x1b[2J\n\x1bLua", []string{"1 \x00\xff\xfe\x1b[2J", "2 \x1bLua"}, "", false},
		{"deep", strings.Repeat("(", 100_000), []string{"1 " + strings.Repeat("(", 100_000)}, "", false},
		{"never finished", "{\n" + strings.Repeat("0,\n", 5_000), nil, "error: stdin:1: the text that begins here is not finished", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := &fakeNode{}
			s, _, stderr := conversation(t, tt.input)
			err := s.converse(t.Context(), f)
			var got []string
			for _, text := range f.texts {
				got = append(got, fmt.Sprint(text.Line, " ", text.Code))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %.200q, want %.200q", got, tt.want)
			}
			if !strings.HasPrefix(stderr.String(), tt.stderr) || tt.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr: got %.200q, want %q", stderr, tt.stderr)
			}
			if (err != nil) != tt.fails || err != nil && !errors.Is(err, errReported) {
				t.Errorf("got error %v, want one: %v", err, tt.fails)
			}
		})
	}
}

// TestReplShows: values are cleaned, messages shown of another process's node only, and refusals are errors of the text.
func TestReplShows(t *testing.T) {
	t.Parallel()
	answer := func(e node.Evaluated, err error) func(context.Context) (node.Evaluated, error) {
		return func(context.Context) (node.Evaluated, error) { return e, err }
	}
	f := &fakeNode{answers: map[string]func(context.Context) (node.Evaluated, error){
		"a": answer(node.Evaluated{Printed: "out", Values: []string{"x\x1b[2J\ny\tz"}, Messages: []node.Message{{Level: "warning", Text: "w\x07"}}}, nil),
		"b": answer(node.Evaluated{}, &control.Error{Code: control.CodeBusy, Message: "too much"}),
		"c": answer(node.Evaluated{Error: "no", Traceback: "stack traceback:\n\tx"}, nil),
	}}
	s, stdout, stderr := conversation(t, "a\nb\nc")
	s.attached = "n"
	if err := s.converse(t.Context(), f); !errors.Is(err, errReported) {
		t.Errorf("got %v", err)
	}
	if got, want := stdout.String(), "outx\\x1b[2J\ny\tz\n"; got != want {
		t.Errorf("stdout: got %q, want %q", got, want)
	}
	if got, want := stderr.String(), "warning: w\\x07\nerror: stdin:2: too much\nerror: no\n  stack traceback:\n  x\n"; got != want {
		t.Errorf("stderr: got %q, want %q", got, want)
	}
}

// TestReplNodeEnds: what was left to do makes the difference.
func TestReplNodeEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, input, attached string
		fails                 bool
	}{
		{"own, more lines", "end\nmore", "", false},
		{"attached, more lines", "end\nmore", "n", true},
		{"attached, all done", "end", "n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := &fakeNode{ended: make(chan struct{})}
			f.answers = map[string]func(context.Context) (node.Evaluated, error){
				"end":  func(context.Context) (node.Evaluated, error) { close(f.ended); return node.Evaluated{}, nil },
				"more": func(context.Context) (node.Evaluated, error) { return node.Evaluated{}, errNodeEnded },
			}
			s, _, stderr := conversation(t, tt.input)
			s.attached = tt.attached
			if err := s.converse(t.Context(), f); (err != nil) != tt.fails || tt.fails != strings.Contains(stderr.String(), "node n has ended") {
				t.Errorf("got %v and %q", err, stderr)
			}
		})
	}
}

// TestReplInterrupt: the first signal asks the node to end the text, another one does not wait for that any more.
func TestReplInterrupt(t *testing.T) {
	t.Parallel()
	f := &fakeNode{asked: make(chan string)}
	signals, released := make(chan os.Signal), make(chan struct{})
	f.answers = map[string]func(context.Context) (node.Evaluated, error){"hangs": func(ctx context.Context) (node.Evaluated, error) {
		signals <- os.Interrupt
		if got := <-f.asked; got != "map[eval:2 prompt:7]" {
			t.Errorf("the node is asked to interrupt %s", got)
		}
		signals <- os.Interrupt
		<-ctx.Done()
		return node.Evaluated{}, ctx.Err()
	}}
	s, stdout, stderr := conversation(t, "one\nhangs\ntwo")
	s.terminal = true // where Ctrl-C does not end the session
	exits := 0
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.watch(signals, released, func(int) { exits++ })
	}()
	if err := s.open(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if err := s.run(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	s.leave()
	if got := stdout.String(); got != "one\ntwo\n" || !strings.Contains(stderr.String(), "stdin:2: the node does not answer") {
		t.Errorf("got %q and %q", got, stderr)
	}
	signals <- os.Interrupt // nothing runs: it ends the session
	signals <- os.Interrupt // and this insists
	close(released)
	<-gone
	if _, err := s.lines.read(""); err != io.EOF || exits != 1 || s.asking.stopped() != os.Interrupt {
		t.Errorf("at rest: got %v, %d exits", err, exits)
	}
}

func TestCompleteCommand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		".": "0 [.help .doc .vars .load .time .quit] true", ".lo": "0 [.load] true", "  .q": "2 [.quit] true", ".x": "0 [] true",
		".doc br": "0 [] false", "x.lo": "0 [] false", "": "0 [] false",
	} {
		c, ok := completeCommand(text)
		if got := fmt.Sprint(c.Start, " ", c.Names, " ", ok); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestCompleter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line  string
		found script.Completion
		want  string
	}{
		{"x = bro", script.Completion{Start: 4, Names: []string{"broker", "brox"}}, "[ker x] 3"},
		{"é.a", script.Completion{Start: 3, Names: []string{"ab"}}, "[b] 1"},
		{"a", script.Completion{Start: 9, Names: []string{"ab"}}, "[] 0"},
		{"a", script.Completion{Start: -1}, "[] 0"},
		{"abc", script.Completion{Start: 0, Names: []string{"a"}}, "[] 3"},
	} {
		c := completer(func(string) script.Completion { return tt.found })
		line := []rune(tt.line)
		rests, n := c.Do(line, len(line))
		texts := []string{}
		for _, r := range rests {
			texts = append(texts, string(r))
		}
		if got := fmt.Sprint(texts, " ", n); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.line, got, tt.want)
		}
	}
}

// TestCursorQuestion: what the library asks the terminal is answered here, in front of what is typed.
func TestCursorQuestion(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	answers := &cursorAnswers{}
	out := &terminalOutput{w: &shown, answers: answers}
	in := bufio.NewReader(&terminalInput{r: strings.NewReader("typed"), answers: answers})
	io.WriteString(out, "> ")
	out.Write(cursorQuestion)
	text, err := io.ReadAll(in)
	if err != nil || string(text) != "\x1b[1;1Rtyped" || shown.String() != "> " {
		t.Errorf("got %q, %v; shown %q", text, err, shown.String())
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "new", "history")
	open := func() (*history, string) {
		var stderr bytes.Buffer
		return openHistory(file, console.New(io.Discard, &stderr, func(string) string { return "" })), stderr.String()
	}
	h, said := open()
	for _, line := range []string{"a", "a", "", "  ", "b\x1b[2J", strings.Repeat("x", maxHistoryLine+1), "\xff", "é"} {
		h.add(line)
	}
	h.close()
	h.close()
	h.add("not kept")
	if h, _ = open(); !slices.Equal(h.lines, []string{"a", "é"}) || said != "" {
		t.Errorf("got %q, %q", h.lines, said)
	}
	h.close()
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}

	var b strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	h, _ = open()
	h.close()
	if len(h.lines) != maxHistory || h.lines[maxHistory-1] != "line 199999" {
		t.Errorf("a long file: got %d lines to %q", len(h.lines), h.lines[len(h.lines)-1])
	}
	if info, err := os.Stat(file); err != nil || info.Size() > 20*maxHistory {
		t.Errorf("it was not shortened: %v, %v", info, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestHistoryWithoutAFile: a prompt works without, and says so once.
func TestHistoryWithoutAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	blocked := filepath.Join(dir, "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"no place": "", "below a file": filepath.Join(blocked, "x", "history"), "a folder": dir} {
		var stderr bytes.Buffer
		h := openHistory(file, console.New(io.Discard, &stderr, func(string) string { return "" }))
		if !h.add("a") || !h.add("b") {
			t.Errorf("%s: lines are not remembered for the session", name)
		}
		h.close()
		if got := stderr.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "warning: what is typed is not remembered: ") {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if got := historyFile(func(string) string { return "/s" }); got != filepath.Join("/s", "moonpeer", "repl_history") {
		t.Errorf("historyFile: got %s", got)
	}
}
