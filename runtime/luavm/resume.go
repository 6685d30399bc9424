package luavm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// NewCoroutine makes a coroutine that is to call a Lua function, for [VM.Resume]. It panics on a Go function.
func (vm *VM) NewCoroutine(fn *lua.LFunction) *lua.LState {
	if fn.IsG {
		panic("luavm: coroutine of a Go function")
	}
	return vm.newCoroutine(vm.main, fn)
}

// Resume runs a coroutine until it yields or ends, the latter being done. It gives what was yielded or
// returned. The label names its function in tracebacks. An error, an *Error, ends the coroutine.
func (vm *VM) Resume(label string, co *lua.LState, args ...lua.LValue) (results []lua.LValue, done bool, err error) {
	th, err := vm.call(label, vm.resumer, append([]lua.LValue{co}, args...), lua.MultRet)
	if err != nil {
		return nil, co.Dead, err
	}
	n := th.GetTop()
	if th.Get(1) == lua.LFalse {
		v := th.Get(2)
		th.SetTop(0)
		return nil, true, vm.coroutineFailure(label, co, v)
	}
	results = make([]lua.LValue, n-1)
	for i := range results {
		results[i] = th.Get(i + 2)
	}
	th.SetTop(0)
	return results, co.Dead, nil
}

// coroutineFailure makes the error of a coroutine that has ended with one. Its frames are still there.
func (vm *VM) coroutineFailure(label string, co *lua.LState, v lua.LValue) *Error {
	e := &Error{Value: v, Message: vm.describe(v)}
	lines := vm.traceLines(co, 0)
	if n := len(lines) - 1; n >= 0 && label != "" {
		if i := strings.LastIndex(lines[n], ": in "); i >= 0 {
			lines[n] = lines[n][:i] + ": in " + label
		}
	}
	e.Traceback = joinTrace(lines)
	if ud, ok := v.(*lua.LUserData); ok {
		e.cause, _ = ud.Value.(error)
	}
	return e
}

// Yield ends the current run of the coroutine that called a Go function, which returns what Yield
// returns; the arguments of the next resume become its results. It raises an error outside of a
// coroutine, and where a yield can't pass: under pcall, metamethods, iterators and other Go functions.
func (vm *VM) Yield(L *lua.LState, values ...lua.LValue) int {
	vm.checkYield(L)
	return L.Yield(values...)
}
