package luavm

import lua "github.com/yuin/gopher-lua"

// maxDepth is how deep protected calls, coroutines and calls from Go may be nested. Each has a call
// stack of its own, so that no other limit would end a pcall of itself.
const maxDepth = 190

// keepThreads is how many pooled threads outlive the outermost call.
const keepThreads = 8

// linkKind tells who started a thread.
type linkKind uint8

const (
	linkCall   linkKind = iota // a call from Go
	linkPcall                  // pcall
	linkXpcall                 // xpcall
	linkResume                 // coroutine.resume
)

// link is one thread that is running on behalf of another: together they are the stack as a script knows it.
type link struct {
	thread  *lua.LState
	parent  *lua.LState
	kind    linkKind
	handler lua.LValue // of xpcall
	label   string     // of a call from Go
}

// current returns the innermost thread.
func (vm *VM) current() *lua.LState {
	if n := len(vm.links); n > 0 {
		return vm.links[n-1].thread
	}
	return vm.main
}

// linkOf returns what started L, nil for the main thread and for coroutines that do not run.
func (vm *VM) linkOf(L *lua.LState) *link {
	for i := len(vm.links) - 1; i >= 0; i-- {
		if vm.links[i].thread == L {
			return &vm.links[i]
		}
	}
	return nil
}

// thread returns a thread without frames for a protected call by L. Raising an error closes the captured
// locals of every frame of the thread it is raised in, including those that go on living, unless there
// is an error handler: then it closes none, and clears the registers. So each protected call
// has a thread for itself, whose frames all die if it fails. As no yield crosses a protected call, they
// end in reverse order, and the depth is the index.
func (vm *VM) thread(L *lua.LState) *lua.LState {
	for len(vm.pool) <= vm.depth {
		vm.pool = append(vm.pool, nil)
	}
	th := vm.pool[vm.depth]
	if th == nil {
		th = vm.newThread()
		vm.pool[vm.depth] = th
	}
	th.Env = L.Env
	return th
}

// newThread makes a thread for the pool. It starts with few registers and may have as many as any. Its
// call stack has a fixed size: one that grows ends in a Go panic, which closes no captured locals.
// Its Parent stays nil, so that nothing can yield out of it.
func (vm *VM) newThread() *lua.LState {
	vm.main.RemoveContext() // a thread with a context derives another one, which would not count
	options := vm.main.Options
	vm.main.Options.RegistrySize = vm.options.registrySize
	vm.main.Options.MinimizeStackMemory = false
	th, _ := vm.main.NewThread()
	vm.main.Options = options
	th.Options = options
	vm.main.SetContext(&vm.counter)
	th.SetContext(&vm.counter)
	return th
}

// protected calls the function that was pushed on l.thread with its arguments. l.thread came from thread.
func (vm *VM) protected(l link, nargs, nret int) error {
	n := len(vm.links)
	vm.links = append(vm.links, l)
	vm.depth++
	running := vm.main.G.CurrentThread
	err := l.thread.PCall(nargs, nret, nil)
	vm.main.G.CurrentThread = running
	vm.depth--
	vm.links[n] = link{} // keeps nothing alive
	vm.links = vm.links[:n]
	if err != nil {
		vm.discardAfterPanic(l.thread, err)
	}
	return err
}

// discardAfterPanic takes a thread out of the pool on which a Go panic passed a function that does not
// turn it into an error. The panic left captured locals open, pointing into registers that are
// cleared by now: their values are lost, and they shall be nil and not crash.
func (vm *VM) discardAfterPanic(th *lua.LState, err error) {
	if ae, ok := err.(*lua.ApiError); ok && ae.Type != lua.ApiErrorPanic {
		return
	}
	vm.pool[vm.depth] = nil
	th.SetTop(poolRegistrySize)
}

// trim drops threads that a deep recursion has left in the pool.
func (vm *VM) trim() {
	if len(vm.pool) > keepThreads {
		clear(vm.pool[keepThreads:])
		vm.pool = vm.pool[:keepThreads]
	}
}
