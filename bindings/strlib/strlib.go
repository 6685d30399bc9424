// Package strlib is the Lua module `str`: what policies do with strings beyond Lua's own library.
package strlib

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/publicsuffix"

	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct{}

// Open predefines `str`.
func (Lib) Open(d *script.Domain) error {
	fn := func(name string, f lua.LGFunction) lua.LValue {
		return d.VM.NewFunction("str."+name, func(L *lua.LState) int {
			d.VM.ChargeOrRaise(L, len(L.CheckString(1))/4)
			return f(L)
		})
	}
	d.SetModule("str", map[string]lua.LValue{
		"split":       fn("split", split),
		"trim":        fn("trim", trim),
		"starts_with": fn("starts_with", startsWith),
		"ends_with":   fn("ends_with", endsWith),
		"entropy":     fn("entropy", entropy),
		"domain":      fn("domain", domain),
		"escape":      fn("escape", escape),
	})
	return nil
}

// split(s, sep) returns the parts of s between the separators as an array; sep is plain text and not empty.
func split(L *lua.LState) int {
	s, sep := L.CheckString(1), L.CheckString(2)
	if sep == "" {
		L.ArgError(2, "the separator is empty")
	}
	parts := strings.Split(s, sep)
	t := L.CreateTable(len(parts), 0)
	for i, p := range parts {
		t.RawSetInt(i+1, lua.LString(p))
	}
	L.Push(t)
	return 1
}

// trim(s) returns s without blanks, tabs and line ends at both ends.
func trim(L *lua.LState) int {
	L.Push(lua.LString(strings.Trim(L.CheckString(1), " \t\r\n\v\f")))
	return 1
}

func startsWith(L *lua.LState) int {
	L.Push(lua.LBool(strings.HasPrefix(L.CheckString(1), L.CheckString(2))))
	return 1
}

func endsWith(L *lua.LState) int {
	L.Push(lua.LBool(strings.HasSuffix(L.CheckString(1), L.CheckString(2))))
	return 1
}

// entropy(s) returns Shannon's entropy of the bytes of s in bits per byte, 0 to 8; 0 for "".
func entropy(L *lua.LState) int {
	s := L.CheckString(1)
	L.Push(lua.LNumber(Entropy(s)))
	return 1
}

// Entropy is Shannon's entropy of the bytes of s in bits per byte.
func Entropy(s string) float64 {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	e := 0.0
	for _, c := range counts {
		if c > 0 {
			p := float64(c) / float64(len(s))
			e -= p * math.Log2(p)
		}
	}
	return e
}

// domain(name) returns the last registrable part of a host name ("a.b.example.co.uk" gives "example.co.uk"), by
// the public suffix list that was current when the binary was built. A name that has none, such as a single
// label, a bare suffix or an address, is returned as it is, in lower case and without the final dot.
func domain(L *lua.LState) int {
	name := strings.ToLower(strings.TrimSuffix(L.CheckString(1), "."))
	if d, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		name = d
	}
	L.Push(lua.LString(name))
	return 1
}

// escape(s) returns s with control characters, backslashes and bytes that are not UTF-8 as \xNN, so that
// attackers' bytes can be printed and logged.
func escape(L *lua.LState) int {
	L.Push(lua.LString(Escape(L.CheckString(1))))
	return 1
}

// Escape makes s printable on one line; see the Lua function.
func Escape(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i, r := range s {
		if r >= ' ' && r != '\\' && r != 0x7f && (r < 0x80 || r > 0x9f) && (r != '�' || strings.HasPrefix(s[i:], "�")) {
			b.WriteRune(r)
			continue
		}
		n := 1
		if r > 0x7f && r != '�' {
			n = len(string(r))
		}
		for j := range n {
			c := s[i+j]
			b.WriteString(`\x`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
