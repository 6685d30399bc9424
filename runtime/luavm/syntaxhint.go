package luavm

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// What the parser says of a mistake is where it stopped. Who comes from another language has written what is right there,
// and a block that has no end is far from the end of the file.

// foreign are tokens at which the parser stops, and how Lua has what stands there.
var foreign = []struct{ token, text, write string }{
	{"!", "!=", "~= for not equal"},
	{"!", "!", "not"},
	{"&", "&&", "and"},
	{"|", "||", "or"},
}

var (
	// assigned is what stands in front of an assigning operator: x, x.y, x[1].
	assigned = regexp.MustCompile(`[A-Za-z_][\w.]*(?:\[[^\[\]]*\])?\s*$`)
	// zeekModule is a module declaration of Zeek's.
	zeekModule = regexp.MustCompile(`^\s*module\s+([A-Za-z_]\w*)`)
	// operand is a short value, without what may follow it.
	operand = regexp.MustCompile(`^([\w.]{1,20}|"[^"]{0,18}")(?:\s|;|$)`)
)

// foreignHint says what to write in place of what stands at a token of the parser's, which is on this line; empty: it is not
// known. A token of one letter begins at the column, counted from 1.
func foreignHint(line string, column int, token string) string {
	if m := zeekModule.FindStringSubmatch(line); m != nil && m[1] == token {
		return fmt.Sprintf(` (write local %s = namespace "%[1]s")`, token)
	}
	if len(token) != 1 || column < 1 || column > len(line) {
		return ""
	}
	before, rest := line[:column-1], line[column-1:]
	for _, f := range foreign {
		if f.token == token && strings.HasPrefix(rest, f.text) {
			return " (write " + f.write + ")"
		}
	}
	if len(rest) < 2 || !strings.Contains("+-*/", token) {
		return ""
	}
	to := strings.TrimSpace(assigned.FindString(before))
	switch {
	case to == "":
		return ""
	case rest[:2] == "++":
		return fmt.Sprintf(" (write %s = %[1]s + 1)", to)
	case rest[1] != '=':
		return ""
	}
	by := "…"
	if m := operand.FindStringSubmatch(strings.TrimSpace(rest[2:])); m != nil {
		by = m[1]
	}
	return fmt.Sprintf(" (write %s = %[1]s %s %s)", to, token, by)
}

// openBlock is what begins a block, or a bracket, and what has to close it.
type openBlock struct {
	opener, closer string
	line           int
	indent         int // of its line
}

// unclosed returns what is open at the end of a text. Which of several blocks lacks its end is not written anywhere: it is the
// first one that stands further in than the end that closes it, else the innermost that is left.
func unclosed(src string) (found openBlock, ok bool) {
	sc, lx := parse.NewScanner(strings.NewReader(src), ""), &parse.Lexer{}
	at := indented{lines: strings.Split(src, "\n")}
	var open []openBlock
	loop := false // a for or while has its do still to come
	for {
		tok, err := sc.Scan(lx)
		lx.PrevTokenType, lx.Token = lx.Token.Type, tok
		if err != nil || tok.Type == parse.EOF {
			break
		}
		opener, closer := blockWords(tok, &loop)
		if opener != "" {
			open = append(open, openBlock{opener, closer, tok.Pos.Line, at.line(tok.Pos.Line)})
			continue
		}
		if !closes[tok.Str] || tok.Type == parse.TString {
			continue
		}
		if len(open) == 0 || open[len(open)-1].closer != tok.Str {
			break // the last one has what is not its own
		}
		last := open[len(open)-1]
		open = open[:len(open)-1]
		if indent := at.line(tok.Pos.Line); !ok && strings.HasPrefix(lineOf(at.lines, tok.Pos.Line)[indent:], tok.Str) && indent < last.indent {
			found, ok = last, true
		}
	}
	if len(open) == 0 {
		return found, false
	}
	if !ok {
		found = open[len(open)-1]
	}
	return found, true
}

var closes = map[string]bool{"end": true, "until": true, ")": true, "}": true, "]": true}

// blockWords tells whether a token opens something, and what closes that.
func blockWords(tok ast.Token, loop *bool) (opener, closer string) {
	switch tok.Type {
	case parse.TFunction, parse.TIf:
		return tok.Str, "end"
	case parse.TFor, parse.TWhile:
		*loop = true
		return tok.Str, "end"
	case parse.TDo:
		if *loop {
			*loop = false
			return "", ""
		}
		return tok.Str, "end"
	case parse.TRepeat:
		return tok.Str, "until"
	case '(':
		return tok.Str, ")"
	case '{':
		return tok.Str, "}"
	case '[':
		return tok.Str, "]"
	}
	return "", ""
}

func lineOf(lines []string, n int) string {
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// indented tells how far lines are indented, one after the other: many tokens are on one.
type indented struct {
	lines     []string
	n, indent int
}

func (i *indented) line(n int) int {
	if n != i.n {
		text := lineOf(i.lines, n)
		i.n, i.indent = n, len(text)-len(strings.TrimLeft(text, " \t"))
	}
	return i.indent
}
