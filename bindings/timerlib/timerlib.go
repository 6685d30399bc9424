// Package timerlib is the Lua module `timer`: functions that run later, on the node's clock.
package timerlib

import (
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct {
	d    *script.Domain
	meta *lua.LTable

	periodic int // timers made by every and not cancelled
}

// timer is one call of after or every.
type timer struct {
	fn     *lua.LFunction
	script *script.Script
	period int64 // 0: once
	timer  *script.Timer
	over   bool
}

// Open predefines `timer`.
func (l *Lib) Open(d *script.Domain) error {
	l.d = d
	l.meta = d.Methods("timer", map[string]lua.LGFunction{"cancel": l.cancel})
	d.SetModule("timer", map[string]lua.LValue{
		"after": d.VM.NewFunction("timer.after", func(L *lua.LState) int { return l.start(L, false) }),
		"every": d.VM.NewFunction("timer.every", func(L *lua.LState) int { return l.start(L, true) }),
	})
	return nil
}

// Periodic returns how many timers of every are running. They keep a node from ending.
func (l *Lib) Periodic() int { return l.periodic }

// start is after(d, fn) and every(d, fn): a handle with :cancel().
func (l *Lib) start(L *lua.LState, every bool) int {
	delay, ok := convert.AsInterval(L.Get(1))
	if !ok || delay < 0 || every && delay == 0 {
		L.ArgError(1, fmt.Sprintf(`expected an interval such as "5 min" or a number of seconds, got %s`, convert.DescribeInterval(L.Get(1))))
	}
	t := &timer{fn: L.CheckFunction(2), script: l.d.Script()}
	if every {
		t.period = int64(delay)
		l.periodic++
	}
	t.timer = l.d.After(int64(delay), func(now int64) { l.fire(t, now) })
	ud := L.NewUserData()
	ud.Value, ud.Metatable = t, l.meta
	L.Push(ud)
	return 1
}

// fire runs the function. A periodic timer that is late, because packet time leapt over several periods, runs once
// and then keeps its rhythm.
func (l *Lib) fire(t *timer, now int64) {
	if t.over {
		return
	}
	if t.period == 0 {
		t.over = true
	} else {
		late := now - int64(t.timer.At())
		due := now - late%t.period // the last time it should have run
		if t.period > math.MaxInt64-due {
			t.over = true // never again
		}
		due += t.period
		t.timer = l.d.At(due, func(now int64) { l.fire(t, now) })
	}
	l.d.Call(t.script, "timer", t.fn, 0)
}

// cancel is t:cancel(): true when the timer was still going to run.
func (l *Lib) cancel(L *lua.LState) int {
	ud, _ := L.Get(1).(*lua.LUserData)
	if ud == nil {
		L.ArgError(1, "expected a timer (call with a colon: t:cancel())")
	}
	t, ok := ud.Value.(*timer)
	if !ok {
		L.ArgError(1, "expected a timer")
	}
	L.Push(lua.LBool(!t.over))
	if !t.over {
		t.over = true
		if t.period > 0 {
			l.periodic--
		}
		l.d.Cancel(t.timer)
	}
	return 1
}
