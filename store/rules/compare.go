package rules

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"moonpeer/net/broker"
)

// What compare returns.
const (
	less    = -1
	equal   = 0
	greater = 1
	// unordered is the answer where a NaN met a real. What then follows is left to net/broker.
	unordered = 2
)

// compare orders two canonical values as broker.Compare does. Other bytes may follow each.
func compare(a, b []byte) int {
	c, _ := compareValues(a, b)
	return c
}

// compareValues also returns the size of both values if they are equal: equal canonical values are equally long.
func compareValues(a, b []byte) (c, size int) {
	if a[0] != b[0] {
		return cmp.Compare(a[0], b[0]), 0
	}
	switch k := broker.Kind(a[0]); k {
	case broker.KindNone:
		return equal, 1
	case broker.KindBoolean:
		return cmp.Compare(a[1], b[1]), 2
	case broker.KindCount:
		return cmp.Compare(number(a), number(b)), 9
	case broker.KindInteger, broker.KindTimestamp, broker.KindTimespan:
		return cmp.Compare(int64(number(a)), int64(number(b))), 9
	case broker.KindReal:
		return compareReals(realOf(a[1:9]), realOf(b[1:9])), 9
	case broker.KindAddress:
		return bytes.Compare(a[1:17], b[1:17]), 17
	case broker.KindSubnet: // the length is behind the address, and less important
		return bytes.Compare(a[1:18], b[1:18]), 18
	case broker.KindPort: // likewise the protocol
		return bytes.Compare(a[1:4], b[1:4]), 4
	case broker.KindString, broker.KindEnum:
		na, i := length(a, 1)
		nb, j := length(b, 1)
		return bytes.Compare(a[i:i+int(na)], b[j:j+int(nb)]), i + int(na)
	default:
		return compareElems(a, b, k)
	}
}

// compareElems compares containers element by element; a table is a sequence of keys and values.
func compareElems(a, b []byte, k broker.Kind) (c, size int) {
	na, i := length(a, 1)
	nb, j := length(b, 1)
	n := uint64(min(na, nb))
	if k == broker.KindTable {
		n *= 2
	}
	for ; n > 0; n-- {
		c, size := compareValues(a[i:], b[j:])
		if c != equal {
			return c, 0
		}
		i, j = i+size, j+size
	}
	return cmp.Compare(na, nb), i
}

func compareReals(a, b float64) int {
	switch {
	case a < b:
		return less
	case a > b:
		return greater
	case a == b:
		return equal
	}
	return unordered
}

// number reads the content of a value of eight bytes.
func number(b []byte) uint64 { return binary.BigEndian.Uint64(b[1:9]) }
