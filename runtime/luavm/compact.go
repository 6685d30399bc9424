package luavm

import (
	"reflect"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// A table of gopher-lua never forgets a key: one whose value was set to nil stays in its list of keys, where next
// passes it, and an array keeps the slots it ever had. A table that is used as a queue or as a set of what
// is open just now grows without bound. Compacting builds it anew with what is in it.

// Compact gives back the memory of keys without a value and of unused slots. The table
// stays the same value, and its entries keep their order.
//
// While something iterates over the table it must not be compacted: next would not know the key it has
// come to, if that was removed meanwhile, and start over. A host does it between calls, see [VM.CompactTables].
func Compact(L *lua.LState, tb *lua.LTable) {
	fresh := L.CreateTable(tb.Len(), 0)
	for k, v := tb.Next(lua.LNil); k != lua.LNil; k, v = tb.Next(k) {
		fresh.RawSet(k, v)
	}
	fresh.Metatable = tb.Metatable
	*tb = *fresh
}

// NeedsCompaction tells whether more than half of a table's memory is of no use, for tables that are not small.
// It looks at the lengths of fields that gopher-lua does not export; of another version than
// v1.1.2 it may not find them, and then no table needs compaction.
func NeedsCompaction(tb *lua.LTable) bool {
	const small = 64
	layout := tableLayout()
	if !layout.ok {
		return false
	}
	v := reflect.ValueOf(tb).Elem()
	length := func(field int) int { return v.Field(field).Len() }
	live := length(layout.strdict) + length(layout.dict)
	if length(layout.keys) > 2*live+small {
		return true
	}
	slots := length(layout.array)
	return slots > small && slots > 2*tb.Len()+small
}

type layout struct {
	ok                         bool
	array, dict, strdict, keys int // indexes of fields
}

var tableLayout = sync.OnceValue(func() layout {
	t := reflect.TypeFor[lua.LTable]()
	l := layout{ok: true}
	for _, f := range []struct {
		name  string
		kind  reflect.Kind
		index *int
	}{
		{"array", reflect.Slice, &l.array}, {"dict", reflect.Map, &l.dict},
		{"strdict", reflect.Map, &l.strdict}, {"keys", reflect.Slice, &l.keys},
	} {
		field, found := t.FieldByName(f.name)
		if !found || field.Type.Kind() != f.kind {
			return layout{}
		}
		*f.index = field.Index[0]
	}
	return l
})
