package wire

import "moonpeer/net/broker"

// ZeekType is the type of a Zeek message, the payload of a data frame between
// Zeek nodes.
type ZeekType uint8

// The types of Zeek messages.
const (
	ZeekEvent            ZeekType = 1
	ZeekLogCreate        ZeekType = 2
	ZeekLogWrite         ZeekType = 3
	ZeekIdentifierUpdate ZeekType = 4
	ZeekBatch            ZeekType = 5
)

// zeekVersion is the format version all Zeek messages begin with.
const zeekVersion = 1

// AppendZeekHeader starts a Zeek message: vector of three, version, type. The
// content vector must follow.
func AppendZeekHeader(b []byte, t ZeekType) []byte { return append(append(b, zeekHeader...), byte(t)) }

// zeekHeader is how everybody writes the start of a Zeek message, up to the
// last byte of the type.
const zeekHeader = "\x0e\x03" + "\x02\x00\x00\x00\x00\x00\x00\x00\x01" + "\x02\x00\x00\x00\x00\x00\x00\x00"

// ParseZeekHeader reads the start of a Zeek message. The Reader it returns
// stands at the tag of the content vector; nothing behind that is checked. The
// error is ErrShape for a value that is no Zeek message.
func ParseZeekHeader(payload []byte) (ZeekType, Reader, error) {
	r := NewReader(payload)
	if n := len(zeekHeader); len(payload) > n && string(payload[:n]) == zeekHeader && knownType(uint64(payload[n])) {
		r.off = n + 1 // the usual case by one comparison, a quarter of ParseEvent's time
		return ZeekType(payload[n]), r, nil
	}
	if n, err := r.vector(); err != nil || n < 3 {
		return 0, r, shapeError(err)
	}
	version, err := r.taggedCount()
	if err != nil || version != zeekVersion {
		return 0, r, shapeError(err)
	}
	t, err := r.taggedCount()
	if err != nil || !knownType(t) {
		return 0, r, shapeError(err)
	}
	return ZeekType(t), r, nil
}

func knownType(t uint64) bool { return t >= uint64(ZeekEvent) && t <= uint64(ZeekBatch) }

// shapeError is err, or ErrShape where the value is merely another one.
func shapeError(err error) error {
	if err != nil {
		return err
	}
	return ErrShape
}

// vector reads the tag and length of a vector.
func (r *Reader) vector() (int, error) {
	if err := r.expect(broker.KindVector); err != nil {
		return 0, err
	}
	return r.Len()
}

// taggedCount reads a whole count, taggedString a whole string.
func (r *Reader) taggedCount() (uint64, error) {
	if err := r.expect(broker.KindCount); err != nil {
		return 0, err
	}
	return r.Count()
}

func (r *Reader) taggedString() ([]byte, error) {
	if err := r.expect(broker.KindString); err != nil {
		return nil, err
	}
	return r.Bytes()
}

// expect reads a tag that must be k.
func (r *Reader) expect(k broker.Kind) error {
	got, err := r.Kind()
	if err == nil && got != k {
		return ErrShape
	}
	return err
}

// AppendIdentifierHeader starts an identifier update; the value must follow.
func AppendIdentifierHeader(b []byte, name string) []byte {
	return AppendString(AppendVectorHeader(AppendZeekHeader(b, ZeekIdentifierUpdate), 2), name)
}

// ParseIdentifier reads an identifier update. The Reader stands at the value,
// which is not looked at.
func ParseIdentifier(payload []byte) (name []byte, value Reader, err error) {
	t, r, err := ParseZeekHeader(payload)
	if err != nil {
		return nil, r, err
	}
	if t != ZeekIdentifierUpdate {
		return nil, r, ErrShape
	}
	n, err := r.vector()
	if err != nil || n < 2 {
		return nil, r, shapeError(err)
	}
	name, err = r.taggedString()
	return name, r, err
}
