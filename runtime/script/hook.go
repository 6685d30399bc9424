package script

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm"
)

// maxRunaway is how often in a row a function may use up its budget. A node that spends seconds on each event to end
// the same endless loop is as good as stopped.
const maxRunaway = 3

// runaway counts how often in a row a function has used up its budget.
type runaway int

// ended takes note of a call, and reports whether it was one too many.
func (r *runaway) ended(err error) (over bool) {
	if !errors.Is(err, luavm.ErrBudget) && !errors.Is(err, luavm.ErrInterrupted) {
		*r = 0
		return false
	}
	*r++
	return *r == maxRunaway
}

// Hook is a Lua function that Go asks when something happens. Unlike a handler it runs at once and may answer.
type Hook struct {
	fn      *lua.LFunction
	script  *Script
	label   string
	off     bool
	runaway runaway
}

// NewHook makes a hook of the script that runs; label is for tracebacks and reports: "hook supervisor.on_exit".
func (d *Domain) NewHook(label string, fn *lua.LFunction) *Hook {
	return &Hook{fn: fn, script: d.script, label: label}
}

// Active tells whether it is still asked.
func (h *Hook) Active() bool { return !h.off }

// Off ends it. It returns false when it was off already.
func (h *Hook) Off() bool {
	was := !h.off
	h.off = true
	return was
}

// Ask calls a hook like a handler: within the budget, an error reported and not passed on, and one that uses up its
// budget several times in a row switched off. It returns what the function does first, nil after an error.
func (d *Domain) Ask(h *Hook, args ...lua.LValue) lua.LValue {
	if h.off {
		return lua.LNil
	}
	before := d.script
	d.script = h.script
	p := d.enter(h.script, h.label, h.fn)
	ret, err := d.VM.Call(h.fn, 1, args...)
	p.leave(d.VM, err)
	d.script = before
	if err != nil {
		d.fail(err, h.script, h.label)
	}
	if h.runaway.ended(err) {
		h.Off()
		d.switchedOff(FunctionPlace(h.fn), h.label)
	}
	if err != nil {
		return lua.LNil
	}
	return ret[0]
}

// switchedOff says that a function is not called any more.
func (d *Domain) switchedOff(place, label string) {
	d.Reports.Errorf("%s: %s is switched off: it used up its budget %d times in a row", place, label, maxRunaway)
}
