package report

import (
	"fmt"
	"strings"

	"moonpeer/runtime/luatest"
)

// tally counts tests by how they have ended.
type tally [luatest.Pending + 1]int

func (t *tally) add(o luatest.Outcome) {
	if int(o) < len(t) {
		t[o]++
	}
}

// worst is the outcome that a file as a whole is shown with.
func (t *tally) worst() luatest.Outcome {
	for _, o := range []luatest.Outcome{luatest.Broken, luatest.Failed, luatest.Passed, luatest.Pending} {
		if t[o] > 0 {
			return o
		}
	}
	return luatest.Passed
}

// total is how many there are.
func (t *tally) total() (n int) {
	for _, c := range t {
		n += c
	}
	return n
}

// text is "12 passed, 1 failed"; what there is none of is not mentioned.
func (t *tally) text(s Style) string {
	var parts []string
	for o, n := range t {
		if n == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s", n, luatest.Outcome(o))
		switch luatest.Outcome(o) {
		case luatest.Passed:
			text = s.Green(text)
		case luatest.Failed, luatest.Broken:
			text = s.Red(text)
		case luatest.Pending:
			text = s.Yellow(text)
		}
		parts = append(parts, text)
	}
	if parts == nil {
		return "no tests"
	}
	return strings.Join(parts, ", ")
}
