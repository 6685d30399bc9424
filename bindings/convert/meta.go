package convert

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/runtime/script"
)

// kindMeta is what one kind of userdata can do besides what all can.
type kindMeta struct {
	word    string // its name in messages, and what getmetatable returns
	fields  map[string]func(*Space, *lua.LUserData) lua.LValue
	methods map[string]func(*Space, *lua.LState) int
	index   func(*Space, *lua.LState) (lua.LValue, error) // keys that are no names
	arith   func(s *Space, op byte, a, b lua.LValue) (lua.LValue, error)
}

// openMetatables makes the metatables of all kinds. They are shared by all values of a kind and protected.
func (s *Space) openMetatables(L *lua.LState) {
	o := opener{s: s, L: L}
	s.kinds = map[*lua.LTable]*kindMeta{}
	o.shared()
	for _, k := range []struct {
		meta *kindMeta
		mt   **lua.LTable
		env  **lua.LTable
	}{
		{&addrMeta, &s.addrs.mt, &s.addrs.env},
		{&subnetMeta, &s.subnets.mt, &s.subnets.env},
		{&portMeta, &s.ports.mt, &s.ports.env},
		{&timeMeta, &s.times.mt, &s.times.env},
		{&intervalMeta, &s.intervals.mt, &s.intervals.env},
		{&enumMeta, &s.enums.mt, &s.enums.env},
		{&numberMeta, &s.numbers.mt, &s.numbers.env},
		{&tupleMeta, &s.tuples.mt, &s.tuples.env},
	} {
		*k.mt, *k.env = o.metatable(k.meta), s.env
		s.kinds[*k.mt] = k.meta
	}
	s.none = &lua.LUserData{Value: &noneValue{}, Env: s.env, Metatable: o.metatable(&noneMeta)}
	s.recordMT = o.recordMetatable()
	s.outcomeMT = o.metatable(&outcomeMeta)
}

// opener builds metatables; the functions that all kinds share are made once, as < works only between values
// whose __lt is the same function.
type opener struct {
	s *Space
	L *lua.LState

	tostring, concat, lt, le, eq *lua.LFunction
}

func (o *opener) shared() {
	o.tostring = o.L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(AppendText(nil, L.Get(1))))
		return 1
	})
	o.concat = o.L.NewFunction(concat)
	o.lt = o.comparison(func(c int) bool { return c < 0 })
	o.le = o.comparison(func(c int) bool { return c <= 0 })
	o.eq = o.comparison(func(c int) bool { return c == 0 })
}

func (o *opener) comparison(want func(int) bool) *lua.LFunction {
	return o.L.NewFunction(func(L *lua.LState) int {
		c, err := Compare(L.Get(1), L.Get(2))
		if err != nil {
			if errors.Is(err, errUnordered) {
				L.Push(lua.LFalse)
				return 1
			}
			Raise(L, err)
		}
		L.Push(lua.LBool(want(c)))
		return 1
	})
}

func (o *opener) metatable(m *kindMeta) *lua.LTable {
	mt := o.L.CreateTable(0, 16)
	mt.RawSetString("__metatable", lua.LString(m.word))
	mt.RawSetString("__tostring", o.tostring)
	mt.RawSetString("__concat", o.concat)
	mt.RawSetString("__lt", o.lt)
	mt.RawSetString("__le", o.le)
	mt.RawSetString("__index", o.index(m))
	mt.RawSetString("__newindex", o.L.NewFunction(func(L *lua.LState) int {
		L.RaiseError("a value of type %s can't be changed (field %s)", m.word, keyText(L.Get(2)))
		return 0
	}))
	if m.arith != nil {
		for event, op := range arithmetic {
			mt.RawSetString(event, o.arith(m, op))
		}
	}
	if m == &numberMeta {
		mt.RawSetString("__eq", o.eq)
	}
	return mt
}

// arithmetic are the metamethods and what they are called in an arith function; '_' is unary minus.
var arithmetic = map[string]byte{
	"__add": '+', "__sub": '-', "__mul": '*', "__div": '/', "__mod": '%', "__pow": '^', "__unm": '_',
}

