package containerlib

import (
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/script"
)

const (
	// keyBuf is the room on the stack for an element's key; longer ones cost an allocation.
	keyBuf = 64
	// maxScratch is the largest buffer that is kept.
	maxScratch = 4096
)

// object is what all containers have: the userdata, which is part of it so that a container is the same Lua value
// each time, and its type.
type object struct {
	ud    lua.LUserData
	lib   *Lib
	typ   *convert.Type
	named *named // nil for most
}

// named is what few containers have.
type named struct {
	id       string  // full name, "" if it has none
	self     *object // that has the name; others may be views of it
	place    string  // of the declaration that gave the options
	opts     options
	library  bool   // a library's, which scripts do not know of
	keeper   Keeper // nil: nobody keeps it elsewhere
	replaced []listener
}

// listener is a function registered with on_replaced.
type listener struct {
	fn     *lua.LFunction
	script *script.Script
}

func (o *object) init(l *Lib, typ *convert.Type, self any, meta *lua.LTable) {
	o.lib, o.typ = l, typ
	o.ud = lua.LUserData{Value: self, Env: l.d.L.Env, Metatable: meta}
}

// ContainerType implements convert.Container.
func (o *object) ContainerType() *convert.Type { return o.typ }

// Current implements namespacelib.Holder: the container itself.
func (o *object) Current() lua.LValue { return &o.ud }

// ValueType implements namespacelib.Holder.
func (o *object) ValueType() *convert.Type { return o.typ }

// name is what messages call the container.
func (o *object) name() string {
	if o.named != nil && o.named.id != "" {
		return o.named.id
	}
	return o.typ.String()
}

// method is what messages call a method: EX::known:add, set:add.
func (o *object) method(name string) string {
	if o.named != nil && o.named.id != "" {
		return o.named.id + ":" + name
	}
	return wordOf(o.ud.Value) + ":" + name
}

// refuse raises wrong use of argument n of a method.
func (o *object) refuse(L *lua.LState, method string, n int, err error) {
	convert.ArgRaise(L, o.method(method), n, err)
}

// value checks the Lua value at index i of a call for a place of type t.
func (o *object) value(L *lua.LState, t *convert.Type, i int, method string) convert.Stored {
	st, err := o.lib.Space.ToStored(t, L.Get(i))
	if err != nil {
		o.refuse(L, method, i-1, err)
	}
	return st
}

// function checks that the value at index i of a call is a function.
func (o *object) function(L *lua.LState, i int, method string) *lua.LFunction {
	fn, ok := L.Get(i).(*lua.LFunction)
	if !ok {
		o.refuse(L, method, i-1, fmt.Errorf("expected a function, got %s", convert.Describe(L.Get(i))))
	}
	return fn
}

// charge makes the script pay for work on n elements, and reports false when that ends the call.
func (o *object) charge(n int) bool { return o.lib.d.VM.Charge(n) == nil }

// onReplaced is x:on_replaced(fn).
func (o *object) onReplaced(L *lua.LState) int {
	fn := o.function(L, 2, "on_replaced")
	if o.named == nil {
		o.named = &named{}
	}
	o.named.replaced = append(o.named.replaced, listener{fn, o.lib.d.Script()})
	return 0
}

// tellReplaced calls what on_replaced has registered.
func (o *object) tellReplaced(old lua.LValue) {
	if o.named == nil {
		return
	}
	for _, f := range o.named.replaced {
		o.lib.d.Call(f.script, "on_replaced of "+o.name(), f.fn, 0, &o.ud, old)
	}
}

// text is what tostring gives: what it is, not what is in it, of which there may be a lot.
func (o *object) text(n int) string {
	text := o.typ.String() + " (" + strconv.Itoa(n) + ")"
	if o.named != nil && o.named.id != "" {
		return o.named.id + ": " + text
	}
	return text
}
