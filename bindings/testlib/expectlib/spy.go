package expectlib

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// spied is a function that remembers its calls.
type spied struct {
	fn      *lua.LFunction // what it calls; nil: nothing
	returns []lua.LValue   // instead of what that returns
	calls   *lua.LTable    // lists of arguments
}

// maxCalls is how many calls a spy remembers.
const maxCalls = 100_000

func (l *Lib) openSpies() {
	methods := l.d.L.NewTable()
	for name, fn := range map[string]lua.LGFunction{"reset": l.resetSpy, "returns": l.spyReturns} {
		methods.RawSetString(name, l.d.VM.NewFunction("spy:"+name, fn))
	}
	l.spies = l.d.L.NewTable()
	l.spies.RawSetString("__call", l.d.VM.NewFunction("spy", l.callSpy))
	l.spies.RawSetString("__metatable", lua.LFalse)
	l.spies.RawSetString("__index", l.d.VM.NewFunction("spy", func(L *lua.LState) int {
		s := checkSpy(L)
		switch key := L.Get(2).String(); key {
		case "calls":
			L.Push(s.calls)
		case "count":
			L.Push(lua.LNumber(s.calls.Len()))
		case "fn":
			L.Push(l.d.VM.NewFunction("spy", func(L *lua.LState) int {
				return l.record(L, s, 1)
			}))
		default:
			fn := methods.RawGetString(key)
			if fn == lua.LNil {
				L.RaiseError("a spy has no %q (it has calls, count, fn, reset and returns)", key)
			}
			L.Push(fn)
		}
		return 1
	}))
}

// spy(fn) returns a spy, which is called like a function. What wants a real function gets its field fn.
func (l *Lib) spy(L *lua.LState) int {
	s := &spied{fn: L.OptFunction(1, nil), calls: L.NewTable()}
	ud := L.NewUserData()
	ud.Value, ud.Metatable = s, l.spies
	L.Push(ud)
	return 1
}

func checkSpy(L *lua.LState) *spied {
	if s, ok := asSpy(L.Get(1)); ok {
		return s
	}
	L.ArgError(1, "expected a spy (call with a colon: s:reset())")
	return nil
}

func asSpy(v lua.LValue) (*spied, bool) {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return nil, false
	}
	s, ok := ud.Value.(*spied)
	return s, ok
}

func (l *Lib) callSpy(L *lua.LState) int { return l.record(L, checkSpy(L), 2) }

// record notes a call with the arguments from position first on, and answers it.
func (l *Lib) record(L *lua.LState, s *spied, first int) int {
	args := L.NewTable()
	for i := first; i <= L.GetTop(); i++ {
		args.RawSetInt(i-first+1, L.Get(i))
	}
	if s.calls.Len() >= maxCalls {
		L.RaiseError("a spy remembers %d calls at most (s:reset() forgets them)", maxCalls)
	}
	s.calls.Append(args)
	if s.returns != nil {
		for _, v := range s.returns {
			L.Push(v)
		}
		return len(s.returns)
	}
	if s.fn == nil {
		return 0
	}
	top := L.GetTop()
	L.Push(s.fn)
	for i := first; i <= top; i++ {
		L.Push(L.Get(i))
	}
	L.Call(top-first+1, lua.MultRet)
	return L.GetTop() - top
}

func (l *Lib) resetSpy(L *lua.LState) int {
	checkSpy(L).calls = L.NewTable()
	return 0
}

// spyReturns is s:returns(…): what its calls return from now on.
func (l *Lib) spyReturns(L *lua.LState) int {
	s := checkSpy(L)
	s.returns = []lua.LValue{}
	for i := 2; i <= L.GetTop(); i++ {
		s.returns = append(s.returns, L.Get(i))
	}
	L.Push(L.Get(1))
	return 1
}

// spied is the spy that is looked at.
func (c *call) spied() *spied {
	s, ok := asSpy(c.value)
	if !ok {
		c.L.RaiseError("expect(v): v is no spy: local s = spy(fn)")
	}
	c.actual = "the spy"
	if c.hint = "it was called " + times(s.calls.Len()); s.calls.Len() == 0 {
		c.hint = "it was not"
	}
	return s
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func toHaveBeenCalled(c *call) bool {
	c.wanted = "have been called"
	return c.spied().calls.Len() > 0
}

func toHaveBeenCalledTimes(c *call) bool {
	s, want := c.spied(), c.whole(1)
	c.wanted = "have been called " + times(want)
	return s.calls.Len() == want
}

func toHaveBeenCalledWith(c *call) bool {
	s, want := c.spied(), c.L.NewTable()
	for i := 2; i <= c.L.GetTop(); i++ {
		want.RawSetInt(i-1, c.L.Get(i))
	}
	c.wanted = "have been called with " + c.short(want)
	for i := 1; i <= s.calls.Len(); i++ {
		if c.equal(s.calls.RawGetInt(i), want, 0) {
			return true
		}
	}
	const listed = 5
	if n := s.calls.Len(); n > 0 {
		var calls []string
		for i := max(1, n-listed+1); i <= n; i++ {
			calls = append(calls, c.short(s.calls.RawGetInt(i)))
		}
		last := ""
		if n > listed {
			last = "the last times "
		}
		c.hint = fmt.Sprintf("%s, %swith %s", c.hint, last, strings.Join(calls, ", "))
	}
	return false
}
