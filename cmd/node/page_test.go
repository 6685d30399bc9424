package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// pageRun does what a reader of the page would who tries everything, from top to bottom, or only below one heading:
//
//	lua, toml   a file of the name that stands in the first line, a comment
//	console     commands and, below each, what a terminal shows. A line that is … stands for any lines, within a line
//	            … stands for any text; how long something took may differ. Each must succeed, or, where the page says
//	            "console fails", fail. One that ends with " &" goes on while others run, from when it says "ready"; the
//	            page has to end it
//	text, zeek  nothing
//
// Anything else is an error, so that a page has nothing that was never tried. With -update outputs that differ are
// rewritten in the page.
func pageRun(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) > 1 || neg {
		ts.Fatalf("usage: page-run [HEADING]")
	}
	r := &pageRunner{ts: ts}
	for _, b := range pageBlocks(ts) {
		if len(args) == 0 || b.section == args[0] {
			r.block(b)
		}
	}
	if r.blocks == 0 {
		ts.Fatalf("%s has no blocks below %q", pageName(ts), args)
	}
	for _, name := range r.background {
		ended(ts, false, []string{name, "0"})
	}
	r.rewrite()
	if r.wrong > 0 {
		ts.Fatalf("%d outputs are not what %s shows", r.wrong, pageName(ts))
	}
}

type pageRunner struct {
	ts         *testscript.TestScript
	blocks     int
	background []string
	wrong      int
	now        []rewritten
}

// rewritten is what lines of a page should be.
type rewritten struct {
	first, count int
	lines        []string
}

func (r *pageRunner) block(b block) {
	r.blocks++
	switch b.language {
	case "text", "zeek":
	case "lua", "toml":
		name, ok := b.fileOf()
		if !ok {
			r.ts.Fatalf("%s:%d: the first line has to be a comment with the file's name", pageName(r.ts), b.first+1)
		}
		file := r.ts.MkAbs(filepath.FromSlash(name))
		r.ts.Check(os.MkdirAll(filepath.Dir(file), 0o700))
		r.ts.Check(os.WriteFile(file, []byte(strings.Join(b.lines, "\n")+"\n"), 0o600))
	case "console":
		lines := []string{}
		for _, s := range b.commands() {
			lines = append(append(lines, "$ "+s.command), r.command(b, s)...)
		}
		if strings.Join(lines, "\n") != strings.Join(b.lines, "\n") {
			r.now = append(r.now, rewritten{b.first, len(b.lines), lines})
		}
	default:
		r.ts.Fatalf("%s:%d: a block in %q, which nothing tries", pageName(r.ts), b.first, b.language)
	}
}

// command runs one command, and returns the output that the page should have.
func (r *pageRunner) command(b block, s shown) []string {
	if command, ok := strings.CutSuffix(s.command, " &"); ok {
		name := fmt.Sprintf("page-%d", len(r.background))
		background(r.ts, false, []string{name, "sh", "-c", "exec " + command})
		r.background = append(r.background, name)
		return s.output
	}
	err := r.ts.Exec("sh", "-c", "{ "+s.command+"\n} 2>&1")
	got := strings.Split(strings.TrimRight(r.ts.ReadFile("stdout"), "\n"), "\n")
	for i, line := range got {
		got[i] = strings.TrimRight(line, " ")
	}
	if fails := b.word == "fails"; fails != (err != nil) {
		r.ts.Fatalf("%s:%d: %s: %v:\n%s", pageName(r.ts), b.first, s.command, err, strings.Join(got, "\n"))
	}
	if outputPattern(s.output).MatchString(strings.Join(got, "\n")) {
		return s.output
	}
	if *update {
		return got
	}
	r.wrong++
	r.ts.Logf("%s:%d: %s\nshown:\n%s\ngot:\n%s", pageName(r.ts), b.first, s.command, strings.Join(s.output, "\n"), strings.Join(got, "\n"))
	return s.output
}

// rewrite writes the outputs into the page that are no longer as it shows them.
func (r *pageRunner) rewrite() {
	if len(r.now) == 0 || !*update {
		return
	}
	text, err := os.ReadFile(pageFile(r.ts))
	r.ts.Check(err)
	lines := strings.Split(string(text), "\n")
	for i := len(r.now) - 1; i >= 0; i-- {
		n := r.now[i]
		lines = append(lines[:n.first:n.first], append(n.lines, lines[n.first+n.count:]...)...)
	}
	r.ts.Check(os.WriteFile(pageFile(r.ts), []byte(strings.Join(lines, "\n")), 0o600))
}

var (
	seconds = regexp.MustCompile(`\b\d+\\\.\d\d s\b`)
	spacing = regexp.MustCompile(` {2,}`)
	outcome = regexp.MustCompile(`^ *[✓✗] `) // of a test, which says how long it took when that was long
)

// outputPattern is what matches an output that a page shows.
func outputPattern(output []string) *regexp.Regexp {
	var b strings.Builder
	for i, line := range output {
		if line == "…" {
			b.WriteString(`(.*(\n|$))*?`)
			continue
		}
		p := regexp.QuoteMeta(strings.TrimRight(line, " "))
		p = seconds.ReplaceAllString(p, `\d+\.\d\d s`)
		p = spacing.ReplaceAllString(p, ` {2,}`)
		if outcome.MatchString(line) {
			p += `( {2,}\d+\.\d\d s)?`
		}
		b.WriteString(strings.ReplaceAll(p, "…", ".*"))
		if i < len(output)-1 {
			b.WriteString(`(\n|$)`)
		}
	}
	return regexp.MustCompile(`^` + b.String() + `\n?$`)
}

func TestOutputPattern(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, shown, got string
		want             bool
	}{
		{"the same", "a\nb.c", "a\nb.c", true},
		{"a dot is a dot", "b.c", "bxc", false},
		{"a line more", "a", "a\nb", false},
		{"a line less", "a\nb", "a", false},
		{"nothing", "", "", true},
		{"times", "2 passed in 0.01 s", "2 passed in 1.25 s", true},
		{"a test that took long", "  ✓ a", "  ✓ a  1.25 s", true},
		{"another test", "  ✓ a", "  ✓ b  1.25 s", false},
		{"other numbers", "2 passed in 0.01 s", "3 passed in 0.01 s", false},
		{"lines left out", "a\n…\nz", "a\nb\nc\nz", true},
		{"none left out", "a\n…\nz", "a\nz", true},
		{"at the end", "a\n…", "a\nb\nc", true},
		{"lines left out, another end", "a\n…\nz", "a\nb\nc", false},
		{"text left out", "pid … up", "pid 12 up", true},
		{"text left out in one line only", "pid … up", "pid 12\n up", false},
		{"columns", "a    b", "a  b", true},
		{"one blank is no column", "a b", "a  b", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := outputPattern(strings.Split(test.shown, "\n")).MatchString(test.got); got != test.want {
				t.Errorf("%q as %q: %t", test.got, test.shown, got)
			}
		})
	}
}
