// Package regexlib is the Lua module `regex`: RE2 expressions, which take time linear in the text.
package regexlib

import (
	"fmt"
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/script"
)

// maxResult bounds what gsub may build; maxPattern and maxGroups bound an expression, since matching takes time in
// proportion to the text times the expression.
const (
	maxResult  = 64 << 20
	maxPattern = 4 << 10
	maxGroups  = 100
)

// Lib implements script.Module.
type Lib struct{}

type lib struct{ d *script.Domain }

// Open predefines `regex`.
func (Lib) Open(d *script.Domain) error {
	l := lib{d}
	methods := map[string]lua.LGFunction{}
	for name, fn := range map[string]func(*lua.LState, *regexp.Regexp, string) int{"match": l.match, "find": l.find, "gsub": l.gsub} {
		methods[name] = func(L *lua.LState) int {
			re := check(L)
			s := L.CheckString(2)
			d.VM.Charge(len(s) * (1 + re.NumSubexp()))
			return fn(L, re, s)
		}
	}
	meta := d.Methods("regex", methods)
	meta.RawSetString("__tostring", d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString("regex " + check(L).String()))
		return 1
	}))
	d.SetModule("regex", map[string]lua.LValue{
		"new": d.VM.NewFunction("regex.new", func(L *lua.LState) int {
			text := L.CheckString(1)
			if len(text) > maxPattern {
				L.ArgError(1, fmt.Sprintf("an expression has at most %d bytes, got %d", maxPattern, len(text)))
			}
			re, err := regexp.Compile(text)
			if err == nil && re.NumSubexp() > maxGroups {
				L.ArgError(1, fmt.Sprintf("an expression has at most %d groups, got %d", maxGroups, re.NumSubexp()))
			}
			if err != nil {
				L.ArgError(1, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			}
			ud := L.NewUserData()
			ud.Value, ud.Metatable = re, meta
			L.Push(ud)
			return 1
		}),
	})
	return nil
}

func check(L *lua.LState) *regexp.Regexp {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if re, ok := ud.Value.(*regexp.Regexp); ok {
			return re
		}
	}
	L.ArgError(1, "expected a regex (call with a colon: r:match(s))")
	return nil
}

// match returns the groups of the first match, the whole match when there is no group, or nil. A group that took
// no part is nil.
func (l lib) match(L *lua.LState, re *regexp.Regexp, s string) int {
	loc := re.FindStringSubmatchIndex(s)
	if loc == nil {
		L.Push(lua.LNil)
		return 1
	}
	return groups(L, s, loc)
}

// find returns first and last position of the first match, from 1 as string.find, then its groups; or nil.
func (l lib) find(L *lua.LState, re *regexp.Regexp, s string) int {
	loc := re.FindStringSubmatchIndex(s)
	if loc == nil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(loc[0] + 1))
	L.Push(lua.LNumber(loc[1]))
	if len(loc) == 2 {
		return 2
	}
	return 2 + groups(L, s, loc)
}

func groups(L *lua.LState, s string, loc []int) int {
	first := 2
	if len(loc) == 2 {
		first = 0
	}
	n := 0
	for i := first; i < len(loc); i += 2 {
		n++
		if loc[i] < 0 {
			L.Push(lua.LNil)
			continue
		}
		L.Push(lua.LString(s[loc[i]:loc[i+1]]))
	}
	return n
}

// gsub returns s with each match replaced, and how many there were. In repl, $1 or ${name} stand for groups; a
// function is called with the groups and returns text, or nil to keep the match.
func (l lib) gsub(L *lua.LState, re *regexp.Regexp, s string) int {
	repl := L.Get(3)
	var out []byte
	last, n := 0, 0
	for _, loc := range re.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, s[last:loc[0]]...)
		out = l.replacement(L, re, repl, out, s, loc)
		last = loc[1]
		n++
		l.d.VM.Charge(1)
		if len(out) > maxResult {
			L.RaiseError("regex:gsub: the result is longer than %d bytes", maxResult)
		}
	}
	L.Push(lua.LString(append(out, s[last:]...)))
	L.Push(lua.LNumber(n))
	return 2
}

func (l lib) replacement(L *lua.LState, re *regexp.Regexp, repl lua.LValue, out []byte, s string, loc []int) []byte {
	switch r := repl.(type) {
	case lua.LString:
		return re.ExpandString(out, string(r), s, loc)
	case *lua.LFunction:
		L.Push(r)
		L.Call(groups(L, s, loc), 1)
		v := L.Get(-1)
		L.Pop(1)
		switch v := v.(type) {
		case lua.LString:
			return append(out, v...)
		case lua.LNumber:
			return append(out, v.String()...)
		case *lua.LNilType:
			return append(out, s[loc[0]:loc[1]]...)
		}
		L.RaiseError("regex:gsub: the function returned a %s, not text", v.Type())
	}
	L.ArgError(3, fmt.Sprintf("expected text or a function, got %s", repl.Type()))
	return nil
}
