// Package valuelib is the constructors that scripts make typed values with: the globals addr, subnet, port,
// interval and tuple, the module types, which has all of them, and the module time.
//
// Wrong use and bad text raise; types.try is for text that one does not trust. The functions are handed out as
// maps from name to function, so that whoever opens the VM decides how they are registered; types.none is
// Space.None.
package valuelib

import (
	"fmt"
	"maps"
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
)

// Globals are the constructors that scripts use most.
func Globals(s *convert.Space) map[string]lua.LGFunction {
	l := lib{s}
	return map[string]lua.LGFunction{
		"addr":     l.addr,
		"subnet":   l.subnet,
		"port":     l.port,
		"interval": l.interval,
		"tuple":    l.tuple,
	}
}

// Types is the module types: all constructors, try and compare.
func Types(s *convert.Space) map[string]lua.LGFunction {
	l := lib{s}
	fns := Globals(s)
	maps.Copy(fns, map[string]lua.LGFunction{
		"count":   l.count,
		"int":     l.int,
		"real":    l.real,
		"enum":    l.enum,
		"try":     l.try,
		"compare": l.compare,
	})
	return fns
}

// Time is the module time. now is the node's clock.
func Time(s *convert.Space, now func() broker.Timestamp) map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"now": func(L *lua.LState) int {
			L.Push(s.Time(now()))
			return 1
		},
		"unix": func(L *lua.LState) int {
			v := L.Get(1)
			sec, ok := v.(lua.LNumber)
			if !ok {
				convert.ArgRaise(L, "unix", 1, fmt.Errorf("expected a number of seconds, got %s", convert.Describe(v)))
			}
			ns, ok := convert.Nanoseconds(float64(sec))
			if !ok {
				convert.ArgRaise(L, "unix", 1, fmt.Errorf("%s is outside of the years 1677 to 2262", convert.Describe(v)))
			}
			L.Push(s.Time(broker.Timestamp(ns)))
			return 1
		},
	}
}

type lib struct{ s *convert.Space }

// text reads the text that most constructors take; a value of the kind itself passes through.
func (l lib) text(L *lua.LState, k convert.Kind, as func(lua.LValue) bool) int {
	v := L.Get(1)
	if as(v) {
		L.Push(v)
		return 1
	}
	text, ok := v.(lua.LString)
	if !ok {
		convert.ArgRaise(L, k.String(), 1, fmt.Errorf("expected a text, got %s", convert.Describe(v)))
	}
	parsed, err := l.s.Parse(k, string(text))
	if err != nil {
		convert.Raise(L, err)
	}
	L.Push(parsed)
	return 1
}

func is[T any](as func(lua.LValue) (T, bool)) func(lua.LValue) bool {
	return func(v lua.LValue) bool {
		_, ok := as(v)
		return ok
	}
}

func (l lib) addr(L *lua.LState) int { return l.text(L, convert.KindAddr, is(convert.AsAddress)) }

func (l lib) subnet(L *lua.LState) int { return l.text(L, convert.KindSubnet, is(convert.AsSubnet)) }

func (l lib) enum(L *lua.LState) int { return l.text(L, convert.KindEnum, is(convert.AsEnum)) }

// port takes "80/tcp", or a number and a protocol.
func (l lib) port(L *lua.LState) int {
	n, ok := L.Get(1).(lua.LNumber)
	if !ok {
		return l.text(L, convert.KindPort, is(convert.AsPort))
	}
	proto, ok := L.Get(2).(lua.LString)
	if !ok {
		convert.ArgRaise(L, "port", 2, fmt.Errorf(`expected "tcp", "udp", "icmp" or "?", got %s`, convert.Describe(L.Get(2))))
	}
	if f := float64(n); f != math.Trunc(f) || f < 0 || f > 65535 {
		convert.ArgRaise(L, "port", 1, fmt.Errorf("expected a number from 0 to 65535, got %s", convert.Describe(n)))
	}
	v, err := l.s.Parse(convert.KindPort, strconv.Itoa(int(n))+"/"+string(proto))
	if err != nil {
		convert.Raise(L, err)
	}
	L.Push(v)
	return 1
}

// interval takes "5 min" or a number of seconds.
func (l lib) interval(L *lua.LState) int {
	v := L.Get(1)
	if n, ok := v.(lua.LNumber); ok {
		span, ok := convert.AsInterval(n)
		if !ok {
			convert.ArgRaise(L, "interval", 1, fmt.Errorf("%s seconds are more than 292 years", n))
		}
		L.Push(l.s.Interval(span))
		return 1
	}
	return l.text(L, convert.KindInterval, func(v lua.LValue) bool {
		_, isText := v.(lua.LString)
		return !isText && is(convert.AsInterval)(v)
	})
}

func (l lib) tuple(L *lua.LState) int {
	vals := make([]lua.LValue, L.GetTop())
	for i := range vals {
		vals[i] = L.Get(i + 1)
	}
	v, err := l.s.Tuple(vals...)
	if err != nil {
		convert.Raise(L, err)
	}
	L.Push(v)
	return 1
}

// count, int and real take a number or its decimal digits.

func (l lib) count(L *lua.LState) int {
	v := l.number(L, convert.KindCount)
	u, ok := convert.AsCount(v)
	if !ok {
		l.wrongNumber(L, convert.KindCount, v)
	}
	L.Push(l.s.Count(u))
	return 1
}

func (l lib) int(L *lua.LState) int {
	v := l.number(L, convert.KindInt)
	i, ok := convert.AsInt(v)
	if !ok {
		l.wrongNumber(L, convert.KindInt, v)
	}
	L.Push(l.s.IntOfKind(i))
	return 1
}

func (l lib) real(L *lua.LState) int {
	v := l.number(L, convert.KindReal)
	f, ok := convert.AsReal(v)
	if !ok {
		l.wrongNumber(L, convert.KindReal, v)
	}
	L.Push(l.s.RealOfKind(f))
	return 1
}

func (l lib) number(L *lua.LState, k convert.Kind) lua.LValue {
	text, ok := L.Get(1).(lua.LString)
	if !ok {
		return L.Get(1)
	}
	v, err := l.s.Parse(k, string(text))
	if err != nil {
		convert.Raise(L, err)
	}
	return v
}

func (l lib) wrongNumber(L *lua.LState, k convert.Kind, v lua.LValue) {
	_, err := l.s.Check(convert.Scalar(k), v)
	convert.ArgRaise(L, k.String(), 1, err)
}

// try makes a value of a text that may be bad: it returns nil and the error then.
func (l lib) try(L *lua.LState) int {
	k, err := convert.ScalarNamed(lua.LVAsString(L.Get(1)))
	if err != nil {
		convert.ArgRaise(L, "try", 1, err)
	}
	text, ok := L.Get(2).(lua.LString)
	if !ok {
		return l.s.Fail(L, badText(fmt.Errorf("expected a text, got %s", convert.Describe(L.Get(2)))))
	}
	v, err := l.s.ParseKind(k, string(text))
	if err != nil {
		return l.s.Fail(L, badText(err))
	}
	L.Push(v)
	return 1
}

func badText(err error) error { return &broker.Error{Code: broker.ConversionFailed, Err: err} }

// compare orders two values of one kind, and numbers of any size: -1, 0 or 1.
func (l lib) compare(L *lua.LState) int {
	c, err := convert.Compare(L.Get(1), L.Get(2))
	if err != nil {
		convert.Raise(L, err)
	}
	L.Push(lua.LNumber(c))
	return 1
}
