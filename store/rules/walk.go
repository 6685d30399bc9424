package rules

import (
	"bytes"
	"encoding/binary"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// isCanonical reports whether b is one value in canonical form. It is the look at every byte that comes before all
// else, so it allocates nothing. It may say no for a canonical value that has a NaN in a set: who then decodes and
// encodes it gets the same bytes.
func isCanonical(b []byte) bool { return walk(b, 0, wire.MaxDepth) == len(b) }

// bad is what walk returns for what is not canonical. It is no position, and stays none if it is compared with one.
const bad = -1

// walk reads over the value at b[i:], with so many levels of containers left, and returns where it ends.
func walk(b []byte, i, depth int) int {
	if i >= len(b) {
		return bad
	}
	k := broker.Kind(b[i])
	i++
	size := 0
	switch k {
	case broker.KindNone:
	case broker.KindBoolean:
		size = 1
	case broker.KindCount, broker.KindInteger, broker.KindReal, broker.KindTimestamp, broker.KindTimespan:
		size = 8
	case broker.KindAddress:
		size = 16
	case broker.KindSubnet:
		size = 17
	case broker.KindPort:
		size = 3
	case broker.KindString, broker.KindEnum:
		var n uint32
		if n, i = length(b, i); i == bad || uint64(n) > uint64(len(b)-i) {
			return bad
		}
		return i + int(n)
	case broker.KindSet, broker.KindTable, broker.KindVector:
		return walkElems(b, i, depth, k)
	default:
		return bad
	}
	if size > len(b)-i || !canonicalContent(k, b[i:i+size]) {
		return bad
	}
	return i + size
}

// canonicalContent looks at the kinds that not every content is canonical for.
func canonicalContent(k broker.Kind, content []byte) bool {
	switch k {
	case broker.KindBoolean:
		return content[0] <= 1
	case broker.KindPort:
		return broker.Proto(content[2]).Valid()
	case broker.KindReal:
		bits := binary.BigEndian.Uint64(content)
		if exp := bits >> 52 & 0x7ff; exp != 0 && exp != 0x7ff {
			return true
		}
		var buf [9]byte
		return binary.BigEndian.Uint64(wire.AppendReal(buf[:0], realOf(content))[1:]) == bits
	}
	return true
}

// walkElems reads over the content of a container. What a set holds, and the keys of a table, must ascend.
func walkElems(b []byte, i, depth int, k broker.Kind) int {
	n, i := length(b, i)
	if i == bad || depth == 0 {
		return bad
	}
	before := bad
	for ; n > 0; n-- {
		if k == broker.KindSet {
			if run := ascending(b, i, n); run > 1 {
				n -= uint32(run - 1)
				if before != bad && compare(b[before:], b[i:]) != less {
					return bad
				}
				size := fixed[b[i]]
				before = i + (run-1)*size
				i += run * size
				continue
			}
		}
		elem := i
		if i = walk(b, i, depth-1); i == bad {
			return bad
		}
		if k == broker.KindVector {
			continue
		}
		if before != bad && compare(b[before:], b[elem:]) != less {
			return bad
		}
		before = elem
		if k == broker.KindTable {
			if i = walk(b, i, depth-1); i == bad {
				return bad
			}
		}
	}
	return i
}

// length reads a length or count at b[i:], which must have no more bytes than it needs.
func length(b []byte, i int) (n uint32, end int) {
	var v uint64
	for shift := 0; shift < 35 && i < len(b); shift += 7 {
		c := b[i]
		i++
		v |= uint64(c&0x7f) << shift
		if c >= 0x80 {
			continue
		}
		if v > 1<<32-1 || c == 0 && shift > 0 {
			return 0, bad
		}
		return uint32(v), i
	}
	return 0, bad
}

// ascending counts the elements from b[i:] on, at most n, that are of one kind, in order, and of a kind whose order is
// that of its bytes.
func ascending(b []byte, i int, n uint32) (run int) {
	if i >= len(b) {
		return 0
	}
	k := b[i]
	if k != byte(broker.KindCount) && k != byte(broker.KindAddress) && k != byte(broker.KindSubnet) {
		return 0
	}
	size := fixed[k]
	for ; n > 0 && len(b)-i >= size && b[i] == k; n-- {
		if run > 0 && bytes.Compare(b[i-size:i], b[i:i+size]) >= 0 {
			break
		}
		i += size
		run++
	}
	return run
}
