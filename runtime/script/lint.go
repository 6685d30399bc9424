package script

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Finding is something a look at a file's syntax tree shows before it runs.
type Finding struct {
	File string
	Line int
	Text string
	// Fatal findings keep the file from being loaded; the others are warnings, and errors for `check`.
	Fatal bool
}

func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// linter walks a syntax tree with the names in scope. It finds what strict globals forbid, so that a misspelt
// name is an error when the file is loaded and not when its line is first reached, and comparisons that can
// never be true because Lua 5.1 asks no metamethod about operands of different kinds.
type linter struct {
	file     string
	known    func(name string) bool
	suggest  func(name string) string
	members  func(module string) []string // of a predefined module; nil for what is none
	scopes   []map[string]bool
	findings []Finding
	said     map[string]bool
}

// lint parses src and returns what it finds; a syntax error is left to the compiler and gives nothing here.
func lint(file string, src []byte, known func(string) bool, suggest func(string) string, members func(string) []string) []Finding {
	chunk, err := parse.Parse(strings.NewReader(string(src)), file)
	if err != nil {
		return nil
	}
	l := &linter{file: file, known: known, suggest: suggest, members: members, said: map[string]bool{}}
	l.block(chunk)
	return l.findings
}

func (l *linter) add(line int, fatal bool, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	key := fmt.Sprint(line, text)
	if l.said[key] {
		return
	}
	l.said[key] = true
	l.findings = append(l.findings, Finding{File: l.file, Line: line, Text: text, Fatal: fatal})
}

func (l *linter) push()               { l.scopes = append(l.scopes, map[string]bool{}) }
func (l *linter) pop()                { l.scopes = l.scopes[:len(l.scopes)-1] }
func (l *linter) declare(name string) { l.scopes[len(l.scopes)-1][name] = true }

func (l *linter) local(name string) bool {
	for i := len(l.scopes) - 1; i >= 0; i-- {
		if l.scopes[i][name] {
			return true
		}
	}
	return false
}

func (l *linter) block(stmts []ast.Stmt, names ...string) {
	l.push()
	for _, n := range names {
		l.declare(n)
	}
	l.stmts(stmts)
	l.pop()
}

func (l *linter) stmts(stmts []ast.Stmt) {
	for _, s := range stmts {
		l.stmt(s)
	}
}

func (l *linter) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		l.exprs(s.Rhs)
		for _, t := range s.Lhs {
			l.target(t, s.Line())
		}
	case *ast.LocalAssignStmt:
		l.localAssign(s)
	case *ast.FuncCallStmt:
		l.expr(s.Expr)
	case *ast.DoBlockStmt:
		l.block(s.Stmts)
	case *ast.WhileStmt:
		l.expr(s.Condition)
		l.block(s.Stmts)
	case *ast.RepeatStmt: // the condition sees the body's locals
		l.push()
		l.stmts(s.Stmts)
		l.expr(s.Condition)
		l.pop()
	case *ast.IfStmt:
		l.expr(s.Condition)
		l.block(s.Then)
		l.block(s.Else)
	case *ast.NumberForStmt:
		l.exprs([]ast.Expr{s.Init, s.Limit, s.Step})
		l.block(s.Stmts, s.Name)
	case *ast.GenericForStmt:
		l.exprs(s.Exprs)
		l.block(s.Stmts, s.Names...)
	case *ast.FuncDefStmt:
		l.funcDef(s)
	case *ast.ReturnStmt:
		l.exprs(s.Exprs)
	}
}

// localAssign: `local function f` sees f in its body, `local f = function` does not; the parser tells them apart
// by the last line only.
func (l *linter) localAssign(s *ast.LocalAssignStmt) {
	if len(s.Names) == 1 && len(s.Exprs) == 1 && s.LastLine() != 0 {
		if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			l.declare(s.Names[0])
			l.exprs(s.Exprs)
			return
		}
	}
	l.exprs(s.Exprs)
	for _, n := range s.Names {
		l.declare(n)
	}
}

func (l *linter) funcDef(s *ast.FuncDefStmt) {
	if s.Name.Func != nil {
		l.target(s.Name.Func, s.Line())
		l.function(s.Func)
		return
	}
	l.expr(s.Name.Receiver)
	l.function(s.Func, "self")
}

func (l *linter) function(f *ast.FunctionExpr, names ...string) {
	names = append(names, f.ParList.Names...)
	if f.ParList.HasVargs {
		names = append(names, "arg")
	}
	l.block(f.Stmts, names...)
}

