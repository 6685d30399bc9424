package convert

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// Adopt makes what lies in a stored value part of this VM: records, containers, and what scripts have put into plain
// Lua tables, all the way down. Records would work without, as one changes hands when a script next sees it; but until
// then it keeps the VM alive that it came from. A hot reload calls it for what it hands over. What Stays tells of is
// taken out of the tables that hold it.
func (s *Space) Adopt(st Stored) {
	a := adopter{s: s}
	a.stored(st)
	a.run()
}

// AdoptContents adopts what is in a container that is of this VM already.
func (s *Space) AdoptContents(c Container) {
	if t := c.ContainerType(); t.Elem == nil || !t.Elem.ChangesHands() {
		return
	}
	a := adopter{s: s, todo: []any{c}}
	a.run()
}

// Bring returns the value of this VM that v, a value of another one, stands for. Containers, records and tables change
// hands, everything else is a copy. ok is false for what belongs to its VM for good: functions, coroutines, objects.
func (s *Space) Bring(v lua.LValue) (own lua.LValue, ok bool) {
	a := adopter{s: s}
	own, ok = a.value(v)
	a.run()
	return own, ok
}

// adopter walks what changes hands. It keeps a list instead of calling itself: a script decides how deep tables lie in
// each other.
type adopter struct {
	s      *Space
	tables map[*lua.LTable]bool // seen
	todo   []any                // containers, records and tables whose contents have not been looked at
}

func (a *adopter) run() {
	for len(a.todo) > 0 {
		last := len(a.todo) - 1
		next := a.todo[last]
		a.todo = a.todo[:last]
		switch x := next.(type) {
		case *Record:
			for _, field := range x.vals {
				a.stored(field)
			}
		case Container:
			x.Each(func(_ []byte, v Stored) bool {
				a.stored(v)
				return true
			})
		case *lua.LTable:
			a.table(x)
		}
	}
}

// stored takes what a stored value refers to.
func (a *adopter) stored(st Stored) {
	switch ref := st.Ref.(type) {
	case *Record:
		if ref.space != a.s {
			ref.in(a.s)
			a.todo = append(a.todo, ref)
		}
	case *goRecord:
		ref.in(a.s)
	case *lua.LTable:
		a.later(ref)
	case Container:
		if a.s.TakeContainer != nil && !a.s.TakeContainer(ref) {
			return // it is ours
		}
		if t := ref.ContainerType(); t.Elem != nil && t.Elem.ChangesHands() {
			a.todo = append(a.todo, ref)
		}
	}
}

func (a *adopter) later(t *lua.LTable) {
	if a.tables[t] {
		return
	}
	if a.tables == nil {
		a.tables = map[*lua.LTable]bool{}
	}
	a.tables[t] = true
	a.todo = append(a.todo, t)
}

// value is Bring, the contents left to run.
func (a *adopter) value(v lua.LValue) (own lua.LValue, ok bool) {
	if own, ok = a.s.copied(v); ok {
		return own, true
	}
	switch v := v.(type) {
	case *lua.LTable:
		a.later(v)
		return v, true
	case *lua.LUserData:
		if movable(v) {
			st := Stored{Ref: refOf(v)}
			a.stored(st)
			return a.s.FromStored(Any, st), true
		}
	}
	return lua.LNil, false
}

// copied returns the value of this VM that is equal to v; ok is false for what is more than one value.
func (s *Space) copied(v lua.LValue) (own lua.LValue, ok bool) {
	switch v := v.(type) {
	case *lua.LNilType, lua.LBool, lua.LNumber, lua.LString:
		return v, true
	case *lua.LUserData:
		if b, ok := v.Value.(*numberBox); ok {
			return s.numbers.get(b.v), true
		}
		if single(v) {
			return s.FromStored(Any, Stored{Ref: refOf(v)}), true
		}
	}
	return lua.LNil, false
}

// movable tells the userdata of what changes hands from those of objects that belong to a VM.
func movable(ud *lua.LUserData) bool {
	switch ud.Value.(type) {
	case *Record, *goRecord, Container:
		return true
	}
	return false
}

// single tells the userdata of single values.
func single(ud *lua.LUserData) bool {
	switch refOf(ud).(type) {
	case broker.Address, broker.Subnet, broker.Port, broker.Timestamp, broker.Timespan, broker.Enum, number, tupleKey, unset:
		return true
	}
	return false
}

// table brings keys and values of a plain table. A metatable is functions of the VM that it came from.
func (a *adopter) table(t *lua.LTable) {
	t.Metatable = lua.LNil
	type pair struct{ was, key, value lua.LValue }
	var changed []pair
	t.ForEach(func(k, v lua.LValue) {
		key, keyOK := a.value(k)
		value, valueOK := a.value(v)
		if !keyOK || !valueOK {
			key, value = k, lua.LNil
		}
		if key != k || value != v {
			changed = append(changed, pair{k, key, value})
		}
	})
	for _, p := range changed {
		t.RawSet(p.was, lua.LNil)
		t.RawSet(p.key, p.value)
	}
}

// Stays says what in a stored value of type t can't be handed to another VM; "" if all can.
func (t *Type) Stays(st Stored) string {
	if !t.ChangesHands() {
		return ""
	}
	w := stayer{seen: map[any]bool{}}
	w.stored(st)
	for len(w.todo) > 0 && w.found == "" {
		last := len(w.todo) - 1
		next := w.todo[last]
		w.todo = w.todo[:last]
		w.look(next)
	}
	return w.found
}

// stayer looks for what can't change hands.
type stayer struct {
	seen  map[any]bool
	todo  []any
	found string
}

func (w *stayer) stored(st Stored) {
	switch ref := st.Ref.(type) {
	case *lua.LTable, *Record:
	case Container:
		if t := ref.ContainerType(); t.Elem == nil || !t.Elem.ChangesHands() {
			return
		}
	default:
		return
	}
	if !w.seen[st.Ref] {
		w.seen[st.Ref] = true
		w.todo = append(w.todo, st.Ref)
	}
}

func (w *stayer) look(x any) {
	switch x := x.(type) {
	case *Record:
		for _, field := range x.vals {
			w.stored(field)
		}
	case Container:
		x.Each(func(_ []byte, v Stored) bool {
			w.stored(v)
			return true
		})
	case *lua.LTable:
		if x.Metatable != lua.LNil {
			w.found = "the metatable of a table"
		}
		x.ForEach(func(k, v lua.LValue) {
			w.value(k)
			w.value(v)
		})
	}
}

func (w *stayer) value(v lua.LValue) {
	switch v := v.(type) {
	case *lua.LNilType, lua.LBool, lua.LNumber, lua.LString:
	case *lua.LTable:
		w.stored(Stored{Ref: v})
	case *lua.LUserData:
		switch {
		case single(v):
			return
		case movable(v):
			w.stored(Stored{Ref: refOf(v)})
			return
		}
		w.found = "a " + Describe(v) + " in a table"
	default:
		w.found = "a " + v.Type().String() + " in a table"
	}
}

// ChangesHands reports whether there may be records, containers or tables in a value of type t, which a hot reload hands
// over as they are; other values are copied.
func (t *Type) ChangesHands() bool {
	switch t.Kind {
	case KindAny, KindRecord, KindSet, KindTable, KindVector:
		return true
	}
	return false
}
