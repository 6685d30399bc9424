package convert

import (
	"fmt"
	"math"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

var addrMeta = kindMeta{
	word: "addr",
	methods: map[string]func(*Space, *lua.LState) int{
		"is_v4":      func(s *Space, L *lua.LState) int { return pushBool(L, selfAddr(L, "is_v4").Is4()) },
		"is_v6":      func(s *Space, L *lua.LState) int { return pushBool(L, !selfAddr(L, "is_v6").Is4()) },
		"is_private": func(s *Space, L *lua.LState) int { return pushBool(L, isPrivate(selfAddr(L, "is_private"))) },
		"mask":       addrMask,
	},
}

// isPrivate is what no other site can have: RFC 1918, loopback, link-local and unique local addresses.
func isPrivate(a broker.Address) bool {
	n := a.Netip()
	return n.IsPrivate() || n.IsLoopback() || n.IsLinkLocalUnicast()
}

func addrMask(s *Space, L *lua.LState) int {
	a := selfAddr(L, "mask")
	width, ok := integral(L.Get(2))
	if !ok {
		ArgRaise(L, "mask", 1, fmt.Errorf("expected a width, got %s", Describe(L.Get(2))))
	}
	n, err := broker.NewSubnet(a, width)
	if err != nil {
		ArgRaise(L, "mask", 1, err)
	}
	L.Push(s.Subnet(n))
	return 1
}

var subnetMeta = kindMeta{
	word: "subnet",
	fields: map[string]func(*Space, *lua.LUserData) lua.LValue{
		"addr":  func(s *Space, ud *lua.LUserData) lua.LValue { return s.Address(ud.Value.(*subnetBox).v.Net) },
		"width": func(s *Space, ud *lua.LUserData) lua.LValue { return lua.LNumber(ud.Value.(*subnetBox).v.Width()) },
	},
	methods: map[string]func(*Space, *lua.LState) int{
		"contains": func(s *Space, L *lua.LState) int {
			b, ok := boxed[*subnetBox](L.Get(1))
			if !ok {
				raiseSelf(L, "subnet", "contains")
			}
			a, ok := AsAddress(L.Get(2))
			if !ok {
				ArgRaise(L, "contains", 1, mismatch(Scalar(KindAddr), L.Get(2)))
			}
			return pushBool(L, b.v.Contains(a))
		},
	},
}

var portMeta = kindMeta{
	word: "port",
	fields: map[string]func(*Space, *lua.LUserData) lua.LValue{
		"number": func(s *Space, ud *lua.LUserData) lua.LValue { return luaNumber(float64(ud.Value.(*portBox).v.Number)) },
		"proto":  func(s *Space, ud *lua.LUserData) lua.LValue { return lua.LString(ud.Value.(*portBox).v.Proto.String()) },
	},
}

var enumMeta = kindMeta{
	word: "enum",
	fields: map[string]func(*Space, *lua.LUserData) lua.LValue{
		"name": func(s *Space, ud *lua.LUserData) lua.LValue { return lua.LString(ud.Value.(*enumBox).v) },
	},
}

var noneMeta = kindMeta{word: "none"}

var tupleMeta = kindMeta{
	word: "tuple",
	methods: map[string]func(*Space, *lua.LState) int{
		"unpack": func(s *Space, L *lua.LState) int {
			vals, ok := AsTuple(L.Get(1))
			if !ok {
				raiseSelf(L, "tuple", "unpack")
			}
			for _, v := range vals {
				L.Push(v)
			}
			return len(vals)
		},
	},
	index: func(s *Space, L *lua.LState) (lua.LValue, error) {
		vals, _ := AsTuple(L.Get(1))
		i, ok := integral(L.Get(2))
		if !ok {
			return nil, fmt.Errorf("a tuple has no field %s", keyText(L.Get(2)))
		}
		if i < 1 || i > len(vals) {
			return lua.LNil, nil
		}
		return vals[i-1], nil
	},
}

func selfAddr(L *lua.LState, method string) broker.Address {
	a, ok := AsAddress(L.Get(1))
	if !ok {
		raiseSelf(L, "addr", method)
	}
	return a
}

// raiseSelf is for a method called with a dot in place of a colon.
func raiseSelf(L *lua.LState, word, method string) {
	L.RaiseError("%s is a method: write x:%s(…) with %s x, got %s", method, method, withArticle(word), Describe(L.Get(1)))
}

func pushBool(L *lua.LState, b bool) int {
	L.Push(lua.LBool(b))
	return 1
}

// integral returns a number that is a small integer.
func integral(v lua.LValue) (int, bool) {
	n, ok := v.(lua.LNumber)
	f := float64(n)
	return int(f), ok && f == math.Trunc(f) && math.Abs(f) < 1<<31
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}
