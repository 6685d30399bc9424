package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/luatest"
)

// tagged shows where which style is, without escape sequences.
var tagged = Style{Bold: tag("b"), Red: tag("red"), Green: tag("green"), Yellow: tag("yellow"), Dim: tag("dim")}

func tag(name string) func(string) string {
	return func(s string) string { return "<" + name + ">" + s + "</" + name + ">" }
}

func TestPretty(t *testing.T) {
	t.Parallel()
	three := []string{brokenFile, clientsFile, scanFile}
	slowest := func(s *luatest.Summary) { s.Slowest = scanResults()[2:4] }
	tests := []struct {
		name    string
		o       PrettyOptions
		results []luatest.Result
		end     func(*luatest.Summary)
	}{
		{"one file", PrettyOptions{Program: "moonpeer", Files: []string{scanFile}}, scanResults(), slowest},
		{"several files", PrettyOptions{Program: "moonpeer", Files: three}, allResults(), nil},
		{"verbose", PrettyOptions{Program: "moonpeer", Files: three, Verbose: true}, allResults(), nil},
		{"styles", PrettyOptions{Program: "moonpeer", Files: three, Style: tagged}, allResults(), slowest},
		{"hostile", PrettyOptions{Program: "moonpeer"}, hostileResults(), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			golden(t, "pretty_"+strings.ReplaceAll(tt.name, " ", "_")+".txt", shownBy(t, tt.o, tt.results, tt.end))
		})
	}
}

