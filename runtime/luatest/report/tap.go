package report

import (
	"fmt"
	"io"
	"strings"

	"moonpeer/runtime/luatest"
	"moonpeer/runtime/script"
)

// TAP writes the Test Anything Protocol, version 14, as a stream with the plan at its end.
type TAP struct {
	w     io.Writer
	begun bool
	tests int
	file  string
	b     strings.Builder // what is written next
}

// NewTAP returns a reporter for harnesses.
func NewTAP(w io.Writer) *TAP { return &TAP{w: w} }

// Result implements luatest.Reporter.
func (t *TAP) Result(r *luatest.Result) error {
	t.begin()
	if t.tests == 0 || r.File != t.file {
		t.file = r.File
		fmt.Fprintf(&t.b, "# file %s\n", script.Printable(r.File))
	}
	t.tests++
	if r.Outcome != luatest.Passed {
		t.b.WriteString("not ")
	}
	fmt.Fprintf(&t.b, "ok %d - %s", t.tests, tapEscaper.Replace(title(r)))
	if r.Outcome == luatest.Pending {
		t.b.WriteString(strings.TrimRight(" # TODO "+firstLine(r.Why), " "))
	}
	t.b.WriteString("\n")
	if r.Outcome == luatest.Failed || r.Outcome == luatest.Broken {
		t.diagnostics(r)
	}
	return t.flush()
}

// tapEscaper keeps a description from ending in a directive of its own.
var tapEscaper = strings.NewReplacer(`\`, `\\`, "#", `\#`)

// End implements luatest.Reporter.
func (t *TAP) End(s *luatest.Summary) error {
	t.begin()
	if s.Stopped {
		t.b.WriteString("Bail out! Stopped before all tests were run\n")
	}
	fmt.Fprintf(&t.b, "1..%d", t.tests)
	if t.tests == 0 {
		t.b.WriteString(" # no tests")
	}
	fmt.Fprintf(&t.b, "\n# time %s\n# seed %d\n", seconds(s.Took), s.Seed)
	return t.flush()
}

func (t *TAP) begin() {
	if !t.begun {
		t.begun = true
		t.b.WriteString("TAP version 14\n")
	}
}

func (t *TAP) flush() error {
	_, err := io.WriteString(t.w, t.b.String())
	t.b.Reset()
	return err
}

// diagnostics writes why a test has failed.
func (t *TAP) diagnostics(r *luatest.Result) {
	f := r.Failure
	if f == nil {
		f = &luatest.Failure{}
	}
	y := yaml{&t.b, "  "}
	t.b.WriteString("  ---\n")
	y.text("message", message(r))
	severity := "fail"
	if r.Outcome == luatest.Broken {
		severity = "error"
	}
	y.text("severity", severity)
	file, line := f.File, f.Line
	if file == "" {
		file, line = r.File, r.Line
	}
	t.b.WriteString("  at:\n")
	at := yaml{&t.b, "    "}
	at.text("file", file)
	if line > 0 {
		fmt.Fprintf(&t.b, "    line: %d\n", line)
	}
	y.text("source", f.Source)
	fmt.Fprintf(&t.b, "  seed: %d\n", r.RepeatSeed())
	y.block("diff", diffText(f.Diff))
	y.block("traceback", f.Traceback)
	y.block("output", r.Output)
	y.nodes(f.Nodes)
	y.block("exchange", f.Exchange)
	t.b.WriteString("  ...\n")
}

// diffText begins with the legend.
func diffText(diff []luatest.DiffLine) string {
	if len(diff) == 0 {
		return ""
	}
	lines := []string{"- expected, + actual"}
	for _, d := range diff {
		lines = append(lines, string(d.Mark)+" "+script.Printable(d.Text))
	}
	return strings.Join(lines, "\n")
}
