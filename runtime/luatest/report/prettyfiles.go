package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"moonpeer/runtime/luatest"
	"moonpeer/runtime/script"
)

// fileList shows a line for each file when it has ended, and below it what is worth a look. Of several rounds it shows so
// only those of a file that are, and at the end a line for each file that adds up the others.
type fileList struct {
	o     PrettyOptions
	width int // of the column of files
	first first
	group group
	ended ended
	loud  bool // a test of the group has failed, is broken or slow
	quiet rounds
	seeds bool // the column of files has shown seeds
}

// ended is what became of a file's tests.
type ended struct {
	tally tally
	took  time.Duration
	below strings.Builder
}

func newFileList(o PrettyOptions) *fileList {
	l := &fileList{o: o, quiet: rounds{byFile: map[string]*sum{}}}
	for _, f := range o.Files {
		l.width = max(l.width, utf8.RuneCountInString(script.Printable(f)))
	}
	return l
}

func (l *fileList) add(r *luatest.Result, number int) (shown string) {
	if g := (group{r.File, r.Seed}); g != l.group {
		shown = l.close()
		l.group = g
	}
	l.ended.tally.add(r.Outcome)
	l.ended.took += r.Took
	slow := r.Took >= l.o.Slow
	if r.Outcome != luatest.Passed || slow {
		name := title(r)
		if len(r.Names) == 0 {
			name = firstLine(message(r))
		}
		l.ended.below.WriteString("    " + l.o.line(r, name, number))
	}
	l.loud = l.loud || slow || r.Outcome == luatest.Failed || r.Outcome == luatest.Broken
	return shown
}

// close returns what is shown of the group that has ended.
func (l *fileList) close() (text string) {
	if l.ended.tally.total() == 0 {
		return ""
	}
	l.first.see(l.group.seed)
	if l.o.Rounds > 1 && !l.loud {
		l.quiet.add(l.group.file, &l.ended)
	} else {
		text = l.text(l.first.head(l.group), &l.ended, l.ended.tally.text(l.o.Style))
		l.seeds = true
	}
	l.ended, l.loud = ended{}, false
	return text
}

func (l *fileList) end() string {
	var b strings.Builder
	b.WriteString(l.close())
	for _, file := range l.quiet.files {
		q := l.quiet.byFile[file]
		b.WriteString(l.text(script.Printable(file), &q.all, q.text(l.o.Style)))
	}
	return b.String()
}

// text is the line of a file and what is below it.
func (l *fileList) text(head string, e *ended, counts string) string {
	s, width := l.o.Style, l.width
	if l.o.Rounds > 1 && (l.seeds || l.loud) {
		width += len(withSeed(l.first.seed + uint64(l.o.Rounds) - 1))
	}
	return fmt.Sprintf("%s %s  %s  %s\n%s", s.mark(e.tally.worst()), padded(head, width), counts, s.Dim(seconds(e.took)), e.below.String())
}

// rounds add up the rounds of each file of which there is nothing else to say.
type rounds struct {
	files  []string // as they came
	byFile map[string]*sum
}

// sum adds up rounds of a file.
type sum struct {
	n     int
	each  tally // if they are all alike
	alike bool
	all   ended // below is the first round's: what is pending is so in each
}

func (r *rounds) add(file string, e *ended) {
	s := r.byFile[file]
	if s == nil {
		s = &sum{each: e.tally, alike: true}
		s.all.below.WriteString(e.below.String())
		r.byFile[file] = s
		r.files = append(r.files, file)
	}
	s.n++
	s.alike = s.alike && s.each == e.tally
	s.all.took += e.took
	for o, n := range e.tally {
		s.all.tally[o] += n
	}
}

// text is "20 × 8 passed", "20 × (8 passed, 1 pending)", or all that there were.
func (s *sum) text(style Style) string {
	if !s.alike || s.n == 1 {
		return s.all.tally.text(style)
	}
	text := s.each.text(style)
	if s.each.total() > s.each[s.each.worst()] {
		text = "(" + text + ")"
	}
	return fmt.Sprintf("%d × %s", s.n, text)
}
