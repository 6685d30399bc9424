package varlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/runtime/script"
)

// Var is one exported variable. It implements namespacelib.Replacer.
type Var struct {
	ID string

	lib      *Lib
	typ      *convert.Type
	value    lua.LValue
	replaced []listener
}

// listener is a function of on_replaced, and the script that is to blame for it.
type listener struct {
	fn     *lua.LFunction
	script *script.Script
}

// Current returns the value.
func (v *Var) Current() lua.LValue { return v.value }

// ValueType returns the declared type.
func (v *Var) ValueType() *convert.Type { return v.typ }

// Replace sets the value and calls what on_replaced registered.
func (v *Var) Replace(value lua.LValue) error {
	value, err := v.lib.Space.Check(v.typ, value)
	if err != nil {
		return fmt.Errorf("%s: %w", v.ID, err)
	}
	old := v.value
	v.value = value
	for _, on := range v.replaced {
		v.lib.d.Call(on.script, "on_replaced of "+v.ID, on.fn, 0, value, old)
	}
	return nil
}

// Lib implements script.Module.
type Lib struct {
	Space *convert.Space
	Names *namespacelib.Registry
	// Before is what this one takes over from when scripts are loaded anew; nil: nothing.
	Before *Lib

	d    *script.Domain
	meta *lua.LTable
}

// Open adds the namespace method.
func (l *Lib) Open(d *script.Domain) error {
	l.d = d
	l.meta = d.Methods("variable", map[string]lua.LGFunction{
		"get": func(L *lua.LState) int {
			L.Push(self(L).value)
			return 1
		},
		"set": l.set,
		"on_replaced": func(L *lua.LState) int {
			v := self(L)
			v.replaced = append(v.replaced, listener{L.CheckFunction(2), d.Script()})
			return 0
		},
	})
	l.Names.Method("var", l.declare)
	return nil
}

// declare is EX:var(name, type, initial).
func (l *Lib) declare(L *lua.LState, ns *namespacelib.Namespace) int {
	id := l.Names.CheckName(L, ns)
	typ, err := l.Space.ParseType(L.CheckString(3))
	if err != nil {
		L.ArgError(3, err.Error())
	}
	initial, err := l.Space.Check(typ, L.Get(4))
	if err != nil {
		L.RaiseError("var %s: the initial value: %s", id, err.Error())
	}
	e := l.Names.Declare(L, id, "var", typ.String(), func() (lua.LValue, any) {
		v := &Var{ID: id, lib: l, typ: typ, value: initial}
		l.recall(v)
		ud := L.NewUserData()
		ud.Value, ud.Metatable = v, l.meta
		return ud, v
	})
	L.Push(e.Value)
	return 1
}

// set is v:set(x).
func (l *Lib) set(L *lua.LState) int {
	v := self(L)
	value, err := l.Space.Check(v.typ, L.Get(2))
	if err != nil {
		L.RaiseError("%s:set: %s", v.ID, err.Error())
	}
	v.value = value
	return 0
}

func self(L *lua.LState) *Var {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if v, ok := ud.Value.(*Var); ok {
			return v
		}
	}
	L.ArgError(1, "expected a variable (call with a colon: v:get())")
	return nil
}
