package analysis

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"moonpeer/runtime/apidoc"
)

// checker looks at a chunk whose names are resolved.
type checker struct {
	*Chunk
	w     *World
	depth int
}

// maxDepth bounds how far into an expression is looked for what it is: a chain of calls is looked at at each of its
// links. What lies deeper is not known.
const maxDepth = 20

// value is what an expression gives: its first value.
func (k *checker) value(e ast.Expr) value {
	if k.depth >= maxDepth {
		return value{}
	}
	k.depth++
	defer func() { k.depth-- }()
	switch e := e.(type) {
	case *ast.NilExpr:
		return value{kinds: kindNil}
	case *ast.TrueExpr, *ast.FalseExpr, *ast.RelationalOpExpr, *ast.UnaryNotOpExpr:
		return value{kinds: kindBool}
	case *ast.NumberExpr, *ast.UnaryLenOpExpr:
		return value{kinds: kindNumber}
	case *ast.StringExpr:
		return value{kinds: kindString, name: e.Value, sure: true}
	case *ast.TableExpr:
		return value{kinds: kindTable}
	case *ast.FunctionExpr:
		return value{kinds: kindFunction}
	case *ast.IdentExpr:
		return k.named(e)
	case *ast.AttrGetExpr:
		if key, ok := e.Key.(*ast.StringExpr); ok {
			return k.memberOf(k.value(e.Object), key.Value)
		}
	case *ast.FuncCallExpr:
		return k.result(e, 0)
	case *ast.LogicalOpExpr:
		return union(k.value(e.Lhs), k.value(e.Rhs))
	case *ast.StringConcatOpExpr:
		if joins(k.value(e.Lhs)) && joins(k.value(e.Rhs)) {
			return value{kinds: kindString}
		}
	case *ast.ArithmeticOpExpr:
		return value{kinds: arithmetic(e.Operator, k.value(e.Lhs).kinds, k.value(e.Rhs).kinds)}
	case *ast.UnaryMinusOpExpr:
		if v := k.value(e.Expr); v.kinds == kindInterval || v.kinds&^number == 0 {
			return v
		}
	}
	return value{}
}

// joins tells whether `..` makes text of a value, and no metamethod of a script has a say.
func joins(v value) bool {
	return v.kinds != 0 && v.kinds&(kindTable|kindObject|kindFunction) == 0
}

// arithmetic is what an operator makes of two operands, as far as scripts can rely on it.
func arithmetic(op string, a, b kinds) kinds {
	switch {
	case a == 0 || b == 0:
		return 0
	case a&^number == 0 && b&^number == 0:
		if a|b == kindNumber {
			return kindNumber
		}
		return number
	case a == kindTime && b == kindTime && op == "-":
		return kindInterval
	case a == kindTime && b == kindInterval && (op == "+" || op == "-"):
		return kindTime
	case a == kindInterval && b == kindTime && op == "+":
		return kindTime
	case a == kindInterval && b == kindInterval && (op == "+" || op == "-"):
		return kindInterval
	case a == kindInterval && b == kindInterval && op == "/":
		return kindNumber
	case a == kindInterval && b == kindNumber && (op == "*" || op == "/"):
		return kindInterval
	case a == kindNumber && b == kindInterval && op == "*":
		return kindInterval
	}
	return 0
}

// named is what a local or global holds.
func (k *checker) named(e *ast.IdentExpr) value {
	if v := k.uses[e]; v != nil {
		return k.held(v)
	}
	if k.w.API == nil || !k.w.Known(e.Value) {
		return value{}
	}
	if class := k.w.API.modules[e.Value]; class != "" {
		return value{kinds: kindObject | kindTable, class: class}
	}
	if fn := k.w.API.globals[e.Value]; fn != nil {
		return value{kinds: kindFunction, fn: fn}
	}
	return value{}
}

// held is what a variable may hold: all that it is given, whenever that happens.
func (k *checker) held(v *variable) value {
	switch v.state {
	case asking:
		return value{}
	case answered:
		return v.value
	}
	v.state = asking
	found, known := v.given, v.param
	for _, s := range v.sources {
		if one := k.from(s); known {
			found = union(found, one)
		} else {
			found, known = one, true
		}
		if found.kinds == 0 {
			break
		}
	}
	v.value, v.state = found, answered
	return found
}

func (k *checker) from(s source) value {
	call, isCall := s.expr.(*ast.FuncCallExpr)
	switch {
	case s.expr == nil:
		return value{kinds: kindNil}
	case s.each:
		return k.each(call, s.index)
	case isCall:
		if k.depth >= maxDepth {
			return value{}
		}
		return k.result(call, s.index)
	case s.index > 0: // of ...
		return value{}
	}
	return k.value(s.expr)
}

// memberOf is what an object has under a name.
func (k *checker) memberOf(v value, name string) value {
	if k.w.API == nil || v.class == "" {
		return value{}
	}
	e := k.w.API.member(v.class, name)
	switch {
	case e == nil:
		return value{}
	case e.Callable():
		return value{kinds: kindFunction, fn: e}
	}
	got := k.w.API.value(e.Type)
	if e.Optional && got.kinds != 0 {
		got.kinds |= kindNil
	}
	return got
}

