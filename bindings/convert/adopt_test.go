package convert

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// TestBring has values of one VM, and tells which of another one they become.
func TestBring(t *testing.T) {
	v, w := newVM(t), newVM(t)
	for _, same := range []func(*Space) lua.LValue{
		func(*Space) lua.LValue { return lua.LNil },
		func(*Space) lua.LValue { return lua.LTrue },
		func(*Space) lua.LValue { return lua.LNumber(1.5) },
		func(*Space) lua.LValue { return lua.LString("\x00text") },
		func(s *Space) lua.LValue { return s.None() },
		func(s *Space) lua.LValue { return s.Address(broker.AddressFrom4([4]byte{10, 0, 0, 1})) },
		func(s *Space) lua.LValue { return s.Subnet(broker.Subnet{Len: 8}) },
		func(s *Space) lua.LValue { return s.Port(broker.Port{Number: 80, Proto: broker.TCP}) },
		func(s *Space) lua.LValue { return s.Time(5) },
		func(s *Space) lua.LValue { return s.Interval(5) },
		func(s *Space) lua.LValue { return s.Enum("EX::Scan") },
		func(s *Space) lua.LValue { return s.Count(1 << 60) },
		func(s *Space) lua.LValue { return s.RealOfKind(3) },
	} {
		was, want := same(v.Space), same(w.Space)
		if got, ok := w.Bring(was); !ok || got != want {
			t.Errorf("%v became %v, %v", was, got, ok)
		}
	}
	for _, stays := range []lua.LValue{v.L.NewFunction(nil), v.L, v.L.NewUserData(), lua.LChannel(nil)} {
		if got, ok := w.Bring(stays); ok || got != lua.LNil {
			t.Errorf("a %s became %v", stays.Type(), got)
		}
	}
}

// TestBringTable has a table with values of its VM as keys and values, itself inside, and what can't be brought.
func TestBringTable(t *testing.T) {
	v, w := newVM(t), newVM(t)
	a := broker.AddressFrom4([4]byte{10, 0, 0, 1})
	outer, inner := v.L.NewTable(), v.L.NewTable()
	inner.RawSet(v.Address(a), v.Port(broker.Port{Number: 80, Proto: broker.TCP}))
	inner.RawSetString("outer", outer)
	outer.RawSetString("inner", inner)
	anyType := v.typ(t, "any")
	if stays := anyType.Stays(Stored{Ref: outer}); stays != "" {
		t.Errorf("%s stays", stays)
	}

	inner.RawSetString("fn", v.L.NewFunction(nil))
	if stays := anyType.Stays(Stored{Ref: outer}); stays != "a function in a table" {
		t.Errorf("what stays: %q", stays)
	}
	if stays := v.typ(t, "vector of any").Stays(Stored{Ref: v.bagOf(t, "vector of any", outer).Value}); stays != "a function in a table" {
		t.Errorf("what stays in a container: %q", stays)
	}
	inner.RawSetString("fn", lua.LNil)
	inner.Metatable = v.L.NewTable()
	if stays := anyType.Stays(Stored{Ref: outer}); stays != "the metatable of a table" {
		t.Errorf("what stays: %q", stays)
	}

	inner.RawSetString("fn", v.L.NewFunction(nil))
	inner.RawSet(v.L.NewFunction(nil), lua.LTrue)
	got, ok := w.Bring(outer)
	if !ok || got != lua.LValue(outer) || outer.RawGetString("inner") != lua.LValue(inner) || inner.RawGetString("outer") != lua.LValue(outer) {
		t.Fatal("it is another table")
	}
	n := 0
	inner.ForEach(func(_, _ lua.LValue) { n++ })
	if n != 2 || inner.Metatable != lua.LNil || inner.RawGet(w.Address(a)) != w.Port(broker.Port{Number: 80, Proto: broker.TCP}) {
		t.Errorf("%d fields, want outer and %s", n, w.Address(a))
	}
}

// TestBringDeep: how deep tables lie in each other is up to scripts.
func TestBringDeep(t *testing.T) {
	v, w := newVM(t), newVM(t)
	first := v.L.NewTable()
	last := first
	for range 300_000 {
		next := v.L.NewTable()
		last.RawSetInt(1, next)
		last = next
	}
	last.RawSetInt(1, v.Interval(7))
	if stays := v.typ(t, "any").Stays(Stored{Ref: first}); stays != "" {
		t.Errorf("%s stays", stays)
	}
	w.Bring(first)
	if last.RawGetInt(1) != w.Interval(7) {
		t.Error("the innermost table is as it was")
	}
}

// TestBringRecord: a script's own fields go along if they are single values.
func TestBringRecord(t *testing.T) {
	v, w := newVM(t), newVM(t)
	rt, err := NewRecordType("EX::open", Field{Name: "a", Type: Scalar(KindAddr)})
	if err != nil {
		t.Fatal(err)
	}
	rt.Open = true
	r := v.NewRecord(rt)
	if err := r.SetField(0, v.Address(broker.Address{})); err != nil {
		t.Fatal(err)
	}
	addField(&r.ud, "mine", v.Interval(7))
	addField(&r.ud, "table", v.L.NewTable())
	addField(&r.ud, "fn", v.L.NewFunction(nil))
	got, ok := w.Bring(r.Value())
	if !ok || got != r.Value() || r.Field(0) != w.Address(broker.Address{}) {
		t.Errorf("became %v, %v", got, ok)
	}
	if len(r.extra) != 1 || r.extra["mine"] != w.Interval(7) {
		t.Errorf("fields of the script's own: %v", r.extra)
	}
	if text := string(w.AppendPrint(nil, got)); !strings.Contains(text, "a=::") {
		t.Errorf("it prints as %s", text)
	}
}
