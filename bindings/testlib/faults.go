package testlib

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
)

// A node that is to stop says goodbye, which takes some seconds at most.
const (
	stopStep    = time.Second
	stopSeconds = 10
)

// setSkew is n:skew(d): how much the node's wall clock is ahead, with a minus how much it is behind.
func (s *simNode) setSkew(L *lua.LState) int {
	s.Skew(s.signed(L, 2))
	return 0
}

// signed reads an interval that may be negative: a number of seconds, an interval, or a text with a minus in front.
func (s *simNode) signed(L *lua.LState, i int) time.Duration {
	v := L.Get(i)
	minus := broker.Timespan(1)
	if text, ok := v.(lua.LString); ok && len(text) > 0 && text[0] == '-' {
		v, minus = text[1:], -1
	}
	d, ok := convert.AsInterval(v)
	if !ok {
		L.ArgError(i, `expected an interval, such as "5 s" or "-5 s", got `+convert.Describe(L.Get(i)))
	}
	return time.Duration(d * minus)
}

// slow is n:slow(d): each turn of the node in which it does something takes that long. 0: it is fast again.
func (s *simNode) slow(L *lua.LState) int {
	d, ok := convert.AsInterval(L.Get(2))
	if !ok || d < 0 {
		L.ArgError(2, "expected an interval, got "+convert.Describe(L.Get(2)))
	}
	s.Slow(time.Duration(d))
	return 0
}
