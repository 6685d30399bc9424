package luavm

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

var mathFunctions = map[string]func(float64) float64{
	"abs": math.Abs, "acos": math.Acos, "asin": math.Asin, "atan": math.Atan, "ceil": math.Ceil, "cos": math.Cos,
	"cosh": math.Cosh, "exp": math.Exp, "floor": math.Floor, "log": math.Log, "log10": math.Log10, "sin": math.Sin,
	"sinh": math.Sinh, "sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh,
	"deg": func(v float64) float64 { return v / (math.Pi / 180) },
	"rad": func(v float64) float64 { return v * (math.Pi / 180) },
}

var mathFunctions2 = map[string]func(a, b float64) float64{
	"atan2": math.Atan2, "fmod": math.Mod, "mod": math.Mod, "pow": math.Pow,
}

func (vm *VM) openMath(lib *lua.LTable) {
	lib.RawSetString("huge", lua.LNumber(math.Inf(1)))
	lib.RawSetString("pi", lua.LNumber(math.Pi))
	for name, f := range mathFunctions {
		lib.RawSetString(name, vm.NewFunction(name, func(L *lua.LState) int {
			L.Push(lua.LNumber(f(vm.argNumber(L, 1))))
			return 1
		}))
	}
	for name, f := range mathFunctions2 {
		lib.RawSetString(name, vm.NewFunction(name, func(L *lua.LState) int {
			a := vm.argNumber(L, 1)
			L.Push(lua.LNumber(f(a, vm.argNumber(L, 2))))
			return 1
		}))
	}
	vm.Register(lib, map[string]lua.LGFunction{
		"frexp": vm.mathFrexp, "ldexp": vm.mathLdexp, "max": vm.mathMax, "min": vm.mathMin,
		"modf": vm.mathModf, "random": vm.mathRandom, "randomseed": vm.mathRandomseed,
	})
}

func (vm *VM) mathFrexp(L *lua.LState) int {
	fraction, exponent := math.Frexp(vm.argNumber(L, 1))
	L.Push(lua.LNumber(fraction))
	L.Push(lua.LNumber(exponent))
	return 2
}

func (vm *VM) mathLdexp(L *lua.LState) int {
	v := vm.argNumber(L, 1)
	L.Push(lua.LNumber(math.Ldexp(v, vm.argInt(L, 2))))
	return 1
}

func (vm *VM) mathModf(L *lua.LState) int {
	v := vm.argNumber(L, 1)
	whole, fraction := math.Trunc(v), 0.0
	if !math.IsInf(v, 0) {
		fraction = v - whole
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(fraction))
	return 2
}

func (vm *VM) mathMax(L *lua.LState) int {
	return vm.choose(L, func(v, best float64) bool { return v > best })
}

func (vm *VM) mathMin(L *lua.LState) int {
	return vm.choose(L, func(v, best float64) bool { return v < best })
}

func (vm *VM) choose(L *lua.LState, better func(v, best float64) bool) int {
	best := vm.argNumber(L, 1)
	for i := 2; i <= L.GetTop(); i++ {
		if v := vm.argNumber(L, i); better(v, best) {
			best = v
		}
	}
	L.Push(lua.LNumber(best))
	return 1
}

func (vm *VM) mathRandom(L *lua.LState) int {
	r := vm.random.Float64()
	low, high := 1, 0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(r))
		return 1
	case 1:
		high = vm.argInt(L, 1)
	case 2:
		low, high = vm.argInt(L, 1), vm.argInt(L, 2)
	default:
		vm.RaiseError(L, "wrong number of arguments")
	}
	if low > high {
		vm.ArgError(L, L.GetTop(), "interval is empty")
	}
	L.Push(lua.LNumber(math.Floor(r*(float64(high)-float64(low)+1)) + float64(low)))
	return 1
}

func (vm *VM) mathRandomseed(L *lua.LState) int {
	vm.random = newRandom(math.Float64bits(vm.argNumber(L, 1)))
	return 0
}
