package convert

import (
	"errors"
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// tupleKey is the canonical form of a tuple: its elements as keys of type any, one behind the other.
type tupleKey string

var (
	errNaN    = errors.New("nan can't be a key")
	errBadKey = errors.New("not a key of this type")
)

// AppendKey appends the canonical bytes of v as a key of type t: the element of a set, the key of a map. Equal
// keys have equal bytes, and bytes compare as Broker compares the values.
func (s *Space) AppendKey(dst []byte, t *Type, v lua.LValue) ([]byte, error) {
	return s.appendKey(dst, t, v, true)
}

func (s *Space) appendKey(dst []byte, t *Type, v lua.LValue, last bool) ([]byte, error) {
	switch t.Kind {
	case KindAny:
		return appendAnyKey(dst, v, last)
	case KindTuple:
		return s.appendTupleKey(dst, t, v, last)
	case KindSet, KindTable, KindVector, KindRecord:
		return dst, fmt.Errorf("a value of type %s can't be a key", t)
	}
	var a atom
	if err := a.fromLua(t, v); err != nil {
		return dst, err
	}
	if a.isNaN() {
		return dst, errNaN
	}
	return a.appendKey(dst, last), nil
}

func (s *Space) appendTupleKey(dst []byte, t *Type, v lua.LValue, last bool) ([]byte, error) {
	b, ok := boxed[*tupleBox](v)
	if !ok {
		return dst, mismatch(t, v)
	}
	if len(b.more) != len(t.Columns) {
		return dst, &MismatchError{Want: t.String(), Got: fmt.Sprintf("a tuple of %d", len(b.more))}
	}
	for i, c := range t.Columns {
		var err error
		if dst, err = s.appendKey(dst, c, b.more[i], last && i == len(t.Columns)-1); err != nil {
			return dst, insideIndex(i+1, err)
		}
	}
	return dst, nil
}

// appendAnyKey writes the kind, plus one so that the end of a tuple (a zero) is below all kinds, and the content.
func appendAnyKey(dst []byte, v lua.LValue, last bool) ([]byte, error) {
	var a atom
	if a.fromDefault(v) {
		if a.isNaN() {
			return dst, errNaN
		}
		return a.appendKey(append(dst, byte(a.kind)+1), last), nil
	}
	if b, ok := boxed[*tupleBox](v); ok {
		dst = append(append(dst, byte(broker.KindVector)+1), b.v...)
		return append(dst, 0), nil
	}
	return dst, fmt.Errorf("%s can't be a key: it can change", Describe(v))
}

func (a *atom) isNaN() bool { return a.kind == broker.KindReal && math.IsNaN(a.real()) }

// KeyToLua returns the Lua value of a key.
func (s *Space) KeyToLua(t *Type, key []byte) lua.LValue {
	v, _, ok := s.keyToLua(t, key, true)
	if !ok {
		return lua.LNil // no key of this type: somebody mixed up two containers
	}
	return v
}

func (s *Space) keyToLua(t *Type, key []byte, last bool) (v lua.LValue, rest []byte, ok bool) {
	switch t.Kind {
	case KindAny:
		return s.anyKeyToLua(key, last)
	case KindTuple:
		vals := make([]lua.LValue, len(t.Columns))
		for i, c := range t.Columns {
			if vals[i], key, ok = s.keyToLua(c, key, last && i == len(vals)-1); !ok {
				return nil, nil, false
			}
		}
		v, err := s.Tuple(vals...)
		return v, key, err == nil
	}
	var a atom
	if rest, ok = a.fromKey(wireKinds[t.Kind], key, last); !ok {
		return nil, nil, false
	}
	return a.toLua(s), rest, true
}

func (s *Space) anyKeyToLua(key []byte, last bool) (v lua.LValue, rest []byte, ok bool) {
	if len(key) == 0 || key[0] == 0 || key[0] > byte(broker.KindVector)+1 {
		return nil, nil, false
	}
	k, key := broker.Kind(key[0]-1), key[1:]
	switch k {
	case broker.KindVector:
		vals, rest, ok := s.tupleElems(key)
		if !ok {
			return nil, nil, false
		}
		v, err := s.Tuple(vals...)
		return v, rest, err == nil
	case broker.KindSet, broker.KindTable:
		return nil, nil, false
	}
	var a atom
	if rest, ok = a.fromKey(k, key, last); !ok {
		return nil, nil, false
	}
	return a.toLua(s), rest, true
}

// tupleElems reads the elements of a tuple up to the zero behind the last, which a tupleKey does not have.
func (s *Space) tupleElems(key []byte) (vals []lua.LValue, rest []byte, ok bool) {
	for len(key) > 0 && key[0] != 0 {
		var v lua.LValue
		if v, key, ok = s.anyKeyToLua(key, false); !ok {
			return nil, nil, false
		}
		vals = append(vals, v)
	}
	if len(key) > 0 {
		key = key[1:]
	}
	return vals, key, true
}

// AppendKeyWire appends the wire form of what AppendKey has made for type t. It reports false for what it has not.
func AppendKeyWire(dst []byte, t *Type, key []byte) ([]byte, bool) {
	out, _, ok := appendKeyWire(dst, t, key, true)
	return out, ok
}

// ReadKey reads a whole value from the wire and appends what AppendKey would for a key of type t.
func (s *Space) ReadKey(dst []byte, r *wire.Reader, t *Type) ([]byte, error) {
	d := decoder{s: s, r: *r}
	dst, err := d.readKey(dst, t, true)
	*r = d.r
	return dst, err
}

// appendKeyWire appends the wire form of a key.
func appendKeyWire(dst []byte, t *Type, key []byte, last bool) (out, rest []byte, ok bool) {
	switch t.Kind {
	case KindAny:
		return appendAnyKeyWire(dst, key, last)
	case KindTuple:
		dst = wire.AppendVectorHeader(dst, len(t.Columns))
		for i, c := range t.Columns {
			if dst, key, ok = appendKeyWire(dst, c, key, last && i == len(t.Columns)-1); !ok {
				return dst, nil, false
			}
		}
		return dst, key, true
	}
	var a atom
	if rest, ok = a.fromKey(wireKinds[t.Kind], key, last); !ok {
		return dst, nil, false
	}
	return a.appendWire(dst), rest, true
}

func appendAnyKeyWire(dst, key []byte, last bool) (out, rest []byte, ok bool) {
	if len(key) == 0 || key[0] == 0 {
		return dst, nil, false
	}
	k, key := broker.Kind(key[0]-1), key[1:]
	if k != broker.KindVector {
		var a atom
		if rest, ok = a.fromKey(k, key, last); !ok {
			return dst, nil, false
		}
		return a.appendWire(dst), rest, true
	}
	n, ok := countAnyKeys(key)
	if !ok {
		return dst, nil, false
	}
	dst = wire.AppendVectorHeader(dst, n)
	for range n {
		if dst, key, ok = appendAnyKeyWire(dst, key, false); !ok {
			return dst, nil, false
		}
	}
	if len(key) > 0 {
		key = key[1:]
	}
	return dst, key, true
}

// countAnyKeys counts the elements up to the end of a tuple.
func countAnyKeys(key []byte) (n int, ok bool) {
	for len(key) > 0 && key[0] != 0 {
		if key, ok = skipAnyKey(key); !ok {
			return 0, false
		}
		n++
	}
	return n, true
}

func skipAnyKey(key []byte) (rest []byte, ok bool) {
	k, key := broker.Kind(key[0]-1), key[1:]
	if k != broker.KindVector {
		var a atom
		return a.fromKey(k, key, false)
	}
	for len(key) > 0 && key[0] != 0 {
		if key, ok = skipAnyKey(key); !ok {
			return nil, false
		}
	}
	if len(key) == 0 {
		return nil, false
	}
	return key[1:], true
}

// readKey reads a whole value from the wire as a key of type t.
func (d *decoder) readKey(dst []byte, t *Type, last bool) ([]byte, error) {
	k, err := d.r.Kind()
	if err != nil {
		return dst, err
	}
	if t.Kind == KindAny {
		return d.readAnyKey(dst, k, last)
	}
	if k != wireKinds[t.Kind] {
		return dst, clash(t, k)
	}
	if t.Kind == KindTuple {
		n, err := d.r.Len()
		if err != nil {
			return dst, err
		}
		if n != len(t.Columns) {
			return dst, &MismatchError{Want: t.String(), Got: fmt.Sprintf("a vector of %d", n)}
		}
		for i, c := range t.Columns {
			if dst, err = d.readKey(dst, c, last && i == n-1); err != nil {
				return dst, insideIndex(i+1, err)
			}
		}
		return dst, nil
	}
	return d.readAtomKey(dst, k, last)
}

func (d *decoder) readAtomKey(dst []byte, k broker.Kind, last bool) ([]byte, error) {
	var a atom
	if err := a.fromWire(&d.r, k); err != nil {
		return dst, err
	}
	if a.isNaN() {
		return dst, errNaN
	}
	return a.appendKey(dst, last), nil
}

func (d *decoder) readAnyKey(dst []byte, k broker.Kind, last bool) ([]byte, error) {
	switch k {
	case broker.KindSet, broker.KindTable:
		return dst, fmt.Errorf("a %s can't be a key", wireWords[k])
	case broker.KindVector:
		if err := d.enter(); err != nil {
			return dst, err
		}
		defer d.leave()
		n, err := d.r.Len()
		if err != nil {
			return dst, err
		}
		dst = append(dst, byte(k)+1)
		for range n {
			if dst, err = d.readKey(dst, Any, false); err != nil {
				return dst, err
			}
		}
		return append(dst, 0), nil
	}
	return d.readAtomKey(append(dst, byte(k)+1), k, last)
}
