package luavm

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm/internal/numeral"
)

// Arguments of library functions, checked and converted as the reference implementation does:
// numbers and strings stand for each other, fractions are cut off.

func (vm *VM) argString(L *lua.LState, n int) string {
	switch v := L.Get(n).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return v.String()
	}
	vm.TypeError(L, n, "string")
	return ""
}

func (vm *VM) argNumber(L *lua.LState, n int) float64 {
	v, ok := toNumber(L.Get(n))
	if !ok {
		vm.TypeError(L, n, "number")
	}
	return v
}

func (vm *VM) argInt(L *lua.LState, n int) int {
	if v, ok := L.Get(n).(lua.LNumber); ok {
		return toInt(float64(v))
	}
	return toInt(vm.argNumber(L, n))
}

func (vm *VM) optInt(L *lua.LState, n, absent int) int {
	if L.Get(n) == lua.LNil {
		return absent
	}
	return vm.argInt(L, n)
}

func (vm *VM) optString(L *lua.LState, n int, absent string) string {
	if L.Get(n) == lua.LNil {
		return absent
	}
	return vm.argString(L, n)
}

func (vm *VM) argTable(L *lua.LState, n int) *lua.LTable {
	tb, ok := L.Get(n).(*lua.LTable)
	if !ok {
		vm.TypeError(L, n, "table")
	}
	return tb
}

func (vm *VM) argFunction(L *lua.LState, n int) *lua.LFunction {
	fn, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		vm.TypeError(L, n, "function")
	}
	return fn
}

func (vm *VM) argAny(L *lua.LState, n int) lua.LValue {
	if n > L.GetTop() {
		vm.ArgError(L, n, "value expected")
	}
	return L.Get(n)
}

// toNumber converts numbers, and strings that denote one.
func toNumber(v lua.LValue) (float64, bool) {
	switch x := v.(type) {
	case lua.LNumber:
		return float64(x), true
	case lua.LString:
		return numeral.Parse(string(x))
	}
	return 0, false
}

// toInt cuts off the fraction. What an int can't hold becomes the nearest one, not a number 0.
func toInt(v float64) int {
	const limit = 1 << 62
	switch {
	case math.IsNaN(v):
		return 0
	case v > limit:
		return limit
	case v < -limit:
		return -limit
	}
	return int(v)
}

// chargeBytes charges for going through n bytes at the speed of copying.
func (vm *VM) chargeBytes(L *lua.LState, n int) {
	const bytesPerInstruction = 64
	if n >= bytesPerInstruction {
		vm.ChargeOrRaise(L, n/bytesPerInstruction)
	}
}

// ChargeOrRaise is Charge, but raises the error.
func (vm *VM) ChargeOrRaise(L *lua.LState, n int) {
	if err := vm.counter.charge(n); err != nil {
		vm.RaiseError(L, "%s", err)
	}
}

// checkSize raises an error if a string of n bytes is larger than allowed.
func (vm *VM) checkSize(L *lua.LState, n int) {
	if n > vm.options.MaxString || n < 0 {
		vm.RaiseError(L, "resulting string too large (more than %d bytes)", vm.options.MaxString)
	}
}

// truth is whether v counts as true.
func truth(v lua.LValue) bool { return lua.LVAsBool(v) }
