package convert

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// Bounds on what one event may become in memory, whatever its bytes claim: containers cost some hundred bytes
// each where the wire spends two.
const (
	maxValues     = 2 << 20
	maxContainers = 100_000
)

// decoder reads the values of one message.
type decoder struct {
	s     *Space
	r     wire.Reader // a copy, so that the caller's stays on its stack
	depth int

	values     int
	containers int
	raw        []byte // the message's own copy that lazily read record fields lie in, nil until one does
	rawAt      int    // the reader's offset of raw[0]
}

// DecodeArgs reads the n arguments of an event at r and appends their Lua values to out, one for each argument of
// the signature; trailing optional ones that are missing are nil. With a nil signature the values are taken as
// they come: numbers become Lua numbers whatever their kind, containers have elements of type any.
//
// Nothing in the result refers to the bytes. The error is an *ArityError, an *ArgError, or matches
// broker.ErrDeserializationFailed.
func (s *Space) DecodeArgs(r *wire.Reader, n int, sig *Signature, out []lua.LValue) ([]lua.LValue, error) {
	d := decoder{s: s, r: *r}
	defer func() { *r = d.r }()
	if sig == nil {
		for i := range n {
			v, err := d.any()
			if err != nil {
				return out, &ArgError{N: i + 1, Err: err}
			}
			out = append(out, v)
		}
		return out, nil
	}
	if n > len(sig.Args) || n < sig.required {
		return out, &ArityError{Got: n, Min: sig.required, Max: len(sig.Args)}
	}
	for i := range sig.Args {
		arg := &sig.Args[i]
		if i >= n {
			out = append(out, lua.LNil)
			continue
		}
		v, err := d.place(arg.Type)
		if err != nil {
			return out, &ArgError{N: i + 1, Name: arg.Name, Err: err}
		}
		out = append(out, v)
	}
	return out, nil
}

// DecodeTyped reads one value for a place of type t; what is unset is nil.
func (s *Space) DecodeTyped(r *wire.Reader, t *Type) (lua.LValue, error) {
	d := decoder{s: s, r: *r}
	v, err := d.place(t)
	*r = d.r
	return v, err
}

// DecodeStored reads one value for a place of type t into its stored form.
func (s *Space) DecodeStored(r *wire.Reader, t *Type) (Stored, error) {
	d := decoder{s: s, r: *r}
	st, err := d.stored(t)
	*r = d.r
	return st, err
}

// place reads a value of type t. An unset optional one, and any none where nothing is declared, is nil.
func (d *decoder) place(t *Type) (lua.LValue, error) {
	if t.Kind == KindAny {
		return d.any()
	}
	k, err := d.r.Kind()
	if err != nil {
		return nil, err
	}
	if k != wireKinds[t.Kind] {
		if k == broker.KindNone && t.Optional {
			return lua.LNil, nil
		}
		return nil, clash(t, k)
	}
	if t.Kind < KindTuple {
		return d.scalar(k)
	}
	st, err := d.compound(t)
	if err != nil {
		return nil, err
	}
	return d.s.FromStored(t, st), nil
}

// scalar reads the content of a scalar.
func (d *decoder) scalar(k broker.Kind) (lua.LValue, error) {
	var a atom
	if err := a.fromWire(&d.r, k); err != nil {
		return nil, err
	}
	return a.toLua(d.s), nil
}

// any reads a value that nobody declared. None is nil here, at the top; inside containers it is types.none.
func (d *decoder) any() (lua.LValue, error) {
	k, err := d.r.Kind()
	if err != nil {
		return nil, err
	}
	switch k {
	case broker.KindNone:
		return lua.LNil, nil
	case broker.KindSet, broker.KindTable, broker.KindVector:
		if d.s.NewContainer == nil {
			return d.plainTable(k)
		}
		st, err := d.container(anyContainers[k])
		if err != nil {
			return nil, err
		}
		return d.s.FromStored(Any, st), nil
	}
	return d.scalar(k)
}

// anyContainers are the types of containers that arrive where nothing is declared.
var anyContainers = [...]*Type{
	broker.KindSet:    SetOf(Any),
	broker.KindTable:  TableOf(Any, Any),
	broker.KindVector: VectorOf(Any),
}

