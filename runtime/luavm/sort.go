package luavm

import (
	"sort"

	lua "github.com/yuin/gopher-lua"
)

// tabSort sorts a copy, so that a comparison that fails or changes the table does no harm.
func (vm *VM) tabSort(L *lua.LState) int {
	tb := vm.argTable(L, 1)
	s := sorter{vm: vm, L: L, values: make([]lua.LValue, tb.Len())}
	if L.Get(2) != lua.LNil {
		s.less = vm.argFunction(L, 2)
	}
	vm.ChargeOrRaise(L, len(s.values))
	for i := range s.values {
		s.values[i] = tb.RawGetInt(i + 1)
	}
	sort.Sort(&s)
	for i, v := range s.values {
		tb.RawSetInt(i+1, v)
	}
	return 0
}

type sorter struct {
	vm     *VM
	L      *lua.LState
	less   *lua.LFunction // nil: the operator <
	values []lua.LValue
}

func (s *sorter) Len() int { return len(s.values) }

func (s *sorter) Swap(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] }

func (s *sorter) Less(i, j int) bool {
	a, b := s.values[i], s.values[j]
	if s.less == nil {
		s.vm.ChargeOrRaise(s.L, 1)
		return s.lessThan(a, b)
	}
	s.L.Push(s.less)
	s.L.Push(a)
	s.L.Push(b)
	s.L.Call(2, 1)
	result := s.L.Get(-1)
	s.L.Pop(1)
	return truth(result)
}

func (s *sorter) lessThan(a, b lua.LValue) bool {
	switch x := a.(type) {
	case lua.LNumber:
		if y, ok := b.(lua.LNumber); ok {
			return x < y
		}
	case lua.LString:
		if y, ok := b.(lua.LString); ok {
			return x < y
		}
	}
	lt := s.L.GetMetaField(a, "__lt")
	if a.Type() == b.Type() && lt.Type() == lua.LTFunction && lt == s.L.GetMetaField(b, "__lt") {
		return s.L.LessThan(a, b)
	}
	message := "attempt to compare " + a.Type().String() + " with " + b.Type().String()
	if a.Type() == b.Type() {
		message = "attempt to compare two " + a.Type().String() + " values"
	}
	s.vm.raiseValue(s.L, lua.LString(message))
	return false
}