// callee returns the function of the definitions that is called, nil for any other, and its object.
func (k *checker) callee(e *ast.FuncCallExpr) (fn *entry, self value) {
	if e.Receiver != nil {
		self = k.value(e.Receiver)
		return k.memberOf(self, e.Method).fn, self
	}
	if at, ok := e.Func.(*ast.AttrGetExpr); ok {
		key, ok := at.Key.(*ast.StringExpr)
		if !ok {
			return nil, value{}
		}
		self = k.value(at.Object)
		return k.memberOf(self, key.Value).fn, self
	}
	return k.value(e.Func).fn, value{}
}

// result is what a call gives at a position, from 0.
func (k *checker) result(e *ast.FuncCallExpr, index int) value {
	fn, self := k.callee(e)
	if fn == nil {
		return value{}
	}
	colon := e.Receiver != nil || fn.Kind != apidoc.Method
	if index == 0 && colon {
		if v, ok := k.made(fn.Name, self, e.Args); ok {
			return v
		}
	}
	n := len(fn.Returns)
	switch {
	case index < n:
		return k.w.API.value(fn.Returns[index].Type)
	case n > 0 && fn.Returns[n-1].Name == "...":
		return value{}
	}
	return value{kinds: kindNil}
}

// made is what functions give that say more than their type: names, and types of contents.
func (k *checker) made(fn string, self value, args []ast.Expr) (v value, ok bool) {
	text := func(i int) (string, bool) {
		if i >= len(args) {
			return "", i == 0 // namespace() is the global one
		}
		s, isText := args[i].(*ast.StringExpr)
		if !isText {
			return "", false
		}
		return s.Value, true
	}
	first, firstOK := text(0)
	second, _ := text(1)
	switch fn {
	case "namespace":
		return value{kinds: kindObject, class: "namespace", name: first, sure: firstOK}, true
	case "namespace:event":
		if self.name != "" {
			first = self.name + "::" + first
		}
		return value{kinds: kindObject, class: "event", name: first, sure: self.sure && firstOK && len(args) > 0}, true
	case "namespace:option":
		return value{kinds: kindObject, class: "option", typ: second}, true
	case "namespace:var":
		return value{kinds: kindObject, class: "var", typ: second}, true
	case "namespace:set":
		return value{kinds: kindObject, class: "set", typ: second}, true
	case "namespace:map":
		third, _ := text(2)
		return value{kinds: kindObject, class: "map", typ: second, elem: third}, true
	case "namespace:vector":
		return value{kinds: kindObject, class: "vector", elem: second}, true
	case "set", "types.set":
		return value{kinds: kindObject, class: "set", typ: first}, true
	case "map", "types.map":
		return value{kinds: kindObject, class: "map", typ: first, elem: second}, true
	case "vector", "types.vector":
		return value{kinds: kindObject, class: "vector", elem: first}, true
	case "require":
		if class := k.w.API.modules[first]; class != "" && k.w.Known(first) {
			return value{kinds: kindObject | kindTable, class: class}, true
		}
		return value{}, true
	}
	return content(fn, self, len(args))
}

// content is what methods give of what an object holds.
func content(fn string, self value, args int) (v value, ok bool) {
	switch fn {
	case "option:get", "var:get":
		return declared(self.typ), true
	case "map:ensure":
		return declared(self.elem), true
	case "map:get":
		if args > 1 { // a default, of whatever kind
			return value{}, true
		}
	case "map:remove", "vector:get", "vector:pop":
	default:
		return value{}, false
	}
	if v = declared(self.elem); v.kinds != 0 {
		v.kinds |= kindNil
	}
	return v, true
}

// each is what the iterator of a loop gives at a position.
func (k *checker) each(call *ast.FuncCallExpr, index int) value {
	if call == nil {
		return value{}
	}
	fn, self := k.callee(call)
	if fn == nil || call.Receiver == nil || !strings.HasSuffix(fn.Name, ":each") {
		return value{}
	}
	switch {
	case self.class == "vector" && index == 0:
		return value{kinds: kindNumber}
	case self.class == "set" && index == 0, self.class == "map" && index == 0:
		return declared(self.typ)
	case self.class == "vector" && index == 1, self.class == "map" && index == 1:
		return declared(self.elem)
	case self.class == "subnet_map" && index == 0:
		return value{kinds: kindSubnet, class: "subnet"}
	}
	return value{}
}

// written writes names, fields and calls without arguments as they stand in the source; "" for all else.
func written(e ast.Expr, depth int) string {
	if depth > 4 {
		return ""
	}
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		key, ok := e.Key.(*ast.StringExpr)
		if object := written(e.Object, depth+1); ok && object != "" {
			return object + "." + key.Value
		}
	case *ast.FuncCallExpr:
		if len(e.Args) > 0 {
			return ""
		}
		if e.Receiver == nil {
			if fn := written(e.Func, depth+1); fn != "" {
				return fn + "()"
			}
		} else if object := written(e.Receiver, depth+1); object != "" {
			return object + ":" + e.Method + "()"
		}
	}
	return ""
}
