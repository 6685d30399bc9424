package testlib

import (
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/script"
)

// options reads a table of options. What is wrong raises, with the name of the function whose they are.
type options struct {
	L     *lua.LState
	what  string
	t     *lua.LTable
	known []string
	lists bool // it has elements without names
}

func readOptions(L *lua.LState, what string, t *lua.LTable) *options {
	return &options{L: L, what: what, t: t}
}

func (o *options) get(name string) lua.LValue {
	if !slices.Contains(o.known, name) {
		o.known = append(o.known, name)
	}
	return o.t.RawGetString(name)
}

func (o *options) refuse(name, want string, got lua.LValue) {
	o.L.RaiseError("%s: option %s is %s, got %s", o.what, name, want, convert.Describe(got))
}

// file is a text that is not empty when it is given.
func (o *options) file(name string) string {
	v := o.get(name)
	if v == lua.LString("") {
		o.refuse(name, "the name of a file", v)
	}
	return o.text(name, "")
}

func (o *options) text(name, otherwise string) string {
	v := o.get(name)
	if v == lua.LNil {
		return otherwise
	}
	s, ok := v.(lua.LString)
	if !ok {
		o.refuse(name, "a text", v)
	}
	return string(s)
}

func (o *options) flag(name string, otherwise bool) bool {
	v := o.get(name)
	if v == lua.LNil {
		return otherwise
	}
	b, ok := v.(lua.LBool)
	if !ok {
		o.refuse(name, "true or false", v)
	}
	return bool(b)
}

func (o *options) count(name string, otherwise int) int {
	v := o.get(name)
	if v == lua.LNil {
		return otherwise
	}
	n, ok := v.(lua.LNumber)
	if !ok || n < 0 || n > 1<<53 || n != lua.LNumber(int(n)) {
		o.refuse(name, "a whole number", v)
	}
	return int(n)
}

func (o *options) fraction(name string, otherwise float64) float64 {
	v := o.get(name)
	if v == lua.LNil {
		return otherwise
	}
	n, ok := v.(lua.LNumber)
	if !ok || !(n >= 0 && n < 1) {
		o.refuse(name, "a number from 0 to below 1", v)
	}
	return float64(n)
}

func (o *options) duration(name string, otherwise time.Duration) time.Duration {
	v := o.get(name)
	if v == lua.LNil {
		return otherwise
	}
	d, ok := convert.AsInterval(v)
	if !ok || d < 0 {
		o.refuse(name, `an interval of 0 or more, such as "5 ms"`, v)
	}
	return time.Duration(d)
}

// table returns nil when it is not given.
func (o *options) table(name string) *lua.LTable {
	v := o.get(name)
	if v == lua.LNil {
		return nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		o.refuse(name, "a table", v)
	}
	return t
}

// function returns nil when it is not given.
func (o *options) function(name string) *lua.LFunction {
	v := o.get(name)
	if v == lua.LNil {
		return nil
	}
	f, ok := v.(*lua.LFunction)
	if !ok {
		o.refuse(name, "a function", v)
	}
	return f
}

// texts takes a text or a list of them.
func (o *options) texts(name string) (out []string) {
	v := o.get(name)
	if s, ok := v.(lua.LString); ok {
		return []string{string(s)}
	}
	t, ok := v.(*lua.LTable)
	if v == lua.LNil {
		return nil
	}
	if !ok {
		o.refuse(name, "a text or a list of texts", v)
	}
	for i := 1; i <= t.Len(); i++ {
		s, ok := t.RawGetInt(i).(lua.LString)
		if !ok {
			o.refuse(fmt.Sprintf("%s[%d]", name, i), "a text", t.RawGetInt(i))
		}
		out = append(out, string(s))
	}
	return out
}

// list returns the texts at 1, 2, ….
func (o *options) list(of string) (out []string) {
	o.lists = true
	for i := 1; i <= o.t.Len(); i++ {
		s, ok := o.t.RawGetInt(i).(lua.LString)
		if !ok {
			o.L.RaiseError("%s: #%d is %s, got %s", o.what, i, of, convert.Describe(o.t.RawGetInt(i)))
		}
		out = append(out, string(s))
	}
	return out
}

// done raises for a name that nobody has asked for.
func (o *options) done() {
	if !o.lists && o.t.Len() > 0 {
		o.L.RaiseError("%s: options have names, and #1 has none (there are %s)", o.what, strings.Join(o.known, ", "))
	}
	var odd []string
	for k, _ := o.t.Next(lua.LNil); k != lua.LNil; k, _ = o.t.Next(k) {
		s, isText := k.(lua.LString)
		n, isNumber := k.(lua.LNumber)
		switch {
		case isText && slices.Contains(o.known, string(s)), isNumber && n >= 1 && n <= lua.LNumber(o.t.Len()):
		default:
			odd = append(odd, k.String())
		}
	}
	if len(odd) == 0 {
		return
	}
	slices.Sort(odd)
	o.L.RaiseError("%s: there is no option %q%s (there are %s)", o.what, odd[0], script.DidYouMean(odd[0], o.known), strings.Join(o.known, ", "))
}
