package eventlib

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/net/broker"
	"moonpeer/runtime/script"
)

func (l *Lib) openObjects() {
	l.meta = l.d.Methods("event", map[string]lua.LGFunction{
		"raise":    l.objRaise,
		"on":       l.objOn,
		"schedule": l.schedule,
	})
	l.meta.RawSetString("__tostring", l.d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString(self(L).Name))
		return 1
	}))
	l.meta.RawSetString("__call", l.d.VM.NewFunction("event", func(L *lua.LState) int {
		L.RaiseError("an event is no function: write e:raise(…) for %s", self(L).Name)
		return 0
	}))
	l.handle = l.d.Methods("handler", map[string]lua.LGFunction{"off": func(L *lua.LState) int {
		h, ok := value[*script.Handler](L, 1)
		if !ok {
			L.ArgError(1, "expected a handler (call with a colon: h:off())")
		}
		L.Push(lua.LBool(h.Off()))
		return 1
	}})
	l.timer = l.d.Methods("scheduled event", map[string]lua.LGFunction{"cancel": func(L *lua.LState) int {
		s, ok := value[*scheduled](L, 1)
		if !ok {
			L.ArgError(1, "expected a scheduled event (call with a colon: s:cancel())")
		}
		L.Push(lua.LBool(l.cancel(s)))
		return 1
	}})
}

func value[T any](L *lua.LState, i int) (v T, ok bool) {
	if ud, isUD := L.Get(i).(*lua.LUserData); isUD {
		v, ok = ud.Value.(T)
	}
	return v, ok
}

func self(L *lua.LState) *script.Event {
	ev, ok := value[*script.Event](L, 1)
	if !ok {
		L.ArgError(1, "expected an event (call with a colon: e:raise(…))")
	}
	return ev
}

// Object returns the Lua object of an event, the same one each time.
func (l *Lib) Object(ev *script.Event) *lua.LUserData {
	ud := l.objects[ev]
	if ud == nil {
		ud = l.d.L.NewUserData()
		ud.Value, ud.Metatable = ev, l.meta
		l.objects[ev] = ud
	}
	return ud
}

// declare is EX:event(name, signature).
func (l *Lib) declare(L *lua.LState, ns *namespacelib.Namespace) int {
	id := l.Names.CheckName(L, ns)
	text := L.OptString(3, "")
	sig, err := l.Space.ParseSignature(text)
	if err != nil {
		L.ArgError(3, err.Error())
	}
	ev := l.d.Event(id)
	if old, ok := ev.Sig.(*convert.Signature); ok && l.Names.Lookup(id) == nil && !old.Equal(sig) {
		L.RaiseError("%s is declared as event (%s) here and as event (%s) by %s", id, sig, old, ev.Place)
	}
	e := l.Names.Declare(L, id, "event", "("+types(sig)+")", func() (lua.LValue, any) {
		ev.Sig, ev.Place = sig, l.d.VM.Where(L, 1)
		return l.Object(ev), ev
	})
	L.Push(e.Value)
	return 1
}

// types is the signature without names, which may differ between two declarations of one event.
func types(sig *convert.Signature) string {
	parts := make([]string, len(sig.Args))
	for i, a := range sig.Args {
		parts[i] = a.Type.String()
	}
	return strings.Join(parts, ", ")
}

// enum is EX:enum(name): the value EX::name.
func (l *Lib) enum(L *lua.LState, ns *namespacelib.Namespace) int {
	id := l.Names.CheckName(L, ns)
	e := l.Names.Declare(L, id, "enum", "value", func() (lua.LValue, any) {
		return l.Space.Enum(broker.Enum(id)), nil
	})
	L.Push(e.Value)
	return 1
}

// record is EX:record(name, {{"orig_h", "addr"}, {"note", "string?"}}).
func (l *Lib) record(L *lua.LState, ns *namespacelib.Namespace) int {
	id := l.Names.CheckName(L, ns)
	fields, err := l.fields(L.CheckTable(3))
	if err != nil {
		L.ArgError(3, err.Error())
	}
	rt, err := convert.NewRecordType(id, fields...)
	if err != nil {
		L.ArgError(3, err.Error())
	}
	e := l.Names.Declare(L, id, "record", rt.String(), func() (lua.LValue, any) {
		rt, err := l.Space.DeclareRecord(rt)
		if err != nil {
			L.RaiseError("%s", err.Error())
		}
		return l.recordObject(rt), rt
	})
	L.Push(e.Value)
	return 1
}

