package report

import (
	"fmt"
	"time"

	"moonpeer/runtime/luatest"
)

// Style gives text its look on a terminal; a function that is nil leaves it as it is. Each is called with one line.
type Style struct {
	Bold, Red, Green, Yellow, Dim func(string) string
}

func (s Style) withDefaults() Style {
	plain := func(text string) string { return text }
	for _, f := range []*func(string) string{&s.Bold, &s.Red, &s.Green, &s.Yellow, &s.Dim} {
		if *f == nil {
			*f = plain
		}
	}
	return s
}

// mark is what stands before a test that has ended so.
func (s Style) mark(o luatest.Outcome) string {
	switch o {
	case luatest.Passed:
		return s.Green("✓")
	case luatest.Failed:
		return s.Red("✗")
	case luatest.Broken:
		return s.Red("!")
	case luatest.Pending:
		return s.Yellow("–")
	}
	return "?"
}

// seconds is a time for people.
func seconds(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 10:
		return fmt.Sprintf("%.2f s", s)
	case s < 60:
		return fmt.Sprintf("%.1f s", s)
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
}

// plural is a number with its word.
func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
