package analysis

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Chunk is a file's syntax tree with what is where in it. It belongs to one goroutine.
type Chunk struct {
	File string

	ignored ignored
	stmts   []ast.Stmt

	vars      []*variable
	uses      map[*ast.IdentExpr]*variable      // of locals; what is missing here is a global
	params    map[*ast.FunctionExpr][]*variable // without self and arg
	names     []*ast.IdentExpr                  // that are read, in their order
	calls     []*ast.FuncCallExpr               // in their order, the outer one first
	relations []*ast.RelationalOpExpr           // in their order
	indexes   []*ast.AttrGetExpr                // in their order
	texts     []*ast.StringExpr                 // literals, but for names of fields
	bound     map[*ast.FuncCallExpr]bool        // calls whose first result is a local's value

	trials map[ast.Expr]bool // of these, what stands in a function given to pcall: it may be wrong on purpose

	findings []Finding
	said     map[Finding]bool
}

// World is what a chunk is looked at against.
type World struct {
	Known   func(name string) bool                        // is a predefined global
	Global  func(name string) string                      // " (did you mean x?)" for what is no global, or ""
	Near    func(name string, candidates []string) string // the same among candidates
	Members func(module string) []string                  // of a predefined module; nil for what is none
	// API is what the predefined names are; nil: nothing is known of them but the names.
	API *API
	// Event returns what the event of that name takes as its declaration has it; ok is false for one that nobody
	// declares.
	Event func(name string) (signature string, ok bool)
	// Complete tells whether Event knows all: no file's body has failed.
	Complete bool
	// Events are the names of all declared events, for suggestions.
	Events func() []string
}

// Parse reads a file and resolves its names. The error is the parser's: the compiler says it better.
func Parse(file string, src []byte) (*Chunk, error) {
	stmts, err := parse.Parse(bytes.NewReader(src), file)
	if err != nil {
		return nil, err
	}
	return &Chunk{
		File: file, ignored: ignoredIn(src), stmts: stmts, said: map[Finding]bool{},
		uses: map[*ast.IdentExpr]*variable{}, params: map[*ast.FunctionExpr][]*variable{}, bound: map[*ast.FuncCallExpr]bool{},
		trials: map[ast.Expr]bool{},
	}, nil
}

// Names resolves the names in the chunk and returns what is wrong with them. It comes first, and once.
func (c *Chunk) Names(w *World) []Finding {
	r := &resolver{Chunk: c, w: w}
	r.block(c.stmts)
	return c.take()
}

// Check returns what is wrong with what the chunk does with its names. World knows all that the scripts declare.
func (c *Chunk) Check(w *World) []Finding {
	k := &checker{Chunk: c, w: w}
	k.useless(w.near)
	k.handlers()
	for _, e := range c.indexes {
		if !c.trials[e] {
			k.index(e)
		}
	}
	for _, e := range c.calls {
		if !c.trials[e] {
			k.call(e)
		}
	}
	for _, e := range c.relations {
		if !c.trials[e] {
			k.relation(e)
		}
	}
	return c.take()
}

// forget has the values of variables looked up anew, when more is known than before.
func (c *Chunk) forget() {
	for _, v := range c.vars {
		v.state = unasked
	}
}

// Bounds of what is said about a file, which anybody may have written.
const (
	maxFindings = 1000
	maxText     = 1000 // bytes of one
	maxQuoted   = 100  // bytes of a literal or name in it
)

func (c *Chunk) add(line int, code string, severity Severity, format string, args ...any) {
	if len(c.said) == maxFindings {
		return
	}
	f := Finding{File: c.File, Line: line, Code: code, Severity: severity, Text: clip(fmt.Sprintf(format, args...), maxText)}
	if c.said[f] || c.ignored.silences(f) {
		return
	}
	c.said[f] = true
	c.findings = append(c.findings, f)
}

// clip cuts a text where it is long.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// near suggests one of the candidates for a name; long ones are near to none.
func (w *World) near(name string, candidates []string) string {
	if len(name) > maxQuoted {
		return ""
	}
	return w.Near(name, candidates)
}

// take returns what was found since it was last called, by lines.
func (c *Chunk) take() []Finding {
	found := c.findings
	c.findings = nil
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return found
}
