package luavm

import lua "github.com/yuin/gopher-lua"

// functionArg returns the function that getfenv and setfenv are about, given itself or as a level.
// Level 0, the thread, is nil.
func (vm *VM) functionArg(L *lua.LState, absent int) *lua.LFunction {
	if fn, ok := L.Get(1).(*lua.LFunction); ok {
		return fn
	}
	level := vm.optInt(L, 1, absent)
	if level < 0 {
		vm.ArgError(L, 1, "level must be non-negative")
	}
	if level == 0 {
		return nil
	}
	f, ok := vm.frameAt(L, level)
	if !ok {
		vm.ArgError(L, 1, "invalid level")
	}
	if f.lost {
		vm.RaiseError(L, "no function environment for tail call at level %d", level)
	}
	return f.fn
}

func (vm *VM) baseGetfenv(L *lua.LState) int {
	env := L.G.Global
	if fn := vm.functionArg(L, 1); fn != nil && !fn.IsG {
		env = fn.Env
	}
	L.Push(env)
	return 1
}

// baseSetfenv refuses to change the environment of the thread: under pcall it would be that of a
// thread the script knows nothing of.
func (vm *VM) baseSetfenv(L *lua.LState) int {
	env := vm.argTable(L, 2)
	fn := vm.functionArg(L, 1)
	if fn == nil || fn.IsG {
		vm.RaiseError(L, "'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	L.Push(fn)
	return 1
}
