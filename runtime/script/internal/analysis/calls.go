package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"moonpeer/runtime/apidoc"
)

// index looks at x.name and x["text"].
func (k *checker) index(e *ast.AttrGetExpr) {
	key, ok := e.Key.(*ast.StringExpr)
	if !ok {
		return
	}
	k.literal(key, e.Line(), "index")
	k.member(e.Object, key.Value, e.Line())
}

// member looks for names that a predefined module or an object does not have.
func (k *checker) member(object ast.Expr, name string, line int) {
	if id, ok := object.(*ast.IdentExpr); ok && k.uses[id] == nil {
		if names := k.w.Members(id.Value); names != nil {
			if !slices.Contains(names, name) {
				k.add(line, unknownMember, Error, "%s has no %q%s", id.Value, name, k.w.near(name, names))
			}
			return
		}
	}
	v := k.value(object)
	if k.w.API == nil || v.class == "" || !k.w.API.closed(v.class) || k.w.API.member(v.class, name) != nil {
		return
	}
	hint := k.w.near(name, k.w.API.namesOf(v.class))
	if hint == "" && slices.Contains(containerClasses, v.class) {
		hint = fmt.Sprintf(" (a key is looked up with :get(%q))", name)
	}
	what, text := v.String(), written(object, 0)
	if module := k.moduleOf(v.class); module != "" {
		what = module
	} else if text != "" && k.w.API.options(v.class) != "" { // a table of fields: its name says more
		what = text
	} else if text != "" {
		what = text + " is " + what + ", which"
	}
	k.add(line, unknownMember, Error, "%s has no %q%s", what, name, hint)
}

// moduleOf returns the global whose class it is, "" for a class of objects.
func (k *checker) moduleOf(class string) string {
	if c := k.w.API.classes[class]; c != nil && c.Kind == apidoc.Module {
		return c.Name
	}
	return ""
}

// call looks at one call: of what, with how many arguments, of which kinds.
func (k *checker) call(e *ast.FuncCallExpr) {
	if e.Receiver != nil {
		k.member(e.Receiver, e.Method, e.Line())
	}
	fn, self := k.callee(e)
	if fn == nil {
		k.callable(e)
		return
	}
	args := e.Args
	switch method := fn.Kind == apidoc.Method; {
	case e.Receiver != nil && !method:
		k.add(e.Line(), wrongCall, Error, "%s is a function of a module: write %s(…), with a dot", fn.Name, fn.Name)
		return
	case e.Receiver == nil && method:
		if len(args) == 0 || k.misses(args[0], self) {
			k.add(e.Line(), wrongCall, Error, "%s is a method: write %s(…), with a colon", fn.Name, k.colon(e, fn))
			return
		}
		self, args = k.value(args[0]), args[1:]
	}
	if !k.arity(e, fn, args) {
		return
	}
	k.arguments(fn, args)
	k.event(e, fn, self, args)
}

// misses tells whether a first argument is surely not the object whose method is called.
func (k *checker) misses(first ast.Expr, self value) bool {
	v := k.value(first)
	return v.kinds != 0 && self.kinds != 0 && (v.kinds.differ(self.kinds) || v.class != "" && self.class != "" && v.class != self.class)
}

// colon writes a call with a dot as it should be.
func (k *checker) colon(e *ast.FuncCallExpr, fn *entry) string {
	if at, ok := e.Func.(*ast.AttrGetExpr); ok {
		if object := written(at.Object, 0); object != "" {
			return object + ":" + fn.Short
		}
	}
	return fn.Name
}

// callable looks for calls of what is no function.
func (k *checker) callable(e *ast.FuncCallExpr) {
	if e.Func == nil {
		return
	}
	v := k.value(e.Func)
	if v.kinds == 0 || v.kinds&kindFunction != 0 || v.kinds&kindTable != 0 && v.class == "" {
		return
	}
	hint := ""
	if v.class != "" && k.w.API != nil {
		c := k.w.API.classes[v.class]
		switch {
		case c == nil || len(c.Overloads) > 0:
			return
		case v.class == "event":
			hint = ": write :raise(…)"
		}
	}
	name := written(e.Func, 0)
	if name == "" {
		name = "what is called"
	}
	k.add(e.Line(), notCallable, Error, "%s is %s, no function%s", name, v, hint)
}

