// Package jsonlib is the Lua module `json`: the plain mapping of design decision 11, addresses and the like as
// text, times and intervals in seconds.
package jsonlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct{ Space *convert.Space }

// Open predefines `json`.
func (l Lib) Open(d *script.Domain) error {
	d.SetModule("json", map[string]lua.LValue{
		"encode": d.VM.NewFunction("json.encode", func(L *lua.LState) int {
			b, err := l.Space.AppendJSON(nil, L.Get(1))
			if err != nil {
				L.RaiseError("json.encode: %s", err.Error())
			}
			d.VM.Charge(len(b))
			L.Push(lua.LString(b))
			return 1
		}),
		"decode": d.VM.NewFunction("json.decode", func(L *lua.LState) int {
			text := L.CheckString(1)
			d.VM.Charge(len(text))
			v, err := convert.DecodeJSON(text)
			if err != nil {
				return l.Space.Fail(L, err)
			}
			lv, err := l.Space.FromJSON(v, nil)
			if err != nil {
				return l.Space.Fail(L, err)
			}
			L.Push(lv)
			return 1
		}),
	})
	return nil
}
