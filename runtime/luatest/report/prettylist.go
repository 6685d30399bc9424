package report

import (
	"fmt"
	"slices"
	"strings"

	"moonpeer/runtime/luatest"
	"moonpeer/runtime/script"
)

// group is what results are shown together by: a file, in one round.
type group struct {
	file string
	seed uint64
}

// first is the seed that the run began with, which is not worth a word beside each file.
type first struct {
	seed  uint64
	known bool
}

// head is how a group is called.
func (f *first) head(g group) string {
	f.see(g.seed)
	text := script.Printable(g.file)
	if g.seed != f.seed {
		text += withSeed(g.seed)
	}
	return text
}

// see remembers the first seed.
func (f *first) see(seed uint64) {
	if !f.known {
		f.seed, f.known = seed, true
	}
}

func withSeed(seed uint64) string { return fmt.Sprintf(" (seed %d)", seed) }

// testList shows each test, below its file and its describes, and what it printed: whoever prints in a test wants to see it.
type testList struct {
	o         PrettyOptions
	first     first
	group     group
	begun     bool
	describes []string // that stand above the last test
}

func (l *testList) add(r *luatest.Result, number int) string {
	var b strings.Builder
	if g := (group{r.File, r.Seed}); !l.begun || g != l.group {
		if l.begun {
			b.WriteString("\n")
		}
		l.group, l.begun, l.describes = g, true, nil
		b.WriteString(l.o.Style.Bold(l.first.head(g)) + "\n")
	}
	name, depth := firstLine(message(r)), 0
	if len(r.Names) > 0 {
		depth = len(r.Names) - 1
		l.enter(&b, r.Names[:depth])
		name = script.Printable(r.Names[depth])
	}
	indent := strings.Repeat("  ", 1+depth)
	b.WriteString(indent + l.o.line(r, name, number))
	if number == 0 { // that of a failure is in the list of failures
		d := l.o.details()
		for _, line := range d.cut(r.Output, nil) {
			b.WriteString(indent + l.o.Style.Dim("  | ") + line + "\n")
		}
	}
	return b.String()
}

// enter writes the describes that the last test was not in.
func (l *testList) enter(b *strings.Builder, describes []string) {
	same := 0
	for same < min(len(describes), len(l.describes)) && describes[same] == l.describes[same] {
		same++
	}
	for i, d := range describes[same:] {
		b.WriteString(strings.Repeat("  ", 1+same+i) + script.Printable(d) + "\n")
	}
	l.describes = slices.Clone(describes)
}

func (l *testList) end() string { return "" }

// line is one test: how it ended, its name, and what is remarkable about it.
func (o *PrettyOptions) line(r *luatest.Result, name string, number int) string {
	text := o.Style.mark(r.Outcome) + " " + name
	if number > 0 {
		text = fmt.Sprintf("%s %s %s", o.Style.mark(r.Outcome), o.Style.Red(name), o.Style.Bold(fmt.Sprintf("(%d)", number)))
	}
	if r.Outcome == luatest.Pending && r.Why != "" {
		text += o.Style.Dim("  " + firstLine(r.Why))
	}
	if r.Took >= o.Slow {
		text += "  " + o.Style.Yellow(seconds(r.Took))
	}
	return text + "\n"
}