// stored reads a whole value of type t into its stored form.
func (d *decoder) stored(t *Type) (Stored, error) {
	k, err := d.r.Kind()
	if err != nil {
		return Stored{}, err
	}
	if d.values++; d.values > maxValues {
		return Stored{}, invalidData("more than %d values in one message", maxValues)
	}
	switch {
	case k == broker.KindNone && (t.Optional || t.Kind == KindAny):
		return None, nil
	case t.Kind == KindAny && k >= broker.KindSet:
		if d.s.NewContainer == nil {
			v, err := d.plainTable(k)
			return Stored{Ref: v}, err
		}
		return d.container(anyContainers[k])
	case t.Kind != KindAny && k != wireKinds[t.Kind]:
		return Stored{}, clash(t, k)
	case t.Kind >= KindTuple:
		return d.compound(t)
	}
	var a atom
	if err := a.fromWire(&d.r, k); err != nil {
		return Stored{}, err
	}
	if k == broker.KindString || k == broker.KindEnum {
		a.str = string([]byte(a.str))
	}
	return a.toStored(t.Kind == KindAny), nil
}

// compound reads what is no scalar, its tag has been read.
func (d *decoder) compound(t *Type) (Stored, error) {
	switch t.Kind {
	case KindRecord:
		return d.record(t)
	case KindTuple:
		return d.tuple(t)
	}
	return d.container(t)
}

func (d *decoder) enter() error {
	if d.depth++; d.depth > wire.MaxDepth {
		return wire.ErrDepth
	}
	return nil
}

func (d *decoder) leave() { d.depth-- }

// container reads a set, table or vector of type t.
func (d *decoder) container(t *Type) (st Stored, err error) {
	if err := d.enter(); err != nil {
		return st, err
	}
	defer d.leave()
	if d.containers++; d.containers > maxContainers {
		return st, invalidData("more than %d containers in one message", maxContainers)
	}
	if d.s.NewContainer == nil {
		return st, invalidData("there are no containers in this VM, as %s is", t)
	}
	n, err := d.r.Len()
	if err != nil {
		return st, err
	}
	// A count is a claim; what is reserved for it stays small until elements have come.
	c := d.s.NewContainer(t, min(n, 1024))
	var buf [64]byte
	for i := range n {
		key := buf[:0]
		var v Stored
		if t.Key != nil {
			if key, err = d.readKey(key, t.Key, true); err != nil {
				return st, insideIndex(i+1, err)
			}
		}
		if t.Elem != nil {
			if v, err = d.stored(t.Elem); err != nil {
				return st, insideIndex(i+1, err)
			}
		} else if d.values++; d.values > maxValues {
			return st, invalidData("more than %d values in one message", maxValues)
		}
		if !c.Put(key, v) {
			return st, wire.ErrDuplicate
		}
	}
	return Stored{Ref: c}, nil
}

func (d *decoder) tuple(t *Type) (Stored, error) {
	if err := d.enter(); err != nil {
		return Stored{}, err
	}
	defer d.leave()
	n, err := d.r.Len()
	if err != nil {
		return Stored{}, err
	}
	if n != len(t.Columns) {
		return Stored{}, &MismatchError{Want: t.String(), Got: fmt.Sprintf("a vector of %d", n)}
	}
	vals := make([]lua.LValue, n)
	for i, c := range t.Columns {
		if vals[i], err = d.place(c); err != nil {
			return Stored{}, insideIndex(i+1, err)
		}
	}
	v, err := d.s.Tuple(vals...)
	if err != nil {
		return Stored{}, err
	}
	return Stored{Ref: refOf(v)}, nil
}

// plainTable reads a container where there are no containers: a set or vector as a list, a table as a table.
func (d *decoder) plainTable(k broker.Kind) (lua.LValue, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	if d.containers++; d.containers > maxContainers {
		return nil, invalidData("more than %d containers in one message", maxContainers)
	}
	n, err := d.r.Len()
	if err != nil {
		return nil, err
	}
	tb := &lua.LTable{Metatable: lua.LNil}
	for range n {
		if d.values++; d.values > maxValues {
			return nil, invalidData("more than %d values in one message", maxValues)
		}
		v, err := d.element()
		if err != nil {
			return nil, err
		}
		if k != broker.KindTable {
			tb.Append(v)
			continue
		}
		val, err := d.element()
		if err != nil {
			return nil, err
		}
		if f, ok := v.(lua.LNumber); ok && f != f {
			return nil, errNaN
		}
		tb.RawSet(v, val)
	}
	return tb, nil
}

// element reads a value inside a plain table.
func (d *decoder) element() (lua.LValue, error) {
	v, err := d.any()
	if v == lua.LNil {
		v = d.s.none
	}
	return v, err
}
