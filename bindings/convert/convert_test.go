package convert

import (
	"slices"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// vm is a bare Lua state with its space.
type vm struct {
	*Space
	L *lua.LState
}

func newVM(t testing.TB) vm {
	t.Helper()
	L := lua.NewState()
	t.Cleanup(L.Close)
	s := NewSpace(L)
	s.NewContainer = func(t *Type, n int) Container { return newBag(t) }
	s.WrapContainer = func(c Container) *lua.LUserData { return &c.(*bag).ud }
	return vm{s, L}
}

// bag is a container as simple as it gets: it keeps the order of insertion.
type bag struct {
	ud   lua.LUserData
	typ  *Type
	at   map[string]int
	keys []string
	vals []Stored
}

func newBag(t *Type) *bag {
	b := &bag{typ: t, at: map[string]int{}}
	b.ud = lua.LUserData{Value: b, Metatable: lua.LNil}
	return b
}

func (b *bag) ContainerType() *Type { return b.typ }

func (b *bag) Len() int { return len(b.vals) }

func (b *bag) Each(fn func(key []byte, value Stored) bool) {
	for i, v := range b.vals {
		var key []byte
		if b.typ.Key != nil {
			key = []byte(b.keys[i])
		}
		if !fn(key, v) {
			return
		}
	}
}

func (b *bag) Put(key []byte, v Stored) bool {
	if b.typ.Key != nil {
		if _, ok := b.at[string(key)]; ok {
			return false
		}
		b.at[string(key)] = len(b.keys)
		b.keys = append(b.keys, string(key))
	}
	b.vals = append(b.vals, v)
	return true
}

// bagOf makes a container of Lua values: a set of its elements, a table of keys and values in turn, a vector.
func (v vm) bagOf(t testing.TB, typ string, elems ...lua.LValue) *lua.LUserData {
	t.Helper()
	ty := v.typ(t, typ)
	b := newBag(ty)
	for len(elems) > 0 {
		var key []byte
		var val Stored
		var err error
		if ty.Key != nil {
			if key, err = v.AppendKey(nil, ty.Key, elems[0]); err != nil {
				t.Fatal(err)
			}
			elems = elems[1:]
		}
		if ty.Elem != nil {
			if val, err = v.ToStored(ty.Elem, elems[0]); err != nil {
				t.Fatal(err)
			}
			elems = elems[1:]
		}
		if !b.Put(key, val) {
			t.Fatal("twice the same key")
		}
	}
	return &b.ud
}

func (v vm) typ(t testing.TB, text string) *Type {
	t.Helper()
	ty, err := v.ParseType(text)
	if err != nil {
		t.Fatal(err)
	}
	return ty
}

func (v vm) sig(t testing.TB, text string) *Signature {
	t.Helper()
	sig, err := v.ParseSignature(text)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// parse reads a scalar's text.
func (v vm) parse(t testing.TB, k Kind, text string) lua.LValue {
	t.Helper()
	val, err := v.Parse(k, text)
	if err != nil {
		t.Fatal(err)
	}
	return val
}

// record declares a record type from names and types in turn.
func (v vm) record(t testing.TB, name string, fields ...string) *RecordType {
	t.Helper()
	var fs []Field
	for f := range slices.Chunk(fields, 2) {
		fs = append(fs, Field{Name: f[0], Type: v.typ(t, f[1])})
	}
	rt, err := NewRecordType(name, fs...)
	if err != nil {
		t.Fatal(err)
	}
	if rt, err = v.DeclareRecord(rt); err != nil {
		t.Fatal(err)
	}
	return rt
}

// errText compares an error's text.
func errText(t testing.TB, err error, want string) {
	t.Helper()
	got := "no error"
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("got error  %s\nwant error %s", got, want)
	}
}
