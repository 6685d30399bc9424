package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"moonpeer/runtime/luatest"
	"moonpeer/runtime/script"
)

// details shows for people why a test has failed.
type details struct {
	style   Style
	most    int    // lines of one text that are shown; 0: all
	long    bool   // lines are shown as long as they are
	program string // of the command that repeats the test; "": none is shown
	flags   []string

	blocks [][]string // of lines, with a blank line between two
}

// lines returns everything there is to say about a failure but the test's name.
func (d *details) lines(r *luatest.Result) []string {
	d.blocks = nil
	f := r.Failure
	if f == nil {
		f = &luatest.Failure{}
	}
	d.place(r, f)
	d.section("", d.cut(message(r), d.style.Red))
	d.diff(f.Diff)
	d.section("", d.cut(f.Traceback, d.style.Dim))
	d.section("The test printed", indented(d.cut(r.Output, nil)))
	d.nodes("Nodes printed", f.Nodes, func(n luatest.NodeOutput) string { return n.Output })
	d.nodes("Nodes reported", f.Nodes, func(n luatest.NodeOutput) string { return n.Errors })
	d.section("Last messages", indented(d.cut(f.Exchange, nil)))
	if d.program != "" {
		d.section("", []string{d.style.Dim("again: ") + again(d.program, d.flags, r)})
	}
	var all []string
	for i, b := range d.blocks {
		if i > 0 {
			all = append(all, "")
		}
		all = append(all, b...)
	}
	return all
}

// section adds a block, if there is something in it.
func (d *details) section(heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	if heading != "" {
		lines = append([]string{d.style.Bold(heading)}, lines...)
	}
	d.blocks = append(d.blocks, lines)
}

// cut returns a text's lines, painted, with a line that tells how many were left out.
func (d *details) cut(text string, paint func(string) string) []string {
	lines, more := printable(text, d.most, d.line)
	if paint != nil {
		for i, l := range lines {
			lines[i] = paint(l)
		}
	}
	return d.rest(lines, more)
}

// line is a text as one line.
func (d *details) line(text string) string {
	if d.long {
		return whole(text)
	}
	return script.Printable(text)
}

// rest tells how many lines were left out.
func (d *details) rest(lines []string, more int) []string {
	if more == 0 {
		return lines
	}
	return append(lines, d.style.Dim(fmt.Sprintf("… %s (--verbose shows all)", plural(more, "more line"))))
}

// place is where it happened: in the test's own file or in what it called.
func (d *details) place(r *luatest.Result, f *luatest.Failure) {
	file, line := f.File, f.Line
	if file == "" {
		file, line = r.File, r.Line
	}
	at := script.Printable(file)
	if line > 0 {
		at += fmt.Sprintf(":%d", line)
	}
	lines := []string{at}
	if source := strings.TrimSpace(f.Source); source != "" {
		lines = append(lines, d.style.Dim(fmt.Sprintf("  %d | ", line))+d.line(source))
	}
	d.section("", lines)
}

// diff shows what was expected and what there is, with a legend.
func (d *details) diff(diff []luatest.DiffLine) {
	if len(diff) == 0 {
		return
	}
	lines := []string{d.style.Red("- expected") + "  " + d.style.Green("+ actual")}
	more := 0
	if d.most > 0 && len(diff) > d.most {
		diff, more = diff[:d.most], len(diff)-d.most
	}
	for _, l := range diff {
		text := d.line(l.Text)
		switch l.Mark {
		case '-':
			text = d.style.Red("- " + text)
		case '+':
			text = d.style.Green("+ " + text)
		default:
			text = "  " + text
		}
		lines = append(lines, text)
	}
	d.section("", d.rest(lines, more))
}

// nodes shows what nodes have written, each line behind the node's name.
func (d *details) nodes(heading string, nodes []luatest.NodeOutput, of func(luatest.NodeOutput) string) {
	var lines []string
	label := func(n luatest.NodeOutput) string { return script.Printable(script.Clip(n.Node)) }
	widest := 0
	for _, n := range nodes {
		if of(n) != "" {
			widest = max(widest, utf8.RuneCountInString(label(n)))
		}
	}
	for _, n := range nodes {
		name := padded(label(n), widest)
		for _, l := range d.cut(of(n), nil) {
			lines = append(lines, "  "+d.style.Dim(name+" | ")+l)
		}
	}
	d.section(heading, lines)
}

func indented(lines []string) []string {
	for i, l := range lines {
		if l != "" {
			lines[i] = "  " + l
		}
	}
	return lines
}
