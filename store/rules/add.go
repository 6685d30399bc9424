package rules

import (
	"encoding/binary"
	"fmt"
	"math"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// InitFor returns the kind that an increment by value sends along, for the case that the key is missing: a timespan
// makes a timestamp. None means that there is nothing to increment.
func InitFor(value []byte) broker.Kind {
	if len(value) == 0 {
		return broker.KindNone
	}
	switch k := kindOf(value); k {
	case broker.KindCount, broker.KindInteger, broker.KindReal:
		return k
	case broker.KindTimespan:
		return broker.KindTimestamp
	}
	return broker.KindNone
}

// Add appends old with value added to it. An old of nil means that the key is missing. Nothing is left behind by an add
// that fails, other than in Broker's own backend in memory. The error matches broker.ErrTypeClash, broker.ErrInvalidData
// or broker.ErrDeserializationFailed.
func Add(dst, old, value []byte, init broker.Kind) ([]byte, error) {
	value, err := canonical(value)
	if err != nil {
		return dst, err
	}
	if old == nil {
		if init == broker.KindNone {
			return dst, clash("add " + a(kindOf(value)) + " to nothing")
		}
		var zero [18]byte
		old = wire.AppendData(zero[:0], broker.Zero(init))
	} else if old, err = canonical(old); err != nil {
		return dst, err
	}
	switch kindOf(old) {
	case broker.KindString:
		return concat(dst, old, value)
	case broker.KindSet:
		return insert(dst, old, value)
	case broker.KindTable:
		return assign(dst, old, value)
	case broker.KindVector:
		return push(dst, old, value)
	}
	if sum, ok := arith(dst, old, value, 1); ok {
		return sum, nil
	}
	return dst, addClash(old, value)
}

func addClash(old, value []byte) error {
	return clash(fmt.Sprintf("add %s to %s", a(kindOf(value)), a(kindOf(old))))
}

// arith appends old plus sign times value, for the kinds that can be calculated with.
func arith(dst, old, value []byte, sign int64) ([]byte, bool) {
	k := kindOf(old)
	want := k
	if k == broker.KindTimestamp {
		want = broker.KindTimespan
	}
	if kindOf(value) != want {
		return dst, false
	}
	switch k {
	case broker.KindCount, broker.KindInteger, broker.KindTimespan, broker.KindTimestamp:
		sum := number(old) + uint64(sign)*number(value)
		return binary.BigEndian.AppendUint64(append(dst, byte(k)), sum), true
	case broker.KindReal:
		return wire.AppendReal(dst, realOf(old[1:])+float64(sign)*realOf(value[1:])), true
	}
	return dst, false
}

func concat(dst, old, value []byte) ([]byte, error) {
	if kindOf(value) != broker.KindString {
		return dst, addClash(old, value)
	}
	n, i := length(old, 1)
	m, j := length(value, 1)
	if uint64(n)+uint64(m) > math.MaxUint32 {
		return dst, errTooLong
	}
	dst = wire.AppendVarbyte(append(dst, byte(broker.KindString)), n+m)
	return append(append(dst, old[i:]...), value[j:]...), nil
}

func push(dst, old, value []byte) ([]byte, error) {
	s := open(old)
	if err := s.takes(value); err != nil {
		return dst, err
	}
	dst = appendHead(dst, s.kind, s.n+1)
	return append(append(dst, s.elems...), value...), nil
}

func insert(dst, old, value []byte) ([]byte, error) {
	s := open(old)
	if err := s.takes(value); err != nil {
		return dst, err
	}
	if holdsNaN(value) {
		return dst, errNaN
	}
	p, ok := s.find(value)
	switch {
	case !ok:
		return insertUnordered(dst, old, value)
	case p.found:
		return append(dst, old...), nil
	}
	return s.splice(dst, s.n+1, p, value), nil
}

func assign(dst, old, value []byte) ([]byte, error) {
	if kindOf(value) != broker.KindVector {
		return dst, addClash(old, value)
	}
	item := open(value)
	if item.n != 2 {
		return dst, invalid(fmt.Sprintf("add a vector of %d to a table, want index and value", item.n))
	}
	_, end := item.nth(0)
	key := item.elems[:end]
	s := open(old)
	if err := s.takes(nil); err != nil {
		return dst, err
	}
	if holdsNaN(key) {
		return dst, errNaN
	}
	p, ok := s.find(key)
	switch {
	case !ok:
		return assignUnordered(dst, old, value)
	case p.found:
		// The key stays as it is: 0.0 finds -0.0.
		p.at = p.value
		return s.splice(dst, s.n, p, item.elems[end:]), nil
	}
	return s.splice(dst, s.n+1, p, item.elems), nil
}

// takes reports what keeps the container from taking one more element, which is left out if it is known to fit.
func (s body) takes(elem []byte) error {
	if uint64(s.n) >= math.MaxUint32 {
		return errTooLong
	}
	if len(elem) > 0 && depth(elem) >= wire.MaxDepth {
		return errTooDeep
	}
	return nil
}

// splice appends the container with n elements, and with b in the place p.
func (s body) splice(dst []byte, n int, p place, b []byte) []byte {
	dst = append(appendHead(dst, s.kind, n), s.elems[:p.at]...)
	return append(append(dst, b...), s.elems[p.end:]...)
}
