package ratelib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
)

// distinct is the Value of a counter's userdata.
type distinct struct {
	*container.Distinct
	interval int64
}

// distinct is rate.distinct("5 min", opts).
func (l *Lib) distinct(L *lua.LState) int {
	const fn = "rate.distinct"
	o := l.options(L, fn, 1, l.interval(L, fn, 1))
	r, err := container.NewDistinct(0, o)
	if err != nil {
		convert.ArgRaise(L, fn, 1, err)
	}
	return l.object(L, &distinct{r, o.Interval}, l.distincts)
}

// distinctAdd is d:add(key, v): how many different v the key has had, this one included.
func (l *Lib) distinctAdd(L *lua.LState) int {
	const method = "rate distinct:add"
	r := self[*distinct](L, "rate distinct", "d:add(key, v)")
	l.key = l.appendKey(L, l.key[:0], method, 1)
	l.value = l.appendKey(L, l.value[:0], method, 2)
	now := l.d.Now()
	n, _ := r.Add(l.key, l.value, now)
	l.used(r.interval, now)
	L.Push(l.Space.Count(uint64(n)))
	return 1
}
