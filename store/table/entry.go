package table

import (
	"encoding/binary"
	"fmt"
)

// An entry is these bytes, and begins at a multiple of eight in its arena:
//
//	header  8   value's length (32 bits) | key's length (28) | 0 | timed | marked | dead
//	expiry  8   if timed
//	node    4   if timed: its number in the wheel
//	key, value, and up to seven bytes that nobody looks at
//
// The bytes of a dead entry stay as they are: slices of it that the table has handed out remain good.
type entry []byte

// header is the first word of an entry.
type header uint64

const (
	dead   header = 1 << iota // removed
	marked                    // carries its arena's generation, see Table.own
	timed                     // expires

	keyShift   = 4
	keyBits    = 28
	valueShift = keyShift + keyBits
	valueBits  = 64 - valueShift

	headBytes = 8
	timeBytes = 12 // expiry and node
)

// newHeader panics for what no header can say: the store refuses keys and values far smaller than these.
func newHeader(key, value []byte, expires bool) header {
	if len(key) >= 1<<keyBits || len(value) >= 1<<valueBits {
		panic(fmt.Sprintf("table: an entry with a key of %d bytes and a value of %d", len(key), len(value)))
	}
	h := header(len(key))<<keyShift | header(len(value))<<valueShift
	if expires {
		h |= timed
	}
	return h
}

// start returns where the key begins.
func (h header) start() int { return headBytes + int(h&timed)/int(timed)*timeBytes }

func (h header) keyLen() int   { return int(h >> keyShift & (1<<keyBits - 1)) }
func (h header) valueLen() int { return int(h >> valueShift) }

// size returns what the entry takes in its arena.
func (h header) size() int { return (h.start() + h.keyLen() + h.valueLen() + 7) &^ 7 }

// payload returns the bytes that count for Table.Size.
func (h header) payload() int64 { return int64(h.keyLen() + h.valueLen()) }

func (e entry) header() header     { return header(binary.LittleEndian.Uint64(e)) }
func (e entry) setHeader(h header) { binary.LittleEndian.PutUint64(e, uint64(h)) }

// expiry returns 0 for an entry that does not expire.
func (e entry) expiry() int64 {
	if e.header()&timed == 0 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(e[headBytes:]))
}

func (e entry) setExpiry(expiry int64) { binary.LittleEndian.PutUint64(e[headBytes:], uint64(expiry)) }

// node and setNode are for entries that expire.
func (e entry) node() uint32        { return binary.LittleEndian.Uint32(e[headBytes+8:]) }
func (e entry) setNode(node uint32) { binary.LittleEndian.PutUint32(e[headBytes+8:], node) }

// bytes returns key and value. Neither can be appended to.
func (e entry) bytes() (key, value []byte) {
	h := e.header()
	i := h.start()
	j := i + h.keyLen()
	k := j + h.valueLen()
	return e[i:j:j], e[j:k:k]
}

// write fills in all but the node.
func (e entry) write(h header, key, value []byte, expiry int64) {
	e.setHeader(h)
	i := h.start()
	copy(e[i:], key)
	copy(e[i+len(key):], value)
	if h&timed != 0 {
		e.setExpiry(expiry)
	}
}
