package rewrite

import "github.com/yuin/gopher-lua/ast"

const (
	perFlush      = 50             // positional elements per SETLIST instruction
	maxPositional = 511 * perFlush // beyond, the instruction's counter needs a second word, which is not written
)

// table repairs constructors. A keyed field that is the last takes over all values of its call; after a
// multiple of 50 positional elements, a keyed field or an open list stores the elements a second time,
// over the first ones.
func (w *rewriter) table(x *ast.TableExpr) ast.Expr {
	for _, f := range x.Fields {
		if f.Key != nil {
			w.counting.callField(f)
			f.Key = w.expr(f.Key)
			adjust(f.Value)
		}
		f.Value = w.expr(f.Value)
	}
	if flushesTwice(x) {
		return w.build(x)
	}
	return x
}

func flushesTwice(x *ast.TableExpr) bool {
	positional := 0
	for i, f := range x.Fields {
		open := i == len(x.Fields)-1 && isMulti(f.Value)
		if f.Key == nil && !open {
			positional++
		} else if positional > 0 && positional%perFlush == 0 {
			return true
		}
	}
	return positional > maxPositional
}

// build spells out a constructor as a chain of calls, in source order:
//
//	builder({first 49}, 49)(50, e50, …, e98)(nil, k, v)(99, e99, …)()
//
// The builder returns a function of itself. With a number, the values that follow are positional, the
// first having that index; with nil, a key and its value follow; with nothing, the table is returned. The
// chain runs in the function of the constructor, so the elements see its locals, its ... and its level.
func (w *rewriter) build(x *ast.TableExpr) ast.Expr {
	for _, f := range x.Fields[:len(x.Fields)-1] {
		adjust(f.Value) // each may come to be the last of a list
	}
	head := at(&ast.TableExpr{}, x)
	positional, i := 0, 0
	for ; i < len(x.Fields) && positional < perFlush-1; i++ {
		if f := x.Fields[i]; f.Key == nil {
			if i == len(x.Fields)-1 && isMulti(f.Value) {
				break
			}
			positional++
		}
		head.Fields = append(head.Fields, x.Fields[i])
	}
	chain := one(x, w.placeholder(Builder, x), head, number(positional, x))
	for i < len(x.Fields) {
		f := x.Fields[i]
		if f.Key != nil {
			chain = one(f.Key, chain, at(&ast.NilExpr{}, f.Key), f.Key, f.Value)
			i++
			continue
		}
		args := []ast.Expr{number(positional+1, f.Value)}
		for ; i < len(x.Fields) && x.Fields[i].Key == nil && len(args) < perFlush; i++ {
			args = append(args, x.Fields[i].Value)
			positional++
		}
		chain = one(f.Value, chain, args...)
	}
	return one(x, chain)
}

// one is a call with one result.
func one(source ast.PositionHolder, f ast.Expr, args ...ast.Expr) *ast.FuncCallExpr {
	return at(&ast.FuncCallExpr{Func: f, Args: args, AdjustRet: true}, source)
}
