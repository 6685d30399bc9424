package convert

import (
	"math"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// fromWire reads the content of a scalar of kind k, whose tag has been read. It fails for kinds that are no
// scalars.
func (a *atom) fromWire(r *wire.Reader, k broker.Kind) (err error) {
	a.kind = k
	switch k {
	case broker.KindNone:
	case broker.KindBoolean:
		var b bool
		b, err = r.Boolean()
		a.setBool(b)
	case broker.KindCount:
		a.bits, err = r.Count()
	case broker.KindInteger:
		var i int64
		i, err = r.Integer()
		a.bits = uint64(i)
	case broker.KindReal:
		var f float64
		f, err = r.Real()
		a.bits = math.Float64bits(f)
	case broker.KindString, broker.KindEnum:
		var b []byte
		b, err = r.Bytes()
		a.str = borrow(b)
	case broker.KindAddress:
		a.addr, err = r.Address()
	case broker.KindSubnet:
		var n broker.Subnet
		n, err = r.Subnet()
		a.addr, a.len = n.Net, n.Len
	case broker.KindPort:
		var p broker.Port
		p, err = r.Port()
		a.setPort(p)
	case broker.KindTimestamp:
		var t broker.Timestamp
		t, err = r.Timestamp()
		a.bits = uint64(t)
	case broker.KindTimespan:
		var t broker.Timespan
		t, err = r.Timespan()
		a.bits = uint64(t)
	default:
		err = broker.ErrInvalidData
	}
	return err
}

// appendWire appends tag and content.
func (a *atom) appendWire(dst []byte) []byte {
	switch a.kind {
	case broker.KindBoolean:
		return wire.AppendBoolean(dst, a.bits != 0)
	case broker.KindCount:
		return wire.AppendCount(dst, a.bits)
	case broker.KindInteger:
		return wire.AppendInteger(dst, int64(a.bits))
	case broker.KindReal:
		return wire.AppendReal(dst, a.real())
	case broker.KindString:
		return wire.AppendString(dst, a.str)
	case broker.KindAddress:
		return wire.AppendAddress(dst, a.addr)
	case broker.KindSubnet:
		return wire.AppendSubnet(dst, a.subnet())
	case broker.KindPort:
		return wire.AppendPort(dst, a.port())
	case broker.KindTimestamp:
		return wire.AppendTimestamp(dst, broker.Timestamp(a.bits))
	case broker.KindTimespan:
		return wire.AppendTimespan(dst, broker.Timespan(a.bits))
	case broker.KindEnum:
		return wire.AppendEnum(dst, a.str)
	}
	return wire.AppendNone(dst)
}
