package asynclib

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/runtime/script"
)

// MaxWaiting is how many coroutines may wait at once. Each takes 5 KB, so that all take 80 MB.
const MaxWaiting = 16384

// defaultTimeout is how long a wait without one lasts: Broker's timeout of requests to a store.
const defaultTimeout = 10 * time.Second

// Lib implements script.Module.
type Lib struct {
	Space *convert.Space
	// Now is the transport clock, and Register has the node step a machine by it.
	Now      func() step.Time
	Register func(step.Machine) *step.Entry
	// Before is what this one takes over from when scripts are loaded anew; nil: nothing.
	Before *Lib

	d         *script.Domain
	meta      *lua.LTable
	yes, no   ready
	running   *task    // whose coroutine runs; nil: none of ours
	waiting   int      // coroutines
	listening int      // callbacks of done that are still to be called
	first     *Request // under way, the last begun first
	deadlines deadlines
	unheard   []Asked // failed, and nobody has asked yet
	looking   bool    // a look at them is queued
	patience  *script.Timer
}

// Open predefines `async`.
func (l *Lib) Open(d *script.Domain) error {
	l.d = d
	l.meta = d.Methods("request", map[string]lua.LGFunction{"done": l.done, "wait": l.wait})
	l.meta.RawSetString("__tostring", d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString("request"))
		return 1
	}))
	l.openReady()
	d.SetGlobal("async", d.VM.NewFunction("async", l.async))
	return nil
}

// Outstanding is how many coroutines wait, and how many callbacks of done are still to be called. They keep a node from
// ending.
func (l *Lib) Outstanding() int { return l.waiting + l.listening }

// self returns the request that a method is called on.
func (l *Lib) self(L *lua.LState) Asked {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if a, ok := ud.Value.(Asked); ok {
			return a
		}
	}
	L.ArgError(1, "expected a request (call with a colon: r:wait())")
	return nil
}

// done is r:done(fn): fn(value, err) is called when the outcome is known, in a turn of its own, also if it is known now.
func (l *Lib) done(L *lua.LState) int {
	r := l.self(L).base()
	to := listener{fn: L.CheckFunction(2), script: l.d.Script()}
	r.heard = true
	l.listening++
	if r.over {
		l.tell(r, &to)
	} else {
		r.listeners = append(r.listeners, to)
	}
	return 0
}

// wait is r:wait(timeout): value and error of the outcome.
func (l *Lib) wait(L *lua.LState) int {
	a := l.self(L)
	timeout := defaultTimeout
	if v := L.Get(2); v != lua.LNil {
		d, ok := convert.AsInterval(v)
		if !ok || d < 0 {
			L.ArgError(2, fmt.Sprintf(`expected an interval such as "2 s" or a number of seconds, got %s`, convert.DescribeInterval(v)))
		}
		timeout = time.Duration(d)
	}
	t := l.running
	switch {
	case t == nil:
		L.RaiseError("request:wait: only inside of async(function() … end); r:done(fn) calls back from anywhere")
	case L != t.co || !l.d.VM.CanYield(L):
		L.RaiseError("request:wait: a wait can't cross pcall, a metamethod, an iterator or a coroutine of your own")
	}
	r := a.base()
	r.heard = true
	switch {
	case r.over:
		return push(L, r)
	case timeout == 0:
		return l.Space.Fail(L, late(a, timeout))
	case l.waiting >= MaxWaiting:
		L.RaiseError("request:wait: %d coroutines wait already", l.waiting)
	}
	t.wait(a, timeout)
	return l.d.VM.Yield(L)
}

// push pushes the outcome of a request.
func push(L *lua.LState, r *Request) int {
	value, err := r.lib.outcome(r)
	L.Push(value)
	L.Push(err)
	return 2
}

// late is the error of a wait that was too short.
func late(a Asked, timeout time.Duration) error {
	return &broker.Error{Code: broker.RequestTimeout, Context: fmt.Sprintf("%s: no answer within %s", a.Describe(), broker.FormatInterval(broker.Timespan(timeout)))}
}

// TakeOver has this domain hear of what was asked for in the one before. Who waits there is the old VM's and ends with it.
func (l *Lib) TakeOver() {
	b := l.Before
	l.Before = nil
	b.reportUnheard()
	b.deadlines.close()
	for r := b.first; r != nil; {
		next := r.next
		a := r.ud.Value.(Asked)
		*r = Request{}
		l.prepare(a)
		l.link(r)
		r = next
	}
	b.first = nil
	if b.waiting > 0 {
		l.d.Reports.Infof("reload: %d coroutines of async that waited have ended with the old code", b.waiting)
	}
}
