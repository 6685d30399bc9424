package containerlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
)

// mapIncr is m:incr(k, n = 1): adds n to a number, which begins at 0, and returns the sum. A sum that has no place
// in the number's kind raises and changes nothing.
func mapIncr(L *lua.LState) int {
	m := checkMap(L)
	var buf [keyBuf]byte
	key := m.key(L, buf[:0], 2, "incr")
	n := L.Get(3)
	if n == lua.LNil {
		n = lua.LNumber(1)
	}
	if m.diverted(L, "incr", key, n) {
		return m.pushIf(L, false, nil)
	}
	sum, err := m.incr(key, n)
	if err != nil {
		m.refuse(L, "incr", 2, err)
	}
	m.filled()
	m.touched(key)
	L.Push(sum)
	return 1
}

func (m *Map) incr(key []byte, n lua.LValue) (lua.LValue, error) {
	now, s := m.lib.d.Now(), m.lib.Space
	switch m.typ.Elem.Kind {
	case convert.KindCount:
		return m.incrCount(key, n, now)
	case convert.KindInt:
		i, ok := convert.AsInt(n)
		if !ok {
			return nil, m.notANumber(n)
		}
		sum, err := m.t.IncrInteger(key, i, now)
		return s.Int(sum), err
	case convert.KindReal:
		x, ok := convert.AsReal(n)
		if !ok {
			return nil, m.notANumber(n)
		}
		sum, err := m.t.IncrReal(key, x, now)
		return lua.LNumber(sum), err
	case convert.KindAny:
		return m.incrAny(key, n, now)
	}
	return nil, fmt.Errorf("the values are of type %s, only count, int and real can be added to", m.typ.Elem)
}

func (m *Map) incrCount(key []byte, n lua.LValue, now int64) (lua.LValue, error) {
	if u, ok := convert.AsCount(n); ok {
		sum, err := m.t.IncrCount(key, u, now)
		return m.lib.Space.Count(sum), err
	}
	i, ok := convert.AsInt(n)
	if !ok {
		return nil, m.notANumber(n)
	}
	sum, err := m.t.DecrCount(key, uint64(-i), now) // i is negative; right for the least one, too
	return m.lib.Space.Count(sum), err
}

// incrAny adds plain numbers where nothing is declared.
func (m *Map) incrAny(key []byte, n lua.LValue, now int64) (lua.LValue, error) {
	x, ok := n.(lua.LNumber)
	if !ok {
		return nil, fmt.Errorf("expected a number, got %s", convert.Describe(n))
	}
	if v, found := m.t.Get(key, now); found {
		old, ok := m.lua(v).(lua.LNumber)
		if !ok {
			return nil, fmt.Errorf("there is %s, which is no plain number", convert.Describe(m.lua(v)))
		}
		x += old
	}
	st, err := m.lib.Space.ToStored(m.typ.Elem, x)
	if err == nil {
		m.t.Set(key, container.Value(st), now)
	}
	return x, err
}

func (m *Map) notANumber(n lua.LValue) error {
	_, err := m.lib.Space.ToStored(m.typ.Elem, n)
	return err
}
