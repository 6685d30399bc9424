package luavm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm/internal/pattern"
)

// matching is the host of matches in a thread: work is charged, mistakes in the pattern are raised.
type matching struct {
	vm *VM
	L  *lua.LState
}

// matching returns the host for L; mostly the one of the last time.
func (vm *VM) matching(L *lua.LState) *matching {
	if h := vm.lastMatching; h != nil && h.L == L {
		return h
	}
	vm.lastMatching = &matching{vm, L}
	return vm.lastMatching
}

func (h *matching) Steps(n int) {
	const stepsPerInstruction = 8
	h.vm.ChargeOrRaise(h.L, n/stepsPerInstruction)
}

func (h *matching) Fail(message string) { h.vm.RaiseError(h.L, "%s", message) }

// newMatcher returns a matcher and whether the pattern is anchored.
func (vm *VM) newMatcher(L *lua.LState, s, pat string) (pattern.Matcher, bool) {
	p, anchored := strings.CutPrefix(pat, "^")
	return pattern.New(s, p, vm.matching(L)), anchored
}

// pushCapture pushes a capture of a match that goes from from to to.
func pushCapture(L *lua.LState, m *pattern.Matcher, i, from, to int) {
	start, end, isPosition := m.Capture(i, from, to)
	if isPosition {
		L.Push(lua.LNumber(start + 1))
		return
	}
	L.Push(lua.LString(m.Subject[start:end]))
}

// pushCaptures pushes all captures; of a pattern without any, the whole match.
func pushCaptures(L *lua.LState, m *pattern.Matcher, from, to int) int {
	n := max(1, m.Captures())
	for i := range n {
		pushCapture(L, m, i, from, to)
	}
	return n
}

func (vm *VM) strFind(L *lua.LState) int { return vm.find(L, true) }

func (vm *VM) strMatch(L *lua.LState) int { return vm.find(L, false) }

func (vm *VM) find(L *lua.LState, positions bool) int {
	s, pat := vm.argString(L, 1), vm.argString(L, 2)
	init := min(max(relative(vm.optInt(L, 3, 1), len(s))-1, 0), len(s))
	if positions && (truth(L.Get(4)) || !pattern.HasSpecials(pat)) {
		return vm.findPlain(L, s, pat, init)
	}
	m, anchored := vm.newMatcher(L, s, pat)
	for at := init; at <= len(s); at++ {
		if end := m.Match(at); end >= 0 {
			if !positions {
				return pushCaptures(L, &m, at, end)
			}
			L.Push(lua.LNumber(at + 1))
			L.Push(lua.LNumber(end))
			if m.Captures() == 0 {
				return 2
			}
			return 2 + pushCaptures(L, &m, at, end)
		}
		if anchored {
			break
		}
	}
	L.Push(lua.LNil)
	return 1
}

func (vm *VM) findPlain(L *lua.LState, s, pat string, init int) int {
	i := strings.Index(s[init:], pat)
	if i < 0 {
		vm.chargeBytes(L, len(s)-init)
		L.Push(lua.LNil)
		return 1
	}
	vm.chargeBytes(L, i)
	L.Push(lua.LNumber(init + i + 1))
	L.Push(lua.LNumber(init + i + len(pat)))
	return 2
}

func (vm *VM) strGmatch(L *lua.LState) int {
	s, pat := vm.argString(L, 1), vm.argString(L, 2)
	next := 0
	L.Push(vm.main.NewFunction(func(L *lua.LState) int {
		m := pattern.New(s, pat, vm.matching(L)) // a ^ is an ordinary character here
		for at := next; at <= len(s); at++ {
			end := m.Match(at)
			if end < 0 {
				continue
			}
			next = end
			if end == at {
				next++ // an empty match: go on, not round
			}
			return pushCaptures(L, &m, at, end)
		}
		next = len(s) + 1
		L.Push(lua.LNil)
		return 1
	}))
	return 1
}

func (vm *VM) strGsub(L *lua.LState) int {
	s, pat := vm.argString(L, 1), vm.argString(L, 2)
	switch L.Get(3).(type) {
	case lua.LNumber, lua.LString, *lua.LTable, *lua.LFunction:
	default:
		vm.ArgError(L, 3, "string/function/table expected")
	}
	limit := vm.optInt(L, 4, len(s)+1)
	m, anchored := vm.newMatcher(L, s, pat)
	r := replacer{vm: vm, L: L, m: &m, by: L.Get(3)}
	at, kept, n := 0, 0, 0 // s[kept:at] is to be copied yet
	for n < limit {
		end := m.Match(at)
		if end >= 0 {
			n++
			r.copy(s[kept:at])
			r.replace(at, end)
			kept = end
		}
		switch {
		case end > at:
			at = end
		case at < len(s):
			at++
		default:
			limit = n
		}
		if anchored {
			break
		}
	}
	if n == 0 {
		L.Push(lua.LString(s))
	} else {
		r.copy(s[kept:])
		L.Push(lua.LString(r.out))
	}
	L.Push(lua.LNumber(n))
	return 2
}

// replacer makes the result of gsub.
type replacer struct {
	vm  *VM
	L   *lua.LState
	m   *pattern.Matcher
	by  lua.LValue
	out []byte
}

func (r *replacer) copy(s string) {
	r.out = append(r.out, s...)
	r.vm.checkSize(r.L, len(r.out))
	r.vm.chargeBytes(r.L, len(s))
}

// replace adds what replaces the match from from to to.
func (r *replacer) replace(from, to int) {
	L := r.L
	var v lua.LValue
	switch by := r.by.(type) {
	case *lua.LFunction:
		L.Push(by)
		L.Call(pushCaptures(L, r.m, from, to), 1)
		v = L.Get(-1)
		L.Pop(1)
	case *lua.LTable:
		pushCapture(L, r.m, 0, from, to)
		v = L.GetTable(by, L.Get(-1))
		L.Pop(1)
	default:
		r.expand(by.String(), from, to)
		return
	}
	switch x := v.(type) {
	case lua.LString:
		r.copy(string(x))
	case lua.LNumber:
		r.copy(x.String())
	default:
		if truth(v) {
			r.vm.RaiseError(L, "invalid replacement value (a %s)", v.Type())
		}
		r.copy(r.m.Subject[from:to])
	}
}

// expand adds a replacement string, with %0 to %9 in it replaced.
func (r *replacer) expand(text string, from, to int) {
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			r.copy(text)
			return
		}
		r.copy(text[:i])
		var c byte // at the end of text, what C has there
		if i+1 < len(text) {
			c = text[i+1]
		}
		switch {
		case c == '0':
			r.copy(r.m.Subject[from:to])
		case '1' <= c && c <= '9':
			start, end, isPosition := r.m.Capture(int(c-'1'), from, to)
			if isPosition {
				r.copy(lua.LNumber(start + 1).String())
			} else {
				r.copy(r.m.Subject[start:end])
			}
		default:
			r.out = append(r.out, c)
		}
		text = text[min(i+2, len(text)):]
	}
}
