package expectlib

import (
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luatest"
)

// Failure is an expectation that was not met.
type Failure struct {
	Message  string
	File     string // where the test expects it
	Line     int
	Expected string // in Lua's syntax, each on as many lines as it takes; "" where there is nothing to compare
	Actual   string
}

func (f *Failure) Error() string { return f.Message }

// Place is where the test expects it.
func (f *Failure) Place() (file string, line int) { return f.File, f.Line }

// Difference compares what was expected with what there is, line by line. Nothing comes of one line each, which the
// message shows.
func (f *Failure) Difference() (lines []luatest.DiffLine) {
	if f.Expected == f.Actual || !strings.Contains(f.Expected+f.Actual, "\n") && len(f.Message) < maxMessage {
		return nil
	}
	text := string(diff.Diff("expected", []byte(f.Expected+"\n"), "actual", []byte(f.Actual+"\n")))
	hunks := false
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "@@"):
			if hunks {
				lines = append(lines, luatest.DiffLine{Mark: ' ', Text: "…"})
			}
			hunks = true
		case hunks && line != "":
			lines = append(lines, luatest.DiffLine{Mark: rune(line[0]), Text: line[1:]})
		}
	}
	return lines
}

// maxMessage is how long a message may be that shows all.
const maxMessage = 200

// width is that of a value's lines in a failure.
const width = 80

// lua writes a value as the test would.
func (l *Lib) lua(v lua.LValue, width int) string { return string(l.Space.AppendLua(nil, v, width)) }

// alikeLaidOut writes two values that are compared line by line: where one of them needs several lines, so does the other.
func (l *Lib) alikeLaidOut(a, b lua.LValue) (string, string) {
	x, y := l.lua(a, width), l.lua(b, width)
	switch several := func(s string) bool { return strings.Contains(s, "\n") }; {
	case several(x) && !several(y):
		y = l.lua(b, len(y)-len(" }")-1)
	case several(y) && !several(x):
		x = l.lua(a, len(x)-len(" }")-1)
	}
	return x, y
}

// most is how many bytes of a value a message shows.
const most = 120

// short writes a value on one line, cut where it is long.
func (l *Lib) short(v lua.LValue) string {
	text := string(l.Space.AppendLua(nil, v, 1<<20))
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + " …"
	}
	return text
}
