package asynclib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/script"
)

// Request is something that is under way, or over, as scripts see it: a userdata with the methods done and wait. It is
// embedded in an [Asked]. The zero value is one that nobody has begun.
type Request struct {
	ud         lua.LUserData
	lib        *Lib
	next, prev *Request // of those under way
	listeners  []listener
	value      lua.LValue // the outcome
	err        error
	begun      bool
	over       bool // there is an outcome
	heard      bool // somebody has asked for it
}

// Asked is a pointer to a type that embeds a Request.
type Asked interface {
	base() *Request
	// Describe says what was asked for, for messages: put of "x" to store "s".
	Describe() string
	// Unheard is called once if it has failed and no script has asked what became of it.
	Unheard(err error)
}

// listener is one call of done, or a coroutine in wait.
type listener struct {
	fn     *lua.LFunction
	script *script.Script
	task   *task
}

func (r *Request) base() *Request { return r }

// Value is the request as a Lua value.
func (r *Request) Value() lua.LValue { return &r.ud }

// prepare makes a the Lua value of its request.
func (l *Lib) prepare(a Asked) *Request {
	r := a.base()
	r.lib = l
	r.ud = lua.LUserData{Value: a, Env: l.d.L.Env, Metatable: l.meta}
	r.begun = true
	return r
}

// Begin makes a a request that is under way. End must follow.
func (l *Lib) Begin(a Asked) {
	r := l.prepare(a)
	l.link(r)
}

// link adds a request to those under way.
func (l *Lib) link(r *Request) {
	r.prev, r.next = nil, l.first
	if l.first != nil {
		l.first.prev = r
	}
	l.first = r
}

func (l *Lib) unlink(r *Request) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		l.first = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	}
	r.next, r.prev = nil, nil
}

// Fail makes a a request that has failed at once.
func (l *Lib) Fail(a Asked, err error) {
	l.prepare(a)
	l.settle(a, nil, err)
}

// End gives a request that was begun its outcome: a value, or an error. It runs no Lua. The domain may be another one
// than when it was begun.
func End(a Asked, value lua.LValue, err error) {
	r := a.base()
	if !r.begun || r.over {
		return
	}
	r.lib.unlink(r)
	r.lib.settle(a, value, err)
}

// settle notes the outcome and queues who waits for it.
func (l *Lib) settle(a Asked, value lua.LValue, err error) {
	r := a.base()
	r.value, r.err, r.over = value, err, true
	waiting := r.listeners
	r.listeners = nil
	for i := range waiting {
		l.tell(r, &waiting[i])
	}
	if err != nil && !r.heard {
		l.unheard = append(l.unheard, a)
		l.lookLater()
	}
}

// tell queues one listener.
func (l *Lib) tell(r *Request, to *listener) {
	if to.task != nil {
		to.task.wake(r)
		return
	}
	fn, s := to.fn, to.script
	l.d.Defer(func() {
		l.listening--
		value, err := l.outcome(r)
		l.d.Call(s, "callback of done", fn, 0, value, err)
	})
}

// outcome returns what scripts are told.
func (l *Lib) outcome(r *Request) (value, err lua.LValue) {
	if r.err != nil {
		return lua.LNil, l.Space.Outcome(r.err)
	}
	return r.value, lua.LNil
}

// lookLater looks for failures that nobody has heard of when what is queued now has been handled.
func (l *Lib) lookLater() {
	if l.looking {
		return
	}
	l.looking = true
	l.d.Defer(func() {
		l.looking = false
		if l.waiting == 0 {
			l.reportUnheard()
		} else if l.patience == nil {
			l.patience = l.d.After(patience, func(int64) { l.reportUnheard() })
		}
	})
}

// patience is for how long a coroutine that waits for something else may come back to what has failed.
const patience = int64(1e9)

func (l *Lib) reportUnheard() {
	if l.patience != nil {
		l.d.Cancel(l.patience)
	}
	all := l.unheard
	l.unheard, l.patience = nil, nil
	for _, a := range all {
		if r := a.base(); !r.heard {
			a.Unheard(r.err)
		}
	}
}

// ready is a request that has succeeded at once. All with one value are one.
type ready struct{ Request }

// Describe implements Asked.
func (*ready) Describe() string { return "request" }

// Unheard implements Asked.
func (*ready) Unheard(error) {}

// Ready returns a request that has succeeded with a boolean.
func (l *Lib) Ready(value bool) lua.LValue {
	r := &l.yes
	if !value {
		r = &l.no
	}
	return &r.ud
}

func (l *Lib) openReady() {
	for _, r := range []*ready{&l.yes, &l.no} {
		l.prepare(r)
		r.value, r.over = lua.LBool(r == &l.yes), true
	}
}
