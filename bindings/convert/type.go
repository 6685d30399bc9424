package convert

import "strings"

// Type is the declared type of a place: an event's argument, a record's field, an option, a variable, an element
// of a container. Types are immutable and belong to no VM.
type Type struct {
	Kind Kind
	// Optional places may be unset: nil in Lua, none on the wire. Only a whole place can be, never an element.
	Optional bool
	// Key is the type of a set's elements or a table's keys. Several columns are one tuple.
	Key *Type
	// Elem is the type of a table's values or a vector's elements.
	Elem *Type
	// Columns are the types in a tuple.
	Columns []*Type

	ref *recordRef
}

// recordRef is the place where a record's name is bound to its fields, so that a type may name a record that is
// declared later.
type recordRef struct {
	name string
	rt   *RecordType
}

// Any takes every value, by default kinds.
var Any = &Type{Kind: KindAny}

// scalars are the types of one word, shared by all who name them.
var scalars = func() (ts [KindTuple]*Type) {
	ts[KindAny] = Any
	for k := KindBool; k < KindTuple; k++ {
		ts[k] = &Type{Kind: k}
	}
	return ts
}()

// Scalar returns the type of one word, from any to enum.
func Scalar(k Kind) *Type { return scalars[k] }

// SetOf returns the type of sets of the given columns.
func SetOf(columns ...*Type) *Type { return &Type{Kind: KindSet, Key: keyOf(columns)} }

// TableOf returns the type of tables from the given columns to elem.
func TableOf(elem *Type, columns ...*Type) *Type {
	return &Type{Kind: KindTable, Key: keyOf(columns), Elem: elem}
}

// VectorOf returns the type of vectors of elem.
func VectorOf(elem *Type) *Type { return &Type{Kind: KindVector, Elem: elem} }

// RecordOf returns the type of the records of rt.
func RecordOf(rt *RecordType) *Type {
	return &Type{Kind: KindRecord, ref: &recordRef{name: rt.name, rt: rt}}
}

// Option returns t for a place that may be unset.
func Option(t *Type) *Type {
	if t.Optional {
		return t
	}
	o := *t
	o.Optional = true
	return &o
}

func keyOf(columns []*Type) *Type {
	if len(columns) == 1 {
		return columns[0]
	}
	return &Type{Kind: KindTuple, Columns: columns}
}

// Record returns the fields of a record type, nil while nobody has declared the record's name, and nil for all
// other types.
func (t *Type) Record() *RecordType {
	if t.ref == nil {
		return nil
	}
	return t.ref.rt
}

// RecordName returns the name of a record type, "" for all others.
func (t *Type) RecordName() string {
	if t.ref == nil {
		return ""
	}
	return t.ref.name
}

// String returns the type as scripts write it; parsing it gives an equal type.
func (t *Type) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t *Type) write(b *strings.Builder) {
	switch t.Kind {
	case KindRecord:
		b.WriteString(t.ref.name)
	case KindSet:
		b.WriteString("set[")
		t.Key.writeColumns(b)
		b.WriteByte(']')
	case KindTable:
		b.WriteString("table[")
		t.Key.writeColumns(b)
		b.WriteString("] of ")
		t.Elem.write(b)
	case KindVector:
		b.WriteString("vector of ")
		t.Elem.write(b)
	case KindTuple:
		b.WriteString("tuple[")
		t.writeColumns(b)
		b.WriteByte(']')
	default:
		b.WriteString(t.Kind.String())
	}
	if t.Optional {
		b.WriteByte('?')
	}
}

func (t *Type) writeColumns(b *strings.Builder) {
	if t.Kind != KindTuple {
		t.write(b)
		return
	}
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		c.write(b)
	}
}

// Equal reports whether t and u are the same type: records of one name with equal fields are.
func (t *Type) Equal(u *Type) bool { return t.equal(u, 0) }

// equal gives up comparing fields below a depth that only records which contain themselves reach; their names are
// equal then, all the way.
func (t *Type) equal(u *Type, depth int) bool {
	if t == u {
		return true
	}
	if t == nil || u == nil || t.Kind != u.Kind || t.Optional != u.Optional {
		return false
	}
	switch t.Kind {
	case KindSet:
		return t.Key.equal(u.Key, depth)
	case KindTable:
		return t.Key.equal(u.Key, depth) && t.Elem.equal(u.Elem, depth)
	case KindVector:
		return t.Elem.equal(u.Elem, depth)
	case KindTuple:
		if len(t.Columns) != len(u.Columns) {
			return false
		}
		for i := range t.Columns {
			if !t.Columns[i].equal(u.Columns[i], depth) {
				return false
			}
		}
		return true
	case KindRecord:
		if t.ref.name != u.ref.name || t.ref.rt == nil || u.ref.rt == nil {
			return t.ref.name == u.ref.name
		}
		return t.ref.rt.equal(u.ref.rt, depth)
	}
	return true
}

// KeyWidth returns how many bytes the canonical key of a value of type t has, 0 if that depends on the value.
func (t *Type) KeyWidth() int {
	switch t.Kind {
	case KindAny, KindString, KindEnum:
		return 0
	case KindTuple:
		sum := 0
		for _, c := range t.Columns {
			w := c.KeyWidth()
			if w == 0 {
				return 0
			}
			sum += w
		}
		return sum
	}
	return keySize[wireKinds[t.Kind]]
}
