package rewrite

import (
	"strings"
	"unicode"

	"github.com/yuin/gopher-lua/ast"
)

// Sites are the places of a chunk whose executions are counted, by number: in the order of the source as far as one
// line is concerned.
type Sites struct {
	Lines     []int      // where each begins; 0 for one that counts calls of a function and nothing else
	Functions []Function // in the order of the source
}

// Function is a function whose calls a site counts.
type Function struct {
	Name string // as its definition says; "" where it says none
	Line int
	Site int
}

// A site is marked by two statements in front of what it counts: assignments of true to nothing. Each is compiled to
// one LOADBOOL into a register that is free there, and nothing else: no name, constant or block is added. The line of
// true carries the number of the site into the compiled function (SiteAt), where package luavm puts the counter in
// place of the two instructions. A jump would not do as a mark, as the compiler shortens jumps to jumps.

// SiteAt returns the site that an instruction marks, given its recorded line.
func SiteAt(line int) (site int, ok bool) { return -1 - line, line < 0 }

func lineOfSite(site int) int { return -1 - site }

// counting is what the second walk keeps to mark sites.
type counting struct {
	Sites
	names map[*ast.FunctionExpr]string
}

func newCounting() *counting { return &counting{names: map[*ast.FunctionExpr]string{}} }

// add makes a site on a line and returns its mark, which gets the place of source.
func (c *counting) add(line int, source ast.PositionHolder) []ast.Stmt {
	mark := make([]ast.Stmt, 2)
	for i := range mark {
		value := &ast.TrueExpr{}
		value.SetLine(lineOfSite(len(c.Lines)))
		mark[i] = at(&ast.AssignStmt{Rhs: []ast.Expr{value}}, source)
	}
	c.Lines = append(c.Lines, line)
	return mark
}

// isMark tells whether s is half of a mark.
func isMark(s ast.Stmt) bool {
	x, ok := s.(*ast.AssignStmt)
	return ok && len(x.Lhs) == 0
}

// mark returns the mark of a statement. A label and a do are none: they do nothing, what follows has a mark of its own.
func (c *counting) mark(s ast.Stmt) []ast.Stmt {
	switch s.(type) {
	case *ast.LabelStmt, *ast.DoBlockStmt:
		return nil
	}
	return c.add(s.Line(), s)
}

// markedStmts is stmts with the marks of all statements. An elseif is an if in an else to the parser, and marked there.
func (w *rewriter) markedStmts(in []ast.Stmt) []ast.Stmt {
	out := make([]ast.Stmt, 0, 3*len(in))
	for _, s := range in {
		out = append(out, w.counting.mark(s)...) // first, for its number
		out = append(out, w.stmt(s))
	}
	return padLabels(out)
}

// markUntil puts the mark of a condition at the end of a rewritten body. Nothing can stand behind a return or break; then
// the condition is not reached from there and is no site.
func (w *rewriter) markUntil(x *ast.RepeatStmt, ends bool) {
	if w.counting != nil && !ends {
		x.Stmts = append(x.Stmts, w.counting.add(x.Condition.Line(), x.Condition)...)
	}
}

func endsWithLeave(stmts []ast.Stmt) bool {
	if len(stmts) == 0 {
		return false
	}
	switch stmts[len(stmts)-1].(type) {
	case *ast.ReturnStmt, *ast.BreakStmt:
		return true
	}
	return false
}

// markFunction notes a function whose body is rewritten. Its calls are the executions of the first statement, or of a
// site for the purpose: what begins with a label may be jumped back to.
func (c *counting) markFunction(number int, f *ast.FunctionExpr) {
	site, ok := -1, false
	if len(f.Stmts) > 0 && isMark(f.Stmts[0]) {
		site, ok = SiteAt(f.Stmts[0].(*ast.AssignStmt).Rhs[0].Line())
	}
	if !ok {
		site = len(c.Lines)
		f.Stmts = append(c.add(0, f), f.Stmts...)
	}
	c.Functions[number].Site = site
}

// begin notes that the body of a function follows, and returns its number.
func (c *counting) begin(f *ast.FunctionExpr) int {
	c.Functions = append(c.Functions, Function{Name: c.names[f], Line: f.Line()})
	return len(c.Functions) - 1
}

// call gives e a name if it is a function.
func (c *counting) call(e ast.Expr, name string) {
	if f, ok := e.(*ast.FunctionExpr); ok && c != nil {
		c.names[f] = name
	}
}

// callAll names the functions among the values of an assignment.
func (c *counting) callAll(targets, values []ast.Expr) {
	for i, v := range values {
		if c != nil && i < len(targets) {
			c.call(v, written(targets[i]))
		}
	}
}

// callField names a function in a table.
func (c *counting) callField(f *ast.Field) {
	if key, ok := f.Key.(*ast.StringExpr); ok && isPlain(key.Value) {
		c.call(f.Value, key.Value)
	}
}

// written is how an expression of names is written, "" for others.
func written(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.IdentExpr:
		return x.Value
	case *ast.AttrGetExpr:
		object := written(x.Object)
		key, ok := x.Key.(*ast.StringExpr)
		if ok && object != "" && isPlain(key.Value) {
			return object + "." + key.Value
		}
	}
	return ""
}

// isPlain tells whether a key may stand in a name. Keys are any text.
func isPlain(key string) bool {
	return !strings.ContainsFunc(key, func(c rune) bool { return !unicode.IsPrint(c) })
}

// definition names the function of function a.b:c() … end.
func (c *counting) definition(x *ast.FuncDefStmt) {
	if c == nil {
		return
	}
	name := written(x.Name.Func)
	if x.Name.Func == nil {
		name = written(x.Name.Receiver) + ":" + x.Name.Method
	}
	c.call(x.Func, name)
}