// target looks at what is assigned to.
func (l *linter) target(e ast.Expr, line int) {
	switch t := e.(type) {
	case *ast.IdentExpr:
		if l.local(t.Value) {
			return
		}
		if l.known(t.Value) {
			l.add(line, true, "%q is predefined and can't be assigned (use a local of another name)", t.Value)
			return
		}
		l.add(line, true, "assignment to undeclared global %q (write local %s = …, or namespace(…):var to share it)%s", t.Value, t.Value, l.suggest(t.Value))
	case *ast.AttrGetExpr:
		if id, ok := t.Object.(*ast.IdentExpr); ok && !l.local(id.Value) && l.known(id.Value) && id.Value != "_G" {
			if k, ok := t.Key.(*ast.StringExpr); ok {
				l.add(line, true, "%s.%s is predefined and can't be assigned", id.Value, k.Value)
				return
			}
		}
		l.expr(t)
	}
}

// member warns about a name that a predefined module does not have.
func (l *linter) member(object ast.Expr, name string, line int) {
	id, ok := object.(*ast.IdentExpr)
	if !ok || l.local(id.Value) {
		return
	}
	if names := l.members(id.Value); names != nil && !slices.Contains(names, name) {
		l.add(line, false, "%s has no %q%s", id.Value, name, DidYouMean(name, names))
	}
}

func (l *linter) exprs(es []ast.Expr) {
	for _, e := range es {
		if e != nil {
			l.expr(e)
		}
	}
}

func (l *linter) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		if !l.local(e.Value) && !l.known(e.Value) {
			l.add(e.Line(), true, "undeclared global %q%s", e.Value, l.suggest(e.Value))
		}
	case *ast.AttrGetExpr:
		l.expr(e.Object)
		l.expr(e.Key)
		if k, ok := e.Key.(*ast.StringExpr); ok {
			l.literal(k, e.Line(), "index")
			l.member(e.Object, k.Value, e.Line())
		}
	case *ast.TableExpr:
		for _, f := range e.Fields {
			l.exprs([]ast.Expr{f.Key, f.Value})
		}
	case *ast.FuncCallExpr:
		l.exprs([]ast.Expr{e.Func, e.Receiver})
		l.exprs(e.Args)
	case *ast.LogicalOpExpr:
		l.exprs([]ast.Expr{e.Lhs, e.Rhs})
	case *ast.RelationalOpExpr:
		l.exprs([]ast.Expr{e.Lhs, e.Rhs})
		if e.Operator == "==" || e.Operator == "~=" {
			l.compared(e.Lhs, e.Rhs, e.Line())
			l.compared(e.Rhs, e.Lhs, e.Line())
		}
	case *ast.StringConcatOpExpr:
		l.exprs([]ast.Expr{e.Lhs, e.Rhs})
	case *ast.ArithmeticOpExpr:
		l.exprs([]ast.Expr{e.Lhs, e.Rhs})
	case *ast.UnaryMinusOpExpr:
		l.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		l.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		l.expr(e.Expr)
	case *ast.FunctionExpr:
		l.function(e)
	}
}

// compared warns about == and ~= between something that is not text and a literal that reads as a typed value.
func (l *linter) compared(e, other ast.Expr, line int) {
	lit, ok := e.(*ast.StringExpr)
	if !ok {
		return
	}
	switch o := other.(type) {
	case *ast.StringExpr, *ast.StringConcatOpExpr:
		return
	case *ast.FuncCallExpr: // tostring(x) == "10.0.0.1" is what somebody means
		if id, ok := o.Func.(*ast.IdentExpr); ok && id.Value == "tostring" {
			return
		}
	}
	l.literal(lit, line, "comparison")
}

func (l *linter) literal(lit *ast.StringExpr, line int, what string) {
	if kind := readsAs(lit.Value); kind != "" {
		l.add(line, false, "%s with the text %q never meets %s (write %s %q, or tostring(…) for text)", what, lit.Value, article(kind), kind, lit.Value)
	}
}

func article(kind string) string {
	if kind == "addr" {
		return "an addr"
	}
	return "a " + kind
}

var portText = regexp.MustCompile(`^[0-9]{1,5}/(tcp|udp|icmp)$`)

// readsAs returns the constructor that would accept s, for literals that nobody writes by accident.
func readsAs(s string) string {
	if _, err := netip.ParseAddr(s); err == nil && s != "::" {
		return "addr"
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return "subnet"
	}
	if portText.MatchString(s) {
		return "port"
	}
	return ""
}
