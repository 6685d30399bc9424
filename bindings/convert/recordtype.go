package convert

import (
	"fmt"
	"strings"

	"moonpeer/runtime/script"
)

// Field is one field of a record: its name, and its type, which may be optional.
type Field struct {
	Name string
	Type *Type
}

// RecordType is an ordered list of named fields. On the wire a record is a vector in this order. It is immutable
// and belongs to no VM.
type RecordType struct {
	// Open allows scripts to add fields of their own to records of this type. They stay in the VM and are never
	// sent.
	Open bool

	name   string
	fields []Field
	names  []string
	index  map[string]int
}

// NewRecordType returns the record type of the given name, Module::name or a single word.
func NewRecordType(name string, fields ...Field) (*RecordType, error) {
	if !isName(name) {
		return nil, fmt.Errorf("%q is not a name of a record type", name)
	}
	rt := &RecordType{name: name, fields: fields, index: make(map[string]int, len(fields))}
	for i, f := range fields {
		if !isFieldName(f.Name) {
			return nil, fmt.Errorf("record %s: field #%d: %q is not a name", name, i+1, f.Name)
		}
		if _, twice := rt.index[f.Name]; twice {
			return nil, fmt.Errorf("record %s: field %q is declared twice", name, f.Name)
		}
		if f.Type == nil {
			return nil, fmt.Errorf("record %s: field %q has no type", name, f.Name)
		}
		rt.index[f.Name] = i
		rt.names = append(rt.names, f.Name)
	}
	return rt, nil
}

// Name returns the name of the type.
func (rt *RecordType) Name() string { return rt.name }

// Len returns the number of fields.
func (rt *RecordType) Len() int { return len(rt.fields) }

// Field returns field i, from 0.
func (rt *RecordType) Field(i int) Field { return rt.fields[i] }

// Index returns the position of the field called name.
func (rt *RecordType) Index(name string) (int, bool) {
	i, ok := rt.index[name]
	return i, ok
}

// String returns name and fields, for messages about two declarations that differ.
func (rt *RecordType) String() string {
	var b strings.Builder
	b.WriteString(rt.name)
	for i, f := range rt.fields {
		if i == 0 {
			b.WriteString(" {")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(f.Name + ": ")
		f.Type.write(&b)
	}
	if len(rt.fields) > 0 {
		b.WriteByte('}')
	}
	return b.String()
}

// Equal reports whether the two have one name and equal fields in one order.
func (rt *RecordType) Equal(other *RecordType) bool { return rt.equal(other, 0) }

const maxCompareDepth = 16

func (rt *RecordType) equal(other *RecordType, depth int) bool {
	if rt == other {
		return true
	}
	if rt.name != other.name || len(rt.fields) != len(other.fields) {
		return false
	}
	if depth == maxCompareDepth {
		return true
	}
	for i, f := range rt.fields {
		if o := other.fields[i]; f.Name != o.Name || !f.Type.equal(o.Type, depth+1) {
			return false
		}
	}
	return true
}

// noField is the error for a name that the type does not have.
func (rt *RecordType) noField(name string) error {
	if path := rt.inside(name); path != "" {
		return fmt.Errorf("record %s has no field %q (did you mean %s?)", rt.name, name, path)
	}
	return fmt.Errorf("record %s has no field %q%s", rt.name, name, script.DidYouMean(name, rt.names))
}

// inside returns the path to a field of that name in a record of this one, "" if there is none: id.resp_h for
// resp_h.
func (rt *RecordType) inside(name string) string {
	for _, f := range rt.fields {
		if sub := f.Type.Record(); sub != nil {
			if _, ok := sub.index[name]; ok {
				return f.Name + "." + name
			}
		}
	}
	return ""
}

// misspelt reports whether name is so near to a field that it was hardly meant as a script's own: the name of a
// field further in, the beginning of a field's name, or one letter off.
func (rt *RecordType) misspelt(name string) bool {
	if rt.inside(name) != "" {
		return true
	}
	for _, f := range rt.names {
		if len(name) > 2 && (strings.HasPrefix(f, name) || script.Distance(name, f) == 1) {
			return true
		}
	}
	return false
}

// isName reports whether s is words of letters, digits and _ joined by "::".
func isName(s string) bool {
	for part := range strings.SplitSeq(s, "::") {
		if !isFieldName(part) {
			return false
		}
	}
	return true
}

func isFieldName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isWordByte(c) || i == 0 && c >= '0' && c <= '9' {
			return false
		}
	}
	return s != ""
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
