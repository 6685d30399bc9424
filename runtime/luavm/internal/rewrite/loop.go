package rewrite

import "github.com/yuin/gopher-lua/ast"

func (w *rewriter) while(x *ast.WhileStmt) ast.Stmt {
	x.Condition = w.expr(x.Condition)
	if !isTruthyLiteral(x.Condition) && conditionMayJump(x.Condition) {
		// The condition itself is jumped back to: while true do if not (condition) then break end …
		leave := at(&ast.IfStmt{
			Condition: at(&ast.UnaryNotOpExpr{Expr: x.Condition}, x.Condition),
			Then:      []ast.Stmt{at(&ast.BreakStmt{}, x.Condition)},
		}, x.Condition)
		body := w.body(x, x.Stmts, "", true)
		x.Condition = at(&ast.TrueExpr{}, x.Condition)
		x.Stmts = append([]ast.Stmt{nop(x), leave}, body...)
		return x
	}
	x.Stmts = w.body(x, x.Stmts, "", true)
	return x
}

// isTruthyLiteral tells whether a condition needs no code at all.
func isTruthyLiteral(e ast.Expr) bool {
	switch e.(type) {
	case *ast.TrueExpr, *ast.NumberExpr, *ast.StringExpr:
		return true
	}
	return false
}

func (w *rewriter) repeat(x *ast.RepeatStmt) ast.Stmt {
	ends := endsWithLeave(x.Stmts)
	x.Stmts = w.body(x, x.Stmts, "", true)
	w.markUntil(x, ends)
	x.Condition = w.expr(x.Condition)
	return x
}

func (w *rewriter) numericFor(x *ast.NumberForStmt) ast.Stmt {
	x.Init, x.Limit = w.expr(x.Init), w.expr(x.Limit)
	if x.Step != nil {
		x.Step = w.expr(x.Step)
	}
	x.Stmts = w.body(x, x.Stmts, x.Name, false)
	return x
}

// genericFor gives the loop three plain expressions. The compiler reserves registers by the number of
// loop variables instead, which leaves the control variable unset, and lets a call after them have no value.
func (w *rewriter) genericFor(x *ast.GenericForStmt) ast.Stmt {
	w.exprs(x.Exprs)
	x.Stmts = w.body(x, x.Stmts, x.Names[0], true)
	n := len(x.Exprs)
	last := x.Exprs[n-1]
	if n == 1 && isMulti(last) {
		return x
	}
	if n <= 3 && !isMulti(last) && !isAdjusted(last) {
		for len(x.Exprs) < 3 {
			x.Exprs = append(x.Exprs, at(&ast.NilExpr{}, x))
		}
		return x
	}
	names := []string{"(f)", "(s)", "(c)"}
	values := localStmt(x, names, x.Exprs...)
	x.Exprs = []ast.Expr{name(names[0], x), name(names[1], x), name(names[2], x)}
	return doStmt(x, values, x)
}

// body rewrites the body of a loop. If a break leaves a block with captured locals, the compiler closes
// them only when a local of the loop's own block is captured too; so one is, in code that is never run:
//
//	do local (nop) end  if false then local (dead) = function() return i end end
//
// where i is a loop variable, or else a local declared for the purpose. A numeric for is not jumped back to by
// a jump, so its body need not be padded.
func (w *rewriter) body(loop ast.Stmt, stmts []ast.Stmt, variable string, pad bool) []ast.Stmt {
	stmts = w.stmts(stmts)
	if _, ok := w.closing[loop]; ok {
		return append(capture(loop, variable), stmts...)
	}
	if pad && beginsWithJump(stmts) {
		return append([]ast.Stmt{nop(loop)}, stmts...)
	}
	return stmts
}

func capture(loop ast.Stmt, variable string) []ast.Stmt {
	first := nop(loop)
	if variable == "" {
		variable = "(close)"
		first = localStmt(loop, []string{variable})
	}
	closure := at(&ast.FunctionExpr{
		ParList: &ast.ParList{},
		Stmts:   []ast.Stmt{at(&ast.ReturnStmt{Exprs: []ast.Expr{name(variable, loop)}}, loop)},
	}, loop)
	dead := at(&ast.IfStmt{
		Condition: at(&ast.FalseExpr{}, loop),
		Then:      []ast.Stmt{localStmt(loop, []string{"(dead)"}, closure)},
	}, loop)
	return []ast.Stmt{first, dead}
}
