package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"moonpeer/runtime/luatest"
)

const (
	maxShown    = 30                     // lines of one text of a failure, unless all are asked for
	defaultSlow = 200 * time.Millisecond // a simulated day takes less
	atLeast     = 50 * time.Millisecond  // of those that are named as the slowest: nobody waits for less
)

// PrettyOptions say how Pretty shows a run.
type PrettyOptions struct {
	Program string   // what the command that repeats a test begins with; "": no such command is shown
	Flags   []string // that it needs besides the test and its seed
	// Files are those that will be run, in Rounds rounds; 0: one. With more than one of either, each file is shown as a line.
	Files   []string
	Rounds  int
	Verbose bool          // list every test, cut nothing
	Slow    time.Duration // tests that take as long are shown with their time; 0: 200 ms
	Style   Style         // zero: none, as is right where there is no terminal
}

func (o PrettyOptions) withDefaults() PrettyOptions {
	if o.Slow == 0 {
		o.Slow = defaultSlow
	}
	o.Style = o.Style.withDefaults()
	return o
}

func (o *PrettyOptions) details() *details {
	d := &details{style: o.Style, most: maxShown, program: o.Program, flags: o.Flags}
	if o.Verbose {
		d.most, d.long = 0, true
	}
	return d
}

// Pretty shows a run for people.
type Pretty struct {
	w        io.Writer
	o        PrettyOptions
	listing  listing
	anything bool     // was written
	failures []string // as they are shown
	known    map[cause]known
	asBefore bool // the last of failures says no more than that
}

// listing shows results as they come.
type listing interface {
	// add returns what is shown at once. number is the one that a failure has in the list of failures, else 0.
	add(r *luatest.Result, number int) string
	// end returns what is left.
	end() string
}

// NewPretty returns a reporter for people.
func NewPretty(w io.Writer, o PrettyOptions) *Pretty {
	o = o.withDefaults()
	p := &Pretty{w: w, o: o, known: map[cause]known{}}
	if (len(o.Files) > 1 || o.Rounds > 1) && !o.Verbose {
		p.listing = newFileList(o)
	} else {
		p.listing = &testList{o: o}
	}
	return p
}

// Result implements luatest.Reporter.
func (p *Pretty) Result(r *luatest.Result) error {
	number := 0
	if r.Outcome == luatest.Failed || r.Outcome == luatest.Broken {
		number = len(p.failures) + 1
		p.failures = append(p.failures, p.failure(r, number))
	}
	return p.write(p.listing.add(r, number))
}

// failure is what the list at the end says. It is made at once, so that a megabyte of output is not kept.
func (p *Pretty) failure(r *luatest.Result, number int) string {
	d := p.o.details()
	var b strings.Builder
	head := fmt.Sprintf("%d) %s", number, title(r))
	if r.Outcome == luatest.Broken {
		head += " (broken)"
	}
	if as := p.as(r, number); as != "" {
		return p.short(head, as)
	}
	p.asBefore = false
	b.WriteString("\n" + p.o.Style.Bold(head) + "\n")
	for _, l := range d.lines(r) {
		if l != "" {
			l = "   " + l
		}
		b.WriteString(l + "\n")
	}
	return b.String()
}

// End implements luatest.Reporter.
func (p *Pretty) End(s *luatest.Summary) error {
	var b strings.Builder
	b.WriteString(p.listing.end())
	if len(p.failures) > 0 {
		b.WriteString("\n" + p.o.Style.Bold("Failures") + "\n")
		for _, f := range p.failures {
			b.WriteString(f)
		}
	}
	p.slowest(&b, s)
	if p.anything || b.Len() > 0 {
		b.WriteString("\n")
	}
	if s.Stopped {
		b.WriteString(p.o.Style.Yellow("stopped: not all tests were run") + "\n")
	}
	counts := tally{s.Passed, s.Failed, s.Broken, s.Pending}
	fmt.Fprintf(&b, "%s in %s %s\n", counts.text(p.o.Style), seconds(s.Took),
		p.o.Style.Dim(fmt.Sprintf("(%s, seed %d)", plural(s.Files, "file"), s.Seed)))
	return p.write(b.String())
}

// slowest names those that take long enough to be worth a look.
func (p *Pretty) slowest(b *strings.Builder, s *luatest.Summary) {
	heading := "\n" + p.o.Style.Bold("Slowest") + "\n"
	for i := range s.Slowest {
		r := &s.Slowest[i]
		if r.Took < atLeast {
			continue
		}
		where := place(r)
		if p.o.Rounds > 1 {
			where += fmt.Sprintf(", seed %d", r.Seed)
		}
		fmt.Fprintf(b, "%s  %8s  %s  %s\n", heading, seconds(r.Took), title(r), p.o.Style.Dim(where))
		heading = ""
	}
}

func (p *Pretty) write(text string) error {
	if text == "" {
		return nil
	}
	p.anything = true
	_, err := io.WriteString(p.w, text)
	return err
}
