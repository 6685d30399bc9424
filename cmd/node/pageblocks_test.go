package main

import (
	"slices"
	"strings"
	"testing"
)

// block is one fenced block of a page.
type block struct {
	language string
	word     string // what stands behind the language
	section  string // the nearest heading above
	first    int    // index of its first line in the page
	lines    []string
}

func blocks(page string) (out []block) {
	inside, section, at := false, "", 0
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\r\n")
		at++
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && inside:
			inside = false
		case isFence:
			inside = true
			language, word, _ := strings.Cut(fence, " ")
			out = append(out, block{language: language, word: word, section: section, first: at})
		case inside:
			last := &out[len(out)-1]
			last.lines = append(last.lines, line)
		case strings.HasPrefix(line, "#"):
			section = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	return out
}

// fileOf returns what a block says it is in its first line, a comment with nothing but a file's name.
func (b block) fileOf() (string, bool) {
	if len(b.lines) == 0 {
		return "", false
	}
	for _, comment := range []string{"-- ", "# "} {
		name, ok := strings.CutPrefix(b.lines[0], comment)
		if ok && strings.HasSuffix(name, "."+b.language) && !strings.Contains(name, " ") {
			return name, true
		}
	}
	return "", false
}

// shown is a command of a page and the output that the page shows below it.
type shown struct {
	command string
	output  []string
}

// commands are what a block that shows a terminal has: a command in each line that begins with "$ ".
func (b block) commands() (out []shown) {
	for _, line := range b.lines {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			out = append(out, shown{command: command})
		} else if len(out) > 0 {
			last := &out[len(out)-1]
			last.output = append(last.output, line)
		}
	}
	return out
}

// tableRow is a row of a table, with the code of its last cell that has some.
type tableRow struct {
	column string // the heading of that cell
	code   []string
	line   int
}

// tableRows are the rows of a page's tables whose last column is one of columns.
func tableRows(page string, columns ...string) (out []tableRow) {
	column, at := "", 0
	for line := range strings.Lines(page) {
		at++
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			column = ""
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, "\x00"), "|"), "|")
		last := strings.ReplaceAll(strings.TrimSpace(cells[len(cells)-1]), "\x00", "|")
		switch {
		case column == "":
			column = last
		case slices.Contains(columns, column) && !strings.HasPrefix(last, "---"):
			row := tableRow{column: column, line: at}
			for i, part := range strings.Split(last, "`") {
				if i%2 == 1 {
					row.code = append(row.code, part)
				}
			}
			out = append(out, row)
		}
	}
	return out
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	const page = "# A\n\n```lua\n-- a/b.lua\nx()\n```\n## B c\n```console fails\n$ one\nout\n$ two\n```\n| Z | Lua |\n|---|---|\n| `\\|q\\|` | `x()` or `y(\"\\|\")` |\n"
	got := blocks(page)
	if len(got) != 2 || got[1].section != "B c" || got[1].word != "fails" || got[1].language != "console" || got[1].first != 8 {
		t.Fatalf("got %+v", got)
	}
	if name, ok := got[0].fileOf(); !ok || name != "a/b.lua" {
		t.Errorf("got the file %q", name)
	}
	if name, ok := got[1].fileOf(); ok {
		t.Errorf("got the file %q of a block that has none", name)
	}
	commands := got[1].commands()
	if len(commands) != 2 || commands[0].command != "one" || !slices.Equal(commands[0].output, []string{"out"}) || commands[1].output != nil {
		t.Errorf("got %+v", commands)
	}
	rows := tableRows(page, "Lua")
	if len(rows) != 1 || rows[0].line != 15 || !slices.Equal(rows[0].code, []string{"x()", `y("|")`}) {
		t.Errorf("got %+v", rows)
	}
}
