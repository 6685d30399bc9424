package rewrite

import "github.com/yuin/gopher-lua/ast"

// assign repairs assignments. The compiler lets a value be computed right in the register of the local
// that it is for, which goes wrong where another value or the rest of the computation still reads it.
func (w *rewriter) assign(x *ast.AssignStmt) ast.Stmt {
	if len(x.Lhs) != 1 || len(x.Rhs) != 1 {
		return w.assignMany(x)
	}
	switch target := x.Lhs[0].(type) {
	case *ast.IdentExpr:
		if v, isLocal := w.locals[target]; isLocal && needsTemporary(v, x.Rhs[0]) {
			value := temporary(1)
			store := at(&ast.AssignStmt{Lhs: x.Lhs, Rhs: []ast.Expr{name(value, target)}}, x)
			return doStmt(x, localStmt(x.Rhs[0], []string{value}, x.Rhs...), store)
		}
	case *ast.AttrGetExpr:
		if isConstant(target.Object) { // ("x").y = v would take a constant's number for a register
			return w.assignMany(x)
		}
	}
	return x
}

// needsTemporary tells which values are miscompiled when they are computed in the register of an
// existing local.
func needsTemporary(target *variable, value ast.Expr) bool {
	switch x := value.(type) {
	case *ast.LogicalOpExpr:
		return true // f() and y leaves the old value when f() is false
	case *ast.FuncCallExpr:
		return x.AdjustRet && target.last // the function would be put where its argument is
	case *ast.Comma3Expr:
		return x.AdjustRet // cuts off the locals above
	}
	return false
}

// assignMany spells out an assignment of several values:
//
//	t[i], x, a.b.c = f(), y
//
//	do local (1) = a.b                          the tables and keys, from left to right
//	   local (2), (3), (4) = f(), y             all values, adjusted as in any declaration
//	   (1).c = (4); x = (3); t[i] = (2) end     the stores, last one first, as the reference does
func (w *rewriter) assignMany(x *ast.AssignStmt) ast.Stmt {
	h := holder{w: w, assigned: map[string]struct{}{}}
	for _, l := range x.Lhs {
		if target, ok := l.(*ast.IdentExpr); ok {
			h.assigned[target.Value] = struct{}{}
		}
	}
	targets := make([]ast.Expr, len(x.Lhs))
	for i, l := range x.Lhs {
		targets[i] = l
		if g, ok := l.(*ast.AttrGetExpr); ok {
			object := h.hold(g.Object, false)
			key := h.hold(g.Key, true)
			targets[i] = at(&ast.AttrGetExpr{Object: object, Key: key}, g)
		}
	}
	values := make([]string, len(targets))
	for i := range values {
		h.n++
		values[i] = temporary(h.n)
	}
	h.out = append(h.out, localStmt(x.Rhs[0], values, x.Rhs...))
	for i := len(targets) - 1; i >= 0; i-- {
		from := x.Lhs[i]
		h.out = append(h.out, at(&ast.AssignStmt{Lhs: targets[i : i+1], Rhs: []ast.Expr{name(values[i], from)}}, from))
	}
	return doStmt(x, h.out...)
}

// holder evaluates operands of targets ahead of the values.
type holder struct {
	w        *rewriter
	assigned map[string]struct{} // names the statement assigns to
	n        int                 // temporaries so far
	out      []ast.Stmt
}

// hold returns e itself if nothing in the statement can change it, else a temporary with its value.
func (h *holder) hold(e ast.Expr, key bool) ast.Expr {
	if key && isConstant(e) {
		return e
	}
	if id, ok := e.(*ast.IdentExpr); ok {
		_, isLocal := h.w.locals[id]
		if _, assigned := h.assigned[id.Value]; isLocal && !assigned {
			return e
		}
	}
	adjust(e)
	h.n++
	held := temporary(h.n)
	h.out = append(h.out, localStmt(e, []string{held}, e))
	return name(held, e)
}

// declaration repairs local f = function() … f … end, whose inner f is not the new local. The compiler takes
// a lone function for a local function; a second value hides it.
func (w *rewriter) declaration(x *ast.LocalAssignStmt) ast.Stmt {
	f := onlyFunction(x)
	hides := f != nil && !isLocalFunction(x) && w.functions[f].usesOwnName
	for i, e := range x.Exprs {
		if i < len(x.Names) {
			w.counting.call(e, x.Names[i])
		}
	}
	w.exprs(x.Exprs)
	if hides {
		x.Exprs = append(x.Exprs, at(&ast.NilExpr{}, x))
	}
	return x
}

// returnOne gives return (f()) the plain shape of a return of a local.
func returnOne(x *ast.ReturnStmt) ast.Stmt {
	if len(x.Exprs) != 1 || !isAdjusted(x.Exprs[0]) {
		return x
	}
	value := temporary(1)
	ret := at(&ast.ReturnStmt{Exprs: []ast.Expr{name(value, x.Exprs[0])}}, x)
	return doStmt(x, localStmt(x.Exprs[0], []string{value}, x.Exprs...), ret)
}
