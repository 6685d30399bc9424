package script

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm"
)

// AutoPublish is called before the handlers of a local event that has topics (Broker's auto_publish).
// Bindings set it.
type AutoPublish func(ev *Event, args []lua.LValue)

// Run dispatches queued events until the queue is empty or max events were taken, or stop says so; stop is asked
// every 16 events and may be nil. It returns how many were taken.
func (d *Domain) Run(max int, stop func() bool) int {
	n := 0
	for n < max && !d.VM.Halted() {
		p := d.fifo.front()
		if p == nil {
			break
		}
		if p.form == formFunc {
			p.goArg.(func())()
		} else {
			d.dispatch(p)
		}
		d.fifo.drop()
		n++
		if n&15 == 0 && stop != nil && stop() {
			break
		}
	}
	return n
}

// dispatch makes Lua values of the arguments and calls the handlers by priority.
func (d *Domain) dispatch(p *pending) {
	ev := p.ev
	if !ev.Wanted() {
		d.Counters.Unhandled++
		ev.Dropped++
		return
	}
	if p.form == formBytes {
		d.origin = *d.fifo.originOf(p)
	} else {
		d.origin = Origin{}
	}
	args, ok := d.arguments(p)
	if !ok {
		return
	}
	d.current, d.currentArgs = ev, args
	if len(ev.Topics) > 0 && p.form != formBytes && d.loader.autoPublish != nil {
		d.loader.autoPublish(ev, args)
	}
	if d.trace != nil {
		d.trace(&d.origin)
	}
	d.Counters.Dispatched++
	ev.Handled++
	for _, h := range ev.handlers { // a snapshot: On and Off make new slices
		if !h.off && !d.VM.Halted() {
			d.handle(h, args)
		}
	}
	d.current, d.currentArgs = nil, nil
}

// arguments returns the event's Lua values; ok is false when they do not fit, which is counted and said once.
func (d *Domain) arguments(p *pending) (args []lua.LValue, ok bool) {
	var err error
	switch p.form {
	case formBytes:
		args, err = d.opts.Converter.DecodeEvent(p.ev, d.origin.Payload, d.argv[:0])
	case formGo:
		args, err = d.opts.Converter.FromGo(p.ev, p.goArg, d.argv[:0])
	default:
		if p.ev.early == 0 {
			return p.args, true
		}
		p.ev.early-- // the queue keeps the order: those raised before the declaration come first
		if p.ev.Sig == nil {
			return p.args, true
		}
		if args, err = d.opts.Converter.CheckArgs(p.ev, p.args); err == nil {
			return args, true
		}
	}
	if p.form != formArgs {
		d.argv = args[:0]
	}
	if err == nil {
		return args, true
	}
	d.Counters.Misfits++
	p.ev.Dropped++
	switch {
	case p.form == formGo || p.form == formArgs: // says the line itself
		d.Reports.Warnf("%v", err)
	case p.ev.WarnOnce():
		d.Reports.Warnf("%v%s; dropped, further ones are only counted", err, from(&d.origin))
	}
	return nil, false
}

func from(o *Origin) string {
	if !o.Remote {
		return ""
	}
	return fmt.Sprintf(" (topic %q, from %s)", Clip(o.Topic), o.ID)
}

// handle calls one handler; an error ends this handler only.
func (d *Domain) handle(h *Handler, args []lua.LValue) {
	h.Calls++
	before := d.script
	d.script = h.Script
	var err error
	if d.profile == nil {
		err = d.VM.CallLabeled(h.label, h.Fn, args)
	} else {
		err = d.profiledHandler(h, args)
	}
	d.script = before
	if err != nil {
		h.Errors++
		d.fail(err, h.Script, h.label)
	}
	if h.runaway.ended(err) {
		h.Off()
		d.switchedOff(h.Place, h.label)
	}
}

// profiledHandler is the call of a handler that a profile counts. It stands apart as handlers are what is called most.
func (d *Domain) profiledHandler(h *Handler, args []lua.LValue) error {
	p := d.enter(h.Script, h.label, h.Fn)
	err := d.VM.CallLabeled(h.label, h.Fn, args)
	p.leave(d.VM, err)
	return err
}

// Call runs a callback (a timer's function, a hook) like a handler: within the budget, its error reported under
// label and not passed on. ok is false after an error.
func (d *Domain) Call(s *Script, label string, fn *lua.LFunction, nret int, args ...lua.LValue) (ret []lua.LValue, ok bool) {
	before := d.script
	d.script = s
	p := d.enter(s, label, fn)
	ret, err := d.VM.Call(fn, nret, args...)
	p.leave(d.VM, err)
	d.script = before
	if err != nil {
		d.fail(err, s, label)
		return nil, false
	}
	return ret, true
}

// Resume runs a coroutine of fn until it yields or ends, like a callback of s: within the budget, its error reported under
// label and not passed on. done is true when it has ended, also with an error: then it can't be resumed again.
func (d *Domain) Resume(s *Script, label string, fn *lua.LFunction, co *lua.LState, args ...lua.LValue) (done bool) {
	before := d.script
	d.script = s
	p := d.enter(s, label, fn)
	_, done, err := d.VM.Resume(label, co, args...)
	p.leave(d.VM, err)
	d.script = before
	if err != nil {
		d.fail(err, s, label)
		return true
	}
	return done
}

// fail reports an error of a handler or callback once per place and message, whoever's event it was, and counts all.
func (d *Domain) fail(err error, s *Script, label string) {
	if d.exited { // which was reported
		return
	}
	d.Counters.Errors++
	if s != nil {
		s.Errors++
	}
	origin := ""
	if d.current != nil && d.origin.Remote {
		origin = ", from " + d.origin.ID.String()
	}
	var le *luavm.Error
	if errors.As(err, &le) {
		if errors.Is(err, luavm.ErrInterrupted) && d.interrupted == "" {
			d.interrupted = label
			if place, _, ok := strings.Cut(le.Message, ": "+luavm.ErrInterrupted.Error()); ok {
				d.interrupted += " at " + place
			}
		}
		d.Reports.scriptError(le.Message, label, origin, le.Traceback)
		return
	}
	d.Reports.scriptError(err.Error(), label, origin, "")
}

// Interrupted is which handler or callback was interrupted first, and where: "handler EX::found at policy.lua:3"; "" if none
// was.
func (d *Domain) Interrupted() string { return d.interrupted }

// SetAutoPublish sets what is called for local events that have topics.
func (d *Domain) SetAutoPublish(fn AutoPublish) { d.loader.autoPublish = fn }

// Handling returns the event being dispatched and where it came from; ok is false outside of a handler.
func (d *Domain) Handling() (ev *Event, o Origin, args []lua.LValue, ok bool) {
	if d.current == nil {
		return nil, Origin{}, nil, false
	}
	return d.current, d.origin, d.currentArgs, true
}
