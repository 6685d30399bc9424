package convert

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// maxEncoded bounds what one call writes. Tables that share parts can describe far more than they hold.
const maxEncoded = 64 << 20

// encoder writes the values of one message.
type encoder struct {
	s     *Space
	start int           // of the message in dst
	open  []*lua.LTable // the tables being written, outermost first
	depth int
}

// NumArgs returns how many arguments AppendArgs writes: all that the signature has, and without one as many as
// are given.
func (sig *Signature) NumArgs(args []lua.LValue) int {
	if sig == nil {
		return len(args)
	}
	return len(sig.Args)
}

// AppendArgs checks the arguments of an event and appends their bytes; of NumArgs values. Trailing optional
// arguments may be left out. With a nil signature the values go by default kinds. The error is an *ArityError or
// an *ArgError, and dst is returned as it was.
func (s *Space) AppendArgs(dst []byte, sig *Signature, args []lua.LValue) ([]byte, error) {
	e := encoder{s: s, start: len(dst)}
	out := dst
	var err error
	if sig == nil {
		for i, v := range args {
			if out, err = e.defaults(out, v); err != nil {
				return dst, &ArgError{N: i + 1, Err: err}
			}
		}
		return out, nil
	}
	if len(args) > len(sig.Args) || len(args) < sig.required {
		return dst, &ArityError{Got: len(args), Min: sig.required, Max: len(sig.Args)}
	}
	for i := range sig.Args {
		arg := &sig.Args[i]
		if i >= len(args) {
			out = wire.AppendNone(out)
			continue
		}
		if out, err = e.typed(out, arg.Type, args[i]); err != nil {
			return dst, &ArgError{N: i + 1, Name: arg.Name, Err: err}
		}
	}
	return out, nil
}

// AppendTyped checks v for a place of type t and appends its bytes.
func (s *Space) AppendTyped(dst []byte, t *Type, v lua.LValue) ([]byte, error) {
	e := encoder{s: s, start: len(dst)}
	out, err := e.typed(dst, t, v)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// AppendDefault appends the bytes of v by default kinds: integral numbers from 0 to 2^53 are counts, negative
// ones integers, other numbers reals; array-like and empty tables are vectors, other tables are tables. What has
// no kind, as a function, is INVALID_DATA, and the error's path says where it is.
func (s *Space) AppendDefault(dst []byte, v lua.LValue) ([]byte, error) {
	e := encoder{s: s, start: len(dst)}
	out, err := e.defaults(dst, v)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// AppendStored appends the bytes of what is stored in a place of type t.
func (s *Space) AppendStored(dst []byte, t *Type, st Stored) ([]byte, error) {
	e := encoder{s: s, start: len(dst)}
	out, err := e.stored(dst, t, st)
	if err != nil {
		return dst, err
	}
	return out, nil
}

func (e *encoder) typed(dst []byte, t *Type, v lua.LValue) ([]byte, error) {
	if t.Kind == KindAny {
		return e.defaults(dst, v)
	}
	if t.Optional && isUnset(v) {
		return wire.AppendNone(dst), nil
	}
	switch t.Kind {
	case KindTuple:
		return e.tuple(dst, t, v)
	case KindSet, KindTable, KindVector:
		c, ok := AsContainer(v)
		switch {
		case ok && fits(t, c.ContainerType()):
			return e.container(dst, c)
		case isEmptyTable(v):
			return appendHeader(dst, wireKinds[t.Kind], 0), nil
		}
		return dst, mismatch(t, v)
	case KindRecord:
		return e.record(dst, t, v)
	}
	var a atom
	if err := a.fromLua(t, v); err != nil {
		return dst, err
	}
	return a.appendWire(dst), nil
}

func (e *encoder) tuple(dst []byte, t *Type, v lua.LValue) ([]byte, error) {
	vals, ok := AsTuple(v)
	if !ok {
		return dst, mismatch(t, v)
	}
	if len(vals) != len(t.Columns) {
		return dst, &MismatchError{Want: t.String(), Got: fmt.Sprintf("a tuple of %d", len(vals))}
	}
	dst = wire.AppendVectorHeader(dst, len(vals))
	for i, c := range t.Columns {
		var err error
		if dst, err = e.typed(dst, c, vals[i]); err != nil {
			return dst, insideIndex(i+1, err)
		}
	}
	return dst, nil
}

func appendHeader(dst []byte, k broker.Kind, n int) []byte {
	switch k {
	case broker.KindSet:
		return wire.AppendSetHeader(dst, n)
	case broker.KindTable:
		return wire.AppendTableHeader(dst, n)
	}
	return wire.AppendVectorHeader(dst, n)
}

// container writes a container by its own type, elements in Broker's order.
func (e *encoder) container(dst []byte, c Container) ([]byte, error) {
	if err := e.enter(dst); err != nil {
		return dst, err
	}
	defer e.leave()
	t := c.ContainerType()
	items := e.s.sorter.take()
	defer e.s.sorter.put(items)
	items.collect(c)
	dst = appendHeader(dst, wireKinds[t.Kind], len(items.items))
	if t.Kind != KindVector {
		items.sort()
	}
	var err error
	for i := range items.items {
		it := &items.items[i]
		if t.Key != nil {
			var ok bool
			if dst, _, ok = appendKeyWire(dst, t.Key, items.key(it), true); !ok {
				return dst, errBadKey
			}
		}
		if t.Elem == nil {
			continue
		}
		if dst, err = e.stored(dst, t.Elem, it.value); err != nil {
			if t.Key == nil {
				return dst, insideIndex(i+1, err)
			}
			return dst, inside("["+string(appendKeyText(nil, t.Key, items.key(it)))+"]", err)
		}
	}
	return dst, nil
}

// stored writes what is stored in a place of type t.
func (e *encoder) stored(dst []byte, t *Type, st Stored) ([]byte, error) {
	var a atom
	if a.fromStored(t, st) {
		return a.appendWire(dst), nil
	}
	switch ref := st.Ref.(type) {
	case tupleKey:
		return e.storedTuple(dst, t, ref)
	case *Record:
		return e.recordValues(dst, ref)
	case *goRecord:
		return e.goRecord(dst, ref)
	case Container:
		return e.container(dst, ref)
	case *lua.LTable:
		return e.table(dst, ref)
	}
	return dst, invalidData("%T has no place on the wire", st.Ref)
}

// storedTuple writes a tuple by the types of its columns where they are declared, as a number in the canonical
// form has its default kind.
func (e *encoder) storedTuple(dst []byte, t *Type, k tupleKey) ([]byte, error) {
	v := e.s.tupleOf(k)
	if t.Kind == KindTuple {
		return e.tuple(dst, t, v)
	}
	return e.defaults(dst, v)
}

// enter starts a value with values inside.
func (e *encoder) enter(dst []byte) error {
	if e.depth++; e.depth > wire.MaxDepth {
		return invalidData("nested deeper than %d values", wire.MaxDepth)
	}
	if len(dst)-e.start > maxEncoded {
		return invalidData("more than %d bytes", maxEncoded)
	}
	return nil
}

func (e *encoder) leave() { e.depth-- }
