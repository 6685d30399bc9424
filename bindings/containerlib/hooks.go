package containerlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
	"moonpeer/runtime/script"
)

// hooks are the functions of a set or a map that are called when entries change or end.
type hooks struct {
	expire *lua.LFunction // on_expire, may be nil
	change *lua.LFunction // on_change, may be nil
	script *script.Script // whose functions they are
	life   *lifetime      // nil: nothing expires
	peeks  bool           // somebody looks who must not be seen
	quiet  bool           // on_change knows
}

var changeWords = [...]lua.LValue{
	container.New: lua.LString("new"), container.Changed: lua.LString("changed"),
	container.Removed: lua.LString("removed"), container.Expired: lua.LString("expired"),
}

// onExpire asks on_expire(k, v) how much longer an overdue entry stays: nil or 0 is not at all. A failing hook
// counts as 0.
func (k *keyed) onExpire(key []byte, v container.Value) (keep int64) {
	h := k.hooks
	if h.peeks {
		// Keep it, and switch the end of lives off meanwhile: then keeping changes nothing, see walk.
		h.life.off = true
		return 1
	}
	if h.expire == nil {
		return 0
	}
	ret, ok := k.lib.d.Call(h.script, "on_expire of "+k.name(), h.expire, 1, k.entry(key, v)...)
	if !ok || ret[0] == lua.LNil {
		return 0
	}
	d, err := k.lib.toInterval(ret[0])
	if err != nil || d.option != nil {
		k.lib.d.Reports.ScriptError(script.FunctionPlace(h.expire)+": it returned "+convert.Describe(ret[0])+
			", expected nil or an interval; the entry goes", "on_expire of "+k.name(), "")
		return 0
	}
	return d.fixed
}

// onChange calls on_change(what, k, v) with the new value of a new entry, else with the value that was lost. A set
// has none.
func (k *keyed) onChange(what container.Change, key []byte, old, now container.Value) {
	if n := k.t.Dropped(); what == container.Removed && n != k.dropped {
		k.dropped = n
		k.touched(key)
	}
	if k.hooks.quiet || k.hooks.change == nil {
		return
	}
	v := old
	if what == container.New {
		v = now
	}
	args := append([]lua.LValue{changeWords[what]}, k.entry(key, v)...)
	k.lib.d.Call(k.hooks.script, "on_change of "+k.name(), k.hooks.change, 0, args...)
}

// entry returns what a hook is told of one.
func (k *keyed) entry(key []byte, v container.Value) []lua.LValue {
	args := []lua.LValue{k.lib.Space.KeyToLua(k.typ.Key, key)}
	if k.typ.Elem != nil {
		args = append(args, k.lib.Space.FromStored(k.typ.Elem, convert.Stored(v)))
	}
	return args
}

// walk calls fn for the entries that are not overdue, in order, until it returns false. Unlike every other read it
// lets no overdue entry go, and so calls no hook: it serves encoding and printing, in the middle of which no script
// may run.
func (k *keyed) walk(fn func(key []byte, v container.Value) bool) {
	now := k.lib.d.Now()
	h := k.hooks
	if h == nil || h.life == nil {
		for key, v := range k.t.All(now) {
			if !fn(key, v) {
				return
			}
		}
		return
	}
	before := h.peeks
	for it := k.t.Iter(); ; {
		h.peeks = true
		more := it.Next(now)
		h.peeks = before
		if h.life.off { // an overdue one, which onExpire has left alone
			h.life.off = false
			continue
		}
		if !more || !fn(it.Key(), it.Value()) {
			return
		}
	}
}
