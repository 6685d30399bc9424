package rewrite

import "github.com/yuin/gopher-lua/ast"

// The first walk, in order of execution as far as scopes are concerned.

func (r *resolver) exprs(es []ast.Expr) {
	for _, e := range es {
		r.expr(e)
	}
}

func (r *resolver) expr(e ast.Expr) {
	if r.exprDepth++; r.exprDepth > maxExprDepth {
		fail(e, "expression has more than %d levels", maxExprDepth)
	}
	switch x := e.(type) {
	case *ast.NumberExpr:
		r.number(x)
	case *ast.StringExpr:
		r.string(x)
	case *ast.IdentExpr:
		r.ident(x)
	case *ast.AttrGetExpr:
		r.noteIndex(x)
		r.expr(x.Object)
		r.expr(x.Key)
	case *ast.TableExpr:
		for _, f := range x.Fields {
			if f.Key != nil {
				r.expr(f.Key)
			}
			r.define([]ast.Expr{f.Value}, 1, func(int) string { return fieldName(f) })
			r.expr(f.Value)
		}
	case *ast.FuncCallExpr:
		r.noteCall(x)
		if x.Func != nil {
			r.expr(x.Func)
		} else {
			r.expr(x.Receiver)
			r.constant(x, x.Method)
		}
		r.exprs(x.Args)
	case *ast.StringConcatOpExpr:
		r.concat(x)
	case *ast.FunctionExpr:
		depth := r.exprDepth
		r.exprDepth = 0
		r.function(x, false, "")
		r.exprDepth = depth
	default:
		r.noteOperator(e)
		for _, operand := range operands(e) {
			if operand != nil {
				r.expr(operand)
			}
		}
	}
	r.exprDepth--
}

// operands returns those of an operator.
func operands(e ast.Expr) [2]ast.Expr {
	switch x := e.(type) {
	case *ast.LogicalOpExpr:
		return [2]ast.Expr{x.Lhs, x.Rhs}
	case *ast.RelationalOpExpr:
		return [2]ast.Expr{x.Lhs, x.Rhs}
	case *ast.StringConcatOpExpr:
		return [2]ast.Expr{x.Lhs, x.Rhs}
	case *ast.ArithmeticOpExpr:
		return [2]ast.Expr{x.Lhs, x.Rhs}
	case *ast.UnaryMinusOpExpr:
		return [2]ast.Expr{x.Expr}
	case *ast.UnaryNotOpExpr:
		return [2]ast.Expr{x.Expr}
	case *ast.UnaryLenOpExpr:
		return [2]ast.Expr{x.Expr}
	}
	return [2]ast.Expr{}
}

func (r *resolver) block(stmts []ast.Stmt, loop ast.Stmt, names ...string) {
	r.push(loop)
	r.declareAll(names)
	r.stmts(stmts)
	r.pop()
}

func (r *resolver) stmts(stmts []ast.Stmt) {
	for _, s := range stmts {
		if r.stmtDepth++; r.stmtDepth > maxStmtDepth {
			fail(s, "statements are nested more than %d levels deep", maxStmtDepth)
		}
		r.stmt(s)
		r.stmtDepth--
	}
}

func (r *resolver) stmt(s ast.Stmt) {
	switch x := s.(type) {
	case *ast.AssignStmt:
		r.define(x.Rhs, len(x.Lhs), func(i int) string { return path(x.Lhs[i]) })
		r.exprs(x.Lhs)
		r.exprs(x.Rhs)
	case *ast.LocalAssignStmt:
		r.local(x)
	case *ast.FuncCallStmt:
		r.expr(x.Expr)
	case *ast.FuncDefStmt:
		r.defineStmt(x)
		if x.Name.Func != nil {
			r.expr(x.Name.Func)
		} else {
			r.expr(x.Name.Receiver)
			r.constant(x, x.Name.Method)
		}
		r.function(x.Func, x.Name.Func == nil, "")
	case *ast.ReturnStmt:
		r.exprs(x.Exprs)
	case *ast.GotoStmt, *ast.LabelStmt:
		r.fn.jump = s
	case *ast.BreakStmt:
		r.breaks()
	default:
		r.compound(s)
	}
}

func (r *resolver) compound(s ast.Stmt) {
	switch x := s.(type) {
	case *ast.DoBlockStmt:
		r.block(x.Stmts, nil)
	case *ast.WhileStmt:
		r.expr(x.Condition)
		r.block(x.Stmts, x)
	case *ast.RepeatStmt: // the condition sees the locals of the body
		r.push(x)
		r.stmts(x.Stmts)
		r.expr(x.Condition)
		r.pop()
	case *ast.IfStmt:
		r.expr(x.Condition)
		r.block(x.Then, nil)
		r.block(x.Else, nil)
	case *ast.NumberForStmt:
		r.expr(x.Init)
		r.expr(x.Limit)
		if x.Step != nil {
			r.expr(x.Step)
		}
		r.block(x.Stmts, x, x.Name)
	case *ast.GenericForStmt:
		r.note(x, Name{Kind: Called, Name: "the iterator of a for"})
		r.exprs(x.Exprs)
		r.block(x.Stmts, x, x.Names...)
	}
}

func (r *resolver) local(x *ast.LocalAssignStmt) {
	f := onlyFunction(x)
	r.define(x.Exprs, len(x.Names), func(i int) string { return x.Names[i] })
	switch {
	case f != nil && isLocalFunction(x):
		r.declare(x.Names[0])
		r.function(f, false, "")
	case f != nil:
		r.function(f, false, x.Names[0])
		r.declare(x.Names[0])
	default:
		r.exprs(x.Exprs)
		r.declareAll(x.Names)
	}
}

// onlyFunction returns the function of a declaration of one name and one function, else nil.
func onlyFunction(x *ast.LocalAssignStmt) *ast.FunctionExpr {
	if len(x.Names) != 1 || len(x.Exprs) != 1 {
		return nil
	}
	f, _ := x.Exprs[0].(*ast.FunctionExpr)
	return f
}

// isLocalFunction tells local function f from local f = function: the parser makes the same node of
// both and gives a last line only to the former.
func isLocalFunction(x *ast.LocalAssignStmt) bool { return x.LastLine() != 0 }

func (r *resolver) breaks() {
	var between []*scope
	for s := r.scope; s != nil && s.fn == r.fn; s = s.parent {
		if s.loop != nil {
			r.leavings = append(r.leavings, leaving{s.loop, between})
			return
		}
		between = append(between, s)
	}
}