func (o *opener) arith(m *kindMeta, op byte) *lua.LFunction {
	s := o.s
	return o.L.NewFunction(func(L *lua.LState) int {
		v, err := m.arith(s, op, L.Get(1), L.Get(2))
		if err != nil {
			Raise(L, err)
		}
		L.Push(v)
		return 1
	})
}

// index looks up methods, then fields, then keys that are no names.
func (o *opener) index(m *kindMeta) *lua.LFunction {
	methods := make(map[string]*lua.LFunction, len(m.methods))
	var names []string
	s := o.s
	for name, fn := range m.methods {
		methods[name] = o.L.NewFunction(func(L *lua.LState) int { return fn(s, L) })
		names = append(names, name)
	}
	for name := range m.fields {
		names = append(names, name)
	}
	names = sorted(names)
	return o.L.NewFunction(func(L *lua.LState) int {
		ud := L.CheckUserData(1)
		if name, ok := L.Get(2).(lua.LString); ok {
			if fn := methods[string(name)]; fn != nil {
				L.Push(fn)
				return 1
			}
			if field := m.fields[string(name)]; field != nil {
				L.Push(field(s, ud))
				return 1
			}
			L.RaiseError("%s has no field %q%s", withArticle(m.word), string(name), script.DidYouMean(string(name), names))
		}
		if m.index == nil {
			L.RaiseError("%s has no field %s", withArticle(m.word), keyText(L.Get(2)))
		}
		v, err := m.index(s, L)
		if err != nil {
			Raise(L, err)
		}
		L.Push(v)
		return 1
	})
}

func withArticle(word string) string {
	if strings.IndexByte("aeiou", word[0]) >= 0 {
		return "an " + word
	}
	return "a " + word
}

// concat is the .. of typed values: their text forms.
func concat(L *lua.LState) int {
	var text []byte
	for i := 1; i <= 2; i++ {
		v := L.Get(i)
		switch v.(type) {
		case lua.LString, lua.LNumber, *lua.LUserData:
			text = AppendText(text, v)
		default:
			L.RaiseError("attempt to concatenate a %s value", v.Type())
		}
	}
	L.Push(lua.LString(text))
	return 1
}

var errUnordered = errors.New("nan is neither less nor greater")

// Compare orders two values of one kind, and numbers of any size exactly: -1, 0, 1. Different kinds, and kinds
// without an order, are an error.
func Compare(a, b lua.LValue) (int, error) {
	if isNumber(a) && isNumber(b) {
		c, ok := compareNumbers(a, b)
		if !ok {
			return 0, errUnordered
		}
		return c, nil
	}
	if x, ok := a.(lua.LString); ok {
		if y, ok := b.(lua.LString); ok {
			return strings.Compare(string(x), string(y)), nil
		}
	}
	x, okX := ordinal(a)
	y, okY := ordinal(b)
	if !okX || !okY || x.Kind() != y.Kind() {
		return 0, fmt.Errorf("can't compare %s with %s", Describe(a), Describe(b))
	}
	if ta, ok := AsTuple(a); ok {
		tb, _ := AsTuple(b)
		return compareTuples(ta, tb)
	}
	return broker.Compare(x, y), nil
}

// ordinal gives the Go value of what has an order besides numbers and strings; a tuple's elements are compared
// one by one.
func ordinal(v lua.LValue) (broker.Data, bool) {
	switch v := v.(type) {
	case lua.LBool:
		return broker.Boolean(v), true
	case *lua.LUserData:
		switch b := v.Value.(type) {
		case *addrBox:
			return b.v, true
		case *subnetBox:
			return b.v, true
		case *portBox:
			return b.v, true
		case *timeBox:
			return b.v, true
		case *intervalBox:
			return b.v, true
		case *enumBox:
			return b.v, true
		case *tupleBox:
			return broker.Vector(nil), true
		case *noneValue:
			return broker.None{}, true
		}
	}
	return nil, false
}

func compareTuples(a, b []lua.LValue) (int, error) {
	for i := range min(len(a), len(b)) {
		if c, err := Compare(a[i], b[i]); c != 0 || err != nil {
			return c, err
		}
	}
	return len(a) - len(b), nil
}

// Raise raises err as a Lua error with the position of the calling line. It does not return.
func Raise(L *lua.LState, err error) { L.RaiseError("%s", err.Error()) }
