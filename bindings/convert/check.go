package convert

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// Check returns the canonical Lua value of v in a place of type t, as it reads back: a number of seconds or a text
// is an interval, an empty Lua table an empty container, a Lua table in the place of a record a record, and
// types.none in an optional place nil. All else comes back as it is, or is an error that says expected and got.
func (s *Space) Check(t *Type, v lua.LValue) (lua.LValue, error) {
	if t.Optional && isUnset(v) {
		return lua.LNil, nil
	}
	switch t.Kind {
	case KindAny:
		return v, checkAny(v)
	case KindInterval:
		return s.checkInterval(t, v)
	case KindTuple:
		return v, s.checkTuple(t, v)
	case KindSet, KindTable, KindVector:
		return s.checkContainer(t, v)
	case KindRecord:
		return s.checkRecord(t, v)
	}
	var a atom
	return v, a.fromLua(t, v)
}

// CheckArgs replaces the arguments of an event by their canonical values, in place, and fills up what was left out
// with nil. A nil signature checks only that the values can be sent. The error is an *ArityError or an *ArgError.
func (s *Space) CheckArgs(sig *Signature, args []lua.LValue) ([]lua.LValue, error) {
	if sig == nil {
		for i, v := range args {
			if err := checkAny(v); err != nil {
				return args, &ArgError{N: i + 1, Err: err}
			}
		}
		return args, nil
	}
	if len(args) > len(sig.Args) || len(args) < sig.required {
		return args, &ArityError{Got: len(args), Min: sig.required, Max: len(sig.Args)}
	}
	for i := range args {
		v, err := s.Check(sig.Args[i].Type, args[i])
		if err != nil {
			return args, &ArgError{N: i + 1, Name: sig.Args[i].Name, Err: err}
		}
		args[i] = v
	}
	for len(args) < len(sig.Args) {
		args = append(args, lua.LNil)
	}
	return args, nil
}

// checkAny looks at the value itself; what is inside a table shows when it is sent.
func checkAny(v lua.LValue) error {
	if tb, ok := v.(*lua.LTable); ok {
		_, err := arrayLen(tb)
		return err
	}
	if _, ok := DefaultKind(v); !ok {
		return invalidData("a %s has no place on the wire", v.Type())
	}
	return nil
}

func (s *Space) checkInterval(t *Type, v lua.LValue) (lua.LValue, error) {
	var a atom
	if err := a.fromLua(t, v); err != nil {
		return v, err
	}
	if _, ok := v.(*lua.LUserData); ok {
		return v, nil
	}
	return a.toLua(s), nil
}

func (s *Space) checkTuple(t *Type, v lua.LValue) error {
	key, err := s.appendTupleKey(s.scratch[:0], t, v, true)
	s.scratch = key
	return err
}

func (s *Space) checkContainer(t *Type, v lua.LValue) (lua.LValue, error) {
	if c, ok := AsContainer(v); ok && fits(t, c.ContainerType()) {
		return v, nil
	}
	if isEmptyTable(v) {
		if s.NewContainer == nil {
			return v, nil
		}
		return s.wrap(s.NewContainer(t, 0)), nil
	}
	return v, mismatch(t, v)
}

func (s *Space) checkRecord(t *Type, v lua.LValue) (lua.LValue, error) {
	rt := t.Record()
	if rt == nil {
		return v, undeclared(t)
	}
	switch v := v.(type) {
	case *lua.LUserData:
		if got, _, ok := recordOf(v); ok && got.isA(t) {
			return v, nil
		}
	case *lua.LTable:
		r, err := s.recordFromTable(rt, v)
		if err != nil {
			return v, err
		}
		return &r.ud, nil
	}
	return v, mismatch(t, v)
}

func (s *Space) recordFromTable(rt *RecordType, tb *lua.LTable) (*Record, error) {
	r := s.NewRecord(rt)
	found := 0
	for i := range rt.fields {
		f := &rt.fields[i]
		v := tb.RawGetString(f.Name)
		if v == lua.LNil {
			if !f.Type.Optional && f.Type.Kind != KindAny {
				return nil, missingField(rt, tb, f)
			}
			continue
		}
		found++
		st, err := s.ToStored(f.Type, v)
		if err != nil {
			return nil, insideField(f.Name, err)
		}
		r.vals[i] = st
	}
	return r, checkNames(rt, tb, found)
}

// checkNames finds the keys of a table that are no fields, when found of them are.
func checkNames(rt *RecordType, tb *lua.LTable, found int) error {
	n := 0
	for k, _ := tb.Next(lua.LNil); k != lua.LNil; k, _ = tb.Next(k) {
		n++
	}
	if n == found || rt.Open {
		return nil
	}
	for k, _ := tb.Next(lua.LNil); k != lua.LNil; k, _ = tb.Next(k) {
		name, ok := k.(lua.LString)
		if !ok {
			return fmt.Errorf("record %s is written by field names, got the key %s", rt.name, keyText(k))
		}
		if _, ok := rt.index[string(name)]; !ok {
			return rt.noField(string(name))
		}
	}
	return nil
}

// missingField is the error for a required field that a table lacks. A name in the table that is no field is the
// likelier mistake, and named first.
func missingField(rt *RecordType, tb *lua.LTable, f *Field) error {
	if err := checkNames(rt, tb, 0); err != nil {
		return err
	}
	return missing(rt, f)
}

func missing(rt *RecordType, f *Field) error {
	return fmt.Errorf("record %s lacks the field %q (%s)", rt.name, f.Name, f.Type)
}

func undeclared(t *Type) error { return fmt.Errorf("record type %s is not declared", t.ref.name) }

func countFields(n int, rt *RecordType) string {
	return fmt.Sprintf("a vector of %d, the record has %d fields", n, len(rt.fields))
}
