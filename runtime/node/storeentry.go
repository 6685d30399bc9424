package node

import (
	"encoding/binary"
	"fmt"
)

// StoreEntry is an entry of a store on its way between a node and who asks it. Entries of many, and large ones, go in pieces, so
// that no message is large: they stand one behind the other in a stream of bytes, which is cut anywhere. An entry is
//
//	key's length 4 · value's length 4 · expiry 8 · key · value        big endian
type StoreEntry struct {
	Key, Value []byte // serialised
	Expiry     int64  // ns since 1970; 0: never
}

const entryHead = 16

// AppendStoreEntry appends an entry to the stream.
func AppendStoreEntry(dst []byte, e StoreEntry) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.Key)))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.Value)))
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Expiry))
	return append(append(dst, e.Key...), e.Value...)
}

// StoreEntries takes a stream apart. The zero value is at its beginning.
type StoreEntries struct {
	// Longest is how many bytes key and value may have together. Zero means 1 GB.
	Longest int

	buf []byte
	off int
}

// Add appends a piece of the stream, which is copied.
func (s *StoreEntries) Add(piece []byte) {
	if s.off > 0 && (s.off == len(s.buf) || s.off > cap(s.buf)/2) {
		s.buf = s.buf[:copy(s.buf, s.buf[s.off:])]
		s.off = 0
	}
	s.buf = append(s.buf, piece...)
}

// Left is how many bytes are there that no entry was made of.
func (s *StoreEntries) Left() int { return len(s.buf) - s.off }

// Next returns the next entry, good until Add; ok is false if it is not there yet. The error is about an entry that is too
// large.
func (s *StoreEntries) Next() (e StoreEntry, ok bool, err error) {
	b := s.buf[s.off:]
	if len(b) < entryHead {
		return e, false, nil
	}
	longest := s.Longest
	if longest == 0 {
		longest = 1 << 30
	}
	key, value := uint64(binary.BigEndian.Uint32(b)), uint64(binary.BigEndian.Uint32(b[4:]))
	if key+value > uint64(longest) {
		return e, false, fmt.Errorf("key and value have %d bytes, at most %d", key+value, longest)
	}
	e.Expiry = int64(binary.BigEndian.Uint64(b[8:]))
	end := entryHead + int(key+value)
	if len(b) < end {
		return e, false, nil
	}
	mid := entryHead + int(key)
	e.Key, e.Value = b[entryHead:mid:mid], b[mid:end:end]
	return e, true, nil
}

// Drop goes past what Next has returned.
func (s *StoreEntries) Drop(e StoreEntry) { s.off += entryHead + len(e.Key) + len(e.Value) }
