package containerlib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
)

// Map is a map of scripts. It implements convert.Container and namespacelib.Replacer.
type Map struct{ keyed }

func (l *Lib) newMap(t *convert.Type, o *options) *Map {
	m := &Map{}
	m.init(l, t, m, l.mapMeta)
	m.open(o)
	return m
}

var mapMethods = common(map[string]lua.LGFunction{
	"get": mapGet, "set": mapSet, "has": mapHas, "remove": mapRemove, "incr": mapIncr, "ensure": mapEnsure,
	"each": mapEach,
})

func checkMap(L *lua.LState) *Map {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if m, ok := ud.Value.(*Map); ok {
			return m
		}
	}
	wrongSelf(L, "map", "m:get(k)")
	return nil
}

// lua returns a stored value.
func (m *Map) lua(v container.Value) lua.LValue {
	return m.lib.Space.FromStored(m.typ.Elem, convert.Stored(v))
}

// mapGet is m:get(k, default).
func mapGet(L *lua.LState) int {
	m := checkMap(L)
	var buf [keyBuf]byte
	if v, ok := m.t.Get(m.key(L, buf[:0], 2, "get"), m.lib.d.Now()); ok {
		L.Push(m.lua(v))
		return 1
	}
	L.Push(L.Get(3))
	return 1
}

var errNilValue = errors.New("a map holds no nil: write m:remove(k)")

// mapSet is m:set(k, v).
func mapSet(L *lua.LState) int {
	m := checkMap(L)
	var buf [keyBuf]byte
	key := m.key(L, buf[:0], 2, "set")
	if L.Get(3) == lua.LNil {
		m.refuse(L, "set", 2, errNilValue)
	}
	st := m.value(L, m.typ.Elem, 3, "set")
	if m.divert != nil && m.diverted(L, "set", key, m.lua(container.Value(st))) {
		return 0
	}
	if _, found := m.t.Set(key, container.Value(st), m.lib.d.Now()); !found {
		m.filled()
	}
	m.touched(key)
	return 0
}

// mapHas is m:has(k).
func mapHas(L *lua.LState) int {
	m := checkMap(L)
	var buf [keyBuf]byte
	L.Push(lua.LBool(m.t.Has(m.key(L, buf[:0], 2, "has"), m.lib.d.Now())))
	return 1
}

// mapRemove is m:remove(k): the old value, nil if there was none.
func mapRemove(L *lua.LState) int {
	m := checkMap(L)
	var buf [keyBuf]byte
	key := m.key(L, buf[:0], 2, "remove")
	if m.diverted(L, "remove", key, lua.LNil) {
		return m.pushIf(L, false, nil)
	}
	old, found := m.t.Remove(key, m.lib.d.Now())
	m.touched(key)
	if !found {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(m.lua(old))
	return 1
}

// mapEnsure is m:ensure(k, fn): the value, which fn makes when it is missing. When fn has put one there itself, that
// one stays.
func mapEnsure(L *lua.LState) int {
	m := checkMap(L)
	m.whole(L, "ensure")
	var buf [keyBuf]byte
	key := m.key(L, buf[:0], 2, "ensure")
	fn := m.function(L, 3, "ensure")
	v, ok := m.t.Get(key, m.lib.d.Now())
	if !ok {
		L.Push(fn)
		L.Call(0, 1)
		if v, ok = m.t.Get(key, m.lib.d.Now()); !ok {
			v = m.made(L, L.Get(-1))
			m.t.Set(key, v, m.lib.d.Now())
			m.filled()
			m.touched(key)
		}
	}
	L.Push(m.lua(v))
	return 1
}

// made checks what the function given to ensure has returned.
func (m *Map) made(L *lua.LState, v lua.LValue) container.Value {
	if v == lua.LNil {
		m.refuse(L, "ensure", 2, errors.New("the function returned nil"))
	}
	st, err := m.lib.Space.ToStored(m.typ.Elem, v)
	if err != nil {
		m.refuse(L, "ensure", 2, fmt.Errorf("what the function returned: %w", err))
	}
	return container.Value(st)
}

// mapEach is m:each(): an iterator over keys and values.
func mapEach(L *lua.LState) int {
	m := checkMap(L)
	it := m.t.Iter()
	L.Push(m.lib.d.VM.NewFunction("map:each", func(L *lua.LState) int {
		if !it.Next(m.lib.d.Now()) {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(m.lib.Space.KeyToLua(m.typ.Key, it.Key()))
		L.Push(m.lua(it.Value()))
		return 2
	}))
	return 1
}

// plain is m:to_table(): a table from keys to values.
func (m *Map) plain(depth int) (*lua.LTable, error) {
	t := m.lib.d.L.NewTable()
	for key, v := range m.t.All(m.lib.d.Now()) {
		if !m.charge(1) {
			break
		}
		value, err := m.plainValue(m.typ.Elem, convert.Stored(v), depth)
		if err != nil {
			return nil, err
		}
		t.RawSet(m.lib.Space.KeyToLua(m.typ.Key, key), value)
	}
	return t, nil
}

// Replace implements namespacelib.Replacer: the contents of v become those of m, and v is left with the old ones,
// which on_replaced is given.
func (m *Map) Replace(v lua.LValue) error {
	o, err := replacement[*Map](&m.object, v)
	if err != nil || o == m {
		return err
	}
	if err := m.swap(&o.keyed); err != nil {
		return err
	}
	m.tellReplaced(&o.ud)
	return nil
}
