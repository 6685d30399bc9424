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

// Names returns what is used on each line of a chunk that has been compiled before, and what the function is called that
// begins on a line, if it is the only one there.
func Names(stmts []ast.Stmt) (lines map[int][]Name, functions map[int]string) {
	defer func() {
		if _, ok := recover().(*Error); ok { // it exceeds a limit: then it was not compiled
			lines, functions = nil, nil
		}
	}()
	r := newResolver()
	r.names = map[int][]Name{}
	r.defined = map[*ast.FunctionExpr]string{}
	r.chunk(stmts)
	return r.names, r.functionNames()
}

// functionNames returns the name of each function that is alone on its first line.
func (r *resolver) functionNames() map[int]string {
	names, begun := map[int]string{}, map[int]int{}
	for f := range r.functions {
		begun[f.Line()]++
		names[f.Line()] = r.defined[f]
	}
	for line, n := range begun {
		if n > 1 {
			delete(names, line)
		}
	}
	return names
}

// define notes what the functions among values are called, by the names of the n variables that these are assigned to.
func (r *resolver) define(values []ast.Expr, n int, name func(i int) string) {
	if r.defined == nil {
		return
	}
	for i, v := range values[:min(n, len(values))] {
		if f, ok := v.(*ast.FunctionExpr); ok {
			r.defined[f] = name(i)
		}
	}
}

// defineStmt is define for a function statement: function a.b:c() is a.b:c.
func (r *resolver) defineStmt(x *ast.FuncDefStmt) {
	name := path(x.Name.Func)
	if x.Name.Func == nil {
		if name = path(x.Name.Receiver); name != "" {
			name += ":" + x.Name.Method
		}
	}
	r.define([]ast.Expr{x.Func}, 1, func(int) string { return name })
}

// path is a name with the fields behind it, a.b.c; empty for any other expression.
func path(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.IdentExpr:
		return x.Value
	case *ast.AttrGetExpr:
		if key, ok := x.Key.(*ast.StringExpr); ok {
			if object := path(x.Object); object != "" {
				return object + "." + key.Value
			}
		}
	}
	return ""
}

// fieldName is the constant key of a table's field.
func fieldName(f *ast.Field) string {
	if key, ok := f.Key.(*ast.StringExpr); ok {
		return key.Value
	}
	return ""
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
