package containerlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
)

// Set is a set of scripts. It implements convert.Container and namespacelib.Replacer.
type Set struct{ keyed }

func (l *Lib) newSet(t *convert.Type, o *options) *Set {
	s := &Set{}
	s.init(l, t, s, l.setMeta)
	s.open(o)
	return s
}

var setMethods = common(map[string]lua.LGFunction{
	"add": setAdd, "has": setHas, "remove": setRemove, "each": setEach,
	"union":     func(L *lua.LState) int { return setCombine(L, "union", (*container.Table).Union) },
	"intersect": func(L *lua.LState) int { return setCombine(L, "intersect", (*container.Table).Intersect) },
	"minus":     func(L *lua.LState) int { return setCombine(L, "minus", (*container.Table).Minus) },
})

func checkSet(L *lua.LState) *Set {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if s, ok := ud.Value.(*Set); ok {
			return s
		}
	}
	wrongSelf(L, "set", "s:add(v)")
	return nil
}

// setAdd is s:add(v, …): true when something was new. All are checked before the first is added.
func setAdd(L *lua.LState) int {
	s := checkSet(L)
	var buf [keyBuf]byte
	top := max(L.GetTop(), 2)
	for i := 3; i <= top; i++ {
		s.key(L, buf[:0], i, "add")
	}
	added, here, now := false, false, s.lib.d.Now()
	for i := 2; i <= top; i++ {
		key := s.key(L, buf[:0], i, "add")
		if s.diverted(L, "add", key, lua.LNil) {
			continue
		}
		here = true
		if s.t.Add(key, now) {
			added = true
			s.touched(key)
		} else {
			s.renewed(key)
		}
	}
	if added {
		s.filled()
	}
	return s.pushIf(L, here, lua.LBool(added))
}

// setHas is s:has(v).
func setHas(L *lua.LState) int {
	s := checkSet(L)
	var buf [keyBuf]byte
	L.Push(lua.LBool(s.t.Has(s.key(L, buf[:0], 2, "has"), s.lib.d.Now())))
	return 1
}

// setRemove is s:remove(v): true when it was there.
func setRemove(L *lua.LState) int {
	s := checkSet(L)
	var buf [keyBuf]byte
	key := s.key(L, buf[:0], 2, "remove")
	if s.diverted(L, "remove", key, lua.LNil) {
		return s.pushIf(L, false, nil)
	}
	_, found := s.t.Remove(key, s.lib.d.Now())
	s.touched(key)
	L.Push(lua.LBool(found))
	return 1
}

// setEach is s:each(): an iterator over the elements.
func setEach(L *lua.LState) int {
	s := checkSet(L)
	it := s.t.Iter()
	L.Push(s.lib.d.VM.NewFunction("set:each", func(L *lua.LState) int {
		if !it.Next(s.lib.d.Now()) {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(s.lib.Space.KeyToLua(s.typ.Key, it.Key()))
		return 1
	}))
	return 1
}

// setCombine is s:union(t) and its sisters: a new set without options.
func setCombine(L *lua.LState, method string, op func(a, b *container.Table, now int64) (*container.Table, error)) int {
	s := checkSet(L)
	o := s.other(L, method)
	if !s.charge(s.Len() + o.Len()) {
		return 0
	}
	t, err := op(s.t, o.t, s.lib.d.Now())
	if err != nil {
		s.refuse(L, method, 1, err)
	}
	r := &Set{}
	r.init(s.lib, s.typ, r, s.lib.setMeta)
	r.t = t
	L.Push(&r.ud)
	return 1
}

// other returns the second set, whose elements must be of the same type: keys of type any look different.
func (s *Set) other(L *lua.LState, method string) *Set {
	v, err := s.lib.Space.Check(s.typ, L.Get(2))
	if err != nil {
		s.refuse(L, method, 1, err)
	}
	c, _ := convert.AsContainer(v)
	o, ok := c.(*Set)
	if !ok || !o.typ.Key.Equal(s.typ.Key) {
		s.refuse(L, method, 1, &convert.MismatchError{Want: s.typ.String(), Got: convert.Describe(v)})
	}
	return o
}

// plain is s:to_table(): a list in order of insertion.
func (s *Set) plain(int) (*lua.LTable, error) {
	t := s.lib.d.L.NewTable()
	for key := range s.t.All(s.lib.d.Now()) {
		if !s.charge(1) {
			break
		}
		t.Append(s.lib.Space.KeyToLua(s.typ.Key, key))
	}
	return t, nil
}

// Replace implements namespacelib.Replacer: the contents of v become those of s, and v is left with the old ones,
// which on_replaced is given.
func (s *Set) Replace(v lua.LValue) error {
	o, err := replacement[*Set](&s.object, v)
	if err != nil || o == s {
		return err
	}
	if err := s.swap(&o.keyed); err != nil {
		return err
	}
	s.tellReplaced(&o.ud)
	return nil
}
