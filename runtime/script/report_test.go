package script

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// TestReportFlood: texts that others choose write a bounded number of lines, and little of them is kept.
func TestReportFlood(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	r := NewReports(&said)
	for i := range 20_000 {
		r.Warnf("event %q arrived", fmt.Sprint("e", i))
		r.ScriptError(fmt.Sprint("p.lua:1: no such host: ", i), "handler e", "")
	}
	if got := strings.Count(said.String(), "\n"); got > 2*(maxTexts+6) {
		t.Errorf("%d lines", got)
	}
	for _, want := range []string{"warning: event \"e98\" arrived\n", "\"e99\" arrived (further ones of this kind are only counted)\n",
		"warning: event \"e999\" arrived (1000 of this kind now)\n", "error: p.lua:1: no such host: 9999 (handler e) (10000 of this kind now)\n"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the reports lack %q", want)
		}
	}
	for name, k := range r.kinds {
		if len(k.texts) > maxTexts || len(name) > maxKey {
			t.Errorf("%.20s: %d texts", name, len(k.texts))
		}
	}
}

// TestReportKindsAreBounded: also what scripts make, places and labels.
func TestReportKindsAreBounded(t *testing.T) {
	t.Parallel()
	r := NewReports(&bytes.Buffer{})
	for i := range maxKinds + 50 {
		r.Errorf("%s: refused", fmt.Sprint("p.lua:", i))
		r.ScriptError("x", fmt.Sprint(i, strings.Repeat("x", 1<<10)), "")
	}
	if len(r.kinds) > maxKinds+1 {
		t.Errorf("%d kinds", len(r.kinds))
	}
	for name := range r.kinds {
		if len(name) > maxKey {
			t.Fatalf("a kind's name of %d bytes is kept", len(name))
		}
	}
}

// TestReportRepeats: the same text is counted, another of its kind is written, and so is that of another place.
func TestReportRepeats(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	r := NewReports(&said)
	for range 10 {
		r.Warnf("%s", "a")
	}
	r.Warnf("%s", "b")
	for i := range maxTexts + 5 {
		r.Errorf("%s: %v", "p.lua:1", i)
	}
	r.Errorf("%s: %v", "p.lua:2", "seen")
	lines := said.String()
	if !strings.HasPrefix(lines, "warning: a\nwarning: a (10 times now)\nwarning: b\nerror: p.lua:1: 0\n") ||
		!strings.HasSuffix(lines, "error: p.lua:2: seen\n") || strings.Count(lines, "\n") != 3+maxTexts+1 {
		t.Errorf("got\n%s", lines)
	}
}

// TestReportLines: a text makes one line that steers no terminal; only a traceback has more.
func TestReportLines(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	r := NewReports(&said)
	r.Warnf("topic %s", "a\nerror: forged\x1b[2J\x9b1m\ufffdä\tb\u0085")
	r.Script("info", "p.lua:1: x\ninfo: forged")
	r.ScriptError("p.lua:2: x\ny", "handler e", "stack traceback:\n\tp.lua:2: in \x1be")
	r.Infof("\xff")
	r.Errorf("%s", strings.Repeat("ä", 1<<20))
	want := `warning: topic a\nerror: forged\x1b[2J\x9b1m` + "\ufffdä\tb" + `\x85
info: p.lua:1: x\ninfo: forged
error: p.lua:2: x\ny (handler e)
  stack traceback:
  	p.lua:2: in \x1be
info: \xff
error: ` + strings.Repeat("ä", maxText/2) + "… (2097152 bytes)\n"
	if got := said.String(); got != want {
		t.Errorf("got\n%.600q\nwant\n%.600q", got, want)
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"EX::m_1": "EX::m_1", "": `""`, "a b": `"a b"`, "a\nb": `"a\nb"`, "(x)": `"(x)"`,
		strings.Repeat("x", 101): `"` + strings.Repeat("x", 100) + `… (101 bytes)"`,
	} {
		if got := Name(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
	if got := Clip([]byte(strings.Repeat("x", 99) + "ä")); got != strings.Repeat("x", 99)+"… (101 bytes)" {
		t.Errorf("between two characters: %s", got)
	}
}

// TestFailingHandlerIsOneMessage: whoever sent the event; the first sender is shown.
func TestFailingHandlerIsOneMessage(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	d, err := New(Options{Reports: NewReports(&said)})
	if err != nil {
		t.Fatal(err)
	}
	d.current = d.Event("e")
	for i := range 50 {
		d.origin = Origin{Remote: true, ID: broker.EndpointID{byte(i)}}
		d.fail(errors.New("p.lua:1: no"), nil, "handler e")
	}
	first := fmt.Sprintf("error: p.lua:1: no (handler e, from %s)\n", broker.EndpointID{})
	if got := said.String(); !strings.HasPrefix(got, first) || strings.Count(got, "\n") != 2 {
		t.Errorf("got\n%s", got)
	}
}

// TestTextsOfEventsAreCut: what others choose is cut in a warning and in a line of --debug events.
func TestTextsOfEventsAreCut(t *testing.T) {
	t.Parallel()
	d, err := New(Options{Reports: NewReports(&bytes.Buffer{})})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1<<16)
	if got := from(&Origin{Remote: true, Topic: []byte(long)}); len(got) > 250 {
		t.Errorf("a topic: %d bytes", len(got))
	}
	args := make([]lua.LValue, 10_000)
	for i := range args {
		args[i] = lua.LString(long)
	}
	if got := d.describe(d.Event("e"), args); len(got) > maxText+300 || !strings.HasSuffix(got, " more)") {
		t.Errorf("arguments: %d bytes", len(got))
	}
}

// TestReportsWatch: who watches sees what is written, before it is, and not what is only counted.
func TestReportsWatch(t *testing.T) {
	var out strings.Builder
	r := NewReports(&out)
	var seen []string
	r.Watch = func(level, text string) { seen = append(seen, fmt.Sprintf("%s: %s %d", level, text, out.Len())) }
	r.Warnf("a")
	r.Warnf("a")
	r.Infof("b")
	r.ScriptError("c", "handler d", "")
	r.Script("error", "e")
	want := []string{"warning: a 0", "info: b 11", "error: c (handler d) 19", "error: e 40"}
	if !slices.Equal(seen, want) {
		t.Errorf("seen %q, want %q; written %q", seen, want, out.String())
	}
}
