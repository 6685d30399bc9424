package convert

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// maxPlainDepth is how deep a value may lie in others that is copied, and maxPlain how many entries tables may have then:
// one that is there several times is copied as often.
const (
	maxPlainDepth = 100
	maxPlain      = 2_000_000
)

// Plain copies v, a value of this or another VM, into plain Lua of this VM: a set is a list in its order, a vector a
// list, a map a table, a record a table by field name without what is unset, and what is one value is that value. The
// error says what can't be copied: functions, objects, what lies in itself.
func (s *Space) Plain(v lua.LValue) (lua.LValue, error) { return (&plainer{s: s}).value(v, 0) }

// Carry copies v, a value of another VM, so that it is here what it was there: containers stay containers, with the
// types of their elements, and records become tables by field name, which a place of the record's type takes.
func (s *Space) Carry(v lua.LValue, from *Space) (lua.LValue, error) {
	return (&plainer{s: s, from: from}).value(v, 0)
}

// carryContainer goes by the bytes that a peer would get, and keeps the declared types where the VM knows them.
func (s *Space) carryContainer(c Container, from *Space) (lua.LValue, error) {
	typ, err := s.ParseType(c.ContainerType().String())
	if err != nil { // elements of a record type that only the other VM knows
		typ = Any
	}
	d, err := from.ToData(from.WrapContainer(c), nil)
	if err != nil {
		return nil, err
	}
	return s.FromData(d, typ)
}

// plainer makes copies: plain ones, or, of values of the VM from, such with containers.
type plainer struct {
	s, from *Space
	copied  int // entries of tables
}

func (p *plainer) value(v lua.LValue, depth int) (lua.LValue, error) {
	if own, ok := p.s.copied(v); ok {
		return own, nil
	}
	if depth > maxPlainDepth {
		return nil, invalidData("a value that lies more than %d deep in others, or in itself", maxPlainDepth)
	}
	switch v := v.(type) {
	case *lua.LTable:
		return p.copyTable(v, depth)
	case *lua.LUserData:
		if rt, field, ok := recordOf(v); ok {
			return p.record(rt, field, depth)
		}
		if c, ok := v.Value.(Container); ok && p.from != nil {
			return p.s.carryContainer(c, p.from)
		} else if ok {
			return p.container(c, depth)
		}
	}
	return nil, fmt.Errorf("%s can't be copied", Describe(v))
}

func (p *plainer) copyTable(t *lua.LTable, depth int) (lua.LValue, error) {
	out := p.table()
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) { // in the order in which they were made
		if p.copied++; p.copied > maxPlain {
			return nil, invalidData("tables with more than %d entries", maxPlain)
		}
		key, err := p.value(k, depth+1)
		if err == nil {
			v, err = p.value(v, depth+1)
		}
		if err != nil {
			return nil, err
		}
		out.RawSet(key, v)
	}
	return out, nil
}

func (p *plainer) record(rt *RecordType, field func(int) lua.LValue, depth int) (lua.LValue, error) {
	out := p.table()
	for i := range rt.fields {
		v, err := p.value(nilIfUnset(field(i)), depth+1)
		if err != nil {
			return nil, insideField(rt.fields[i].Name, err)
		}
		out.RawSetString(rt.fields[i].Name, v)
	}
	return out, nil
}

func (p *plainer) container(c Container, depth int) (_ lua.LValue, err error) {
	t, out := c.ContainerType(), p.table()
	c.Each(func(key []byte, st Stored) bool {
		var v lua.LValue
		if t.Kind != KindSet {
			if v, err = p.stored(t.Elem, st, depth+1); err != nil {
				return false
			}
		}
		switch t.Kind {
		case KindSet:
			out.Append(p.s.KeyToLua(t.Key, key))
		case KindVector:
			out.Append(v)
		default:
			out.RawSet(p.s.KeyToLua(t.Key, key), v)
		}
		return true
	})
	return out, err
}

// stored copies what a container holds. What is in it may still be another VM's, and stays so.
func (p *plainer) stored(t *Type, st Stored, depth int) (lua.LValue, error) {
	switch ref := st.Ref.(type) {
	case *Record:
		return p.record(ref.typ, ref.Field, depth)
	case *goRecord:
		return p.record(ref.rec.RecordType(), ref.field, depth)
	case Container:
		return p.container(ref, depth)
	case *lua.LTable:
		return p.value(ref, depth)
	}
	return p.s.FromStored(t, st), nil
}

func (p *plainer) table() *lua.LTable { return &lua.LTable{Metatable: lua.LNil} }