// recordObject is what EX:record returns: called with a table it makes a typed record.
func (l *Lib) recordObject(rt *convert.RecordType) *lua.LUserData {
	typ := convert.RecordOf(rt)
	mt := l.d.L.NewTable()
	mt.RawSetString("__call", l.d.VM.NewFunction(rt.Name(), func(L *lua.LState) int {
		v, err := l.Space.Check(typ, L.Get(2))
		if err != nil {
			L.RaiseError("%s: %s", rt.Name(), err.Error())
		}
		L.Push(v)
		return 1
	}))
	mt.RawSetString("__tostring", l.d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString("record " + rt.String()))
		return 1
	}))
	mt.RawSetString("__metatable", lua.LFalse)
	ud := l.d.L.NewUserData()
	ud.Value, ud.Metatable = rt, mt
	return ud
}

func (l *Lib) fields(t *lua.LTable) ([]convert.Field, error) {
	var fields []convert.Field
	for i := 1; i <= t.Len(); i++ {
		pair, ok := t.RawGetInt(i).(*lua.LTable)
		if !ok || pair.Len() != 2 {
			return nil, fmt.Errorf(`field #%d: expected {"name", "type"}`, i)
		}
		name, typ := pair.RawGetInt(1), pair.RawGetInt(2)
		if name.Type() != lua.LTString || typ.Type() != lua.LTString {
			return nil, fmt.Errorf(`field #%d: expected {"name", "type"}, both text`, i)
		}
		ft, err := l.Space.ParseType(typ.String())
		if err != nil {
			return nil, fmt.Errorf("field #%d (%s): %w", i, name, err)
		}
		fields = append(fields, convert.Field{Name: name.String(), Type: ft})
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf(`a record has fields: {{"orig_h", "addr"}, {"note", "string?"}}`)
	}
	return fields, nil
}

// on(name, fn, opts) registers a handler by the event's full name, or object.
func (l *Lib) on(L *lua.LState) int {
	ev := l.Resolve(L.Get(1))
	if ev == nil {
		L.ArgError(1, "expected an event's full name (\"EX::found\") or object, got "+L.Get(1).Type().String())
	}
	return l.register(L, ev)
}

func (l *Lib) objOn(L *lua.LState) int { return l.register(L, self(L)) }

func (l *Lib) register(L *lua.LState, ev *script.Event) int {
	fn := L.CheckFunction(2)
	if !l.Names.ValidID(ev.Name) && !strings.HasPrefix(ev.Name, "Input::") {
		L.RaiseError("%q is no name of an event (Module::name, letters, digits and _)", ev.Name)
	}
	h := l.d.On(ev.Name, fn, priority(L, 3))
	ud := L.NewUserData()
	ud.Value, ud.Metatable = h, l.handle
	L.Push(ud)
	return 1
}

func priority(L *lua.LState, i int) int {
	opts := L.OptTable(i, nil)
	if opts == nil {
		return 0
	}
	p := 0
	opts.ForEach(func(k, v lua.LValue) {
		n, ok := v.(lua.LNumber)
		switch {
		case k.String() != "priority":
			L.ArgError(i, fmt.Sprintf("unknown option %q (there is only priority)", k))
		case !ok || float64(n) != float64(int(n)):
			L.ArgError(i, "priority is a whole number, got "+v.String())
		}
		p = int(n)
	})
	return p
}

// objRaise is e:raise(…).
func (l *Lib) objRaise(L *lua.LState) int { return l.queue(L, self(L)) }

// raise is event.raise(name, …).
func (l *Lib) raise(L *lua.LState) int {
	ev := l.Resolve(L.Get(1))
	if ev == nil {
		L.ArgError(1, "expected an event's full name or object, got "+L.Get(1).Type().String())
	}
	return l.queue(L, ev)
}

func (l *Lib) queue(L *lua.LState, ev *script.Event) int {
	args, err := l.Check(L, 2, ev)
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	l.d.Raise(ev, args)
	return 0
}