// TestPrettyShort: whole outputs that are short enough to stand here.
func TestPrettyShort(t *testing.T) {
	t.Parallel()
	a := test("a_test.lua", 1, time.Millisecond, "adds")
	again := a
	again.Seed = 8
	printing := a
	printing.Output = "1\x1b\n\n  2\r\n"
	stopped := func(s *luatest.Summary) { s.Stopped = true }
	tests := []struct {
		name    string
		o       PrettyOptions
		results []luatest.Result
		end     func(*luatest.Summary)
		want    string
	}{
		{"nothing", PrettyOptions{}, nil, nil, "no tests in 0.00 s (0 files, seed 7)\n"},
		{"one test", PrettyOptions{}, []luatest.Result{a}, nil,
			"a_test.lua\n  ✓ adds\n\n1 passed in 0.00 s (1 file, seed 7)\n"},
		{"prints", PrettyOptions{}, []luatest.Result{printing}, nil,
			"a_test.lua\n  ✓ adds\n    | 1\\x1b\n    | \n    |   2\n\n1 passed in 0.00 s (1 file, seed 7)\n"},
		{"prints among many files", PrettyOptions{Files: []string{"a_test.lua", "b"}}, []luatest.Result{printing}, nil,
			"✓ a_test.lua  1 passed  0.00 s\n\n1 passed in 0.00 s (1 file, seed 7)\n"},
		{"stopped", PrettyOptions{}, []luatest.Result{a}, stopped,
			"a_test.lua\n  ✓ adds\n\nstopped: not all tests were run\n1 passed in 0.00 s (1 file, seed 7)\n"},
		{"describes side by side", PrettyOptions{}, []luatest.Result{test("a", 1, 0, "x", "y", "1"), test("a", 1, 0, "x", "z", "2"), test("a", 1, 0, "z", "z", "3")}, nil,
			"a\n  x\n    y\n      ✓ 1\n    z\n      ✓ 2\n  z\n    z\n      ✓ 3\n\n3 passed in 0.00 s (1 file, seed 7)\n"},
		{"second round", PrettyOptions{}, []luatest.Result{a, again}, nil,
			"a_test.lua\n  ✓ adds\n\na_test.lua (seed 8)\n  ✓ adds\n\n2 passed in 0.00 s (1 file, seed 7)\n"},
		{"second round of two files", PrettyOptions{Files: []string{"a_test.lua", "bc_test.lua"}}, []luatest.Result{a, again}, nil,
			"✓ a_test.lua   1 passed  0.00 s\n✓ a_test.lua (seed 8)  1 passed  0.00 s\n\n2 passed in 0.00 s (1 file, seed 7)\n"},
		{"all pending", PrettyOptions{Files: []string{"a_test.lua", "b"}}, []luatest.Result{pending(a, "later\nmuch")}, nil,
			"– a_test.lua  1 pending  0.00 s\n    – adds  later\n\n1 pending in 0.00 s (1 file, seed 7)\n"},
		{"slow for its owner", PrettyOptions{Slow: time.Microsecond}, []luatest.Result{a}, nil,
			"a_test.lua\n  ✓ adds  0.00 s\n\n1 passed in 0.00 s (1 file, seed 7)\n"},
		{"failed without saying why", PrettyOptions{}, []luatest.Result{{File: "a", Outcome: luatest.Failed}}, nil,
			"a\n  ✗ failed (1)\n\nFailures\n\n1) a\n   a\n\n   failed\n\n1 failed in 0.00 s (1 file, seed 7)\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := shownBy(t, tt.o, tt.results, tt.end); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestPrettyIsCut: megabytes are neither shown nor kept, but verbose shows all lines.
func TestPrettyIsCut(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := NewPretty(&b, PrettyOptions{})
	big := bigResult()
	if err := p.Result(&big); err != nil {
		t.Fatal(err)
	}
	if kept := len(p.failures[0]); kept > 40_000 {
		t.Errorf("%d bytes are kept", kept)
	}
	play(t, p, nil, nil)
	for _, want := range []string{"… 65506 more lines (--verbose shows all)\n", "(1048576 bytes)\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	all := shownBy(t, PrettyOptions{Verbose: true}, []luatest.Result{big}, nil)
	if n := strings.Count(all, "0123456789abcde\n"); n != 1<<16 {
		t.Errorf("verbose shows %d lines, want all", n)
	}
}

// TestPrettyIsClean: nothing that steers a terminal gets through, whatever is shown.
func TestPrettyIsClean(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]PrettyOptions{
		"list": {Program: "moonpeer"}, "files": {Program: "moonpeer", Files: []string{"a", "evil\x1b"}}, "verbose": {Verbose: true},
	} {
		got := shownBy(t, o, hostileResults(), func(s *luatest.Summary) { s.Slowest = hostileResults() })
		for i, c := range got {
			if c < ' ' && c != '\n' || c >= 0x7f && c <= 0x9f || strings.HasPrefix(got[i:], "\xff") {
				t.Errorf("%s: %q is in it: %q", name, c, got[max(0, i-30):i+1])
			}
		}
	}
}

// TestPrettyWritesLines: what stands on the terminal between two calls is whole lines.
func TestPrettyWritesLines(t *testing.T) {
	t.Parallel()
	for _, files := range [][]string{{scanFile}, {brokenFile, clientsFile, scanFile}} {
		var w lineWriter
		play(t, NewPretty(&w, PrettyOptions{Files: files}), allResults(), nil)
		if w.broken > 0 || w.writes < 2 {
			t.Errorf("%d files: %d of %d writes do not end their line", len(files), w.broken, w.writes)
		}
	}
}

type lineWriter struct{ writes, broken int }

func (w *lineWriter) Write(p []byte) (int, error) {
	w.writes++
	if !bytes.HasSuffix(p, []byte("\n")) {
		w.broken++
	}
	return len(p), nil
}

func TestAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, test string
		line             int
		shared           bool
		flags            []string
		want             string
	}{
		{"a line", "a_test.lua", "adds", 3, false, nil, "node test a_test.lua:3 --seed 7"},
		{"odd file", "a b.lua", "adds", 3, false, nil, `node test "a b.lua:3" --seed 7`},
		{"flags", "a.lua", "adds", 3, false, []string{"--path=my lib", "--timeout=1s"}, `node test a.lua:3 "--path=my lib" --timeout=1s --seed 7`},
		{"line of several", "a.lua", "adds", 3, true, nil, "node test a.lua:3 --filter '/^adds$/' --seed 7"},
		{"words of several", "a.lua", "adds › two, or 3 (+1)", 3, true, nil, `node test a.lua:3 --filter '/^adds › two, or 3 \(\+1\)$/' --seed 7`},
		{"both quotes", "a.lua", "it's `x`", 3, true, nil, "node test a.lua:3 --filter '/^it'\\''s `x`$/' --seed 7"},
		{"cannot be typed", "a.lua", "a\nb", 3, true, nil, "node test a.lua:3 --seed 7"},
		{"not UTF-8", "a.lua", "a\xff", 3, true, nil, "node test a.lua:3 --seed 7"},
		{"no line", "a.lua", "adds", 0, false, nil, "node test a.lua --filter '/^adds$/' --seed 7"},
		{"a file as a whole", "a.lua", "", 3, false, nil, "node test a.lua --seed 7"},
	}
	for _, tt := range tests {
		r := test(tt.file, tt.line, 0, tt.test)
		r.Shared = tt.shared
		if got := again("node", tt.flags, &r); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	r := test("a.lua", 1, 0, "adds")
	r.Outcome, r.Failure = luatest.Failed, &luatest.Failure{Seed: 12}
	if got, want := again("node", nil, &r), "node test a.lua:1 --seed 12"; got != want {
		t.Errorf("found by an explore: got %s, want %s", got, want)
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0.00 s", 314 * time.Millisecond: "0.31 s", 12340 * time.Millisecond: "12.3 s", 125400 * time.Millisecond: "2 min 5 s",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}

// TestSeveral: all are told, also after one that cannot write.
func TestSeveral(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	var b bytes.Buffer
	r := Several(NewJSON(failingWriter{full}), NewPretty(&b, PrettyOptions{}))
	res := test("a", 1, 0, "x")
	if err := r.Result(&res); !errors.Is(err, full) {
		t.Errorf("Result: got %v, want %v", err, full)
	}
	if err := r.End(&luatest.Summary{Passed: 1, Files: 1}); !errors.Is(err, full) {
		t.Errorf("End: got %v, want %v", err, full)
	}
	if want := "a\n  ✓ x\n\n1 passed in 0.00 s (1 file, seed 0)\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	if err := Several(NewJSON(&b)).Result(&res); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
