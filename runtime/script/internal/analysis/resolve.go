package analysis

import (
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// variable is a local, a parameter or the variable of a loop.
type variable struct {
	sources []source // what it is given, at its declaration and later
	param   bool     // a parameter: callers give it values, too
	given   value    // what they are, where that is known
	uses    int      // how often it is read

	value value // once it is asked for
	state memo
}

// memo says whether a variable's value is known.
type memo uint8

const (
	unasked memo = iota
	asking       // its sources are looked at: a variable that depends on itself is not known
	answered
)

// source is one thing that a variable is given: a result of an expression, counted from 0, or what an iterator that is
// one gives. Without an expression it is nil.
type source struct {
	expr  ast.Expr
	index int
	each  bool
}

// resolver walks a syntax tree with the names in scope. It finds what strict globals forbid, so that a misspelt name
// is an error when the file is loaded and not when its line is first reached, and lists what the checks look at.
type resolver struct {
	*Chunk
	w      *World
	scopes []map[string]*variable
	tried  int // how many functions around this place have their errors caught
}

func (r *resolver) push() { r.scopes = append(r.scopes, nil) }
func (r *resolver) pop()  { r.scopes = r.scopes[:len(r.scopes)-1] }

func (r *resolver) declare(name string, v *variable) {
	top := &r.scopes[len(r.scopes)-1]
	if *top == nil {
		*top = map[string]*variable{}
	}
	(*top)[name] = v
	r.vars = append(r.vars, v)
}

func (r *resolver) local(name string) *variable {
	for i := len(r.scopes) - 1; i >= 0; i-- {
		if v := r.scopes[i][name]; v != nil {
			return v
		}
	}
	return nil
}

func (r *resolver) block(stmts []ast.Stmt) {
	r.push()
	r.stmtList(stmts)
	r.pop()
}

func (r *resolver) stmtList(stmts []ast.Stmt) {
	for _, s := range stmts {
		r.stmt(s)
	}
}

func (r *resolver) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		r.assign(s)
	case *ast.LocalAssignStmt:
		r.localAssign(s)
	case *ast.FuncCallStmt:
		r.expr(s.Expr)
	case *ast.DoBlockStmt:
		r.block(s.Stmts)
	case *ast.WhileStmt:
		r.expr(s.Condition)
		r.block(s.Stmts)
	case *ast.RepeatStmt: // the condition sees the body's locals
		r.push()
		r.stmtList(s.Stmts)
		r.expr(s.Condition)
		r.pop()
	case *ast.IfStmt:
		r.expr(s.Condition)
		r.block(s.Then)
		r.block(s.Else)
	case *ast.NumberForStmt:
		r.exprs([]ast.Expr{s.Init, s.Limit, s.Step})
		r.push()
		r.declare(s.Name, &variable{param: true, given: value{kinds: kindNumber}})
		r.stmtList(s.Stmts)
		r.pop()
	case *ast.GenericForStmt:
		r.genericFor(s)
	case *ast.FuncDefStmt:
		r.funcDef(s)
	case *ast.ReturnStmt:
		r.exprs(s.Exprs)
	}
}

func (r *resolver) genericFor(s *ast.GenericForStmt) {
	r.exprs(s.Exprs)
	r.push()
	for i, name := range s.Names {
		r.declare(name, &variable{sources: []source{{s.Exprs[0], i, true}}})
	}
	r.stmtList(s.Stmts)
	r.pop()
}

// sourceOf is what the name at position i of a list gets.
func sourceOf(exprs []ast.Expr, i int) source {
	last := len(exprs) - 1
	switch {
	case i <= last && (i < last || !multiple(exprs[i])):
		return source{expr: exprs[i]}
	case last >= 0 && multiple(exprs[last]):
		return source{expr: exprs[last], index: i - last}
	}
	return source{}
}

// multiple tells whether an expression at the end of a list stands for any number of values.
func multiple(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// localAssign: `local function f` sees f in its body, `local f = function` does not; the parser tells them apart
// by the last line only.
func (r *resolver) localAssign(s *ast.LocalAssignStmt) {
	if len(s.Names) == 1 && len(s.Exprs) == 1 && s.LastLine() != 0 {
		if _, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			r.declare(s.Names[0], &variable{sources: []source{{expr: s.Exprs[0]}}})
			r.exprs(s.Exprs)
			return
		}
	}
	r.exprs(s.Exprs)
	for i, name := range s.Names {
		from := sourceOf(s.Exprs, i)
		if call, ok := from.expr.(*ast.FuncCallExpr); ok && from.index == 0 {
			r.bound[call] = true
		}
		r.declare(name, &variable{sources: []source{from}})
	}
}

func (r *resolver) assign(s *ast.AssignStmt) {
	r.exprs(s.Rhs)
	for i, t := range s.Lhs {
		r.target(t, s.Line())
		if id, ok := t.(*ast.IdentExpr); ok {
			r.give(id, sourceOf(s.Rhs, i))
		}
	}
}

