package luavm

import (
	"fmt"
	"sort"

	lua "github.com/yuin/gopher-lua"
)

// A frame is one level of the stack as a script knows it: the frames of a thread, then those of the
// thread whose pcall started it, beginning with pcall itself. A coroutine is a stack of its own.
type frame struct {
	thread *lua.LState
	level  int        // in the thread
	debug  *lua.Debug // filled in for "nSl"
	fn     *lua.LFunction
	lost   bool // a level that a tail call has replaced
}

// frameAt returns the frame at a level of L's stack; 0 is the running function.
func (vm *VM) frameAt(L *lua.LState, level int) (frame, bool) {
	// The function behind the operator .. counts for nothing. It can only be there under a __concat.
	const most = 20
	for i := 1; i <= min(level, most); i++ {
		if f, ok := vm.rawFrameAt(L, i); ok && f.isHelper() {
			level++
		}
	}
	return vm.rawFrameAt(L, level)
}

func (vm *VM) rawFrameAt(L *lua.LState, level int) (frame, bool) {
	for level >= 0 {
		if f, ok := vm.ownFrame(L, level); ok {
			return f, true
		}
		l := vm.linkOf(L)
		if l == nil || l.kind == linkResume {
			break
		}
		level -= levels(L)
		if l.kind == linkXpcall {
			level++ // the trampoline is none
		}
		L = l.parent
	}
	return frame{}, false
}

// isHelper tells whether the frame is of a function that stands for an operator.
func (f frame) isHelper() bool { return !f.lost && f.fn.IsG && FunctionName(f.fn) == concatName }

// levels returns how many levels the thread L has, those lost to tail calls included.
func levels(L *lua.LState) int {
	exists := func(n int) bool { _, ok := L.GetStack(n); return ok }
	bound := 1
	for exists(bound) {
		bound *= 2
	}
	return sort.Search(bound, func(n int) bool { return !exists(n) })
}

// ownFrame returns the frame at a level of the thread L alone.
func (vm *VM) ownFrame(L *lua.LState, level int) (frame, bool) {
	d, ok := L.GetStack(level)
	if !ok {
		return frame{}, false
	}
	fn, _ := L.GetInfo("fnSl", d, lua.LNil)
	if d.What == "main" && isLost(L, level) {
		return frame{thread: L, level: level, debug: d, lost: true}, true
	}
	f := frame{thread: L, level: level, debug: d, fn: fn.(*lua.LFunction)}
	if f.fn == vm.trampoline || !f.fn.IsG && f.fn.Proto == vm.coroutineBase {
		return frame{}, false // ours, below the function of an xpcall or a coroutine
	}
	return f, true
}

// isLost tells whether a level for which gopher-lua gives the bottom frame is one that a tail call has
// replaced: it gives the bottom for those too. They follow the frame that made the calls. Where frames both
// above the bottom and the bottom itself made tail calls, the last level is taken for the bottom.
func isLost(L *lua.LState, level int) bool {
	const enough = 1000 // levels, to see that it is a tail recursion
	first, above := level, "tail"
	for first > 0 && level-first < enough {
		d, _ := L.GetStack(first - 1)
		_, _ = L.GetInfo("S", d, lua.LNil)
		if above = d.What; above != "main" {
			break
		}
		first--
	}
	if first == 0 || above == "Lua" || above == "G" {
		return level > first // the bottom is the first of these levels
	}
	_, more := L.GetStack(level + 1)
	return more
}

// position returns "file:line" of a frame, empty for Go functions and lost levels.
func (f frame) position() string {
	if f.lost || f.fn.IsG || f.debug.CurrentLine <= 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d", f.debug.Source, f.debug.CurrentLine)
}

// Where returns "file:line" of what runs at a level of L's stack, empty when that is no Lua function:
// 0 is the running function, 1 the one that called it. A Go function that wants to say where it was
// called asks for 1.
func (vm *VM) Where(L *lua.LState, level int) string {
	f, ok := vm.frameAt(L, level)
	if !ok {
		return ""
	}
	return f.position()
}

// where is Where as messages begin with it.
func (vm *VM) where(L *lua.LState, level int) string {
	if p := vm.Where(L, level); p != "" {
		return p + ": "
	}
	return ""
}
