package expectlib

import (
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/luatest"
	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct {
	Space *convert.Space

	d      *script.Domain
	expect *lua.LTable // of what expect returns
	failed *lua.LTable // of what a failed expectation raises
	spies  *lua.LTable
	idle   []*expectation // of which no matcher was called yet
}

// Open predefines expect and spy.
func (l *Lib) Open(d *script.Domain) error {
	l.d = d
	methods := map[string]lua.LGFunction{}
	for name, m := range matchers {
		methods[name] = l.matcher(name, m, false)
		methods["never_"+name] = l.matcher("never_"+name, m, true)
	}
	l.expect = d.Methods("expect(…)", methods)
	l.failed = d.L.NewTable()
	l.failed.RawSetString("__tostring", d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString(L.CheckUserData(1).Value.(*Failure).Message))
		return 1
	}))
	l.failed.RawSetString("__metatable", lua.LFalse)
	l.openSpies()
	d.SetGlobal("expect", d.VM.NewFunction("expect", func(L *lua.LState) int {
		if L.GetTop() == 0 {
			L.RaiseError("expect: of what? (a call that returns nothing is no value)")
		}
		e := &expectation{value: L.Get(1), place: d.VM.Where(L, 1)}
		l.idle = append(l.idle, e)
		ud := L.NewUserData()
		ud.Value, ud.Metatable = e, l.expect
		L.Push(ud)
		return 1
	}))
	d.SetGlobal("spy", d.VM.NewFunction("spy", l.spy))
	return nil
}

// Matchers are the names of all, without their twins, in alphabetical order.
func Matchers() []string { return slices.Sorted(maps.Keys(matchers)) }

// expectation is what expect returns.
type expectation struct {
	value lua.LValue
	place string
}

// Idle returns where expect was called since the last call of Idle, and no matcher of what it returned: nothing is
// expected there, whatever was meant. "" if nowhere.
func (l *Lib) Idle() (place string) {
	if len(l.idle) > 0 {
		place = l.idle[0].place
	}
	l.idle = nil
	return place
}

// call is one use of a matcher.
type call struct {
	comparison
	*Lib
	L      *lua.LState
	value  lua.LValue
	actual string     // what the message shows; "": the value
	want   lua.LValue // what a difference is shown with; nil: none is
	wanted string     // the words behind "to": "equal 3"
	hint   string
	unfit  bool // the value is of no kind that could be so, or not be so: both twins fail
}

// matcher makes the method of a matcher or of its twin.
func (l *Lib) matcher(name string, m matcher, never bool) lua.LGFunction {
	return func(L *lua.LState) int {
		ud, _ := L.Get(1).(*lua.LUserData)
		var e *expectation
		if ud != nil {
			e, _ = ud.Value.(*expectation)
		}
		if e == nil {
			L.RaiseError("%s: call it with a colon: expect(v):%s(…)", name, name)
		}
		if given := L.GetTop() - 1; given < m.least || given > m.most {
			L.RaiseError("expect(v):%s takes %s, got %d", name, m.arguments(), given)
		}
		if i := slices.Index(l.idle, e); i >= 0 {
			l.idle = slices.Delete(l.idle, i, i+1)
		}
		c := &call{comparison: comparison{l: l}, Lib: l, L: L, value: e.value}
		holds := m.holds(c)
		if !holds && c.gaveUp != "" {
			L.RaiseError("expect(v):%s can't tell: %s", name, c.gaveUp)
		}
		if c.unfit || holds == never {
			l.fail(c, never)
		}
		return 0
	}
}

// fail raises what was not met.
func (l *Lib) fail(c *call, never bool) {
	f := &Failure{}
	actual := c.actual
	if actual == "" {
		actual = l.short(c.value)
	}
	not := ""
	if never {
		not = "never "
	}
	f.Message = "expected " + actual + " " + not + "to " + c.wanted
	if c.hint != "" && (c.unfit || !never) {
		f.Message += " (" + c.hint + ")"
	}
	if c.want != nil && !never {
		f.Expected, f.Actual = c.laidOut()
	}
	f.File, f.Line = luatest.SplitPlace(l.d.VM.Where(c.L, 1))
	ud := c.L.NewUserData()
	ud.Value, ud.Metatable = f, l.failed
	c.L.Error(ud, 1)
}

// arg is argument n of the matcher, from 1.
func (c *call) arg(n int) lua.LValue { return c.L.Get(n + 1) }

// whole is argument n, which is to be a whole number.
func (c *call) whole(n int) int {
	v := c.L.CheckNumber(n + 1)
	if v < 0 || v != lua.LNumber(int(v)) {
		c.L.ArgError(n+1, "expected a whole number, got "+v.String())
	}
	return int(v)
}

// text is argument n, which is to be a text.
func (c *call) text(n int) string { return c.L.CheckString(n + 1) }

// matcher is one way to look at a value.
type matcher struct {
	least, most int // arguments
	holds       func(c *call) bool
}

func (m matcher) arguments() string {
	switch {
	case m.most == 0:
		return "no argument"
	case m.most == 1 && m.least == 1:
		return "one argument"
	case m.most == many:
		return "any number of arguments"
	case m.least == m.most:
		return "two arguments"
	}
	if m.least == 0 {
		return "at most one argument"
	}
	return "one or two arguments"
}

// many is any number of arguments.
const many = 1 << 20
