package rewrite

import "github.com/yuin/gopher-lua/ast"

// The compiler ends by shortening jumps to jumps. It follows a jump backward into code it has been
// through already, where the numbers of labels have become distances, and takes one for the other: the
// jump then leads anywhere. So nothing that is jumped back to may begin with a jump: not the body of a
// loop, not the condition of a while, not what follows a label. Where code may, an instruction that
// does nothing is put in front, [nop].

func nop(source ast.PositionHolder) ast.Stmt {
	return doStmt(source, localStmt(source, []string{"(nop)"}))
}

// beginsWithJump tells whether the code of stmts may begin with a jump, or is empty. It errs on the
// side of yes, which costs a few nanoseconds per iteration. Marks of sites are passed over, though they would do in
// front of a jump: with and without counters as many instructions are run.
func beginsWithJump(stmts []ast.Stmt) bool {
	for len(stmts) > 0 && isMark(stmts[0]) {
		stmts = stmts[1:]
	}
	if len(stmts) == 0 {
		return true
	}
	switch x := stmts[0].(type) {
	case *ast.BreakStmt, *ast.GotoStmt, *ast.LabelStmt:
		return true
	case *ast.IfStmt:
		return conditionMayJump(x.Condition)
	case *ast.WhileStmt:
		return conditionMayJump(x.Condition)
	case *ast.RepeatStmt:
		return beginsWithJump(x.Stmts)
	case *ast.DoBlockStmt:
		return beginsWithJump(x.Stmts)
	case *ast.AssignStmt:
		return mayJump(x.Lhs...) || mayJump(x.Rhs...)
	case *ast.LocalAssignStmt:
		return mayJump(x.Exprs...)
	case *ast.FuncCallStmt:
		return mayJump(x.Expr)
	case *ast.ReturnStmt:
		return mayJump(x.Exprs...)
	case *ast.NumberForStmt:
		return mayJump(x.Init)
	case *ast.GenericForStmt:
		return mayJump(x.Exprs...)
	}
	return false
}

// conditionMayJump is mayJump for a condition, where a literal alone is decided at once.
func conditionMayJump(e ast.Expr) bool { return leftmostIsLiteral(e) || mayJump(e) }

// mayJump tells whether an and/or with a literal at its left occurs in one of es, outside of the bodies of
// functions: code of such an operator begins with a jump instead of a test.
func mayJump(es ...ast.Expr) bool {
	for _, e := range es {
		switch x := e.(type) {
		case *ast.AttrGetExpr:
			if mayJump(x.Object, x.Key) {
				return true
			}
		case *ast.FuncCallExpr:
			if x.Func != nil && mayJump(x.Func) || x.Receiver != nil && mayJump(x.Receiver) || mayJump(x.Args...) {
				return true
			}
		case *ast.LogicalOpExpr:
			if leftmostIsLiteral(x.Lhs) || mayJump(x.Lhs, x.Rhs) {
				return true
			}
		default:
			if o := operands(e); o[0] != nil && mayJump(o[0]) || o[1] != nil && mayJump(o[1]) {
				return true
			}
		}
	}
	return false
}

func leftmostIsLiteral(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.UnaryNotOpExpr:
		return leftmostIsLiteral(x.Expr)
	case *ast.LogicalOpExpr:
		return leftmostIsLiteral(x.Lhs)
	}
	return isConstant(e)
}

// padLabels puts nops after labels that can be jumped back to. A label at the end of a block can't be,
// and must stay there: only at the end it is outside of the scope of the block's locals.
func padLabels(stmts []ast.Stmt) []ast.Stmt {
	var padded []ast.Stmt // nil until something is put in
	for i, s := range stmts {
		if padded != nil {
			padded = append(padded, s)
		}
		if !isLabel(s) || i+1 == len(stmts) || isLabel(stmts[i+1]) || !beginsWithJump(stmts[i+1:]) {
			continue
		}
		if padded == nil {
			padded = append(padded, stmts[:i+1]...)
		}
		padded = append(padded, nop(s))
	}
	if padded != nil {
		return padded
	}
	return stmts
}

func isLabel(s ast.Stmt) bool {
	_, ok := s.(*ast.LabelStmt)
	return ok
}
