package luavm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openDebug makes the debug library: of gopher-lua's, the functions that look at levels get the stack
// as a script knows it. A sandboxed script has traceback only.
func (vm *VM) openDebug(lib *lua.LTable) {
	if vm.options.Sandbox {
		for k, _ := lib.Next(lua.LNil); k != lua.LNil; k, _ = lib.Next(k) {
			lib.RawSet(k, lua.LNil)
		}
		vm.Register(lib, map[string]lua.LGFunction{"traceback": vm.debugTraceback})
		return
	}
	vm.Register(lib, map[string]lua.LGFunction{
		"getinfo": vm.debugGetinfo, "getlocal": vm.debugGetlocal, "setlocal": vm.debugSetlocal,
		"getmetatable": vm.debugGetmetatable, "setmetatable": vm.debugSetmetatable, "traceback": vm.debugTraceback,
	})
}

// threadArg returns the thread that an optional first argument names, and how many arguments that was.
func (vm *VM) threadArg(L *lua.LState) (*lua.LState, int) {
	if th, ok := L.Get(1).(*lua.LState); ok {
		return th, 1
	}
	return L, 0
}

func (vm *VM) debugTraceback(L *lua.LState) int {
	th, n := vm.threadArg(L)
	v := L.Get(n + 1)
	if v != lua.LNil && !lua.LVCanConvToString(v) {
		L.Push(v)
		return 1
	}
	level := 1
	if th != L {
		level = 0
	}
	trace := vm.Traceback(th, vm.optInt(L, n+2, level))
	if v != lua.LNil {
		trace = v.String() + "\n" + trace
	}
	L.Push(lua.LString(trace))
	return 1
}

func (vm *VM) debugGetinfo(L *lua.LState) int {
	th, n := vm.threadArg(L)
	what := vm.optString(L, n+2, "nSluf")
	if strings.Trim(what, "nSlufL") != "" {
		vm.ArgError(L, n+2, "invalid option")
	}
	var f frame
	if fn, ok := L.Get(n + 1).(*lua.LFunction); ok {
		f = frame{thread: th, fn: fn, debug: &lua.Debug{}}
		_, _ = th.GetInfo(">Slu", f.debug, fn)
		f.debug.CurrentLine = -1
	} else {
		var exists bool
		if f, exists = vm.frameAt(th, vm.argInt(L, n+1)); !exists {
			L.Push(lua.LNil)
			return 1
		}
	}
	L.Push(vm.infoTable(L, f, what))
	return 1
}

func (vm *VM) infoTable(L *lua.LState, f frame, what string) *lua.LTable {
	tb := L.NewTable()
	set := func(name string, v lua.LValue) { tb.RawSetString(name, v) }
	for _, option := range what {
		switch option {
		case 'S':
			vm.setSource(set, f)
		case 'l':
			line := -1
			if !f.lost && !f.fn.IsG {
				line = f.debug.CurrentLine
			}
			set("currentline", lua.LNumber(line))
		case 'u':
			n := 0
			if !f.lost && !f.fn.IsG {
				n = len(f.fn.Upvalues)
			}
			set("nups", lua.LNumber(n))
		case 'n':
			set("namewhat", lua.LString(""))
			if name, isMethod := calledBy(f.debug.Name); name != "" && !f.lost && f.debug.What != "main" {
				set("name", lua.LString(name))
				if isMethod {
					set("namewhat", lua.LString("method"))
				}
			}
		case 'f':
			if !f.lost {
				set("func", f.fn)
			}
		}
	}
	return tb
}

func (vm *VM) setSource(set func(string, lua.LValue), f frame) {
	what, source, first, last := "Lua", "", -1, -1
	switch {
	case f.lost:
		what, source = "tail", "=(tail call)"
	case f.fn.IsG:
		what, source = "C", "=[C]"
	default:
		p := f.fn.Proto
		if p.LineDefined == 0 {
			what = "main"
		}
		source, first, last = "@"+p.SourceName, p.LineDefined, p.LastLineDefined
	}
	set("what", lua.LString(what))
	set("source", lua.LString(source))
	set("short_src", lua.LString(source[1:]))
	set("linedefined", lua.LNumber(first))
	set("lastlinedefined", lua.LNumber(last))
}

func (vm *VM) frameArg(L *lua.LState) (frame, int) {
	th, n := vm.threadArg(L)
	f, ok := vm.frameAt(th, vm.argInt(L, n+1))
	if !ok {
		vm.ArgError(L, n+1, "level out of range")
	}
	return f, n
}

func (vm *VM) debugGetlocal(L *lua.LState) int {
	f, n := vm.frameArg(L)
	name, v := f.thread.GetLocal(f.debug, vm.argInt(L, n+2))
	if name == "" || f.lost {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LString(name))
	L.Push(v)
	return 2
}

func (vm *VM) debugSetlocal(L *lua.LState) int {
	f, n := vm.frameArg(L)
	v := vm.argAny(L, n+3)
	name := ""
	if !f.lost {
		name = f.thread.SetLocal(f.debug, vm.argInt(L, n+2), v)
	}
	if name == "" {
		L.Push(lua.LNil)
	} else {
		L.Push(lua.LString(name))
	}
	return 1
}

// debugGetmetatable sees what getmetatable hides.
func (vm *VM) debugGetmetatable(L *lua.LState) int {
	var mt lua.LValue
	switch v := vm.argAny(L, 1).(type) {
	case *lua.LTable:
		mt = v.Metatable
	case *lua.LUserData:
		mt = v.Metatable
	default:
		mt = L.GetMetatable(v)
	}
	L.Push(mt)
	return 1
}

func (vm *VM) debugSetmetatable(L *lua.LState) int {
	v := vm.argAny(L, 1)
	mt := L.Get(2)
	if _, ok := mt.(*lua.LTable); !ok && mt != lua.LNil {
		vm.ArgError(L, 2, "nil or table expected")
	}
	L.SetMetatable(v, mt)
	L.Push(lua.LTrue)
	return 1
}
