package convert

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// recordMetatable is shared by all records: which fields there are is the record's own business.
func (o *opener) recordMetatable() *lua.LTable {
	mt := o.L.NewTable()
	mt.RawSetString("__metatable", lua.LString("record"))
	mt.RawSetString("__tostring", o.tostring)
	mt.RawSetString("__concat", o.concat)
	mt.RawSetString("__index", o.L.NewFunction(recordIndex))
	mt.RawSetString("__newindex", o.L.NewFunction(recordNewIndex))
	next := o.L.NewFunction(recordNext)
	mt.RawSetString("__pairs", o.L.NewFunction(func(L *lua.LState) int {
		L.Push(next)
		L.Push(L.Get(1))
		L.Push(lua.LNil)
		return 3
	}))
	return mt
}

func recordIndex(L *lua.LState) int {
	ud := L.CheckUserData(1)
	name, ok := L.Get(2).(lua.LString)
	switch r := ud.Value.(type) {
	case *Record:
		if i, known := r.typ.index[string(name)]; known && ok {
			L.Push(r.Field(i))
			return 1
		}
		return extraField(L, r.space, r.typ, r.extra)
	case *goRecord:
		rt := r.rec.RecordType()
		if i, known := rt.index[string(name)]; known && ok {
			L.Push(nilIfUnset(r.field(i)))
			return 1
		}
		return extraField(L, r.space, rt, r.extra)
	}
	L.RaiseError("expected a record, got %s", Describe(ud))
	return 0
}

func nilIfUnset(v lua.LValue) lua.LValue {
	if v == nil || IsNone(v) {
		return lua.LNil
	}
	return v
}

// extraField reads a field that a script has added to a record of an open type; nil where it has not. A name that
// is nearly a declared one raises there, too, until a script has used it as a field of its own.
func extraField(L *lua.LState, s *Space, rt *RecordType, extra map[string]lua.LValue) int {
	name, ok := L.Get(2).(lua.LString)
	if !ok {
		L.RaiseError("record %s has no field %s: fields are names", rt.name, keyText(L.Get(2)))
	}
	v, known := extra[string(name)]
	if !known {
		if !rt.Open || rt.misspelt(string(name)) && !s.ownFields[ownField{rt.name, string(name)}] {
			Raise(L, rt.noField(string(name)))
		}
		v = lua.LNil
	}
	L.Push(v)
	return 1
}

// ownField is a field that scripts have added to records of an open type.
type ownField struct{ record, name string }

func recordNewIndex(L *lua.LState) int {
	ud := L.CheckUserData(1)
	rt, _, ok := recordOf(ud)
	name, isName := L.Get(2).(lua.LString)
	if !ok || !isName {
		L.RaiseError("%s has no field %s", Describe(ud), keyText(L.Get(2)))
	}
	v := L.Get(3)
	i, known := rt.index[string(name)]
	r, writable := ud.Value.(*Record)
	switch {
	case known && writable:
		f := rt.fields[i]
		if v == lua.LNil && !f.Type.Optional && f.Type.Kind != KindAny {
			Raise(L, fmt.Errorf("%s.%s can't be unset: it is not optional", rt.name, name))
		}
		if err := r.SetField(i, v); err != nil {
			Raise(L, insideField(string(name), err))
		}
	case known:
		L.RaiseError("%s.%s can't be changed", rt.name, string(name))
	case rt.Open:
		addField(ud, string(name), v)
	default:
		Raise(L, rt.noField(string(name)))
	}
	return 0
}

func addField(ud *lua.LUserData, name string, v lua.LValue) {
	var extra *map[string]lua.LValue
	switch r := ud.Value.(type) {
	case *Record:
		extra = &r.extra
		r.space.noteField(r.typ, name)
	case *goRecord:
		extra = &r.extra
		r.space.noteField(r.rec.RecordType(), name)
	}
	if *extra == nil {
		*extra = map[string]lua.LValue{}
	}
	if v == lua.LNil {
		delete(*extra, name)
		return
	}
	(*extra)[name] = v
}

// noteField remembers a field of a script's own that looks misspelt. There are few such names, while what scripts
// use as names has no bound.
func (s *Space) noteField(rt *RecordType, name string) {
	if rt.misspelt(name) {
		s.ownFields[ownField{rt.name, name}] = true
	}
}

// recordNext steps through the declared fields that are set, in their order.
func recordNext(L *lua.LState) int {
	rt, field, ok := recordOf(L.CheckUserData(1))
	if !ok {
		L.RaiseError("expected a record, got %s", Describe(L.Get(1)))
	}
	i := 0
	if name, ok := L.Get(2).(lua.LString); ok {
		last, known := rt.index[string(name)]
		if !known {
			Raise(L, rt.noField(string(name)))
		}
		i = last + 1
	}
	for ; i < len(rt.fields); i++ {
		if v := nilIfUnset(field(i)); v != lua.LNil {
			L.Push(lua.LString(rt.fields[i].Name))
			L.Push(v)
			return 2
		}
	}
	L.Push(lua.LNil)
	return 1
}
