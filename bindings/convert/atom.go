package convert

import (
	"errors"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// atom is a scalar on its way from one form to another: Lua value, wire bytes, container key, stored value, text.
// Each form has one function that reads it into an atom and one that writes it from one, so that adding a form or
// a kind is linear work. Atoms live on the stack.
type atom struct {
	kind broker.Kind
	len  uint8          // subnet
	bits uint64         // all kinds of fixed size: the number, two's complement, the double's bits, port<<8|proto
	addr broker.Address // address, subnet
	str  string         // string, enum; may alias the bytes it was read from
}

func (a *atom) setBool(b bool) {
	a.bits = 0
	if b {
		a.bits = 1
	}
}

func (a *atom) port() broker.Port {
	return broker.Port{Number: uint16(a.bits >> 8), Proto: broker.Proto(a.bits)}
}

func (a *atom) setPort(p broker.Port) { a.bits = uint64(p.Number)<<8 | uint64(p.Proto) }

func (a *atom) subnet() broker.Subnet { return broker.Subnet{Net: a.addr, Len: a.len} }

func (a *atom) real() float64 { return math.Float64frombits(a.bits) }

// fromLua reads a Lua value for a place of scalar type t, with the widenings of typed places.
func (a *atom) fromLua(t *Type, v lua.LValue) error {
	a.kind = wireKinds[t.Kind]
	ok := false
	switch t.Kind {
	case KindBool:
		var b lua.LBool
		if b, ok = v.(lua.LBool); ok {
			a.setBool(bool(b))
		}
	case KindCount:
		a.bits, ok = AsCount(v)
	case KindInt:
		var i int64
		i, ok = AsInt(v)
		a.bits = uint64(i)
	case KindReal:
		var f float64
		f, ok = AsReal(v)
		a.bits = math.Float64bits(f)
	case KindString:
		var s lua.LString
		s, ok = v.(lua.LString)
		a.str = string(s)
	case KindInterval:
		return a.fromInterval(t, v)
	default:
		if ud, isUD := v.(*lua.LUserData); isUD {
			ok = a.fromBox(ud) && a.kind == wireKinds[t.Kind]
		}
	}
	if !ok {
		return a.refuse(t, v)
	}
	return nil
}

// fromInterval keeps the reason why a text is no interval.
func (a *atom) fromInterval(t *Type, v lua.LValue) error {
	if text, ok := v.(lua.LString); ok {
		span, err := broker.ParseInterval(string(text))
		if err != nil {
			return &MismatchError{Want: t.String(), Got: Describe(v), Why: reason(err)}
		}
		a.bits = uint64(span)
		return nil
	}
	span, ok := AsInterval(v)
	if !ok {
		return a.refuse(t, v)
	}
	a.bits = uint64(span)
	return nil
}

// DescribeInterval shows, for a message, what is no interval that a place takes, and why where it is a text that can't be read.
func DescribeInterval(v lua.LValue) string {
	text, ok := v.(lua.LString)
	if !ok {
		return v.String()
	}
	if _, err := broker.ParseInterval(string(text)); err != nil {
		return Describe(v) + ": " + reason(err)
	}
	return Describe(v)
}

// reason is what a parser says besides the text, which the message quotes already.
func reason(err error) string {
	if e, ok := errors.AsType[*broker.ParseError](err); ok {
		return e.Reason
	}
	return err.Error()
}

// refuse says why v is not of type t; for numbers that is not obvious.
func (a *atom) refuse(t *Type, v lua.LValue) error {
	n, isNumber := v.(lua.LNumber)
	if isNumber && (t.Kind == KindCount || t.Kind == KindInt) && math.Abs(float64(n)) > maxExact {
		return &MismatchError{Want: t.String(), Got: Describe(v),
			Hint: "types." + t.Kind.String() + ` "…": beyond 2^53 a number may have been rounded`}
	}
	return mismatch(t, v)
}

// fromDefault reads a scalar for a place without a type, and reports false for all that is not a scalar.
func (a *atom) fromDefault(v lua.LValue) bool {
	switch v := v.(type) {
	case *lua.LNilType:
		a.kind = broker.KindNone
	case lua.LBool:
		a.kind = broker.KindBoolean
		a.setBool(bool(v))
	case lua.LNumber:
		a.fromFloat(float64(v))
	case lua.LString:
		a.kind, a.str = broker.KindString, string(v)
	case *lua.LUserData:
		return a.fromBox(v)
	default:
		return false
	}
	return true
}

func (a *atom) fromFloat(f float64) {
	a.kind = defaultNumber(f)
	switch a.kind {
	case broker.KindCount:
		a.bits = uint64(f)
	case broker.KindInteger:
		a.bits = uint64(int64(f))
	default:
		a.bits = math.Float64bits(f)
	}
}

// fromBox reads an interned scalar.
func (a *atom) fromBox(ud *lua.LUserData) bool {
	switch b := ud.Value.(type) {
	case *addrBox:
		a.kind, a.addr = broker.KindAddress, b.v
	case *subnetBox:
		a.kind, a.addr, a.len = broker.KindSubnet, b.v.Net, b.v.Len
	case *portBox:
		a.kind = broker.KindPort
		a.setPort(b.v)
	case *timeBox:
		a.kind, a.bits = broker.KindTimestamp, uint64(b.v)
	case *intervalBox:
		a.kind, a.bits = broker.KindTimespan, uint64(b.v)
	case *enumBox:
		a.kind, a.str = broker.KindEnum, string(b.v)
	case *numberBox:
		a.kind, a.bits = wireKinds[b.v.kind], b.v.bits
	case *noneValue:
		a.kind = broker.KindNone
	default:
		return false
	}
	return true
}

// toLua makes the Lua value. A number is a Lua number whatever its kind; only what that can't hold is a big.
func (a *atom) toLua(s *Space) lua.LValue {
	switch a.kind {
	case broker.KindNone:
		return s.none
	case broker.KindBoolean:
		return lua.LBool(a.bits != 0)
	case broker.KindCount:
		return s.Count(a.bits)
	case broker.KindInteger:
		return s.Int(int64(a.bits))
	case broker.KindReal:
		return luaNumber(a.real())
	case broker.KindString:
		return s.str(a.str)
	case broker.KindAddress:
		return s.addrs.get(a.addr)
	case broker.KindSubnet:
		return s.subnets.get(a.subnet())
	case broker.KindPort:
		return s.ports.get(a.port())
	case broker.KindTimestamp:
		return s.times.get(broker.Timestamp(a.bits))
	case broker.KindTimespan:
		return s.intervals.get(broker.Timespan(a.bits))
	case broker.KindEnum:
		return s.enumOf(a.str)
	}
	return lua.LNil // not a scalar
}
