package convert

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

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
