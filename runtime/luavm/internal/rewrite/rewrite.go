package rewrite

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// rewriter is the second walk.
type rewriter struct {
	info
	fn       *function // whose body is being rewritten
	counting *counting // nil: no sites are marked
}

func (w *rewriter) stmts(in []ast.Stmt) []ast.Stmt {
	if w.counting != nil && len(in) > 0 {
		return w.markedStmts(in)
	}
	for i, s := range in {
		in[i] = w.stmt(s)
	}
	return padLabels(in)
}

// stmt returns what takes the place of s.
func (w *rewriter) stmt(s ast.Stmt) ast.Stmt {
	switch x := s.(type) {
	case *ast.AssignStmt:
		w.counting.callAll(x.Lhs, x.Rhs)
		w.exprs(x.Lhs)
		w.exprs(x.Rhs)
		return w.assign(x)
	case *ast.LocalAssignStmt:
		return w.declaration(x)
	case *ast.FuncCallStmt:
		x.Expr = w.expr(x.Expr)
	case *ast.FuncDefStmt:
		w.counting.definition(x)
		w.function(x.Func)
	case *ast.ReturnStmt:
		w.exprs(x.Exprs)
		return returnOne(x)
	case *ast.DoBlockStmt:
		x.Stmts = w.stmts(x.Stmts)
	case *ast.IfStmt:
		x.Condition = w.expr(x.Condition)
		x.Then = w.stmts(x.Then)
		x.Else = w.stmts(x.Else)
	case *ast.WhileStmt:
		return w.while(x)
	case *ast.RepeatStmt:
		return w.repeat(x)
	case *ast.NumberForStmt:
		return w.numericFor(x)
	case *ast.GenericForStmt:
		return w.genericFor(x)
	}
	return s
}

func (w *rewriter) function(f *ast.FunctionExpr) {
	outer := w.fn
	w.fn = w.functions[f]
	if w.counting == nil {
		f.Stmts = w.stmts(f.Stmts)
	} else {
		number := w.counting.begin(f)
		f.Stmts = w.stmts(f.Stmts)
		w.counting.markFunction(number, f)
	}
	w.fn = outer
}

func (w *rewriter) exprs(es []ast.Expr) {
	for i, e := range es {
		es[i] = w.expr(e)
	}
}

// expr returns what takes the place of e.
func (w *rewriter) expr(e ast.Expr) ast.Expr {
	switch x := e.(type) {
	case *ast.FunctionExpr:
		w.function(x)
	case *ast.TableExpr:
		return w.table(x)
	case *ast.AttrGetExpr:
		x.Object, x.Key = w.expr(x.Object), w.expr(x.Key)
	case *ast.FuncCallExpr:
		if x.Func != nil {
			x.Func = w.expr(x.Func)
		} else {
			x.Receiver = w.expr(x.Receiver)
		}
		w.exprs(x.Args)
	case *ast.LogicalOpExpr:
		x.Lhs, x.Rhs = w.expr(x.Lhs), w.expr(x.Rhs)
	case *ast.RelationalOpExpr:
		x.Lhs, x.Rhs = w.expr(x.Lhs), w.expr(x.Rhs)
	case *ast.StringConcatOpExpr:
		return w.concat(x)
	case *ast.ArithmeticOpExpr:
		x.Lhs, x.Rhs = w.expr(x.Lhs), w.expr(x.Rhs)
	case *ast.UnaryMinusOpExpr:
		x.Expr = w.expr(x.Expr)
	case *ast.UnaryNotOpExpr:
		x.Expr = w.expr(x.Expr)
	case *ast.UnaryLenOpExpr:
		x.Expr = w.expr(x.Expr)
	}
	return e
}

// at gives a made-up node the place of the node it stands for, so that errors and tracebacks
// name the line that the author wrote.
func at[T ast.PositionHolder](made T, source ast.PositionHolder) T {
	made.SetLine(source.Line())
	last := source.LastLine()
	if last == 0 {
		last = source.Line()
	}
	made.SetLastLine(last)
	return made
}

func name(n string, source ast.PositionHolder) *ast.IdentExpr {
	return at(&ast.IdentExpr{Value: n}, source)
}

func localStmt(source ast.PositionHolder, names []string, values ...ast.Expr) ast.Stmt {
	return at(&ast.LocalAssignStmt{Names: names, Exprs: values}, source)
}

func doStmt(source ast.PositionHolder, stmts ...ast.Stmt) ast.Stmt {
	return at(&ast.DoBlockStmt{Stmts: stmts}, source)
}

func number(n int, source ast.PositionHolder) ast.Expr {
	return at(&ast.NumberExpr{Value: strconv.Itoa(n)}, source)
}

// temporary is the name of the n-th one in a statement.
func temporary(n int) string { return "(" + strconv.Itoa(n) + ")" }

// isMulti tells whether e may have any number of values as the last of a list.
func isMulti(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.FuncCallExpr:
		return !x.AdjustRet
	case *ast.Comma3Expr:
		return !x.AdjustRet
	}
	return false
}

// isAdjusted tells whether e is a call or ... in parentheses.
func isAdjusted(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.FuncCallExpr:
		return x.AdjustRet
	case *ast.Comma3Expr:
		return x.AdjustRet
	}
	return false
}

// adjust makes e have one value, as parentheses do.
func adjust(e ast.Expr) {
	switch x := e.(type) {
	case *ast.FuncCallExpr:
		x.AdjustRet = true
	case *ast.Comma3Expr:
		x.AdjustRet = true
	}
}

func isConstant(e ast.Expr) bool {
	switch e.(type) {
	case *ast.NumberExpr, *ast.StringExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr:
		return true
	}
	return false
}
