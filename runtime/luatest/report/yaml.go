package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"moonpeer/runtime/luatest"
)

// yaml writes the little of YAML that TAP's diagnostics need. Harnesses read less than all of YAML, so it keeps to what
// each of them knows: text in double quotes, and text in lines below a "|".
type yaml struct {
	b      *strings.Builder
	indent string
}

// quote is a text in YAML's double quotes, whose escapes include those of Go.
func quote(text string) string { return strconv.Quote(strings.ToValidUTF8(text, "\uFFFD")) }

// text writes a key with a text, if there is one.
func (y yaml) text(key, text string) {
	if text != "" {
		y.b.WriteString(y.indent + key + ": " + quote(text) + "\n")
	}
}

// block writes a key with a text of several lines, if there is one: as it is, or in quotes if that could be misread.
func (y yaml) block(key, text string) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if !literal(text) {
		y.text(key, text)
		return
	}
	y.b.WriteString(y.indent + key + ": |\n")
	for line := range strings.SplitSeq(text, "\n") {
		y.b.WriteString(y.indent + "  " + line + "\n")
	}
}

// literal tells whether a text may stand in lines below a "|": all of it can be read, its first line shows how far it is
// indented, and no line looks like an end of the whole.
func literal(text string) bool {
	if text == "" || text[0] == ' ' || text[0] == '\t' || text[0] == '\n' || !utf8.ValidString(text) {
		return false
	}
	odd := func(c rune) bool { return c != '\n' && c != '\t' && !unicode.IsPrint(c) }
	if strings.ContainsFunc(text, odd) {
		return false
	}
	for line := range strings.SplitSeq(text, "\n") {
		if l := strings.TrimSpace(line); strings.HasPrefix(l, "...") || strings.HasPrefix(l, "---") {
			return false
		}
	}
	return true
}

func (y yaml) nodes(nodes []luatest.NodeOutput) {
	if len(nodes) == 0 {
		return
	}
	y.b.WriteString(y.indent + "nodes:\n")
	for _, n := range nodes {
		y.b.WriteString(y.indent + "  - node: " + quote(n.Node) + "\n")
		inner := yaml{y.b, y.indent + "    "}
		inner.block("output", n.Output)
		inner.block("errors", n.Errors)
	}
}
