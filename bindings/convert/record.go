package convert

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
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
		r.extra = nil
	}
	return &r.ud
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
	g.space, g.subs, g.extra = s, nil, nil
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

// record reads a record from the wire. Texts and addresses are left where they are until somebody asks.
func (d *decoder) record(t *Type) (Stored, error) {
	rt := t.Record()
	if rt == nil {
		return Stored{}, undeclared(t)
	}
	if err := d.enter(); err != nil {
		return Stored{}, err
	}
	defer d.leave()
	n, err := d.r.Len()
	if err != nil {
		return Stored{}, err
	}
	if n != len(rt.fields) {
		return Stored{}, &MismatchError{Want: t.String(), Got: countFields(n, rt)}
	}
	if d.containers++; d.containers > maxContainers {
		return Stored{}, invalidData("more than %d containers in one message", maxContainers)
	}
	r := &Record{typ: rt, vals: make([]Stored, n)}
	r.own(d.s)
	outermost := d.raw == nil
	if outermost {
		d.raw, d.rawAt = d.r.Rest(), d.r.Offset()
	}
	for i := range rt.fields {
		if r.vals[i], err = d.field(rt.fields[i].Type); err != nil {
			return Stored{}, insideField(rt.fields[i].Name, err)
		}
	}
	if outermost {
		d.keepRaw(r)
	}
	return Stored{Ref: r}, nil
}

// keepRaw copies the bytes of the outermost record and gives them to those inside.
func (d *decoder) keepRaw(r *Record) {
	n := d.r.Offset() - d.rawAt
	if !r.anyLazy() {
		d.raw = nil
		return
	}
	raw := append([]byte(nil), d.raw[:n]...)
	d.raw = nil
	r.giveRaw(raw)
}

func (r *Record) anyLazy() bool {
	for i := range r.vals {
		switch ref := r.vals[i].Ref.(type) {
		case lazy:
			return true
		case *Record:
			if ref.anyLazy() {
				return true
			}
		}
	}
	return false
}

func (r *Record) giveRaw(raw []byte) {
	r.raw = raw
	for i := range r.vals {
		if sub, ok := r.vals[i].Ref.(*Record); ok {
			sub.giveRaw(raw)
		}
	}
}

// field reads one field: numbers at once, what would cost an allocation later.
func (d *decoder) field(t *Type) (Stored, error) {
	switch t.Kind {
	case KindString, KindAddr, KindSubnet, KindEnum:
	case KindAny, KindSet, KindTable, KindVector:
		// What is inside has no part in the record's bytes.
		raw, at := d.raw, d.rawAt
		d.raw = nil
		st, err := d.stored(t)
		d.raw, d.rawAt = raw, at
		return st, err
	default:
		return d.stored(t)
	}
	at := d.r.Offset()
	k, err := d.r.Kind()
	if err != nil {
		return Stored{}, err
	}
	if k != wireKinds[t.Kind] {
		if k == broker.KindNone && t.Optional {
			return None, nil
		}
		return Stored{}, clash(t, k)
	}
	var a atom
	if err := a.fromWire(&d.r, k); err != nil {
		return Stored{}, err
	}
	return Stored{Bits: uint64(at - d.rawAt), Ref: lazy{}}, nil
}

// record writes a record or a Lua table of its fields.
func (e *encoder) record(dst []byte, t *Type, v lua.LValue) ([]byte, error) {
	rt := t.Record()
	if rt == nil {
		return dst, undeclared(t)
	}
	switch v := v.(type) {
	case *lua.LTable:
		return e.recordTable(dst, rt, v)
	case *lua.LUserData:
		switch r := v.Value.(type) {
		case *Record:
			if r.typ.isA(t) {
				return e.recordValues(dst, r)
			}
		case *goRecord:
			if r.rec.RecordType().isA(t) {
				return e.goRecord(dst, r)
			}
		}
	}
	return dst, mismatch(t, v)
}

// recordTable writes a Lua table by field names.
func (e *encoder) recordTable(dst []byte, rt *RecordType, tb *lua.LTable) ([]byte, error) {
	if err := e.enter(dst); err != nil {
		return dst, err
	}
	defer e.leave()
	dst = wire.AppendVectorHeader(dst, len(rt.fields))
	found := 0
	for i := range rt.fields {
		f := &rt.fields[i]
		v := tb.RawGetString(f.Name)
		if v != lua.LNil {
			found++
		} else if !f.Type.Optional && f.Type.Kind != KindAny {
			return dst, missingField(rt, tb, f)
		}
		var err error
		if dst, err = e.typed(dst, f.Type, v); err != nil {
			return dst, insideField(f.Name, err)
		}
	}
	return dst, checkNames(rt, tb, found)
}

// recordValues writes a record's fields in stored form.
func (e *encoder) recordValues(dst []byte, r *Record) ([]byte, error) {
	if err := e.enter(dst); err != nil {
		return dst, err
	}
	defer e.leave()
	dst = wire.AppendVectorHeader(dst, len(r.vals))
	for i := range r.vals {
		st := r.vals[i]
		if _, ok := st.Ref.(lazy); ok {
			rd := wire.NewReader(r.raw[st.Bits:])
			if err := rd.Skip(); err != nil {
				return dst, err
			}
			dst = append(dst, r.raw[st.Bits:int(st.Bits)+rd.Offset()]...)
			continue
		}
		f := &r.typ.fields[i]
		if st.IsNone() && !f.Type.Optional && f.Type.Kind != KindAny {
			return dst, missing(r.typ, f)
		}
		var err error
		if dst, err = e.stored(dst, f.Type, st); err != nil {
			return dst, insideField(f.Name, err)
		}
	}
	return dst, nil
}

func (e *encoder) goRecord(dst []byte, g *goRecord) ([]byte, error) {
	if err := e.enter(dst); err != nil {
		return dst, err
	}
	defer e.leave()
	rt := g.rec.RecordType()
	dst = wire.AppendVectorHeader(dst, len(rt.fields))
	for i := range rt.fields {
		var err error
		if dst, err = e.typed(dst, rt.fields[i].Type, g.field(i)); err != nil {
			return dst, insideField(rt.fields[i].Name, err)
		}
	}
	return dst, nil
}
