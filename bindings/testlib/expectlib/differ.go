package expectlib

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
)

// around is how many bytes of a text are shown on each side of where it differs.
const around = 30

// differ is what helps to see why two values are not the same one; "" where nothing does.
func (c *call) differ(want lua.LValue) string {
	if hint := c.alike(c.value, want); hint != "" {
		return hint
	}
	switch got := c.value.(type) {
	case lua.LString:
		if text, ok := want.(lua.LString); ok {
			return textsDiffer(string(got), string(text))
		}
	case lua.LNumber:
		if n, ok := want.(lua.LNumber); ok && got != n && math.Abs(float64(got-n)) <= 1e-9*math.Abs(float64(n)) {
			return "reals are seldom equal: to_be_near"
		}
	}
	return ""
}

// textsDiffer shows where two long texts differ. Short ones, and those of several lines, can be seen.
func textsDiffer(got, want string) string {
	if got == want || max(len(got), len(want)) < most || strings.Contains(got+want, "\n") {
		return ""
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	part := func(text string) string {
		from, to := max(at-around, 0), min(at+around, len(text))
		return convert.Quote(text[min(from, to):to])
	}
	return fmt.Sprintf("they differ from byte %d on: %s, not %s", at+1, part(got), part(want))
}

// laidOut writes what was expected and what there is so that they can be compared line by line: texts of several lines as
// they are, containers as the tables that they equal.
func (c *call) laidOut() (expected, actual string) {
	got, isText := c.value.(lua.LString)
	want, bothTexts := c.want.(lua.LString)
	if isText && bothTexts {
		if one := func(s lua.LString) bool { return strings.Count(string(s), "\n") <= 1 }; one(got) && one(want) {
			return "", "" // the message shows it
		}
		return string(want), string(got)
	}
	a, b := c.want, c.value
	if _, isContainer := convert.AsContainer(a); isContainer != isContainerValue(b) {
		if x, y := c.plain(a), c.plain(b); x != nil && y != nil {
			a, b = x, y
		}
	}
	return c.alikeLaidOut(a, b)
}

func isContainerValue(v lua.LValue) bool {
	_, ok := convert.AsContainer(v)
	return ok
}
