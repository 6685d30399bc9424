package rules

import (
	"sort"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// body is a canonical container cut open.
type body struct {
	kind  broker.Kind
	n     int
	elems []byte // elements, or keys and values in turn
}

func open(b []byte) body {
	r := wire.NewReader(b)
	k, _ := r.Kind()
	n, _ := r.Len()
	return body{k, n, r.Rest()}
}

// place is where an element of a set or an item of a table is in its body, or would be.
type place struct {
	at    int
	value int // a table: where the key ends and the value starts
	end   int // where the element or item ends; at, if it is not there
	found bool
}

// find looks for a canonical element or key. It returns false if a NaN is in the way.
func (s body) find(needle []byte) (place, bool) {
	if size := s.uniform(needle); size > 0 {
		return s.search(needle, size)
	}
	r := wire.NewReader(s.elems)
	for range s.n {
		at := r.Offset()
		c := compare(needle, s.elems[at:])
		if c == unordered {
			return place{}, false
		}
		if c == less {
			return place{at: at, end: at}, true
		}
		_ = r.Skip()
		p := place{at: at, value: r.Offset(), found: true}
		if s.kind == broker.KindTable {
			_ = r.Skip()
		}
		if p.end = r.Offset(); c == equal {
			return p, true
		}
	}
	return place{at: len(s.elems), end: len(s.elems)}, true
}

// fixed holds the sizes of the values of those kinds that have one size.
var fixed = [...]int{
	broker.KindNone: 1, broker.KindBoolean: 2, broker.KindCount: 9, broker.KindInteger: 9, broker.KindReal: 9,
	broker.KindAddress: 17, broker.KindSubnet: 18, broker.KindPort: 4, broker.KindTimestamp: 9, broker.KindTimespan: 9,
	broker.KindVector: 0,
}

// uniform returns the size of the elements of a set that are all of needle's kind, if that kind has one size, else 0.
// This is the usual case, and then the elements need not be read one after another.
func (s body) uniform(needle []byte) int {
	size := fixed[needle[0]]
	if s.kind != broker.KindSet || size == 0 || len(s.elems) != s.n*size {
		return 0
	}
	for i := 0; i < len(s.elems); i += size {
		if s.elems[i] != needle[0] {
			return 0
		}
	}
	return size
}

// search is find for a uniform set.
func (s body) search(needle []byte, size int) (place, bool) {
	ordered := true
	i, found := sort.Find(s.n, func(i int) int {
		c := compare(needle, s.elems[i*size:])
		ordered = ordered && c != unordered
		return c
	})
	p := place{at: i * size, end: i * size, found: found}
	if found {
		p.end += size
	}
	return p, ordered
}

// nth returns the element i of a vector.
func (s body) nth(i int) (at, end int) {
	r := wire.NewReader(s.elems)
	for range i {
		_ = r.Skip()
	}
	at = r.Offset()
	_ = r.Skip()
	return at, r.Offset()
}

// appendHead appends the tag of a container and how many elements it has.
func appendHead(dst []byte, k broker.Kind, n int) []byte {
	return wire.AppendVarbyte(append(dst, byte(k)), uint32(n))
}
