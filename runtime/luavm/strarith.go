package luavm

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// openStringArithmetic makes strings numbers where they are calculated with. The interpreter converts
// them itself, but reads them as Go does; it asks metamethods first, so those of strings do it.
func (vm *VM) openStringArithmetic(mt *lua.LTable) {
	for event, calculate := range map[string]func(a, b float64) float64{
		"__add": func(a, b float64) float64 { return a + b },
		"__sub": func(a, b float64) float64 { return a - b },
		"__mul": func(a, b float64) float64 { return a * b },
		"__div": func(a, b float64) float64 { return a / b },
		"__mod": modulo,
		"__pow": math.Pow,
	} {
		mt.RawSetString(event, vm.NewFunction(event, func(L *lua.LState) int {
			return vm.arithmetic(L, event, calculate)
		}))
	}
	mt.RawSetString("__unm", vm.NewFunction("__unm", func(L *lua.LState) int {
		v, ok := toNumber(L.Get(1))
		if !ok {
			vm.RaiseError(L, "attempt to perform arithmetic on a string value")
		}
		L.Push(lua.LNumber(-v))
		return 1
	}))
}

func (vm *VM) arithmetic(L *lua.LState, event string, calculate func(a, b float64) float64) int {
	x, y := L.Get(1), L.Get(2)
	a, okA := toNumber(x)
	b, okB := toNumber(y)
	if okA && okB {
		L.Push(lua.LNumber(calculate(a, b)))
		return 1
	}
	// A string that is no number leaves the operation to the other operand.
	for _, v := range [...]lua.LValue{x, y} {
		if _, isString := v.(lua.LString); isString {
			continue
		}
		if fn, ok := L.GetMetaField(v, event).(*lua.LFunction); ok {
			L.Push(fn)
			L.Push(x)
			L.Push(y)
			L.Call(2, 1)
			return 1
		}
	}
	bad := x
	if okA {
		bad = y
	}
	vm.RaiseError(L, "attempt to perform arithmetic on a %s value", bad.Type())
	return 0
}

// modulo is what the interpreter does for numbers.
func modulo(a, b float64) float64 {
	v := math.Mod(a, b)
	if b > 0 && v < 0 || b < 0 && v > 0 {
		v += b
	}
	return v
}
