package store

import (
	"encoding/binary"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// messageKind is the first byte of a message between two of ours; doc.go has the table.
type messageKind uint8

const (
	msgAttach messageKind = 1 + iota
	msgResume
	msgBegin
	msgChunk
	msgEnd
	msgChange
	msgWrite
	msgAnswer
	msgRefuse
	msgClaim
	msgLeave
)

// chunkBytes is how much of a snapshot goes into one message, if one entry is not more.
const chunkBytes = 32 << 10

// maxText is how many bytes of an error's text are sent.
const maxText = 200 // its length is one byte

const entityBytes = 24

// attach says who a clone is and what it has.
type attach struct {
	who      wire.Entity
	term     uint64
	seq      uint64
	answered uint64
}

// opening is a master's resume or begin.
type opening struct {
	to      uint64 // the clone's object
	term    uint64
	seq     uint64
	applied uint64
	entries uint64 // begin
}

// outcome is one entry of an answer, and what a master remembers of a write that did not simply succeed.
type outcome struct {
	number   uint64
	code     broker.Code
	inserted bool
	text     string
}

func appendEntity(b []byte, e wire.Entity) []byte {
	return binary.BigEndian.AppendUint64(append(b, e.Endpoint[:]...), e.Object)
}

func appendU64s(b []byte, vs ...uint64) []byte {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return b
}

func appendAttach(b []byte, a *attach) []byte {
	return appendU64s(appendEntity(append(b, byte(msgAttach)), a.who), a.term, a.seq, a.answered)
}

func appendResume(b []byte, o *opening) []byte {
	return appendU64s(append(b, byte(msgResume)), o.to, o.term, o.seq, o.applied)
}

func appendBegin(b []byte, o *opening) []byte {
	return appendU64s(append(b, byte(msgBegin)), o.to, o.term, o.seq, o.applied, o.entries)
}

func appendOutcome(b []byte, o *outcome) []byte {
	b = append(binary.BigEndian.AppendUint64(b, o.number), byte(o.code), 0)
	if o.inserted {
		b[len(b)-1] = 1
	}
	text := o.text[:min(len(o.text), maxText)]
	return append(append(b, byte(len(text))), text...)
}

func appendRefuse(b []byte, code broker.Code, text string) []byte {
	return append(append(b, byte(msgRefuse), byte(code)), text[:min(len(text), maxText)]...)
}

func appendClaim(b []byte, who wire.Entity, opened int64) []byte {
	return appendU64s(appendEntity(append(b, byte(msgClaim)), who), uint64(opened))
}

// fields reads what appendU64s and the others wrote. After the first field that is not there all are zero and bad is set.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) take(n int) []byte {
	if f.bad || len(f.b) < n {
		f.bad = true
		return nil
	}
	b := f.b[:n]
	f.b = f.b[n:]
	return b
}

func (f *fields) u8() uint8 {
	if b := f.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (f *fields) u64() uint64 {
	if b := f.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (f *fields) entity() (e wire.Entity) {
	if b := f.take(entityBytes); b != nil {
		copy(e.Endpoint[:], b)
		e.Object = binary.BigEndian.Uint64(b[16:])
	}
	return e
}

// text reads a text with its length in front.
func (f *fields) text() string { return string(f.take(int(f.u8()))) }

func (f *fields) outcome() (o outcome) {
	o.number, o.code, o.inserted = f.u64(), broker.Code(f.u8()), f.u8() != 0
	o.text = f.text()
	return o
}

// end reports whether everything was there and nothing follows.
func (f *fields) end() bool { return !f.bad && len(f.b) == 0 }
