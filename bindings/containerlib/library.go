package containerlib

import (
	"bytes"
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/container"
)

// Private is the name under which libraries require what is in this file:
//
//	describe(c)           what a named set or map is: id, key, value (types), create_expire, …, max_size
//	intercept(c, fn)      scripts' changes of c ask fn(op, key, value) first, op is "add", "set", "remove" or "incr"
//	apply(c, op, key, value, age)  changes c without asking
//	age(c, key)           how old an entry is, in seconds; nil if there is none
//	lifetime(c)           after how many seconds entries of c end now; nil: they do not
//	own(c)                c is the library's: a reload after which nobody declares it loses nothing
//	loading()             whether the bodies of files are still being run
//	wall()                the wall clock, in seconds, also while the node replays
const Private = "internal.containers"

func (l *Lib) openPrivate() {
	fields := map[string]lua.LValue{}
	for name, fn := range map[string]lua.LGFunction{
		"describe": l.describe, "intercept": l.intercept, "apply": l.apply, "age": l.age,
		"lifetime": l.lifetimeOf, "own": l.own,
		"loading": func(L *lua.LState) int {
			L.Push(lua.LBool(!l.d.Ready()))
			return 1
		},
		"wall": func(L *lua.LState) int {
			L.Push(lua.LNumber(float64(l.Wall()) / 1e9))
			return 1
		},
	} {
		fields[name] = l.d.VM.NewFunction(Private+"."+name, fn)
	}
	l.d.SetPrivate(Private, fields)
}

// named returns the named set or map that is argument 1.
func (l *Lib) named(L *lua.LState) *keyed {
	k, err := l.namedAt(L, 1)
	if err != nil {
		L.ArgError(1, err.Error())
	}
	return k
}

func (l *Lib) namedAt(L *lua.LState, i int) (*keyed, error) {
	var k *keyed
	if ud, ok := L.Get(i).(*lua.LUserData); ok {
		switch c := ud.Value.(type) {
		case *Set:
			k = &c.keyed
		case *Map:
			k = &c.keyed
		}
	}
	if k == nil || k.object.named == nil || k.object.named.id == "" {
		return nil, fmt.Errorf("expected a set or map with a name, such as EX:set(…) makes, got %s", convert.Describe(L.Get(i)))
	}
	return k, nil
}

// describe(c) returns what its declaration says.
func (l *Lib) describe(L *lua.LState) int {
	k := l.named(L)
	o := &k.object.named.opts
	t := L.NewTable()
	t.RawSetString("id", lua.LString(k.object.named.id))
	t.RawSetString("key", lua.LString(k.typ.Key.String()))
	if k.typ.Elem != nil {
		t.RawSetString("value", lua.LString(k.typ.Elem.String()))
	}
	for name, expiry := range expiries {
		if o.expiry == expiry {
			t.RawSetString(name, l.intervalOf(o.interval))
		}
	}
	if o.maxSize > 0 {
		t.RawSetString("max_size", lua.LNumber(o.maxSize))
	}
	L.Push(t)
	return 1
}

// intervalOf returns an interval as an options table would have it: a value, or the option object.
func (l *Lib) intervalOf(i interval) lua.LValue {
	if i.option == nil {
		return l.Space.Interval(broker.Timespan(i.fixed))
	}
	return i.object
}

// intercept(c, fn) has scripts' changes ask fn first. When it returns false, it has seen to the change, and the
// method returns nil. Methods that are no single change of one entry raise from then on.
func (l *Lib) intercept(L *lua.LState) int {
	k := l.named(L)
	if k.divert != nil {
		L.RaiseError("%s is intercepted already", k.name())
	}
	if k.object.named.keeper != nil {
		L.RaiseError("%s is kept in a store already", k.name())
	}
	k.divert = L.CheckFunction(2)
	return 0
}

func (k *keyed) isDiverted() bool { return k.divert != nil || k.object.named.keeper != nil }

// diverted asks whoever intercepts the container's changes and reports whether the change is none of ours.
func (k *keyed) diverted(L *lua.LState, op string, key []byte, value lua.LValue) bool {
	if k.divert == nil {
		return false
	}
	L.Push(k.divert)
	L.Push(lua.LString(op))
	L.Push(k.lib.Space.KeyToLua(k.typ.Key, bytes.Clone(key))) // a copy, so that the caller's may lie on its stack
	L.Push(value)
	L.Call(3, 1)
	here := lua.LVAsBool(L.Get(-1))
	L.Pop(1)
	return !here
}

// pushIf returns what a change has led to, nil when it was not made here.
func (k *keyed) pushIf(L *lua.LState, here bool, result lua.LValue) int {
	if !here {
		result = lua.LNil
	}
	L.Push(result)
	return 1
}

var errWhole = errors.New("its changes go one by one to other nodes, and this is none of one entry: write add, set, incr and remove")

// whole refuses a method of a container whose changes are intercepted.
func (k *keyed) whole(L *lua.LState, method string) {
	if k.divert != nil {
		L.RaiseError("%s: %s", k.method(method), errWhole)
	}
}

// apply(c, op, key, value, age) changes the container as the method of that name would, and returns what that would.
// What is new counts as made age seconds ago.
func (l *Lib) apply(L *lua.LState) int {
	k := l.named(L)
	op := L.CheckString(2)
	var buf [keyBuf]byte
	key := k.key(L, buf[:0], 3, op)
	now := l.d.Now()
	age := int64(L.OptNumber(5, 0) * 1e9)
	m, isMap := L.CheckUserData(1).Value.(*Map)
	switch {
	case op == "remove":
		_, found := k.t.Remove(key, now)
		L.Push(lua.LBool(found))
	case op == "add" && !isMap:
		_, found := k.t.SetAged(key, container.Value{}, age, now)
		k.filled()
		L.Push(lua.LBool(!found))
	case op == "set" && isMap:
		_, found := k.t.SetAged(key, container.Value(k.value(L, k.typ.Elem, 4, op)), age, now)
		k.filled()
		L.Push(lua.LBool(!found))
	case op == "incr" && isMap:
		sum, err := m.incr(key, L.Get(4))
		if err != nil {
			k.refuse(L, op, 2, err)
		}
		k.filled()
		L.Push(sum)
	default:
		L.ArgError(2, fmt.Sprintf("a %s has no change %q", wordOf(k.ud.Value), op))
	}
	return 1
}

// age(c, key) returns how old an entry is, in seconds.
func (l *Lib) age(L *lua.LState) int {
	k := l.named(L)
	var buf [keyBuf]byte
	if age, ok := k.t.Age(k.key(L, buf[:0], 2, "age"), l.d.Now()); ok {
		L.Push(lua.LNumber(float64(age) / 1e9))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

// lifetimeOf is lifetime(c).
func (l *Lib) lifetimeOf(L *lua.LState) int {
	d := int64(-1)
	if i := l.named(L).t.Options().Interval; i != nil {
		d = i.Nanoseconds()
	}
	if d < 0 {
		L.Push(lua.LNil)
	} else {
		L.Push(lua.LNumber(float64(d) / 1e9))
	}
	return 1
}

// own(c) returns c.
func (l *Lib) own(L *lua.LState) int {
	l.named(L).object.named.library = true
	L.Push(L.Get(1))
	return 1
}
