package convert

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// Stored is a value as containers and records keep it: independent of the VM, so that a hot reload can hand them
// over. Bits holds all that fits in 64 bits; Ref the rest:
//
//	string                      lua.LString
//	addr, subnet, enum          broker.Address, broker.Subnet, broker.Enum
//	tuple                       its canonical key
//	a record                    the record itself: what is stored is what is read back, not a copy
//	set, table, vector          the Container
//	unset                       None
//
// In a place of type any Ref says everything: additionally lua.LBool, lua.LNumber, broker.Port, broker.Timestamp,
// broker.Timespan, a number with its kind, which it keeps on its way through a container, and a plain Lua table,
// which alone belongs to its VM.
type Stored struct {
	Bits uint64
	Ref  any
}

// none is the Ref of an optional value that is unset.
type unset struct{}

// None is the stored value of a place that is unset.
var None = Stored{Ref: unset{}}

// IsNone reports whether the place is unset.
func (st Stored) IsNone() bool { return st.Ref == unset{} }

// toStored is for an atom of a declared scalar type.
func (a *atom) toStored(untyped bool) Stored {
	switch a.kind {
	case broker.KindNone:
		return None
	case broker.KindString:
		return Stored{Ref: lua.LString(a.str)}
	case broker.KindEnum:
		return Stored{Ref: broker.Enum(a.str)}
	case broker.KindAddress:
		return Stored{Ref: a.addr}
	case broker.KindSubnet:
		return Stored{Ref: a.subnet()}
	}
	if untyped {
		return Stored{Ref: a.toRef()}
	}
	return Stored{Bits: a.bits}
}

// toRef wraps what needs 64 bits and a kind.
func (a *atom) toRef() any {
	switch a.kind {
	case broker.KindBoolean:
		return lua.LBool(a.bits != 0)
	case broker.KindCount:
		if a.bits <= maxExact {
			return lua.LNumber(a.bits)
		}
		return number{a.bits, KindCount}
	case broker.KindInteger:
		return number{a.bits, KindInt}
	case broker.KindReal:
		return number{a.bits, KindReal}
	case broker.KindPort:
		return a.port()
	case broker.KindTimestamp:
		return broker.Timestamp(a.bits)
	}
	return broker.Timespan(a.bits)
}

// fromStored reads a stored scalar of type t, and reports false for what is no scalar.
func (a *atom) fromStored(t *Type, st Stored) bool {
	if st.Ref == nil {
		a.kind, a.bits = wireKinds[t.Kind], st.Bits
		return true
	}
	switch ref := st.Ref.(type) {
	case unset:
		a.kind = broker.KindNone
	case lua.LString:
		a.kind, a.str = broker.KindString, string(ref)
	case broker.Enum:
		a.kind, a.str = broker.KindEnum, string(ref)
	case broker.Address:
		a.kind, a.addr = broker.KindAddress, ref
	case broker.Subnet:
		a.kind, a.addr, a.len = broker.KindSubnet, ref.Net, ref.Len
	case lua.LBool:
		a.kind = broker.KindBoolean
		a.setBool(bool(ref))
	case lua.LNumber:
		a.fromFloat(float64(ref))
	case number:
		a.kind, a.bits = wireKinds[ref.kind], ref.bits
	case broker.Port:
		a.kind = broker.KindPort
		a.setPort(ref)
	case broker.Timestamp:
		a.kind, a.bits = broker.KindTimestamp, uint64(ref)
	case broker.Timespan:
		a.kind, a.bits = broker.KindTimespan, uint64(ref)
	default:
		return false
	}
	return true
}

// ToStored checks v for a place of type t and returns its stored form. An empty Lua table becomes an empty
// container, a Lua table in the place of a record a record.
func (s *Space) ToStored(t *Type, v lua.LValue) (Stored, error) {
	if t.Kind == KindAny {
		return s.anyToStored(v)
	}
	if t.Optional && isUnset(v) {
		return None, nil
	}
	if t.Kind == KindString {
		if _, ok := v.(lua.LString); ok {
			return Stored{Ref: v}, nil // the same box
		}
	}
	if t.Kind < KindTuple {
		var a atom
		if err := a.fromLua(t, v); err != nil {
			return Stored{}, err
		}
		return a.toStored(false), nil
	}
	v, err := s.Check(t, v)
	if err != nil {
		return Stored{}, err
	}
	return Stored{Ref: refOf(v)}, nil
}

func (s *Space) anyToStored(v lua.LValue) (Stored, error) {
	if isUnset(v) {
		return None, nil
	}
	v, err := s.Check(Any, v)
	if err != nil {
		return Stored{}, err
	}
	return Stored{Ref: refOf(v)}, nil
}

// refOf is the VM-independent form of a value that Check has seen.
func refOf(v lua.LValue) any {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return v
	}
	switch b := ud.Value.(type) {
	case *addrBox:
		return b.v
	case *subnetBox:
		return b.v
	case *portBox:
		return b.v
	case *timeBox:
		return b.v
	case *intervalBox:
		return b.v
	case *enumBox:
		return b.v
	case *numberBox:
		return b.v
	case *tupleBox:
		return b.v
	case *noneValue:
		return unset{}
	}
	return ud.Value
}

// FromStored returns the Lua value of what is stored in a place of type t; types.none where it is unset.
func (s *Space) FromStored(t *Type, st Stored) lua.LValue {
	switch ref := st.Ref.(type) {
	case nil:
		return s.fromBits(t.Kind, st.Bits)
	case lua.LValue: // LString, LNumber, LBool and *LTable as they are
		return ref
	case number: // its kind is for the wire; to scripts a number is a number
		a := atom{kind: wireKinds[ref.kind], bits: ref.bits}
		return a.toLua(s)
	case tupleKey:
		return s.tupleOf(ref)
	case *Record:
		return ref.in(s)
	case *goRecord:
		return ref.in(s)
	case Container:
		return s.wrap(ref)
	}
	var a atom
	a.fromStored(t, st)
	return a.toLua(s)
}

func (s *Space) fromBits(k Kind, bits uint64) lua.LValue {
	switch k {
	case KindCount:
		return s.Count(bits)
	case KindInt:
		return s.Int(int64(bits))
	case KindReal:
		return luaNumber(math.Float64frombits(bits))
	}
	a := atom{kind: wireKinds[k], bits: bits}
	return a.toLua(s)
}

// isUnset reports whether v stands for nothing in an optional place.
func isUnset(v lua.LValue) bool { return v == lua.LNil || IsNone(v) }
