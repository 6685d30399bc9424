package luavm

import (
	"runtime/metrics"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm/internal/numeral"
)

func (vm *VM) openBase(lib *lua.LTable) {
	for _, name := range []string{"_printregs", "_GOPHER_LUA_VERSION", "module", "newproxy", "require"} {
		lib.RawSetString(name, lua.LNil)
	}
	vm.Register(lib, map[string]lua.LGFunction{
		"assert": vm.baseAssert, "collectgarbage": vm.baseCollectgarbage, "error": vm.baseError,
		"gcinfo": vm.baseGcinfo, "getfenv": vm.baseGetfenv, "getmetatable": vm.baseGetmetatable,
		"ipairs": vm.baseIpairs, "load": vm.baseLoad, "loadstring": vm.baseLoadstring,
		"pairs": vm.basePairs, "pcall": vm.basePcall, "print": vm.basePrint, "rawequal": vm.baseRawequal,
		"rawget": vm.baseRawget, "rawset": vm.baseRawset, "select": vm.baseSelect, "setfenv": vm.baseSetfenv,
		"setmetatable": vm.baseSetmetatable, "tonumber": vm.baseTonumber, "tostring": vm.baseTostring,
		"type": vm.baseType, "unpack": vm.baseUnpack, "xpcall": vm.baseXpcall,
	})
	lib.RawSetString("next", vm.NewFunction("next", vm.baseNext))
	vm.next = lib.RawGetString("next").(*lua.LFunction)
	vm.ipairsNext = vm.NewFunction("ipairs", vm.baseIpairsNext)
	vm.openFiles(lib)
}

// baseCollectgarbage leaves collecting to Go, which does it for the whole process. The count is
// the heap of the process.
func (vm *VM) baseCollectgarbage(L *lua.LState) int {
	switch option := vm.optString(L, 1, "collect"); option {
	case "count":
		return vm.baseGcinfo(L)
	case "collect", "stop", "restart":
		L.Push(lua.LNumber(0))
	case "step":
		L.Push(lua.LTrue)
	case "setpause", "setstepmul":
		L.Push(lua.LNumber(200)) // Lua's default
	default:
		vm.ArgError(L, 1, "invalid option '"+option+"'")
	}
	return 1
}

func (vm *VM) baseGcinfo(L *lua.LState) int {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	kilobytes := 0.0
	if heap[0].Value.Kind() == metrics.KindUint64 {
		kilobytes = float64(heap[0].Value.Uint64()) / 1024
	}
	L.Push(lua.LNumber(kilobytes))
	return 1
}

func (vm *VM) baseGetmetatable(L *lua.LState) int {
	L.Push(L.GetMetatable(vm.argAny(L, 1)))
	return 1
}

func (vm *VM) baseSetmetatable(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	mt, isTable := L.Get(2).(*lua.LTable)
	if !isTable && (L.Get(2) != lua.LNil || L.GetTop() < 2) {
		vm.ArgError(L, 2, "nil or table expected")
	}
	if L.GetMetaField(tb, "__metatable") != lua.LNil {
		vm.RaiseError(L, "cannot change a protected metatable")
	}
	if isTable {
		tb.Metatable = mt
	} else {
		tb.Metatable = lua.LNil
	}
	L.SetTop(1)
	return 1
}

func (vm *VM) baseIpairs(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	L.Push(vm.ipairsNext)
	L.Push(tb)
	L.Push(lua.LNumber(0))
	return 3
}

func (vm *VM) baseIpairsNext(L *lua.LState) int {
	i := vm.argInt(L, 2) + 1
	v := rawIndex(vm.argTable(L, 1), i)
	if v == lua.LNil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(i))
	L.Push(v)
	return 2
}

func (vm *VM) baseNext(L *lua.LState) int {
	k, v := vm.argTable(L, 1).Next(L.Get(2))
	L.Push(k)
	if k == lua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

// basePairs honours __pairs as Lua 5.2 does: values that are no tables have their own way to iterate.
func (vm *VM) basePairs(L *lua.LState) int {
	v := L.Get(1)
	if fn, ok := L.GetMetaField(v, "__pairs").(*lua.LFunction); ok {
		L.Push(fn)
		L.Push(v)
		L.Call(1, 3)
		return 3
	}
	tb := vm.argTable(L, 1)
	L.Push(vm.next)
	L.Push(tb)
	L.Push(lua.LNil)
	return 3
}

func (vm *VM) basePrint(L *lua.LState) int {
	var line []byte
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			line = append(line, '\t')
		}
		line = append(line, vm.toString(L, L.Get(i))...)
	}
	_, _ = vm.options.Stdout.Write(append(line, '\n'))
	return 0
}

// toString converts any value, by its __tostring if it has one.
func (vm *VM) toString(L *lua.LState, v lua.LValue) string {
	switch x := v.(type) {
	case lua.LString:
		return string(x)
	case lua.LNumber:
		return x.String()
	}
	fn, ok := L.GetMetaField(v, "__tostring").(*lua.LFunction)
	if !ok {
		return v.String()
	}
	L.Push(fn)
	L.Push(v)
	L.Call(1, 1)
	s := L.Get(-1)
	L.Pop(1)
	if !lua.LVCanConvToString(s) {
		vm.RaiseError(L, "'tostring' must return a string")
	}
	return s.String()
}

func (vm *VM) baseTostring(L *lua.LState) int {
	L.Push(lua.LString(vm.toString(L, vm.argAny(L, 1))))
	return 1
}

func (vm *VM) baseTonumber(L *lua.LState) int {
	base := vm.optInt(L, 2, 10)
	var v float64
	var ok bool
	if base == 10 {
		v, ok = toNumber(vm.argAny(L, 1))
	} else {
		s := vm.argString(L, 1)
		if base < 2 || base > 36 {
			vm.ArgError(L, 2, "base out of range")
		}
		v, ok = numeral.ParseBase(s, base)
	}
	if ok {
		L.Push(lua.LNumber(v))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

func (vm *VM) baseType(L *lua.LState) int {
	L.Push(lua.LString(vm.argAny(L, 1).Type().String()))
	return 1
}

func (vm *VM) baseRawequal(L *lua.LState) int {
	a := vm.argAny(L, 1)
	L.Push(lua.LBool(L.RawEqual(a, vm.argAny(L, 2))))
	return 1
}

func (vm *VM) baseRawget(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	L.Push(tb.RawGet(vm.argAny(L, 2)))
	return 1
}

func (vm *VM) baseRawset(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	k := vm.argAny(L, 2)
	L.RawSet(tb, k, vm.argAny(L, 3))
	L.SetTop(1)
	return 1
}

func (vm *VM) baseSelect(L *lua.LState) int {
	top := L.GetTop()
	if L.Get(1) == lua.LString("#") {
		L.Push(lua.LNumber(top - 1))
		return 1
	}
	n := vm.argInt(L, 1)
	if n < 0 {
		n += top
	}
	n = min(n, top)
	if n < 1 {
		vm.ArgError(L, 1, "index out of range")
	}
	return top - n
}

func (vm *VM) baseUnpack(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	from := vm.optInt(L, 2, 1)
	to := vm.optInt(L, 3, tb.Len())
	if from > to {
		return 0
	}
	if to-from >= maxResults {
		vm.RaiseError(L, "too many results to unpack")
	}
	vm.chargeBytes(L, 16*(to-from))
	for i := from; i <= to; i++ {
		L.Push(rawIndex(tb, i))
	}
	return to - from + 1
}
