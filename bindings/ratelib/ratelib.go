package ratelib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/containerlib/sweep"
	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/container"
	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct {
	Space *convert.Space

	d     *script.Domain
	sweep *sweep.Sweep

	limits, windows, distincts *lua.LTable // metatables

	key, value []byte // of the call that is running; rates call no scripts
}

// Open predefines `rate`.
func (l *Lib) Open(d *script.Domain) error {
	l.d, l.sweep = d, sweep.New(d)
	l.limits = l.metatable("rate limit", map[string]lua.LGFunction{"allow": l.allow})
	l.windows = l.metatable("rate window", map[string]lua.LGFunction{"add": l.windowAdd, "get": l.windowGet})
	l.distincts = l.metatable("rate distinct", map[string]lua.LGFunction{"add": l.distinctAdd})
	d.SetModule("rate", map[string]lua.LValue{
		"limit":    d.VM.NewFunction("rate.limit", l.limit),
		"window":   d.VM.NewFunction("rate.window", l.window),
		"distinct": d.VM.NewFunction("rate.distinct", l.distinct),
	})
	return nil
}

// metatable makes what one kind of rate can do.
func (l *Lib) metatable(word string, methods map[string]lua.LGFunction) *lua.LTable {
	table, rest, mt := l.d.L.CreateTable(0, len(methods)), l.d.L.CreateTable(0, 1), l.d.L.CreateTable(0, 8)
	var names []string
	for method, fn := range methods {
		names = append(names, method)
		table.RawSetString(method, l.d.VM.NewFunction(word+":"+method, fn))
	}
	rest.RawSetString("__index", l.d.VM.NewFunction(word, func(L *lua.LState) int {
		key := L.Get(2).String()
		L.RaiseError("a %s has no method %q%s", word, key, script.DidYouMean(key, names))
		return 0
	}))
	table.Metatable = rest
	mt.RawSetString("__index", table)
	mt.RawSetString("__newindex", l.d.VM.NewFunction(word, func(L *lua.LState) int {
		L.RaiseError("a %s can't be assigned to", word)
		return 0
	}))
	mt.RawSetString("__tostring", l.d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString(word))
		return 1
	}))
	mt.RawSetString("__metatable", lua.LFalse)
	return mt
}

// used sees to it that a key which has just been used is forgotten once it is idle.
func (l *Lib) used(interval, now int64) { l.sweep.Due(now + interval + 1) }

// object makes the userdata.
func (l *Lib) object(L *lua.LState, v any, mt *lua.LTable) int {
	ud := L.NewUserData()
	ud.Value, ud.Metatable = v, mt
	L.Push(ud)
	return 1
}

// self returns the rate that a method is called on.
func self[R any](L *lua.LState, word, example string) (r R) {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if r, ok := ud.Value.(R); ok {
			return r
		}
	}
	L.RaiseError("expected a %s, got %s (call with a colon: %s)", word, convert.Describe(L.Get(1)), example)
	return r
}

var errNoKey = errors.New("expected a key, got nil")

// maxScratch is the largest buffer that is used again.
const maxScratch = 4096

// appendKey reads a key or value of any kind, argument n of a method.
func (l *Lib) appendKey(L *lua.LState, dst []byte, method string, n int) []byte {
	v := L.Get(n + 1)
	if v == lua.LNil {
		convert.ArgRaise(L, method, n, errNoKey)
	}
	if cap(dst) > maxScratch {
		dst = nil
	}
	dst, err := l.Space.AppendKey(dst, convert.Any, v)
	if err != nil {
		convert.ArgRaise(L, method, n, err)
	}
	return dst
}

// options reads an interval's value and the options table behind it, arguments n and n+1.
func (l *Lib) options(L *lua.LState, fn string, n int, interval broker.Timespan) container.RateOptions {
	if interval <= 0 {
		convert.ArgRaise(L, fn, n, errors.New("the interval must be longer than 0"))
	}
	o := container.RateOptions{Interval: int64(interval), Sweeper: &l.sweep.Sweeper}
	switch opts := L.Get(n + 1).(type) {
	case *lua.LNilType:
	case *lua.LTable:
		for k, v := opts.Next(lua.LNil); k != lua.LNil; k, v = opts.Next(k) {
			if err := readOption(&o, k, v); err != nil {
				convert.ArgRaise(L, fn, n+1, err)
			}
		}
	default:
		convert.ArgRaise(L, fn, n+1, fmt.Errorf("expected a table of options such as { max_size = 1000 }, got %s", convert.Describe(opts)))
	}
	return o
}

// maxSize is the most keys that a rate may be told to keep: each may cost some hundred bytes.
const maxSize = 1 << 24

func readOption(o *container.RateOptions, k, v lua.LValue) error {
	if name := lua.LVAsString(k); name != "max_size" {
		return fmt.Errorf("unknown option %q%s", name, script.DidYouMean(name, []string{"max_size"}))
	}
	n, ok := convert.AsCount(v)
	if !ok || n == 0 || n > maxSize {
		return fmt.Errorf("max_size: expected a number from 1 to %d, got %s", maxSize, convert.Describe(v))
	}
	o.MaxSize = int(n)
	return nil
}

// interval reads argument n as an interval.
func (l *Lib) interval(L *lua.LState, fn string, n int) broker.Timespan {
	v, err := l.Space.Check(convert.Scalar(convert.KindInterval), L.Get(n))
	if err != nil {
		convert.ArgRaise(L, fn, n, err)
	}
	d, _ := convert.AsInterval(v)
	return d
}
