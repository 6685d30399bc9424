package luavm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxHandlerErrors is how often the handler of an xpcall is given its own error.
const maxHandlerErrors = 10

func (vm *VM) basePcall(L *lua.LState) int {
	n := L.GetTop()
	if n == 0 {
		vm.ArgError(L, 1, "value expected")
	}
	if len(vm.links) >= maxDepth {
		return pushFailure(L, lua.LString(stackOverflow))
	}
	if !callable(L, L.Get(1)) {
		return pushFailure(L, lua.LString("attempt to call a "+L.Get(1).Type().String()+" value"))
	}
	th := vm.thread(L)
	L.XMoveTo(th, n)
	return vm.finishPcall(L, link{thread: th, parent: L, kind: linkPcall}, n-1)
}

func (vm *VM) baseXpcall(L *lua.LState) int {
	if L.GetTop() < 2 {
		vm.ArgError(L, 2, "value expected")
	}
	if len(vm.links) >= maxDepth {
		return pushFailure(L, lua.LString(stackOverflow))
	}
	th := vm.thread(L)
	th.Push(vm.trampoline)
	th.Push(L.Get(1))
	return vm.finishPcall(L, link{thread: th, parent: L, kind: linkXpcall, handler: L.Get(2)}, 1)
}

// callable tells whether v can be called. gopher-lua's message does not say what can't.
func callable(L *lua.LState, v lua.LValue) bool {
	return v.Type() == lua.LTFunction || L.GetMetaField(v, "__call").Type() == lua.LTFunction
}

// finishPcall calls what was pushed and hands on its results.
func (vm *VM) finishPcall(L *lua.LState, l link, nargs int) int {
	if err := vm.protected(l, nargs, lua.MultRet); err != nil {
		return pushFailure(L, vm.raised(err))
	}
	n := l.thread.GetTop()
	L.Push(lua.LTrue)
	l.thread.XMoveTo(L, n)
	return n + 1
}

func pushFailure(L *lua.LState, v lua.LValue) int {
	L.Push(lua.LFalse)
	L.Push(v)
	return 2
}

// runTrampoline is the bottom frame of an xpcall. It arranges for the handler to be called where the error
// is raised, while the frames are there to be looked at, and turns Go panics into such errors.
func (vm *VM) runTrampoline(L *lua.LState) int {
	L.Panic = vm.raise // PCall puts the old one back
	returned := false
	defer func() {
		if returned {
			return
		}
		e := recover()
		if _, ok := e.(*lua.ApiError); !ok {
			L.RaiseError("%v", e) // closes captured locals, runs the handler
		}
		panic(e)
	}()
	L.Call(L.GetTop()-1, lua.MultRet)
	returned = true
	return L.GetTop()
}

// handleError runs in the place of an error under xpcall, with the error on top of the stack. The handler
// is protected in turn: an error in it is given to it again.
func (vm *VM) handleError(L *lua.LState) {
	v := L.Get(-1)
	if s, ok := v.(lua.LString); ok {
		v = vm.polish(L, string(s))
	}
	handler := vm.linkOf(L).handler
	for tries := 0; ; tries++ {
		if tries == maxHandlerErrors || len(vm.links) >= maxDepth+maxHandlerErrors {
			v = lua.LString("error in error handling")
			break
		}
		th := vm.thread(L)
		th.Push(handler)
		th.Push(v)
		err := vm.protected(link{thread: th, parent: L, kind: linkPcall}, 1, 1)
		if err == nil {
			v = th.Get(1)
			th.SetTop(0)
			break
		}
		v = vm.raised(err)
	}
	panic(&lua.ApiError{Type: lua.ApiErrorError, Object: v, StackTrace: ownTrace})
}

// polish does for the handler of an xpcall what is otherwise done on the way out.
func (vm *VM) polish(L *lua.LState, message string) lua.LValue {
	if strings.HasPrefix(message, " ") && vm.isGoOnly(L) {
		message = message[1:]
	}
	if f, ok := vm.ownFrame(L, 0); ok && FunctionName(f.fn) != "" {
		message = vm.reword(L, FunctionName(f.fn), message)
	}
	return vm.translate(lua.LString(message))
}

// isGoOnly tells whether L runs no Lua function.
func (vm *VM) isGoOnly(L *lua.LState) bool {
	for level := 0; ; level++ {
		f, ok := vm.ownFrame(L, level)
		if !ok {
			return true
		}
		if f.lost || !f.fn.IsG {
			return false
		}
	}
}

func (vm *VM) baseError(L *lua.LState) int {
	v := L.Get(1)
	level := vm.optInt(L, 2, 1)
	if lua.LVCanConvToString(v) && level > 0 {
		v = lua.LString(vm.where(L, level) + v.String())
	}
	vm.raiseValue(L, v)
	return 0
}

// baseAssert raises a message that is not a string as it is, as Lua 5.2 and later; 5.1 refuses it.
func (vm *VM) baseAssert(L *lua.LState) int {
	if truth(vm.argAny(L, 1)) {
		return L.GetTop()
	}
	switch v := L.Get(2); {
	case v == lua.LNil:
		vm.RaiseError(L, "assertion failed!")
	case lua.LVCanConvToString(v):
		vm.RaiseError(L, "%s", v.String())
	default:
		vm.raiseValue(L, v)
	}
	return 0
}
