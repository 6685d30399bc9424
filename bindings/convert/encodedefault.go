package convert

import (
	"fmt"
	"math"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// defaults writes v by default kinds.
func (e *encoder) defaults(dst []byte, v lua.LValue) ([]byte, error) {
	var a atom
	if a.fromDefault(v) {
		return a.appendWire(dst), nil
	}
	switch v := v.(type) {
	case *lua.LTable:
		return e.table(dst, v)
	case *lua.LUserData:
		switch ref := v.Value.(type) {
		case *tupleBox:
			return e.list(dst, ref.more)
		case *Record:
			return e.recordValues(dst, ref)
		case *goRecord:
			return e.goRecord(dst, ref)
		case Container:
			return e.container(dst, ref)
		}
	}
	return dst, invalidData("a %s has no place on the wire", v.Type())
}

func (e *encoder) list(dst []byte, vals []lua.LValue) (out []byte, err error) {
	dst = wire.AppendVectorHeader(dst, len(vals))
	for i, v := range vals {
		if dst, err = e.defaults(dst, v); err != nil {
			return dst, insideIndex(i+1, err)
		}
	}
	return dst, nil
}

// table writes a plain Lua table: a vector if it is a list or empty, else a table.
func (e *encoder) table(dst []byte, tb *lua.LTable) ([]byte, error) {
	if err := e.enter(dst); err != nil {
		return dst, err
	}
	defer e.leave()
	if slices.Contains(e.open, tb) {
		return dst, invalidData("a table inside itself")
	}
	e.open = append(e.open, tb)
	defer func() { e.open = e.open[:len(e.open)-1] }()
	n, err := arrayLen(tb)
	if err != nil {
		return dst, err
	}
	if n < 0 {
		return e.dictionary(dst, tb)
	}
	dst = wire.AppendVectorHeader(dst, n)
	for i := 1; i <= n; i++ {
		if dst, err = e.defaults(dst, tb.RawGetInt(i)); err != nil {
			return dst, insideIndex(i, err)
		}
	}
	return dst, nil
}

// arrayLen returns the length of a list, 0 for an empty table, -1 for a table with other keys, and an error for
// what is neither: a list with a hole or with other keys besides.
func arrayLen(tb *lua.LTable) (int, error) {
	n, other := 0, lua.LValue(nil)
	highest := 0.0
	for k, _ := tb.Next(lua.LNil); k != lua.LNil; k, _ = tb.Next(k) {
		if f, ok := k.(lua.LNumber); ok && f >= 1 && float64(f) == math.Trunc(float64(f)) {
			n++
			highest = max(highest, float64(f))
		} else if other == nil {
			other = k
		}
	}
	switch {
	case n == 0 && other == nil:
		return 0, nil
	case n == 0:
		return -1, nil
	case other != nil:
		return 0, invalidData("a table that is a list and has the key %s, too", keyText(other))
	case float64(n) != highest:
		return 0, invalidData("a list with a hole at [%d] (write types.none for an unset element)", firstHole(tb))
	}
	return n, nil
}

func firstHole(tb *lua.LTable) int {
	i := 1
	for tb.RawGet(lua.LNumber(i)) != lua.LNil {
		i++
	}
	return i
}

// dictionary writes a table with keys of any kind.
func (e *encoder) dictionary(dst []byte, tb *lua.LTable) ([]byte, error) {
	items := e.s.sorter.take()
	defer e.s.sorter.put(items)
	if err := items.collectTable(tb); err != nil {
		return dst, err
	}
	dst = wire.AppendTableHeader(dst, len(items.items))
	for i := range items.items {
		it := &items.items[i]
		out, _, ok := appendAnyKeyWire(dst, items.key(it), true)
		if !ok {
			return dst, errBadKey
		}
		var err error
		if dst, err = e.defaults(out, it.lua); err != nil {
			return dst, inside(keyStep(items.key(it)), err)
		}
	}
	return dst, nil
}

// collectTable takes the entries of a Lua table, sorted. Two Lua keys may be one on the wire: 5 and types.count's.
func (o *ordered) collectTable(tb *lua.LTable) error {
	for k, v := tb.Next(lua.LNil); k != lua.LNil; k, v = tb.Next(k) {
		from := len(o.keys)
		var err error
		if o.keys, err = appendAnyKey(o.keys, k, true); err != nil {
			return inside("["+keyText(k)+"]", err)
		}
		o.items = append(o.items, orderedItem{from: from, to: len(o.keys), lua: v})
	}
	o.sort()
	if i := o.duplicate(); i >= 0 {
		return invalidData("two keys %s that are one on the wire", appendKeyText(nil, Any, o.key(&o.items[i])))
	}
	return nil
}

// keyText writes a Lua key for a message.
func keyText(k lua.LValue) string {
	if s, ok := k.(lua.LString); ok {
		return fmt.Sprintf("%q", string(s))
	}
	return string(AppendText(nil, k))
}

// keyStep is the path to the entry of a canonical key: .name where scripts can write that, else ["a b"].
func keyStep(key []byte) string {
	if len(key) > 0 && broker.Kind(key[0]-1) == broker.KindString {
		if name := string(key[1:]); isFieldName(name) {
			return "." + name
		}
		return fmt.Sprintf("[%q]", key[1:])
	}
	return "[" + string(appendKeyText(nil, Any, key)) + "]"
}

func isEmptyTable(v lua.LValue) bool {
	tb, ok := v.(*lua.LTable)
	if !ok {
		return false
	}
	k, _ := tb.Next(lua.LNil)
	return k == lua.LNil
}
