package wire

import (
	"encoding/binary"

	"moonpeer/net/broker"
)

// MaxDepth is how deep values may be nested: a scalar in MaxDepth vectors is
// read, one vector more is refused.
const MaxDepth = 100

// Reader walks over serialised values without allocating. Kind reads the tag
// of the next value; the caller then reads its content with the one method
// for that kind. Len starts a container, whose elements are values like any
// other. After an error the position is undefined, but for what Offset says
// about where it happened.
//
// A Reader is a value: a copy is a bookmark. The zero Reader is at the end of
// an empty input.
type Reader struct {
	b   []byte
	off int
	tag broker.Kind // of the value being read, for Len
}

// NewReader returns a Reader at the start of b. The slices it gives out are
// parts of b.
func NewReader(b []byte) Reader { return Reader{b: b} }

// Remaining returns the number of bytes not yet read.
func (r *Reader) Remaining() int { return len(r.b) - r.off }

// Offset returns the number of bytes read.
func (r *Reader) Offset() int { return r.off }

// Rest returns the bytes not yet read.
func (r *Reader) Rest() []byte { return r.b[r.off:] }

// Kind reads the tag of the next value.
func (r *Reader) Kind() (broker.Kind, error) {
	if r.off >= len(r.b) {
		return 0, ErrTruncated
	}
	k := broker.Kind(r.b[r.off])
	if !k.Valid() {
		return 0, ErrTag
	}
	r.off++
	r.tag = k
	return k, nil
}

// Boolean reads a boolean; any byte but zero is true, as in Broker.
func (r *Reader) Boolean() (bool, error) {
	b, err := r.take(1)
	if err != nil {
		return false, err
	}
	return b[0] != 0, nil
}

// Count reads a count.
func (r *Reader) Count() (uint64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(b), nil
}

// Integer reads an integer.
func (r *Reader) Integer() (int64, error) {
	v, err := r.Count()
	return int64(v), err
}

// Real reads a real.
func (r *Reader) Real() (float64, error) {
	v, err := r.Count()
	return unpackReal(v), err
}

// Bytes reads a string or enum value. The result is part of the input.
func (r *Reader) Bytes() ([]byte, error) {
	n, err := r.varbyte()
	if err != nil {
		return nil, err
	}
	if uint64(n) > uint64(r.Remaining()) {
		return nil, ErrTruncated
	}
	return r.take(int(n))
}

// Address reads an address.
func (r *Reader) Address() (broker.Address, error) {
	b, err := r.take(16)
	if err != nil {
		return broker.Address{}, err
	}
	return broker.Address(b), nil
}

// Subnet reads a subnet. Its length is not checked, see broker.Subnet.
func (r *Reader) Subnet() (broker.Subnet, error) {
	b, err := r.take(17)
	if err != nil {
		return broker.Subnet{}, err
	}
	return broker.Subnet{Net: broker.Address(b[:16]), Len: b[16]}, nil
}

// Port reads a port.
func (r *Reader) Port() (broker.Port, error) {
	b, err := r.take(3)
	if err != nil {
		return broker.Port{}, err
	}
	p := broker.Port{Number: binary.BigEndian.Uint16(b), Proto: broker.Proto(b[2])}
	if !p.Proto.Valid() {
		return broker.Port{}, ErrProto
	}
	return p, nil
}

// Timestamp reads a timestamp.
func (r *Reader) Timestamp() (broker.Timestamp, error) {
	v, err := r.Count()
	return broker.Timestamp(v), err
}

// Timespan reads a timespan.
func (r *Reader) Timespan() (broker.Timespan, error) {
	v, err := r.Count()
	return broker.Timespan(v), err
}

// Len reads the number of elements of a set or vector, or of items of a table,
// after Kind has read its tag. A number that the rest of the input can't hold
// is refused, so a slice of that many elements may be made at once — but see
// Skip: with containers in containers each level may claim the same bytes.
func (r *Reader) Len() (int, error) {
	n, err := r.varbyte()
	if err != nil {
		return 0, err
	}
	least := uint64(n) // a value has at least a tag
	if r.tag == broker.KindTable {
		least *= 2
	}
	if least > uint64(r.Remaining()) {
		return 0, ErrTruncated
	}
	return int(n), nil
}

// Skip reads over one whole value, its tag included. It checks all that can be
// checked without building the value: tags, lengths, counts, protocols and
// depth, but not duplicates. After a successful Skip the counts in the value
// are known to be true.
func (r *Reader) Skip() error { return r.skip(MaxDepth) }

// skip is Skip with depth levels of containers left.
func (r *Reader) skip(depth int) error {
	k, err := r.Kind()
	if err != nil {
		return err
	}
	switch k {
	case broker.KindNone:
	case broker.KindBoolean:
		_, err = r.take(1)
	case broker.KindCount, broker.KindInteger, broker.KindReal, broker.KindTimestamp, broker.KindTimespan:
		_, err = r.take(8)
	case broker.KindString, broker.KindEnum:
		_, err = r.Bytes()
	case broker.KindAddress:
		_, err = r.take(16)
	case broker.KindSubnet:
		_, err = r.take(17)
	case broker.KindPort:
		_, err = r.Port()
	case broker.KindSet, broker.KindTable, broker.KindVector:
		return r.skipElems(k, depth)
	}
	return err
}

func (r *Reader) skipElems(k broker.Kind, depth int) error {
	if depth == 0 {
		return ErrDepth
	}
	n, err := r.Len()
	if err != nil {
		return err
	}
	if k == broker.KindTable {
		n *= 2
	}
	for ; n > 0; n-- {
		if err := r.skip(depth - 1); err != nil {
			return err
		}
	}
	return nil
}

// take reads n bytes.
func (r *Reader) take(n int) ([]byte, error) {
	if n > len(r.b)-r.off {
		return nil, ErrTruncated
	}
	b := r.b[r.off : r.off+n : r.off+n]
	r.off += n
	return b, nil
}

// varbyte reads a length: at most five bytes and 32 bits. Lengths that are
// longer than they need to be are allowed, as in Broker.
func (r *Reader) varbyte() (uint32, error) {
	var n uint64
	for shift := 0; shift < 35; shift += 7 {
		if r.off >= len(r.b) {
			return 0, ErrTruncated
		}
		c := r.b[r.off]
		r.off++
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if n > 1<<32-1 {
				return 0, ErrVarbyte
			}
			return uint32(n), nil
		}
	}
	return 0, ErrVarbyte
}
