package broker

import (
	"bytes"
	"cmp"
	"math"
	"strings"
)

// Compare orders values as Broker does: by kind, then by content. It returns
// -1, 0 or 1. As in Broker a NaN is neither below nor above any real, so
// Compare gives 0 where Equal gives false; containers refuse NaN for that
// reason.
func Compare(a, b Data) int { return compare(a, b, false) }

// order is Compare made total: NaN sorts before all other reals. Containers
// are kept in this order, which differs from Compare's for NaN only.
func order(a, b Data) int { return compare(a, b, true) }

// Equal reports whether a and b are the same value. Kinds never mix: count 1
// is not integer 1. 0.0 equals -0.0; NaN equals nothing.
func Equal(a, b Data) bool {
	if KindOf(a) != KindOf(b) {
		return false
	}
	switch a := a.(type) {
	case Real:
		return a == b.(Real)
	case Vector:
		return equalSlices(a, b.(Vector))
	case Set:
		return equalSlices(a, b.(Set))
	case Table:
		b := b.(Table)
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i].Key, b[i].Key) || !Equal(a[i].Value, b[i].Value) {
				return false
			}
		}
		return true
	}
	return compare(a, b, false) == 0
}

func equalSlices(a, b []Data) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func compare(a, b Data, total bool) int {
	if ka, kb := KindOf(a), KindOf(b); ka != kb {
		return cmp.Compare(ka, kb)
	}
	switch a := a.(type) {
	case Boolean:
		return compareBool(bool(a), bool(b.(Boolean)))
	case Count:
		return cmp.Compare(a, b.(Count))
	case Integer:
		return cmp.Compare(a, b.(Integer))
	case Real:
		return compareReal(float64(a), float64(b.(Real)), total)
	case String:
		return strings.Compare(string(a), string(b.(String)))
	case Address:
		return a.Compare(b.(Address))
	case Subnet:
		return a.Compare(b.(Subnet))
	case Port:
		return a.Compare(b.(Port))
	case Timestamp:
		return cmp.Compare(a, b.(Timestamp))
	case Timespan:
		return cmp.Compare(a, b.(Timespan))
	case Enum:
		return strings.Compare(string(a), string(b.(Enum)))
	case Set:
		return compareSlices(a, b.(Set), total)
	case Table:
		return compareTables(a, b.(Table), total)
	case Vector:
		return compareSlices(a, b.(Vector), total)
	}
	return 0 // None, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func compareReal(a, b float64, total bool) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case total && math.IsNaN(a) != math.IsNaN(b):
		return compareBool(!math.IsNaN(a), !math.IsNaN(b))
	}
	return 0
}

func compareSlices(a, b []Data, total bool) int {
	for i := range min(len(a), len(b)) {
		if c := compare(a[i], b[i], total); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func compareTables(a, b Table, total bool) int {
	for i := range min(len(a), len(b)) {
		if c := compare(a[i].Key, b[i].Key, total); c != 0 {
			return c
		}
		if c := compare(a[i].Value, b[i].Value, total); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// Compare orders addresses by their sixteen bytes.
func (a Address) Compare(b Address) int { return bytes.Compare(a[:], b[:]) }

// Compare orders subnets by network address, then by raw length.
func (s Subnet) Compare(t Subnet) int {
	return cmp.Or(s.Net.Compare(t.Net), cmp.Compare(s.Len, t.Len))
}

// Compare orders ports by number, then ? < tcp < udp < icmp.
func (p Port) Compare(q Port) int {
	return cmp.Or(cmp.Compare(p.Number, q.Number), cmp.Compare(p.Proto, q.Proto))
}
