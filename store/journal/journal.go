package journal

import (
	"encoding/binary"
	"errors"
)

// Kind says what an operation does.
type Kind uint8

// The kinds of operations.
const (
	Put      Kind = iota + 1 // an entry is there with this value, whatever was there before
	Erase                    // an entry is not there
	Clear                    // no entry is there
	Writer                   // this is known of a writer
	Forget                   // nothing is known of a writer
	Position                 // term and sequence number of the group
)

var kindNames = [...]string{"invalid", "put", "erase", "clear", "writer", "forget", "position"}

// String returns the kind's name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[0]
}

// Op is one operation. What its kind has no use for is zero.
type Op struct {
	Kind      Kind
	Key       []byte // of an entry, or a writer's id
	Value     []byte // of an entry, or a writer's state
	Expiry    int64  // ns since 1970; 0: never
	Term, Seq uint64
}

// ErrMalformed is the error of bytes that no Append function has written.
var ErrMalformed = errors.New("malformed journal group")

// The first bytes of operations.
const (
	tagPut = iota + 1
	tagPutExpiring
	tagErase
	tagClear
	tagWriter
	tagForget
	tagPosition
)

// AppendPut appends that key has value until expiry: ns since 1970, 0 means for ever.
func AppendPut(b, key, value []byte, expiry int64) []byte {
	if expiry == 0 {
		return appendBytes(appendBytes(append(b, tagPut), key), value)
	}
	b = appendBytes(appendBytes(append(b, tagPutExpiring), key), value)
	return binary.LittleEndian.AppendUint64(b, uint64(expiry))
}

// AppendErase appends that there is no key.
func AppendErase(b, key []byte) []byte { return appendBytes(append(b, tagErase), key) }

// AppendClear appends that there is no entry at all. Writers and position stay.
func AppendClear(b []byte) []byte { return append(b, tagClear) }

// AppendWriter appends what is known of the writer with this id.
func AppendWriter(b, id, state []byte) []byte {
	return appendBytes(appendBytes(append(b, tagWriter), id), state)
}

// AppendForget appends that nothing is known of the writer with this id any more.
func AppendForget(b, id []byte) []byte { return appendBytes(append(b, tagForget), id) }

// AppendPosition appends where the store stands after this group. Of several in a row the last one counts.
func AppendPosition(b []byte, term, seq uint64) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagPosition), term)
	return binary.LittleEndian.AppendUint64(b, seq)
}

func appendBytes(b, p []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(p))), p...)
}

// Next reads the first operation of b, which must not be empty, and returns what follows it. The slices of op are parts
// of b. It does not allocate. The error is ErrMalformed.
func Next(b []byte) (op Op, rest []byte, err error) {
	if len(b) == 0 {
		return Op{}, nil, ErrMalformed
	}
	tag, b := b[0], b[1:]
	ok := true
	switch tag {
	case tagPut, tagPutExpiring:
		op.Kind = Put
		if op.Key, b, ok = takeBytes(b); ok {
			op.Value, b, ok = takeBytes(b)
		}
		if ok && tag == tagPutExpiring {
			var expiry uint64
			expiry, b, ok = takeUint64(b)
			op.Expiry = int64(expiry)
			ok = ok && expiry != 0
		}
	case tagErase:
		op.Kind = Erase
		op.Key, b, ok = takeBytes(b)
	case tagClear:
		op.Kind = Clear
	case tagWriter:
		op.Kind = Writer
		if op.Key, b, ok = takeBytes(b); ok {
			op.Value, b, ok = takeBytes(b)
		}
	case tagForget:
		op.Kind = Forget
		op.Key, b, ok = takeBytes(b)
	case tagPosition:
		op.Kind = Position
		if op.Term, b, ok = takeUint64(b); ok {
			op.Seq, b, ok = takeUint64(b)
		}
	default:
		ok = false
	}
	if !ok {
		return Op{}, nil, ErrMalformed
	}
	return op, b, nil
}

// Check reports whether Next reads b to its end. A backend asks before it applies the first operation of a group.
func Check(b []byte) error {
	var err error
	for len(b) > 0 && err == nil {
		_, b, err = Next(b)
	}
	return err
}

func takeBytes(b []byte) (p, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) || size > 1 && b[size-1] == 0 {
		return nil, nil, false
	}
	end := size + int(n)
	return b[size:end:end], b[end:], true
}

func takeUint64(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) < 8 {
		return 0, nil, false
	}
	return binary.LittleEndian.Uint64(b), b[8:], true
}
