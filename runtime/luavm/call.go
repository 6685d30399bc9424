package luavm

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// MaxArgs is how many arguments a call from Go may have: they are pushed before the call is protected, and the
// interpreter panics when a stack has no room.
const MaxArgs = 8000

// CallHandler calls fn and drops what it returns. It does not allocate. It may be called while Lua is
// running, from a Go function that Lua called: then the budget of the outermost call goes on counting.
// The error is an *Error.
func (vm *VM) CallHandler(fn *lua.LFunction, args []lua.LValue) error {
	return vm.CallLabeled("", fn, args)
}

// CallLabeled is CallHandler with a name for fn in tracebacks, such as "handler EX::found".
func (vm *VM) CallLabeled(label string, fn *lua.LFunction, args []lua.LValue) error {
	th, err := vm.call(label, fn, args, 0)
	if th != nil {
		th.SetTop(0)
	}
	return err
}

// CallValue calls fn and returns its first result, nil as lua.LNil. It does not allocate.
func (vm *VM) CallValue(fn lua.LValue, args []lua.LValue) (lua.LValue, error) {
	th, err := vm.call("", fn, args, 1)
	if err != nil {
		return lua.LNil, err
	}
	v := th.Get(1)
	th.SetTop(0)
	return v, nil
}

// Call calls fn and returns nret results, or all with lua.MultRet.
func (vm *VM) Call(fn lua.LValue, nret int, args ...lua.LValue) ([]lua.LValue, error) {
	th, err := vm.call("", fn, args, nret)
	if err != nil {
		return nil, err
	}
	results := make([]lua.LValue, th.GetTop())
	for i := range results {
		results[i] = th.Get(i + 1)
	}
	th.SetTop(0)
	return results, nil
}

// call leaves the results on the thread it returns, which is valid until the next call.
func (vm *VM) call(label string, fn lua.LValue, args []lua.LValue, nret int) (*lua.LState, error) {
	switch {
	case len(vm.links) >= maxDepth:
		return nil, vm.refuse(stackOverflow)
	case len(args) > MaxArgs:
		return nil, vm.refuse(fmt.Sprintf("too many arguments (%d, at most %d)", len(args), MaxArgs))
	}
	outermost := !vm.calling
	if outermost {
		vm.calling = true
		vm.counter.begin()
	}
	parent := vm.current()
	th := vm.thread(parent)
	th.Push(fn)
	for _, a := range args {
		th.Push(a)
	}
	l := link{thread: th, parent: parent, kind: linkCall, label: label}
	err := vm.protected(l, len(args), nret)
	var failure error // not *Error: nil must stay nil
	switch {
	case err != nil:
		failure = vm.newError(err, l)
	case vm.counter.failure != nil:
		// The script caught the error and went on to its end, or was about to end anyway.
		th.SetTop(0)
		message := vm.counter.failure.Error()
		failure = &Error{Value: lua.LString(message), Message: message, cause: vm.counter.failure}
	}
	if outermost {
		vm.calling = false
		vm.counter.end()
		vm.trim()
	}
	return th, failure
}

// refuse makes the error of a call that is not begun.
func (vm *VM) refuse(why string) *Error {
	return &Error{
		Value: lua.LString(why), Message: why,
		Traceback: vm.Traceback(vm.current(), 0), cause: vm.counter.failure,
	}
}