// give notes what else a local becomes.
func (r *resolver) give(id *ast.IdentExpr, from source) {
	if v := r.local(id.Value); v != nil {
		v.sources = append(v.sources, from)
		if call, ok := from.expr.(*ast.FuncCallExpr); ok && from.index == 0 {
			r.bound[call] = true
		}
	}
}

func (r *resolver) funcDef(s *ast.FuncDefStmt) {
	if s.Name.Func != nil {
		r.target(s.Name.Func, s.Line())
		if id, ok := s.Name.Func.(*ast.IdentExpr); ok {
			r.give(id, source{expr: s.Func})
		}
		r.function(s.Func, "")
		return
	}
	r.expr(s.Name.Receiver)
	r.function(s.Func, "self")
}

func (r *resolver) function(f *ast.FunctionExpr, self string) {
	r.push()
	if self != "" {
		r.declare(self, &variable{param: true})
	}
	for _, name := range f.ParList.Names {
		v := &variable{param: true}
		r.params[f] = append(r.params[f], v)
		r.declare(name, v)
	}
	if f.ParList.HasVargs {
		r.declare("arg", &variable{param: true})
	}
	r.stmtList(f.Stmts)
	r.pop()
}

// target looks at what is assigned to.
func (r *resolver) target(e ast.Expr, line int) {
	switch t := e.(type) {
	case *ast.IdentExpr:
		switch {
		case r.local(t.Value) != nil:
		case r.w.Known(t.Value):
			r.add(line, predefinedName, Fatal, "%q is predefined and can't be assigned (use a local of another name)", t.Value)
		default:
			r.add(line, undeclaredGlobal, Fatal, "assignment to undeclared global %q (write local %s = …, or namespace(…):var to share it)%s",
				t.Value, t.Value, r.w.Global(t.Value))
		}
	case *ast.AttrGetExpr:
		if id, ok := t.Object.(*ast.IdentExpr); ok && r.local(id.Value) == nil && r.w.Known(id.Value) && id.Value != "_G" {
			if k, ok := t.Key.(*ast.StringExpr); ok {
				r.add(line, predefinedName, Fatal, "%s.%s is predefined and can't be assigned", id.Value, k.Value)
				return
			}
		}
		r.expr(t)
	}
}

func (r *resolver) exprs(es []ast.Expr) {
	for _, e := range es {
		if e != nil {
			r.expr(e)
		}
	}
}

func (r *resolver) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.name(e)
	case *ast.StringExpr:
		r.texts = append(r.texts, e)
	case *ast.AttrGetExpr:
		r.indexes = append(r.indexes, e)
		r.mark(e)
		r.expr(e.Object)
		if _, ok := e.Key.(*ast.StringExpr); !ok {
			r.expr(e.Key)
		}
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if _, ok := f.Key.(*ast.StringExpr); !ok {
				r.exprs([]ast.Expr{f.Key})
			}
			r.expr(f.Value)
		}
	case *ast.FuncCallExpr:
		r.calls = append(r.calls, e)
		r.mark(e)
		r.exprs([]ast.Expr{e.Func, e.Receiver})
		r.arguments(e)
	case *ast.RelationalOpExpr:
		r.relations = append(r.relations, e)
		r.mark(e)
		r.pair(e.Lhs, e.Rhs)
	case *ast.LogicalOpExpr:
		r.pair(e.Lhs, e.Rhs)
	case *ast.StringConcatOpExpr:
		r.pair(e.Lhs, e.Rhs)
	case *ast.ArithmeticOpExpr:
		r.pair(e.Lhs, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		r.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		r.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		r.expr(e.Expr)
	case *ast.FunctionExpr:
		r.function(e, "")
	}
}

// mark notes what may be wrong on purpose.
func (r *resolver) mark(e ast.Expr) {
	if r.tried > 0 {
		r.trials[e] = true
	}
}

// catching are the globals that call a function to see whether it raises.
var catching = []string{"pcall", "xpcall", "expect"}

// arguments looks at what a call is given.
func (r *resolver) arguments(e *ast.FuncCallExpr) {
	id, ok := e.Func.(*ast.IdentExpr)
	catches := ok && slices.Contains(catching, id.Value) && r.local(id.Value) == nil
	for _, arg := range e.Args {
		if _, ok := arg.(*ast.FunctionExpr); ok && catches {
			r.tried++
			r.expr(arg)
			r.tried--
		} else {
			r.expr(arg)
		}
	}
}

func (r *resolver) pair(a, b ast.Expr) {
	r.expr(a)
	r.expr(b)
}

func (r *resolver) name(e *ast.IdentExpr) {
	r.names = append(r.names, e)
	if v := r.local(e.Value); v != nil {
		v.uses++
		r.uses[e] = v
		return
	}
	if !r.w.Known(e.Value) {
		r.add(e.Line(), undeclaredGlobal, Fatal, "undeclared global %q%s", e.Value, r.w.Global(e.Value))
	}
}
