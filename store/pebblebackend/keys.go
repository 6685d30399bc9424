package pebblebackend

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"moonpeer/store/journal"
)

// The first byte of a key in Pebble says what it is.
const (
	prefixEntry  = 'e' // and the entry's key → expiry, value
	prefixMeta   = 'm' // and a name
	prefixWriter = 'w' // and the writer's id → its state
)

var (
	entriesFrom = []byte{prefixEntry}
	entriesTo   = []byte{prefixEntry + 1}
	keySchema   = []byte("mschema")   // → 4 bytes
	keyPosition = []byte("mposition") // → term, sequence number, 8 bytes each
)

// schema is the version of all this. A folder with a greater one is refused.
const schema = 1

// The first byte of an entry's value.
const (
	valueLasting  = 0 // the value follows
	valueExpiring = 1 // 8 bytes of expiry, then the value
)

// maxOp bounds a key and a value together: a Pebble batch may not have 4 GB.
const maxOp = 1 << 30

var errTooLarge = errors.New("larger than a gigabyte")

// position is what a group's last Position says.
type position struct {
	term, seq uint64
	known     bool
}

// convert adds the operations of a group to b, all but the position, which it notes in p: only the last one of a batch
// is of interest. The group has been checked.
func convert(b *pebble.Batch, ops []byte, p *position) error {
	for len(ops) > 0 {
		op, rest, err := journal.Next(ops)
		if err != nil {
			return err
		}
		ops = rest
		if err := convertOp(b, op, p); err != nil {
			return err
		}
	}
	return nil
}

func convertOp(b *pebble.Batch, op journal.Op, p *position) error {
	if len(op.Key)+len(op.Value) > maxOp {
		return fmt.Errorf("%s: %w", op.Kind, errTooLarge)
	}
	switch op.Kind {
	case journal.Put:
		putEntry(b, op)
	case journal.Erase:
		d := b.DeleteDeferred(1 + len(op.Key))
		d.Key[0] = prefixEntry
		copy(d.Key[1:], op.Key)
		return d.Finish()
	case journal.Clear:
		return b.DeleteRange(entriesFrom, entriesTo, nil)
	case journal.Writer:
		d := b.SetDeferred(1+len(op.Key), len(op.Value))
		d.Key[0] = prefixWriter
		copy(d.Key[1:], op.Key)
		copy(d.Value, op.Value)
		return d.Finish()
	case journal.Forget:
		d := b.DeleteDeferred(1 + len(op.Key))
		d.Key[0] = prefixWriter
		copy(d.Key[1:], op.Key)
		return d.Finish()
	case journal.Position:
		*p = position{op.Term, op.Seq, true}
	}
	return nil
}

func putEntry(b *pebble.Batch, op journal.Op) {
	head := 1
	if op.Expiry != 0 {
		head = 9
	}
	d := b.SetDeferred(1+len(op.Key), head+len(op.Value))
	d.Key[0] = prefixEntry
	copy(d.Key[1:], op.Key)
	d.Value[0] = valueLasting
	if op.Expiry != 0 {
		d.Value[0] = valueExpiring
		binary.BigEndian.PutUint64(d.Value[1:], uint64(op.Expiry))
	}
	copy(d.Value[head:], op.Value)
	_ = d.Finish() // only a batch with an index can fail here
}

func putPosition(b *pebble.Batch, p position) error {
	var v [16]byte
	binary.BigEndian.PutUint64(v[:8], p.term)
	binary.BigEndian.PutUint64(v[8:], p.seq)
	return b.Set(keyPosition, v[:], nil)
}

// decodeEntry takes an entry's value apart.
func decodeEntry(v []byte) (value []byte, expiry int64, err error) {
	switch {
	case len(v) >= 1 && v[0] == valueLasting:
		return v[1:], 0, nil
	case len(v) >= 9 && v[0] == valueExpiring:
		return v[9:], int64(binary.BigEndian.Uint64(v[1:])), nil
	}
	return nil, 0, errors.New("a value is not what this program writes")
}

// decodeMeta takes what stands under a meta key.
func decodeMeta(key, v []byte, p *position, version *uint32) error {
	switch {
	case string(key) == string(keyPosition) && len(v) == 16:
		*p = position{binary.BigEndian.Uint64(v), binary.BigEndian.Uint64(v[8:]), true}
	case string(key) == string(keySchema) && len(v) == 4:
		*version = binary.BigEndian.Uint32(v)
	default:
		return fmt.Errorf("%q is not what this program writes", key)
	}
	return nil
}
