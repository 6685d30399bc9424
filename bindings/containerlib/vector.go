package containerlib

import (
	"errors"
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
)

// Vector is a vector of scripts. It implements convert.Container and namespacelib.Replacer.
type Vector struct {
	object
	v *container.Vector
}

func (l *Lib) newVector(t *convert.Type) *Vector {
	v := &Vector{v: mustVector()}
	v.init(l, t, v, l.vecMeta)
	return v
}

func mustVector() *container.Vector {
	v, err := container.NewVector(0)
	if err != nil {
		panic(fmt.Sprintf("containerlib: %v", err)) // 0 is right
	}
	return v
}

var vectorMethods = common(map[string]lua.LGFunction{
	"get": vectorGet, "set": vectorSet, "push": vectorPush, "pop": vectorPop, "each": vectorEach,
})

func checkVector(L *lua.LState) *Vector {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if v, ok := ud.Value.(*Vector); ok {
			return v
		}
	}
	wrongSelf(L, "vector", "v:get(i)")
	return nil
}

// lua returns a stored value.
func (v *Vector) lua(x container.Value) lua.LValue {
	return v.lib.Space.FromStored(v.typ.Elem, convert.Stored(x))
}

// index reads argument 1 of a method.
func (v *Vector) index(L *lua.LState, method string) int {
	n, ok := L.Get(2).(lua.LNumber)
	switch {
	case !ok || float64(n) != math.Trunc(float64(n)) || math.Abs(float64(n)) > math.MaxInt32:
		v.refuse(L, method, 1, fmt.Errorf("expected an index, got %s", convert.Describe(L.Get(2))))
	case n < 1:
		v.refuse(L, method, 1, fmt.Errorf("index %d: vectors begin at 1", int(n)))
	}
	return int(n)
}

// vectorGet is v:get(i): nil beyond the end.
func vectorGet(L *lua.LState) int {
	v := checkVector(L)
	x, err := v.v.Get(v.index(L, "get"))
	if err != nil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(v.lua(x))
	return 1
}

// vectorSet is v:set(i, x). The index behind the last appends.
func vectorSet(L *lua.LState) int {
	v := checkVector(L)
	i := v.index(L, "set")
	x := v.element(L, 3, "set")
	err := v.v.Set(i, x)
	if i == v.v.Len()+1 {
		err = v.v.Push(x)
	}
	if err != nil {
		v.refuse(L, "set", 1, err)
	}
	return 0
}

// vectorPush is v:push(x, …). All are checked before the first is appended.
func vectorPush(L *lua.LState) int {
	v := checkVector(L)
	top := max(L.GetTop(), 2)
	for i := 3; i <= top; i++ {
		v.element(L, i, "push")
	}
	for i := 2; i <= top; i++ {
		if err := v.v.Push(v.element(L, i, "push")); err != nil {
			v.refuse(L, "push", i-1, err)
		}
	}
	return 0
}

var errNilElement = errors.New("a vector holds no nil: write types.none")

// element checks the value at index i of a call.
func (v *Vector) element(L *lua.LState, i int, method string) container.Value {
	if L.Get(i) == lua.LNil && v.typ.Elem.Kind == convert.KindAny {
		v.refuse(L, method, i-1, errNilElement)
	}
	return container.Value(v.value(L, v.typ.Elem, i, method))
}

// vectorPop is v:pop(): the last element, which is removed, or nil.
func vectorPop(L *lua.LState) int {
	v := checkVector(L)
	x, ok := v.v.Pop()
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(v.lua(x))
	return 1
}

// vectorEach is v:each(): an iterator over indexes and elements.
func vectorEach(L *lua.LState) int {
	v := checkVector(L)
	it := v.v.Iter()
	L.Push(v.lib.d.VM.NewFunction("vector:each", func(L *lua.LState) int {
		if !it.Next() {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(v.lib.Space.Count(uint64(it.Index())))
		L.Push(v.lua(it.Value()))
		return 2
	}))
	return 1
}

func (v *Vector) length() int { return v.v.Len() }

func (v *Vector) clear() { v.v.Clear() }

// plain is v:to_table(): a list.
func (v *Vector) plain(depth int) (*lua.LTable, error) {
	t := v.lib.d.L.NewTable()
	for it := v.v.Iter(); it.Next() && v.charge(1); {
		x, err := v.plainValue(v.typ.Elem, convert.Stored(it.Value()), depth)
		if err != nil {
			return nil, err
		}
		t.Append(x)
	}
	return t, nil
}

// Len implements convert.Container.
func (v *Vector) Len() int { return v.v.Len() }

// Each implements convert.Container.
func (v *Vector) Each(fn func(key []byte, x convert.Stored) bool) {
	for it := v.v.Iter(); it.Next(); {
		if !fn(nil, convert.Stored(it.Value())) {
			return
		}
	}
}

// Put implements convert.Container.
func (v *Vector) Put(_ []byte, x convert.Stored) bool { return v.v.Push(container.Value(x)) == nil }

// Replace implements namespacelib.Replacer: the contents of x become those of v, and x is left with the old ones,
// which on_replaced is given.
func (v *Vector) Replace(x lua.LValue) error {
	o, err := replacement[*Vector](&v.object, x)
	if err != nil || o == v {
		return err
	}
	v.v.Swap(o.v)
	v.tellReplaced(&o.ud)
	return nil
}
