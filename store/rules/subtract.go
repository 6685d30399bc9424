package rules

import (
	"fmt"

	"moonpeer/net/broker"
)

// Subtract appends old with value taken from it. An old of nil means that the key is missing, which is
// broker.ErrNoSuchKey; other errors match broker.ErrTypeClash or broker.ErrDeserializationFailed.
func Subtract(dst, old, value []byte) ([]byte, error) {
	value, err := canonical(value)
	if err != nil {
		return dst, err
	}
	if old == nil {
		return dst, noKey("subtract " + a(kindOf(value)) + " from nothing")
	}
	if old, err = canonical(old); err != nil {
		return dst, err
	}
	switch kindOf(old) {
	case broker.KindSet, broker.KindTable:
		return erase(dst, old, value)
	case broker.KindVector:
		return pop(dst, old), nil
	}
	if difference, ok := arith(dst, old, value, -1); ok {
		return difference, nil
	}
	return dst, clash(fmt.Sprintf("subtract %s from %s", a(kindOf(value)), a(kindOf(old))))
}

func erase(dst, old, value []byte) ([]byte, error) {
	s := open(old)
	p, ok := s.find(value)
	switch {
	case !ok:
		return eraseUnordered(dst, old, value)
	case !p.found:
		return append(dst, old...), nil
	}
	return s.splice(dst, s.n-1, p, nil), nil
}

func pop(dst, old []byte) []byte {
	s := open(old)
	if s.n == 0 {
		return append(dst, old...)
	}
	at, end := s.nth(s.n - 1)
	return s.splice(dst, s.n-1, place{at: at, end: end}, nil)
}
