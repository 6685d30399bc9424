package storelib

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/rules"
)

// maxKept is the largest buffer that is kept for the next call.
const maxKept = 64 << 10

// take returns a buffer that is to be used again.
func take(b []byte) []byte {
	if cap(b) > maxKept {
		return nil
	}
	return b[:0]
}

var (
	errNilKey   = errors.New("expected a key, got nil")
	errNilValue = errors.New("expected a value, got nil (write types.none for an unset one; erase removes a key)")
	errNaN      = errors.New("NaN is no key")
)

// readKey encodes argument i as a key, in the form in which keys are compared. It is good until the next call.
func (l *Lib) readKey(L *lua.LState, i int, method string) []byte {
	v := L.Get(i)
	if v == lua.LNil {
		convert.ArgRaise(L, method, i-1, errNilKey)
	}
	if f, ok := v.(lua.LNumber); ok && f != f {
		convert.ArgRaise(L, method, i-1, errNaN)
	}
	b, err := l.Space.AppendDefault(take(l.key), v)
	l.key = b
	if err == nil && mayHoldReal(b[0]) {
		b, err = rules.CanonicalKey(take(l.canonical), b)
		l.canonical = b
	}
	if err != nil {
		convert.ArgRaise(L, method, i-1, err)
	}
	return b
}

// canonicalKey returns a key that was encoded here in the form in which keys are compared.
func canonicalKey(key []byte) ([]byte, error) {
	if !mayHoldReal(key[0]) {
		return key, nil
	}
	return rules.CanonicalKey(nil, key)
}

// mayHoldReal tells whether a value with this tag may hold a real: only those are equal to others of other bytes, as
// what is encoded here has canonical form but for the two zeros.
func mayHoldReal(tag byte) bool {
	k := broker.Kind(tag)
	return k == broker.KindReal || k >= broker.KindSet
}

// readValue encodes argument i as a value, behind what is in dst.
func (l *Lib) readValue(L *lua.LState, dst []byte, i int, method string) []byte {
	v := L.Get(i)
	if v == lua.LNil {
		convert.ArgRaise(L, method, i-1, errNilValue)
	}
	b, err := l.Space.AppendDefault(dst, v)
	if err != nil {
		convert.ArgRaise(L, method, i-1, err)
	}
	if n := len(b) - len(dst); n > chargeable {
		_ = l.d.VM.Charge(n / 8) // the next instruction raises
	}
	return b
}

// pushValue pushes a stored value, or nil and what is wrong with it. Work on a large one is charged for.
func (l *Lib) pushValue(L *lua.LState, b []byte) int {
	v, err := l.decode(b)
	if err != nil {
		return l.Space.Fail(L, err)
	}
	L.Push(v)
	return 1
}

// chargeable is from how many bytes on a value costs more than the call that reads it.
const chargeable = 256

// decode makes the Lua value of a stored one. A none is types.none: nil is a key that is not there.
func (l *Lib) decode(b []byte) (lua.LValue, error) {
	if len(b) > chargeable {
		if err := l.d.VM.Charge(len(b) / 8); err != nil {
			return nil, err
		}
	}
	r := wire.NewReader(b)
	v, err := l.Space.DecodeTyped(&r, convert.Any)
	if v == lua.LNil {
		v = l.Space.None()
	}
	return v, err
}

// decodeKey makes the Lua value of a key: like decode, but a vector is a tuple if it can be one, so that it is equal to
// what the key was written as.
func (l *Lib) decodeKey(b []byte) (lua.LValue, error) {
	if broker.Kind(b[0]) != broker.KindVector {
		return l.decode(b)
	}
	r := wire.NewReader(b)
	_, _ = r.Kind()
	n, err := r.Len()
	if err != nil {
		return nil, err
	}
	var elems []lua.LValue
	for range n {
		if r.Remaining() > 0 && broker.Kind(r.Rest()[0]) >= broker.KindSet {
			return l.decode(b)
		}
		v, err := l.Space.DecodeTyped(&r, convert.Any)
		if err != nil {
			return nil, err
		}
		elems = append(elems, v)
	}
	if v, err := l.Space.Tuple(elems...); err == nil {
		return v, nil
	}
	return l.decode(b)
}
