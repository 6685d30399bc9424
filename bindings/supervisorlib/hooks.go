package supervisorlib

import (
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
	"moonpeer/runtime/supervisor"
)

// hooks are the functions of one kind, in the order of their registration.
type hooks struct{ list []*script.Hook }

// active returns those that are on, and forgets the others. The list is good until the next call.
func (h *hooks) active() []*script.Hook {
	h.list = slices.DeleteFunc(h.list, func(k *script.Hook) bool { return !k.Active() })
	return h.list
}

func (l *Lib) openHooks() {
	l.meta = l.d.Methods("supervisor hook", map[string]lua.LGFunction{"off": func(L *lua.LState) int {
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if h, ok := ud.Value.(*script.Hook); ok {
				L.Push(lua.LBool(h.Off()))
				return 1
			}
		}
		L.ArgError(1, "expected what on_output or on_exit returned (call with a colon: h:off())")
		return 0
	}})
}

// addHook is on_output(fn) and on_exit(fn): a handle with :off().
func (l *Lib) addHook(L *lua.LState, to *hooks, name string) int {
	h := l.d.NewHook("hook supervisor."+name, L.CheckFunction(1))
	to.list = append(to.active(), h)
	ud := L.NewUserData()
	ud.Value, ud.Metatable = h, l.meta
	L.Push(ud)
	return 1
}

// Hooks are what a supervisor tells its scripts by.
func (l *Lib) Hooks() node.SupervisorHooks {
	return node.SupervisorHooks{Started: l.started, Said: l.said, Exited: l.exited}
}

func (l *Lib) started(name string, pid int) {
	l.d.Raise(l.d.Event(nodeStatus), []lua.LValue{lua.LString(name), lua.LNumber(pid)})
}

// said asks all hooks, also when one before has said no: each may be there for something else than the screen.
func (l *Lib) said(name string, s step.Stream, line []byte) (shown bool) {
	list := slices.Clone(l.onOutput.active()) // a hook may add another
	if len(list) == 0 {
		return true
	}
	args := []lua.LValue{lua.LString(name), lua.LString(s.String()), lua.LString(line)}
	shown = true
	for _, h := range list {
		if l.d.Ask(h, args...) == lua.LFalse {
			shown = false
		}
	}
	return shown
}

// exited gives each hook a table of its own.
func (l *Lib) exited(e supervisor.Exit) {
	for _, h := range slices.Clone(l.onExit.active()) {
		l.d.Ask(h, l.exitTable(&e))
	}
}
