package analysis

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Severity says what becomes of a finding.
type Severity uint8

// The severities. A finding without a place in a file, such as a report of the node, is a Warning as well.
const (
	Warning Severity = iota // may be meant; a comment on its line silences it
	Error                   // wrong if its line is reached: an error for who checks, a warning at load
	Fatal                   // keeps the file from being loaded
)

// Finding is something a look at a file's syntax tree shows. It is an error, too, for those who join errors.
type Finding struct {
	File     string // "" for what is not about a place in a file
	Line     int
	Code     string // what kind of finding it is, one of the codes in doc.go; "" for a report of the node
	Text     string
	Severity Severity
}

// String is file, line and text; a warning says its code, too, which is what silences it.
func (f Finding) String() string {
	text := f.Text
	if f.Severity == Warning && f.Code != "" {
		text += " [" + f.Code + "]"
	}
	return f.Place() + text
}

// Place is what a message about it begins with, "file:line: ".
func (f Finding) Place() string {
	if f.File == "" {
		return ""
	}
	if f.Line == 0 {
		return f.File + ": "
	}
	return fmt.Sprintf("%s:%d: ", f.File, f.Line)
}

// Error implements error.
func (f Finding) Error() string { return f.String() }

// The codes. They are what `-- check: ignore CODE` names and what programs read: they stay as they are.
const (
	undeclaredGlobal = "undeclared-global"
	predefinedName   = "predefined-name"
	unknownMember    = "unknown-member"
	unknownOption    = "unknown-option"
	wrongArity       = "wrong-arity"
	wrongKind        = "wrong-kind"
	wrongCall        = "wrong-call"
	neverEqual       = "never-equal"
	notComparable    = "not-comparable"
	notCallable      = "not-callable"
	handlerArity     = "handler-arity"
	unknownEvent     = "unknown-event"
	unraisedEvent    = "unraised-event"
	uselessIgnore    = "useless-ignore"
)

// warnings are the codes of what may be meant.
var warnings = []string{handlerArity, unknownEvent, unraisedEvent}

// ignored are the codes that comments of a file silence, by line.
type ignored map[int][]string

// useless warns about comments that silence nothing: a misspelt code, or that of an error.
func (c *Chunk) useless(near func(string, []string) string) {
	for _, line := range slices.Sorted(maps.Keys(c.ignored)) {
		for _, code := range c.ignored[line] {
			if !slices.Contains(warnings, code) {
				c.add(line, uselessIgnore, Warning, "no warning has the code %q%s (there are %s)", code, near(code, warnings), strings.Join(warnings, ", "))
			}
		}
	}
}

var ignoreComment = regexp.MustCompile(`--\s*check:\s*ignore\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)\s*$`)

// ignoredIn reads the comments. A text in the source that looks like one is taken for one: it does no harm.
func ignoredIn(src []byte) ignored {
	if !bytes.Contains(src, []byte("check:")) {
		return nil
	}
	found := ignored{}
	line := 0
	for text := range bytes.Lines(src) {
		line++
		if m := ignoreComment.FindSubmatch(bytes.TrimRight(text, "\r\n")); m != nil {
			for code := range strings.SplitSeq(string(m[1]), ",") {
				found[line] = append(found[line], strings.TrimSpace(code))
			}
		}
	}
	return found
}

// silences tells whether a comment says that a finding is meant.
func (g ignored) silences(f Finding) bool {
	return f.Severity == Warning && slices.Contains(g[f.Line], f.Code)
}
