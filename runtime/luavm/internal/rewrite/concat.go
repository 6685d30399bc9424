package rewrite

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// A concatenation a .. b .. c becomes a call of a function with all operands. The instruction can make a
// string of any size, unseen by any budget, and can't say which operand was nil. The function is found by
// a string constant that holds what the operands are called; package luavm puts it in its place.

// Names of what stands for functions among the constants, behind [Result.Mark].
const (
	Builder = "constructor"
	Concat  = "concat"
)

// concat visits a concatenation with all its operands to the right, and notes what they are called.
func (r *resolver) concat(x *ast.StringConcatOpExpr) {
	names := []string{Concat}
	for _, e := range concatOperands(x) {
		names = append(names, r.describe(e))
		r.expr(e)
	}
	r.concats[x] = strings.Join(names, "\x00")
	r.constant(x, r.concats[x])
}

// concatOperands returns those of a .. (b .. (c .. d)), as which the parser reads them without parentheses.
func concatOperands(x *ast.StringConcatOpExpr) []ast.Expr {
	all := []ast.Expr{x.Lhs}
	for {
		next, ok := x.Rhs.(*ast.StringConcatOpExpr)
		if !ok {
			return append(all, x.Rhs)
		}
		all = append(all, next.Lhs)
		x = next
	}
}

// describe names an operand as messages of the reference implementation do, empty for none.
func (r *resolver) describe(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.IdentExpr:
		kind := "global"
		if v := r.lookup(x.Value); v != nil && v.fn == r.fn {
			kind = "local"
		} else if v != nil {
			kind = "upvalue"
		}
		return kind + " '" + x.Value + "'"
	case *ast.AttrGetExpr:
		if key, ok := x.Key.(*ast.StringExpr); ok && !strings.Contains(key.Value, "\x00") {
			return "field '" + key.Value + "'"
		}
	}
	return ""
}

func (w *rewriter) concat(x *ast.StringConcatOpExpr) ast.Expr {
	args := concatOperands(x)
	w.exprs(args)
	adjust(args[len(args)-1])
	return one(x, w.placeholder(w.concats[x], x), args...)
}

// placeholder is a constant that a function takes the place of.
func (w *rewriter) placeholder(name string, source ast.PositionHolder) ast.Expr {
	return at(&ast.StringExpr{Value: w.mark + name}, source)
}
