package rewrite

import "github.com/yuin/gopher-lua/ast"

// NameKind is what a [Name] is used for.
type NameKind uint8

// Uses of a value that fail if it is of the wrong type.
const (
	Indexed    NameKind = iota // t in t.key and t:key()
	Called                     // f in f()
	Calculated                 // a and b in a + b; key is the operator
	Negated                    // a in -a
	Measured                   // a in #a
)

// Name is what a value used on a line is called, as the reference implementation says in messages: "local 'x'",
// "field 'y'". It is empty for a value that has no name.
type Name struct {
	Kind  NameKind
	Key   string // of an index; empty if it is not constant
	Name  string
	Other string // of the right operand
}

// Names returns what is used on each line of a chunk that has been compiled before.
func Names(stmts []ast.Stmt) (lines map[int][]Name) {
	defer func() {
		if _, ok := recover().(*Error); ok { // it exceeds a limit: then it was not compiled
			lines = nil
		}
	}()
	r := newResolver()
	r.names = map[int][]Name{}
	r.chunk(stmts)
	return r.names
}

func (r *resolver) note(at ast.PositionHolder, n Name) {
	if r.names != nil {
		r.names[at.Line()] = append(r.names[at.Line()], n)
	}
}

func (r *resolver) noteIndex(x *ast.AttrGetExpr) {
	if r.names == nil {
		return
	}
	key := ""
	switch k := x.Key.(type) {
	case *ast.StringExpr:
		key = k.Value
	case *ast.NumberExpr:
		key = k.Value
	}
	r.note(x, Name{Indexed, key, r.describe(x.Object), ""})
}

func (r *resolver) noteCall(x *ast.FuncCallExpr) {
	if r.names == nil {
		return
	}
	if x.Func != nil {
		r.note(x, Name{Called, "", r.describe(x.Func), ""})
		return
	}
	r.note(x, Name{Indexed, x.Method, r.describe(x.Receiver), ""})
	r.note(x, Name{Called, "", "method '" + x.Method + "'", ""})
}

func (r *resolver) noteOperator(e ast.Expr) {
	if r.names == nil {
		return
	}
	switch x := e.(type) {
	case *ast.ArithmeticOpExpr:
		r.note(x, Name{Calculated, x.Operator, r.describe(x.Lhs), r.describe(x.Rhs)})
	case *ast.UnaryMinusOpExpr:
		r.note(x, Name{Negated, "", r.describe(x.Expr), ""})
	case *ast.UnaryLenOpExpr:
		r.note(x, Name{Measured, "", r.describe(x.Expr), ""})
	}
}
