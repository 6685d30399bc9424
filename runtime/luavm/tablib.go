package luavm

import lua "github.com/yuin/gopher-lua"

func (vm *VM) openTable(lib *lua.LTable) {
	vm.Register(lib, map[string]lua.LGFunction{
		"concat": vm.tabConcat, "foreach": vm.tabForeach, "foreachi": vm.tabForeachi, "getn": vm.tabGetn,
		"insert": vm.tabInsert, "maxn": vm.tabMaxn, "remove": vm.tabRemove, "setn": vm.tabSetn, "sort": vm.tabSort,
	})
}

// rawIndex is t[i] without metamethods.
func rawIndex(tb *lua.LTable, i int) lua.LValue {
	if 0 < i && i < lua.MaxArrayIndex {
		return tb.RawGetInt(i)
	}
	return tb.RawGetH(lua.LNumber(i))
}

func (vm *VM) tabGetn(L *lua.LState) int {
	L.Push(lua.LNumber(vm.argTable(L, 1).Len()))
	return 1
}

func (vm *VM) tabSetn(L *lua.LState) int {
	vm.RaiseError(L, "'setn' is obsolete")
	return 0
}

func (vm *VM) tabMaxn(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	highest := 0.0
	n := 0
	for k, _ := tb.Next(lua.LNil); k != lua.LNil; k, _ = tb.Next(k) {
		if v, ok := k.(lua.LNumber); ok {
			highest = max(highest, float64(v))
		}
		n++
	}
	vm.ChargeOrRaise(L, n)
	L.Push(lua.LNumber(highest))
	return 1
}

func (vm *VM) tabInsert(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	end := tb.Len() + 1
	pos, v := end, L.Get(2)
	switch L.GetTop() {
	case 2:
	case 3:
		pos, v = vm.argInt(L, 2), L.Get(3)
	default:
		vm.RaiseError(L, "wrong number of arguments to 'insert'")
	}
	if pos >= 1 && pos < end {
		vm.chargeBytes(L, 16*(end-pos))
		tb.Insert(pos, v)
		return 0
	}
	for i := end; i > pos; i-- { // a position before the first element
		vm.ChargeOrRaise(L, 1)
		tb.RawSet(lua.LNumber(i), rawIndex(tb, i-1))
	}
	tb.RawSet(lua.LNumber(pos), v)
	return 0
}

func (vm *VM) tabRemove(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	n := tb.Len()
	pos := vm.optInt(L, 2, n)
	if pos < 1 || pos > n {
		return 0
	}
	vm.chargeBytes(L, 16*(n-pos))
	v := tb.RawGetInt(pos)
	if pos == n {
		tb.RawSetInt(n, lua.LNil) // Remove only shortens the array then, and would keep v alive
	}
	tb.Remove(pos)
	L.Push(v)
	return 1
}

func (vm *VM) tabConcat(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	sep := vm.optString(L, 2, "")
	from := vm.optInt(L, 3, 1)
	to := vm.optInt(L, 4, tb.Len())
	size := 0
	for i := from; i <= to; i++ {
		v := rawIndex(tb, i)
		switch x := v.(type) {
		case lua.LString:
			size += len(x)
		case lua.LNumber:
			size += 24 // at most
		default:
			vm.RaiseError(L, "invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		if i < to {
			size += len(sep)
		}
		vm.checkSize(L, size)
		vm.ChargeOrRaise(L, 1)
	}
	vm.chargeBytes(L, size)
	out := make([]byte, 0, size)
	for i := from; i <= to; i++ {
		out = append(out, rawIndex(tb, i).String()...)
		if i < to {
			out = append(out, sep...)
		}
	}
	L.Push(lua.LString(out))
	return 1
}

func (vm *VM) tabForeach(L *lua.LState) int {
	tb, fn := vm.argTable(L, 1), vm.argFunction(L, 2)
	for k, v := tb.Next(lua.LNil); k != lua.LNil; k, v = tb.Next(k) {
		if vm.each(L, fn, k, v) {
			return 1
		}
	}
	return 0
}

func (vm *VM) tabForeachi(L *lua.LState) int {
	tb, fn := vm.argTable(L, 1), vm.argFunction(L, 2)
	for i, n := 1, tb.Len(); i <= n; i++ {
		if vm.each(L, fn, lua.LNumber(i), rawIndex(tb, i)) {
			return 1
		}
	}
	return 0
}

// each calls fn and tells whether it returned something, which is left on the stack.
func (vm *VM) each(L *lua.LState, fn *lua.LFunction, k, v lua.LValue) bool {
	L.Push(fn)
	L.Push(k)
	L.Push(v)
	L.Call(2, 1)
	if L.Get(-1) != lua.LNil {
		return true
	}
	L.Pop(1)
	return false
}
