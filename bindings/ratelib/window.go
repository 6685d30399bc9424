package ratelib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
)

// window is the Value of a window's userdata.
type window struct {
	*container.Window
	interval int64
}

// window is rate.window("5 min", opts).
func (l *Lib) window(L *lua.LState) int {
	const fn = "rate.window"
	o := l.options(L, fn, 1, l.interval(L, fn, 1))
	r, err := container.NewWindow(o)
	if err != nil {
		convert.ArgRaise(L, fn, 1, err)
	}
	return l.object(L, &window{r, o.Interval}, l.windows)
}

// windowAdd is w:add(key, n = 1): the key's sum.
func (l *Lib) windowAdd(L *lua.LState) int {
	const method = "rate window:add"
	r := self[*window](L, "rate window", "w:add(key)")
	n := 1.0
	if v := L.Get(3); v != lua.LNil {
		x, ok := v.(lua.LNumber)
		if !ok {
			convert.ArgRaise(L, method, 2, fmt.Errorf("expected a number, got %s", convert.Describe(v)))
		}
		n = float64(x)
	}
	l.key = l.appendKey(L, l.key[:0], method, 1)
	now := l.d.Now()
	sum, err := r.Add(l.key, n, now)
	if err != nil {
		convert.ArgRaise(L, method, 2, err)
	}
	l.used(r.interval, now)
	L.Push(lua.LNumber(sum))
	return 1
}

// windowGet is w:get(key): the key's sum, 0 for one that is not known.
func (l *Lib) windowGet(L *lua.LState) int {
	r := self[*window](L, "rate window", "w:get(key)")
	l.key = l.appendKey(L, l.key[:0], "rate window:get", 1)
	L.Push(lua.LNumber(r.Sum(l.key, l.d.Now())))
	return 1
}
