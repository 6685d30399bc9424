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
	debug  *lua.Debug // filled in for "nSl"
	fn     *lua.LFunction
	lost   bool // a level that a tail call has replaced
}

// frameAt returns the frame at a level of L's stack; 0 is the running function.
func (vm *VM) frameAt(L *lua.LState, level int) (frame, bool) {
	for level >= 0 {
		if f, ok := vm.ownFrame(L, level); ok {
			return f, true
		}
		l := vm.linkOf(L)
		if l == nil || l.kind == linkResume {
			break
		}
		level -= levels(L)
		L = l.parent
	}
	return frame{}, false
}

// levels returns how many levels the thread L has, those lost to tail calls included.
func levels(L *lua.LState) int {
	exists := func(n int) bool { _, ok := L.GetStack(n); return ok }
	bound := 1
	for exists(bound) {
		bound *= 2
	}
	return sort.Search(bound, func(n int) bool { return !exists(n) })
}

func (vm *VM) ownFrame(L *lua.LState, level int) (frame, bool) {
	d, ok := L.GetStack(level)
	if !ok {
		return frame{}, false
	}
	f := frame{thread: L, debug: d}
	fn, _ := L.GetInfo("fnSl", d, lua.LNil)
	f.fn, _ = fn.(*lua.LFunction)
	if f.fn != nil && !f.fn.IsG && f.fn.Proto == vm.coroutineBase {
		return frame{}, false // ours, below the function of a coroutine
	}
	if d.What == "main" { // the bottom, or else gopher-lua's answer for a level lost to a tail call
		_, more := L.GetStack(level + 1)
		f.lost = more && level > 0 && previousIsTail(L, level)
	}
	return f, true
}

func previousIsTail(L *lua.LState, level int) bool {
	d, ok := L.GetStack(level - 1)
	if !ok {
		return false
	}
	_, _ = L.GetInfo("S", d, lua.LNil)
	return d.What == "tail" || d.What == "main"
}

// position returns "file:line" of a frame, empty for Go functions and lost levels.
func (f frame) position() string {
	if f.lost || f.fn == nil || f.fn.IsG || f.debug.CurrentLine <= 0 {
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
