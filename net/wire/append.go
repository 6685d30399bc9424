package wire

import (
	"encoding/binary"
	"math"

	"moonpeer/net/broker"
)

// AppendNone appends a none.
func AppendNone(b []byte) []byte { return append(b, byte(broker.KindNone)) }

// AppendBoolean appends a boolean.
func AppendBoolean(b []byte, v bool) []byte {
	if v {
		return append(b, byte(broker.KindBoolean), 1)
	}
	return append(b, byte(broker.KindBoolean), 0)
}

// AppendCount appends a count.
func AppendCount(b []byte, v uint64) []byte { return appendTagged(b, broker.KindCount, v) }

// AppendInteger appends an integer.
func AppendInteger(b []byte, v int64) []byte { return appendTagged(b, broker.KindInteger, uint64(v)) }

// AppendReal appends a real in Broker's packing, which is not IEEE's for
// infinities and NaN; a subnormal becomes a zero of its sign.
func AppendReal(b []byte, v float64) []byte { return appendTagged(b, broker.KindReal, packReal(v)) }

// AppendString appends a string.
func AppendString(b []byte, s string) []byte {
	b = AppendVarbyte(append(b, byte(broker.KindString)), uint32(len(s)))
	return append(b, s...)
}

// AppendAddress appends an address.
func AppendAddress(b []byte, a broker.Address) []byte {
	return append(append(b, byte(broker.KindAddress)), a[:]...)
}

// AppendSubnet appends a subnet, its length as it is stored.
func AppendSubnet(b []byte, s broker.Subnet) []byte {
	b = append(append(b, byte(broker.KindSubnet)), s.Net[:]...)
	return append(b, s.Len)
}

// AppendPort appends a port.
func AppendPort(b []byte, p broker.Port) []byte {
	return append(b, byte(broker.KindPort), byte(p.Number>>8), byte(p.Number), byte(p.Proto))
}

// AppendTimestamp appends a timestamp.
func AppendTimestamp(b []byte, t broker.Timestamp) []byte {
	return appendTagged(b, broker.KindTimestamp, uint64(t))
}

// AppendTimespan appends a timespan.
func AppendTimespan(b []byte, t broker.Timespan) []byte {
	return appendTagged(b, broker.KindTimespan, uint64(t))
}

// AppendEnum appends an enum value.
func AppendEnum(b []byte, name string) []byte {
	b = AppendVarbyte(append(b, byte(broker.KindEnum)), uint32(len(name)))
	return append(b, name...)
}

// AppendSetHeader starts a set; n different values must follow. Broker writes
// them in order, but does not insist on it when it reads.
func AppendSetHeader(b []byte, n int) []byte {
	return AppendVarbyte(append(b, byte(broker.KindSet)), uint32(n))
}

// AppendTableHeader starts a table; n times a key and its value must follow,
// the keys all different.
func AppendTableHeader(b []byte, n int) []byte {
	return AppendVarbyte(append(b, byte(broker.KindTable)), uint32(n))
}

// AppendVectorHeader starts a vector; n values must follow.
func AppendVectorHeader(b []byte, n int) []byte {
	return AppendVarbyte(append(b, byte(broker.KindVector)), uint32(n))
}

// AppendVarbyte appends n, seven bits a byte, low ones first, the top bit of
// all but the last byte set.
func AppendVarbyte(b []byte, n uint32) []byte {
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

func appendTagged(b []byte, k broker.Kind, v uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, byte(k)), v)
}

// Bit patterns that Broker gives a meaning of its own. It packs doubles by
// arithmetic; for normal numbers and zeros that is IEEE-754.
const (
	realInf    = 0xfff0000000000000
	realNegInf = 0x7ff0000000000000
	realNaN    = 0xffffffffffffffff

	expMask  = 0x7ff0000000000000
	mantMask = 0x000fffffffffffff
	signMask = 0x8000000000000000
)

func packReal(v float64) uint64 {
	bits := math.Float64bits(v)
	switch bits & expMask {
	case expMask:
		switch {
		case bits&mantMask != 0:
			return realNaN
		case bits&signMask != 0:
			return realNegInf
		}
		return realInf
	case 0:
		return bits & signMask
	}
	return bits
}

// unpackReal reads what Broker reads, but for this: a number that it would
// read as a subnormal is a zero here, since it can't be written again.
func unpackReal(bits uint64) float64 {
	switch bits & expMask {
	case expMask:
		return unpackSpecial(bits)
	case 0:
		// Broker computes (1 + m/2^52) / 2^1023. Only the largest m rounds
		// up to a normal number, the smallest there is.
		if bits&mantMask == mantMask {
			return math.Float64frombits(bits + 1)
		}
		return math.Float64frombits(bits & signMask)
	}
	return math.Float64frombits(bits)
}

func unpackSpecial(bits uint64) float64 {
	switch bits {
	case realInf:
		return math.Inf(1)
	case realNegInf:
		return math.Inf(-1)
	case realNaN:
		return math.NaN()
	}
	// Any other pattern overflows in Broker's arithmetic, by its own sign.
	if bits&signMask != 0 {
		return math.Inf(-1)
	}
	return math.Inf(1)
}
