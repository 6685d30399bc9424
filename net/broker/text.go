package broker

import (
	"math"
	"strconv"
)

// Text returns Broker's text form of d, the one its to_string gives; see
// AppendText.
func Text(d Data) string { return string(AppendText(nil, d)) }

// AppendText appends Broker's text form of d. Strings are raw, without quotes;
// reals have six decimals; times are nanoseconds with the suffix ns. It is for
// messages about values, not for reading back.
func AppendText(dst []byte, d Data) []byte {
	switch d := d.(type) {
	case nil, None:
		return append(dst, "nil"...)
	case Boolean:
		if d {
			return append(dst, 'T')
		}
		return append(dst, 'F')
	case Count:
		return strconv.AppendUint(dst, uint64(d), 10)
	case Integer:
		return strconv.AppendInt(dst, int64(d), 10)
	case Real:
		return d.AppendText(dst)
	case String:
		return append(dst, d...)
	case Address:
		return d.AppendText(dst)
	case Subnet:
		return d.AppendText(dst)
	case Port:
		return d.AppendText(dst)
	case Timestamp:
		return append(strconv.AppendInt(dst, int64(d), 10), "ns"...)
	case Timespan:
		return append(strconv.AppendInt(dst, int64(d), 10), "ns"...)
	case Enum:
		return append(dst, d...)
	case Set:
		return append(appendElems(append(dst, '{'), d), '}')
	case Table:
		return append(appendItems(append(dst, '{'), d), '}')
	case Vector:
		return append(appendElems(append(dst, '('), d), ')')
	}
	return dst
}

// AppendText appends the real as C's printf("%f") writes it: six decimals, no
// exponent, and inf, -inf or nan.
func (r Real) AppendText(dst []byte) []byte {
	switch f := float64(r); {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	default:
		return strconv.AppendFloat(dst, f, 'f', 6, 64)
	}
}

func appendElems(dst []byte, elems []Data) []byte {
	for i, e := range elems {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = AppendText(dst, e)
	}
	return dst
}

func appendItems(dst []byte, items Table) []byte {
	for i, it := range items {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(AppendText(dst, it.Key), " -> "...)
		dst = AppendText(dst, it.Value)
	}
	return dst
}
