package convert

import (
	"encoding/binary"
	"math"
	"strings"

	"moonpeer/net/broker"
)

// signBit makes two's complement sort as unsigned bytes.
const signBit = 1 << 63

// appendKey appends the canonical bytes of the atom: comparing them as bytes orders as Broker orders the values.
// last says that nothing follows, so that a string needs no end.
func (a *atom) appendKey(dst []byte, last bool) []byte {
	switch a.kind {
	case broker.KindBoolean:
		return append(dst, byte(a.bits))
	case broker.KindCount:
		return binary.BigEndian.AppendUint64(dst, a.bits)
	case broker.KindInteger, broker.KindTimestamp, broker.KindTimespan:
		return binary.BigEndian.AppendUint64(dst, a.bits^signBit)
	case broker.KindReal:
		return binary.BigEndian.AppendUint64(dst, sortableReal(a.real()))
	case broker.KindString, broker.KindEnum:
		if last {
			return append(dst, a.str...)
		}
		return appendEscaped(dst, a.str)
	case broker.KindAddress:
		return append(dst, a.addr[:]...)
	case broker.KindSubnet:
		return append(append(dst, a.addr[:]...), a.len)
	case broker.KindPort:
		return append(dst, byte(a.bits>>16), byte(a.bits>>8), byte(a.bits))
	}
	return dst
}

// fromKey reads what appendKey wrote and returns what follows. It reports false for bytes that are no key of that
// kind.
func (a *atom) fromKey(k broker.Kind, key []byte, last bool) (rest []byte, ok bool) {
	a.kind = k
	n := keySize[k]
	switch {
	case k == broker.KindString || k == broker.KindEnum:
		if last {
			a.str = borrow(key)
			return nil, true
		}
		a.str, rest, ok = cutEscaped(key)
		return rest, ok
	case len(key) < n:
		return nil, false
	}
	switch k {
	case broker.KindBoolean:
		a.bits = uint64(key[0])
	case broker.KindCount:
		a.bits = binary.BigEndian.Uint64(key)
	case broker.KindInteger, broker.KindTimestamp, broker.KindTimespan:
		a.bits = binary.BigEndian.Uint64(key) ^ signBit
	case broker.KindReal:
		a.bits = realBits(binary.BigEndian.Uint64(key))
	case broker.KindAddress:
		a.addr = broker.Address(key[:16])
	case broker.KindSubnet:
		a.addr, a.len = broker.Address(key[:16]), key[16]
	case broker.KindPort:
		a.bits = uint64(key[0])<<16 | uint64(key[1])<<8 | uint64(key[2])
	}
	return key[n:], true
}

// keySize is how many bytes a key of fixed size takes.
var keySize = [...]int{
	broker.KindBoolean:   1,
	broker.KindCount:     8,
	broker.KindInteger:   8,
	broker.KindReal:      8,
	broker.KindAddress:   16,
	broker.KindSubnet:    17,
	broker.KindPort:      3,
	broker.KindTimestamp: 8,
	broker.KindTimespan:  8,
	broker.KindVector:    0,
}

// sortableReal maps doubles to integers in the same order; both zeros are one key. NaN is refused before.
func sortableReal(f float64) uint64 {
	if f == 0 {
		return signBit
	}
	bits := math.Float64bits(f)
	if bits&signBit != 0 {
		return ^bits
	}
	return bits | signBit
}

func realBits(key uint64) uint64 {
	if key&signBit != 0 {
		return key &^ signBit
	}
	return ^key
}

// appendEscaped appends s so that it can be followed by something and sorts like s: 00 becomes 00 ff, the end is
// 00 00.
func appendEscaped(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(append(dst, s...), 0, 0)
		}
		dst = append(append(dst, s[:i+1]...), 0xff)
		s = s[i+1:]
	}
}

func cutEscaped(key []byte) (s string, rest []byte, ok bool) {
	var buf []byte // only for a string with a NUL
	start := 0
	for i := 0; i+1 < len(key); i++ {
		if key[i] != 0 {
			continue
		}
		if key[i+1] == 0 {
			if buf == nil {
				return borrow(key[:i]), key[i+2:], true
			}
			return string(append(buf, key[start:i]...)), key[i+2:], true
		}
		buf = append(buf, key[start:i+1]...)
		i++
		start = i + 1
	}
	return "", nil, false
}
