package configlib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/script"
)

// Option is one declared option. It implements namespacelib.Holder.
type Option struct {
	ID       string
	Doc      string
	Location string // where the value came from: "default", "--set", a file, or what a script said

	lib      *Lib
	own      bool // the program's, see DeclareOwn
	typ      *convert.Type
	value    lua.LValue
	set      []byte // what it was set to before check and handlers were asked; nil: that can't be encoded
	checked  []byte // what the check made of that
	changed  bool   // set while the node ran: the value outlives a reload
	check    *lua.LFunction
	script   *script.Script
	handlers []*handler

	// In a cluster, see share:
	asked  []asked // this node's changes that have not come back, oldest first
	shared []byte  // what the cluster has set it to; nil: nothing, or this node has refused it
	heard  int     // how many changes of others the handlers were asked about
}

// handler is a function registered with on_change.
type handler struct {
	fn     *lua.LFunction
	script *script.Script
	off    bool
}

// quiet reports whether lists leave it out: nobody who has not set it has heard of it.
func (o *Option) quiet() bool { return o.own && o.Location == "default" }

// Current returns the value.
func (o *Option) Current() lua.LValue { return o.value }

// ValueType returns the declared type.
func (o *Option) ValueType() *convert.Type { return o.typ }

// Set asks the check function and the change handlers, in the order of their registration, and then changes the
// value: at once while scripts are loaded, else behind the events that are queued now, and in a cluster on all nodes.
func (o *Option) Set(v lua.LValue, location string) error { return o.Put(v, location, func() {}) }

// Put is Set; it has done called when the value counts.
func (o *Option) Put(v lua.LValue, location string, done func()) error {
	var err error
	if o.lib.d.Ready() && o.lib.Cluster != nil && o.lib.Cluster.Shared() {
		err = o.share(v, location, done)
	} else {
		err = o.setHere(v, location, done)
	}
	if err != nil {
		return fmt.Errorf("option %s: %w", o.ID, err)
	}
	return nil
}

// setHere sets the option on this node. While files are loaded nobody waits for done; when they are loaded anew, what the
// cluster has set stays.
func (o *Option) setHere(v lua.LValue, location string, done func()) error {
	ready := o.lib.d.Ready()
	v, err := o.lib.Space.Check(o.typ, v)
	if err == nil && !ready && o.shared != nil {
		return nil
	}
	if err != nil {
		return err
	}
	set := o.encoded(v)
	a, err := o.accept(v)
	if err != nil {
		return err
	}
	if !ready {
		o.take(set, a, location)
		return nil
	}
	o.lib.d.Defer(func() {
		o.take(set, a, location)
		o.changed = true
		done()
	})
	return nil
}

// answer is what check and handlers make of a value.
type answer struct {
	checked []byte // by the check alone
	value   lua.LValue
}

// take gives the option its value.
func (o *Option) take(set []byte, a answer, location string) {
	o.value, o.set, o.checked, o.Location = a.value, set, a.checked, location
}

// accept asks check and handlers about a value that is of the option's type. The error is why it is refused.
func (o *Option) accept(v lua.LValue) (a answer, err error) {
	if v, err = o.asCheck(v); err != nil {
		return a, err
	}
	a.checked = o.encoded(v)
	for _, h := range o.handlers {
		if h.off {
			continue
		}
		if v, err = o.ask(h.fn, h.script, "on_change of option "+o.ID, v); err != nil {
			return a, err
		}
	}
	a.value = v
	return a, nil
}

// asCheck returns what the check makes of a value.
func (o *Option) asCheck(v lua.LValue) (lua.LValue, error) {
	if o.check == nil {
		return v, nil
	}
	return o.ask(o.check, o.script, "check of option "+o.ID, v)
}

// encoded returns a value of the option's type as bytes, nil if it has none.
func (o *Option) encoded(v lua.LValue) []byte {
	b, err := o.lib.Space.AppendTyped(nil, o.typ, v)
	if err != nil {
		return nil
	}
	return b
}

// ask calls fn(new, old): nil accepts, another value replaces the new one, false refuses. For an option that is a
// bool, false with a message refuses and false alone is a value.
func (o *Option) ask(fn *lua.LFunction, s *script.Script, label string, v lua.LValue) (lua.LValue, error) {
	ret, ok := o.lib.d.Call(s, label, fn, 2, v, o.value)
	if !ok {
		return nil, errors.New("a handler failed, so the value stays as it is")
	}
	switch {
	case ret[0] == lua.LNil:
		return v, nil
	case ret[0] == lua.LFalse && (o.typ.Kind != convert.KindBool || ret[1] != lua.LNil):
		if ret[1] == lua.LNil {
			return nil, errors.New("refused")
		}
		return nil, errors.New(lua.LVAsString(ret[1]))
	}
	return o.lib.Space.Check(o.typ, ret[0])
}

// get is o:get().
func (l *Lib) get(L *lua.LState) int {
	L.Push(self(L).value)
	return 1
}

// set is o:set(v, location): true, or false and why.
func (l *Lib) set(L *lua.LState) int {
	location := L.OptString(3, l.d.VM.Where(L, 1))
	return result(L, self(L).Set(L.Get(2), location))
}

func result(L *lua.LState, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	L.Push(lua.LFalse)
	L.Push(lua.LString(err.Error()))
	return 2
}

// onChange is o:on_change(fn): a handle with :off().
func (l *Lib) onChange(L *lua.LState) int {
	o := self(L)
	h := &handler{fn: L.CheckFunction(2), script: l.d.Script()}
	o.handlers = append(o.handlers, h)
	ud := L.NewUserData()
	ud.Value, ud.Metatable = h, l.handle
	L.Push(ud)
	return 1
}

func self(L *lua.LState) *Option {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if o, ok := ud.Value.(*Option); ok {
			return o
		}
	}
	L.ArgError(1, "expected an option (call with a colon: o:get())")
	return nil
}
