package eventlib

import (
	"cmp"
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/script"
)

// scheduled is an event that waits for its time.
type scheduled struct {
	ev    *script.Event
	args  []lua.LValue
	timer *script.Timer
	order uint64 // of its making, for those that are due at once
	index int    // in Lib.waiting; -1 when it has been raised or cancelled
}

// schedule is e:schedule(delay, …).
func (l *Lib) schedule(L *lua.LState) int {
	ev := self(L)
	delay, ok := convert.AsInterval(L.Get(2))
	if !ok || delay < 0 {
		L.ArgError(2, fmt.Sprintf(`expected an interval of 0 or more ("5 min", seconds), got %s`, convert.DescribeInterval(L.Get(2))))
	}
	args, err := l.Check(L, 3, ev)
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	s := l.wait(ev, slices.Clone(args))
	s.timer = l.d.After(int64(delay), func(int64) { l.due(s) })
	ud := L.NewUserData()
	ud.Value, ud.Metatable = s, l.timer
	L.Push(ud)
	return 1
}

// wait takes an event among those that wait; its timer is the caller's to make.
func (l *Lib) wait(ev *script.Event, args []lua.LValue) *scheduled {
	l.scheduled++
	s := &scheduled{ev: ev, args: args, order: l.scheduled, index: len(l.waiting)}
	l.waiting = append(l.waiting, s)
	return s
}

// due raises an event whose time has come.
func (l *Lib) due(s *scheduled) {
	l.forget(s)
	l.d.Raise(s.ev, s.args)
}

func (l *Lib) forget(s *scheduled) {
	last := len(l.waiting) - 1
	moved := l.waiting[last]
	l.waiting[s.index], moved.index = moved, s.index
	l.waiting[last] = nil
	l.waiting = l.waiting[:last]
	s.index = -1
}

// cancel is s:cancel().
func (l *Lib) cancel(s *scheduled) bool {
	if s.index < 0 {
		return false
	}
	l.forget(s)
	l.d.Cancel(s.timer)
	return true
}

// inOrder returns what waits in the order in which it will be raised.
func (l *Lib) inOrder() []*scheduled {
	return slices.SortedFunc(slices.Values(l.waiting), func(a, b *scheduled) int {
		return cmp.Or(cmp.Compare(a.timer.At(), b.timer.At()), cmp.Compare(a.order, b.order))
	})
}

// Lost lists the events that wait in the domain before and do not fit their declarations here.
func (l *Lib) Lost() (lost []string) {
	var names []string
	counts := map[string]int{}
	for _, s := range l.Before.inOrder() {
		if l.fits(s) {
			continue
		}
		if counts[s.ev.Name]++; counts[s.ev.Name] == 1 {
			names = append(names, s.ev.Name)
		}
	}
	for _, name := range names {
		lost = append(lost, fmt.Sprintf("%s: scheduled %d times as event (%s), which is declared as event (%s) now (%s)",
			name, counts[name], l.Before.d.Event(name).Sig, l.d.Event(name).Sig, l.d.Event(name).Place))
	}
	return lost
}

// Reloaded raises node_reloaded.
func (l *Lib) Reloaded(old, now lua.LValue) {
	l.d.Raise(l.d.Event("node_reloaded"), []lua.LValue{old, now})
}

// fits tells whether an event of the domain before can be raised here with its arguments.
func (l *Lib) fits(s *scheduled) bool {
	was, _ := s.ev.Sig.(*convert.Signature)
	now, _ := l.d.Event(s.ev.Name).Sig.(*convert.Signature)
	return was == nil || now == nil || was.Equal(now)
}

// TakeOver has the events that wait in the domain before wait here, for the same time. Handlers go with their scripts.
func (l *Lib) TakeOver() {
	for _, old := range l.Before.inOrder() {
		if !l.fits(old) {
			continue
		}
		ev := l.d.Event(old.ev.Name)
		args := make([]lua.LValue, len(old.args))
		for i, v := range old.args {
			args[i], _ = l.Space.Bring(v)
		}
		if now, ok := ev.Sig.(*convert.Signature); ok && old.ev.Sig == nil {
			var err error
			if args, err = l.Space.CheckArgs(now, args); err != nil {
				l.d.Reports.Warnf("event %s, scheduled before it was declared: %v", ev.Name, err)
				continue
			}
		}
		s := l.wait(ev, args)
		s.timer = l.d.At(int64(old.timer.At()), func(int64) { l.due(s) })
	}
	l.Before = nil
}
