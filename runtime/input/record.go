package input

import (
	"strings"

	"moonpeer/net/broker"
)

// RecordType says what fields the records of a log have. It is immutable.
type RecordType struct {
	// Name is the path of the log, for a nested record followed by the name of its field: conn, conn.id.
	Name   string
	Fields []Field
	index  map[string]int
}

// Field is one field of a record. It may be unset in any record.
type Field struct {
	Name string
	Kind broker.Kind // KindVector also stands for a nested record
	Elem broker.Kind // of the elements of a set or vector; KindNone where they may differ
	// Record is the type of a nested record, nil for all other fields. A log's columns id.orig_h and id.resp_h
	// are the fields orig_h and resp_h of a nested record id.
	Record *RecordType
}

// NewRecordType returns the type with these fields, which it takes over. Of two fields of one name the first counts.
func NewRecordType(name string, fields []Field) *RecordType {
	t := &RecordType{Name: name, Fields: fields, index: make(map[string]int, len(fields))}
	for i, f := range fields {
		if _, taken := t.index[f.Name]; !taken {
			t.index[f.Name] = i
		}
	}
	return t
}

// Index returns the place of a field.
func (t *RecordType) Index(name string) (int, bool) {
	i, ok := t.index[name]
	return i, ok
}

// String returns the type as people write it: conn{ts: timestamp, id: {orig_h: address}}.
func (t *RecordType) String() string {
	var b strings.Builder
	b.WriteString(t.Name)
	t.describe(&b)
	return b.String()
}

func (t *RecordType) describe(b *strings.Builder) {
	b.WriteByte('{')
	for i, f := range t.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Name + ": ")
		if f.Record != nil {
			f.Record.describe(b)
			continue
		}
		b.WriteString(f.Kind.String())
		if f.Elem != broker.KindNone {
			b.WriteString("[" + f.Elem.String() + "]")
		}
	}
	b.WriteByte('}')
}
