package convert

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/wire"
)

// Record is a record as scripts hold it: a userdata with typed fields. What is stored in a container and read
// back is the same record. Its fields are in stored form, so a hot reload can hand it over.
type Record struct {
	ud    lua.LUserData
	typ   *RecordType
	space *Space
	vals  []Stored
	raw   []byte                // what lazily read fields lie in
	extra map[string]lua.LValue // a script's own fields, for open types
}

// lazy is the Ref of a field that still lies in raw, at offset Bits: tag and content of a scalar of the right
// kind.
type lazy struct{}

// NewRecord returns a record of type rt with all fields unset. Fields that are not optional must be set before a
// script sees it; see SetField.
func (s *Space) NewRecord(rt *RecordType) *Record {
	r := &Record{typ: rt, vals: make([]Stored, len(rt.fields))}
	for i := range r.vals {
		r.vals[i] = None
	}
	r.own(s)
	return r
}

// own makes r a userdata of s.
func (r *Record) own(s *Space) {
	r.space = s
	r.ud = lua.LUserData{Value: r, Env: s.env, Metatable: s.recordMT}
}

// in returns r as a value of s. After a hot reload that is another VM than the one that made it.
func (r *Record) in(s *Space) lua.LValue {
	if r.space != s {
		r.own(s)
		r.extra = s.plainFields(r.extra)
	}
	return &r.ud
}

// plainFields keeps those of a script's own fields that are single values; what else there is belongs to the VM that
// it came from.
func (s *Space) plainFields(extra map[string]lua.LValue) map[string]lua.LValue {
	for name, v := range extra {
		if own, ok := s.copied(v); ok {
			extra[name] = own
		} else {
			delete(extra, name)
		}
	}
	return extra
}

// Value returns the record as a Lua value.
func (r *Record) Value() lua.LValue { return &r.ud }

// Type returns the record's type.
func (r *Record) Type() *RecordType { return r.typ }

// Field returns field i as scripts see it; nil when unset.
func (r *Record) Field(i int) lua.LValue {
	st := r.Stored(i)
	if st.IsNone() {
		return lua.LNil
	}
	return r.space.FromStored(r.typ.fields[i].Type, st)
}

// Stored returns field i in stored form.
func (r *Record) Stored(i int) Stored {
	st := r.vals[i]
	if _, ok := st.Ref.(lazy); ok {
		st = r.load(i, int(st.Bits))
		r.vals[i] = st
	}
	return st
}

// load reads a field that arrived as bytes. They have been checked.
func (r *Record) load(i, at int) Stored {
	rd := wire.NewReader(r.raw[at:])
	k, err := rd.Kind()
	var a atom
	if err != nil || a.fromWire(&rd, k) != nil {
		return None
	}
	// The text stays a part of raw: a copy would cost more than it keeps alive.
	return a.toStored(r.typ.fields[i].Type.Kind == KindAny)
}

// SetField checks v for field i and sets it.
func (r *Record) SetField(i int, v lua.LValue) error {
	st, err := r.space.ToStored(r.typ.fields[i].Type, v)
	if err != nil {
		return err
	}
	r.vals[i] = st
	return nil
}

// AsRecord returns the record in a userdata; false also for those that stand for a Go value.
func AsRecord(v lua.LValue) (*Record, bool) { return boxed[*Record](v) }

// GoRecord is a Go value that scripts see as a record, its fields read when a script asks for them. It belongs to
// the VM's goroutine.
type GoRecord interface {
	// RecordType returns the same type each time.
	RecordType() *RecordType
	// Field returns field i as a Lua value of the declared type, nil when unset. A field that is a record itself
	// is asked for once.
	Field(i int, s *Space) lua.LValue
}

// goRecord is the userdata of a GoRecord.
type goRecord struct {
	ud    lua.LUserData
	rec   GoRecord
	space *Space
	subs  []lua.LValue          // fields that are records: the same value each time
	extra map[string]lua.LValue // a script's own fields, for open types
}

// WrapRecord returns a new userdata for rec. Whoever wants the same value in several events keeps it.
func (s *Space) WrapRecord(rec GoRecord) lua.LValue {
	g := &goRecord{rec: rec, space: s}
	g.ud = lua.LUserData{Value: g, Env: s.env, Metatable: s.recordMT}
	return &g.ud
}

// AsGoRecord returns the Go value that a record stands for.
func AsGoRecord(v lua.LValue) (GoRecord, bool) {
	if g, ok := boxed[*goRecord](v); ok {
		return g.rec, true
	}
	return nil, false
}

// in returns g as a value of s.
func (g *goRecord) in(s *Space) lua.LValue {
	if g.space == s {
		return &g.ud
	}
	g.space, g.subs, g.extra = s, nil, s.plainFields(g.extra)
	g.ud = lua.LUserData{Value: g, Env: s.env, Metatable: s.recordMT}
	return &g.ud
}

func (g *goRecord) field(i int) lua.LValue {
	rt := g.rec.RecordType()
	if rt.fields[i].Type.Kind != KindRecord {
		return nilIfUnset(g.rec.Field(i, g.space))
	}
	if g.subs == nil {
		g.subs = make([]lua.LValue, len(rt.fields))
	}
	if g.subs[i] == nil {
		g.subs[i] = nilIfUnset(g.rec.Field(i, g.space))
	}
	return g.subs[i]
}

// recordOf returns type and fields of a record of either sort.
func recordOf(ud *lua.LUserData) (rt *RecordType, field func(int) lua.LValue, ok bool) {
	switch r := ud.Value.(type) {
	case *Record:
		return r.typ, r.Field, true
	case *goRecord:
		return r.rec.RecordType(), r.field, true
	}
	return nil, nil, false
}

// isA reports whether a record of type rt may stand in a place of type t.
func (rt *RecordType) isA(t *Type) bool {
	want := t.Record()
	return want == rt || want != nil && want.Equal(rt)
}
