package rules

import (
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// Index appends what is in value at index, which is Broker's get_index_from_value. The error matches
// broker.ErrNoSuchKey, broker.ErrTypeClash or broker.ErrDeserializationFailed.
func Index(dst, value, index []byte) ([]byte, error) {
	index, err := canonical(index)
	if err != nil {
		return dst, err
	}
	if value, err = canonical(value); err != nil {
		return dst, err
	}
	switch kindOf(value) {
	case broker.KindVector:
		return element(dst, open(value), index)
	case broker.KindSet, broker.KindTable:
		return lookUp(dst, value, index)
	}
	return append(dst, value...), nil
}

func element(dst []byte, s body, index []byte) ([]byte, error) {
	k := kindOf(index)
	if k != broker.KindCount && k != broker.KindInteger {
		return dst, clash(a(k) + " as index of a vector")
	}
	i := number(index)
	if k == broker.KindInteger && int64(i) < 0 {
		return dst, clash(fmt.Sprintf("index %d of a vector", int64(i)))
	}
	if i >= uint64(s.n) {
		return dst, noKey(fmt.Sprintf("index %d of a vector of %d", i, s.n))
	}
	at, end := s.nth(int(i))
	return append(dst, s.elems[at:end]...), nil
}

func lookUp(dst, value, index []byte) ([]byte, error) {
	s := open(value)
	p, ok := s.find(index)
	switch {
	case !ok:
		return lookUpUnordered(dst, value, index)
	case s.kind == broker.KindSet:
		return wire.AppendBoolean(dst, p.found), nil
	case !p.found:
		return dst, noKey("index of a table")
	}
	return append(dst, s.elems[p.value:p.end]...), nil
}