// arity counts the arguments of a call and tells whether it is right, as far as that can be told.
func (k *checker) arity(e *ast.FuncCallExpr, fn *entry, args []ast.Expr) bool {
	least, most := fn.Arity()
	given, open := k.count(args)
	if given > most && most >= 0 || given < least && !open {
		k.add(e.Line(), wrongArity, Error, "%s takes %s, this call has %d: write %s%s", fn.Name, expected(least, most), given, fn.Name, parameters(fn.Params))
		return false
	}
	return true
}

// count returns how many arguments there are at least, and whether there may be more: a call or ... at the end gives
// any number, but for functions of the API that give one thing.
func (k *checker) count(args []ast.Expr) (n int, open bool) {
	n = len(args)
	if n == 0 || !multiple(args[n-1]) {
		return n, false
	}
	if call, ok := args[n-1].(*ast.FuncCallExpr); ok {
		if fn, _ := k.callee(call); fn != nil && len(fn.Returns) == 1 && k.w.API.value(fn.Returns[0].Type).kinds&^kindNil != 0 &&
			fn.Returns[0].Name != "..." && !strings.HasSuffix(fn.Returns[0].Type, "?") {
			return n, false
		}
	}
	return n - 1, true
}

func expected(least, most int) string {
	switch {
	case most < 0:
		return fmt.Sprintf("%d or more arguments", least)
	case least != most:
		return fmt.Sprintf("%d to %d arguments", least, most)
	case least == 1:
		return "1 argument"
	case least == 0:
		return "no arguments"
	}
	return fmt.Sprintf("%d arguments", least)
}

// parameters writes a list of parameters, those that may be left out with a question mark.
func parameters(params []apidoc.Param) string {
	var names []string
	for _, p := range params {
		if p.Optional {
			p.Name += "?"
		}
		names = append(names, p.Name)
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// arguments looks at the kinds of arguments, and at the keys of tables of options.
func (k *checker) arguments(fn *entry, args []ast.Expr) {
	for i, arg := range args {
		if i >= len(fn.Params) || fn.Params[i].Name == "..." {
			return
		}
		if t, ok := arg.(*ast.TableExpr); ok {
			k.options(fn, i, t)
			continue
		}
		if len(fn.Overloads) > 0 {
			continue
		}
		p := fn.Params[i]
		want, got := k.w.API.value(p.Type), k.value(arg)
		if !takes(p, want.kinds).differ(got.kinds) {
			continue
		}
		k.add(arg.Line(), wrongKind, Error, "%s: argument #%d (%s) is %s, want %s", fn.Name, i+1, p.Name, k.operand(arg, got, "%s, %s"), want)
	}
}

// takes are the kinds that a parameter takes: Lua makes text of numbers, and numbers of text.
func takes(p apidoc.Param, want kinds) kinds {
	if want&(kindNumber|kindString) != 0 {
		want |= number | kindString
	}
	if p.Optional && want != 0 {
		want |= kindNil
	}
	return want
}

// options looks at the keys of a literal table where a function takes options.
func (k *checker) options(fn *entry, i int, t *ast.TableExpr) {
	class := k.w.API.options(fn.Params[i].Type)
	for _, o := range fn.Overloads {
		if class == "" && i < len(o.Params) {
			class = k.w.API.options(o.Params[i].Type)
		}
	}
	if class == "" {
		return
	}
	names := k.w.API.namesOf(class)
	for _, f := range t.Fields {
		key, isText := f.Key.(*ast.StringExpr)
		switch {
		case f.Key == nil && k.w.API.listed(class):
		case f.Key == nil:
			k.add(f.Value.Line(), unknownOption, Error, "%s: options have names: write { %s = … } (known: %s)", fn.Name, names[0], strings.Join(names, ", "))
			return
		case isText && !slices.Contains(names, key.Value):
			hint := k.w.near(key.Value, names)
			if hint == "" {
				hint = " (known: " + strings.Join(names, ", ") + ")"
			}
			k.add(f.Value.Line(), unknownOption, Error, "%s has no option %q%s", fn.Name, key.Value, hint)
		case isText:
			k.option(fn, k.w.API.member(class, key.Value), f.Value)
		}
	}
}

// option looks at the value of an option.
func (k *checker) option(fn, field *entry, e ast.Expr) {
	want, got := k.w.API.value(field.Type), k.value(e)
	p := apidoc.Param{Optional: field.Optional || strings.HasSuffix(field.Type, "?")}
	if takes(p, want.kinds).differ(got.kinds) {
		k.add(e.Line(), wrongKind, Error, "%s: option %s is %s, want %s", fn.Name, field.Short, k.operand(e, got, "%s, %s"), want)
	}
}
