package luavm

import (
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

const (
	coroutineRegistrySize = 128
	acrossBoundary        = "attempt to yield across metamethod/C-call boundary"
)

// newCoroutine makes a coroutine of a Lua function. gopher-lua has no other way to give a thread its
// function than its coroutine.create, which takes both from the stack of L.
//
// Below the function of the script lies a function of ours: a function that yields by a tail call is
// removed from the stack, and if it were the last one, nothing would be left to be resumed.
func (vm *VM) newCoroutine(L *lua.LState, fn *lua.LFunction) *lua.LState {
	base := vm.main.NewFunctionFromProto(vm.coroutineBase)
	base.Upvalues[0] = &lua.Upvalue{}
	base.Upvalues[0].Close()
	base.Upvalues[0].SetValue(fn)

	options := L.Options
	L.RemoveContext() // see newThread
	L.Options.RegistrySize = coroutineRegistrySize
	top := L.GetTop()
	L.Insert(base, 1)
	vm.create(L)
	th, _ := L.Get(-1).(*lua.LState)
	L.Remove(1)
	L.SetTop(top)
	L.Options = options
	L.SetContext(&vm.counter)
	th.Options = options
	th.SetContext(&vm.counter)
	vm.coroutines.add(th)
	return th
}

// coroutineBase makes the function under every coroutine, for all VMs: it calls the function in its upvalue, and not in the
// way of a tail call.
var coroutineBase = sync.OnceValue(func() *lua.FunctionProto {
	chunk, err := Compile("[coroutine]", "local f return function(...) return f(...) end")
	if err != nil {
		panic(err)
	}
	p := chunk.FunctionPrototypes[0]
	p.DbgCalls[0].Name = noName
	for i, instruction := range p.Code {
		if int(instruction>>opcodeShift) == lua.OP_TAILCALL {
			p.Code[i] = instruction&(1<<opcodeShift-1) | uint32(lua.OP_CALL)<<opcodeShift
		}
	}
	return p
})

// resumeThread resumes th with the arguments on the stack of L from the second on, and leaves a
// boolean and the results on it; it returns how many.
func (vm *VM) resumeThread(L, th *lua.LState) int {
	switch message := vm.cannotResume(th); {
	case message != "":
		return pushFailure(L, lua.LString(message))
	case len(vm.links) >= maxDepth:
		return pushFailure(L, lua.LString(stackOverflow))
	}
	n := len(vm.links)
	vm.links = append(vm.links, link{thread: th, parent: L, kind: linkResume})
	running := vm.main.G.CurrentThread
	done := false
	defer func() {
		if !done { // an error that passes through
			vm.leaveResume(n, running)
		}
	}()
	results := vm.resume(L)
	done = true
	vm.leaveResume(n, running)
	if results == 2 && th.Dead && L.Get(-2) == lua.LFalse {
		L.Replace(-1, vm.coroutineError(L.Get(-1)))
	}
	return results
}

func (vm *VM) leaveResume(n int, running *lua.LState) {
	vm.main.G.CurrentThread = running
	vm.links[n] = link{}
	vm.links = vm.links[:n]
}

// coroutineError is raised for the error that ended a coroutine.
func (vm *VM) coroutineError(v lua.LValue) lua.LValue {
	s, ok := v.(lua.LString)
	switch {
	case !ok:
		return v
	case s == "lua callstack overflow":
		return lua.LString(stackOverflow)
	}
	return vm.translate(s)
}

func (vm *VM) cannotResume(th *lua.LState) string {
	if status := vm.coroutineStatus(th); status != "suspended" {
		return "cannot resume " + status + " coroutine"
	}
	return ""
}

func (vm *VM) coroutineStatus(th *lua.LState) string {
	if th.Dead {
		return "dead"
	}
	running := true
	for i := len(vm.links) - 1; i >= 0; i-- {
		l := vm.links[i]
		if l.thread == th {
			if running {
				return "running"
			}
			return "normal"
		}
		if l.kind == linkResume {
			running = false
		}
	}
	if th == vm.main {
		return "normal"
	}
	return "suspended"
}

func (vm *VM) checkLuaFunction(L *lua.LState, n int) *lua.LFunction {
	fn, ok := L.Get(n).(*lua.LFunction)
	if !ok || fn.IsG {
		vm.ArgError(L, n, "Lua function expected")
	}
	return fn
}

func (vm *VM) checkCoroutine(L *lua.LState, n int) *lua.LState {
	th, ok := L.Get(n).(*lua.LState)
	if !ok {
		vm.ArgError(L, n, "coroutine expected")
	}
	return th
}

func (vm *VM) coCreate(L *lua.LState) int {
	L.Push(vm.newCoroutine(L, vm.checkLuaFunction(L, 1)))
	return 1
}

func (vm *VM) coResume(L *lua.LState) int { return vm.resumeThread(L, vm.checkCoroutine(L, 1)) }

func (vm *VM) coStatus(L *lua.LState) int {
	L.Push(lua.LString(vm.coroutineStatus(vm.checkCoroutine(L, 1))))
	return 1
}

func (vm *VM) coRunning(L *lua.LState) int {
	if th := vm.main.G.CurrentThread; th != nil && th != vm.main {
		L.Push(th)
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

func (vm *VM) coWrap(L *lua.LState) int {
	th := vm.newCoroutine(L, vm.checkLuaFunction(L, 1))
	L.Push(vm.NewFunction("wrap", func(L *lua.LState) int {
		L.Insert(th, 1)
		n := vm.resumeThread(L, th)
		if top := L.GetTop(); L.Get(top-n+1) == lua.LFalse {
			v := L.Get(top)
			if lua.LVCanConvToString(v) {
				v = lua.LString(vm.where(L, 1) + v.String())
			}
			vm.raiseValue(L, v)
		}
		return n - 1
	}))
	return 1
}

func (vm *VM) coYield(L *lua.LState) int {
	vm.checkYield(L)
	return -1
}

// checkYield raises an error where a yield can't pass.
func (vm *VM) checkYield(L *lua.LState) {
	if !vm.CanYield(L) {
		vm.raiseValue(L, lua.LString(acrossBoundary))
	}
}

// CanYield tells whether [VM.Yield] can pass: whether every function between the running one and the bottom of its
// coroutine was called by a call instruction. Functions called by metamethods, iterators of for or Go
// functions can't be left and entered again; gopher-lua lets them, and goes on in both.
func (vm *VM) CanYield(L *lua.LState) bool {
	l := vm.linkOf(L)
	if l == nil || l.kind != linkResume {
		return false
	}
	for level := 0; ; level++ {
		d, ok := L.GetStack(level)
		if !ok {
			return true
		}
		_, _ = L.GetInfo("nS", d, lua.LNil)
		if d.What == "main" {
			return true
		}
		byCall := d.Name != "(anonymous)"
		if level > 0 {
			// For a function that was entered by a tail call the caller's instruction is not known.
			byCall = d.What == "tail" || d.What == "Lua" && !strings.HasPrefix(d.Name, "<")
		}
		if !byCall {
			return false
		}
	}
}
