package rules

import (
	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// Canonical appends the canonical form of a value, which is never longer than raw. The error matches
// broker.ErrDeserializationFailed.
func Canonical(dst, raw []byte) ([]byte, error) {
	if isCanonical(raw) {
		return append(dst, raw...), nil
	}
	d, err := wire.DecodeData(raw)
	if err != nil {
		return dst, err
	}
	return wire.AppendData(dst, d), nil
}

// CanonicalKey is Canonical for keys: two keys that are equal have the same bytes afterwards.
func CanonicalKey(dst, raw []byte) ([]byte, error) {
	start := len(dst)
	dst, err := Canonical(dst, raw)
	if err == nil {
		clearSigns(dst[start:])
	}
	return dst, err
}

// canonical returns b itself if it is in canonical form.
func canonical(b []byte) ([]byte, error) {
	if isCanonical(b) {
		return b, nil
	}
	return Canonical(nil, b)
}

// clearSigns makes each -0.0 in a canonical value to 0.0. No order changes, since the two are equal.
func clearSigns(b []byte) {
	eachReal(b, func(bits []byte) bool {
		if [8]byte(bits) == [8]byte{0x80} {
			bits[0] = 0
		}
		return true
	})
}

// holdsNaN reports whether a NaN is anywhere in a canonical value.
func holdsNaN(b []byte) bool {
	return !eachReal(b, func(bits []byte) bool {
		f := realOf(bits)
		return f == f
	})
}

// eachReal calls f with the eight bytes of each real in a canonical value, until it returns false.
func eachReal(b []byte, f func(bits []byte) bool) bool {
	// Containers are entered by reading their head only: what is in them are values like those that follow.
	for r := wire.NewReader(b); r.Remaining() > 0; {
		before := r
		switch k, _ := r.Kind(); k {
		case broker.KindReal:
			if !f(r.Rest()[:8]) {
				return false
			}
		case broker.KindSet, broker.KindTable, broker.KindVector:
			if _, err := r.Len(); err != nil {
				return true // not reached, b is canonical
			}
			continue
		}
		if r = before; r.Skip() != nil {
			return true // not reached, b is canonical
		}
	}
	return true
}

// depth returns how many containers a canonical value has one in another at its deepest place.
func depth(b []byte) int {
	r := wire.NewReader(b)
	return depthOf(&r)
}

func depthOf(r *wire.Reader) int {
	before := *r
	k, _ := r.Kind()
	if k < broker.KindSet {
		*r = before
		_ = r.Skip() // b is canonical
		return 0
	}
	n, _ := r.Len()
	if k == broker.KindTable {
		n *= 2
	}
	deepest := 0
	for range n {
		deepest = max(deepest, depthOf(r))
	}
	return deepest + 1
}

// realOf reads the eight bytes of a real.
func realOf(bits []byte) float64 {
	r := wire.NewReader(bits)
	f, _ := r.Real()
	return f
}
