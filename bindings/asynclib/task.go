package asynclib

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/step"
	"moonpeer/runtime/script"
)

// task is one call of async.
type task struct {
	lib    *Lib
	co     *lua.LState
	fn     *lua.LFunction // of co
	script *script.Script

	// While it waits: for what, for how long, until when.
	asked    Asked
	timeout  time.Duration
	deadline *step.Item[*task]
}

// async is async(fn, …): calls fn(…) as a coroutine up to its first wait.
func (l *Lib) async(L *lua.LState) int {
	fn := L.CheckFunction(1)
	if fn.IsG {
		L.ArgError(1, "expected a function written in Lua")
	}
	args := make([]lua.LValue, 0, max(L.GetTop()-1, 0))
	for i := 2; i <= L.GetTop(); i++ {
		args = append(args, L.Get(i))
	}
	t := &task{lib: l, co: l.d.VM.NewCoroutine(fn), fn: fn, script: l.d.Script()}
	t.resume(args...)
	return 0
}

// resume runs the coroutine until it waits again or ends.
func (t *task) resume(args ...lua.LValue) {
	l := t.lib
	before := l.running
	l.running = t
	done := l.d.Resume(t.script, "async", t.fn, t.co, args...)
	l.running = before
	switch {
	case done && t.asked != nil: // the budget ended in the very call of wait
		t.forget()
		l.waiting--
	case !done && t.asked == nil:
		l.d.Reports.ScriptError(l.d.VM.Where(t.co, 0)+": coroutine.yield inside of async: nothing would resume it", "async", "")
	}
}

// wait notes that the coroutine is about to wait for a.
func (t *task) wait(a Asked, timeout time.Duration) {
	t.lib.waiting++
	t.asked, t.timeout = a, timeout
	r := a.base()
	r.listeners = append(r.listeners, listener{task: t})
	t.deadline = t.lib.deadlines.add(t.lib, t)
}

// wake queues the rest of the coroutine: r, for which it waits, is over.
func (t *task) wake(r *Request) {
	t.forget()
	t.lib.d.Defer(func() {
		t.lib.waiting--
		value, err := t.lib.outcome(r)
		t.resume(value, err)
	})
}

// expire queues the rest of the coroutine, which has waited for too long.
func (t *task) expire() {
	why := late(t.asked, t.timeout)
	t.forget()
	t.lib.d.Defer(func() {
		t.lib.waiting--
		t.resume(lua.LNil, t.lib.Space.Outcome(why))
	})
}

// forget ends the wait.
func (t *task) forget() {
	r := t.asked.base()
	for i := range r.listeners {
		if r.listeners[i].task == t {
			r.listeners = append(r.listeners[:i], r.listeners[i+1:]...)
			break
		}
	}
	t.lib.deadlines.remove(t.deadline)
	t.asked, t.deadline = nil, nil
}

// deadlines are the ends of waits by the transport clock. It implements step.Machine.
type deadlines struct {
	heap  step.Heap[*task]
	entry *step.Entry // nil until somebody waits
}

// add returns the deadline of a wait that begins now. The node learns of the machine with the first one: nobody waits in
// a domain that is only tried.
func (d *deadlines) add(l *Lib, t *task) *step.Item[*task] {
	it := d.heap.Add(l.Now().Add(t.timeout), t)
	if d.entry == nil {
		d.entry = l.Register(d)
	}
	d.entry.Changed()
	return it
}

func (d *deadlines) remove(it *step.Item[*task]) {
	d.heap.Remove(it)
	d.entry.Changed()
}

func (d *deadlines) close() {
	if d.entry != nil {
		d.entry.Remove()
	}
	*d = deadlines{}
}

// Step implements step.Machine.
func (d *deadlines) Step(now step.Time) (more bool) {
	for {
		it := d.heap.PopDue(now)
		if it == nil {
			return false
		}
		it.Value.expire()
	}
}

// Next implements step.Machine.
func (d *deadlines) Next() step.Time { return d.heap.Next() }
