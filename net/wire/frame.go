package wire

import (
	"encoding/binary"

	"moonpeer/net/broker"
)

// Types of messages in frames. 1 to 5 are Broker's.
const (
	TypeData          uint8 = 1 // one value
	TypeCommand       uint8 = 2 // a command of Broker's stores
	TypeRoutingUpdate uint8 = 3 // the sender's whole filter
	TypePing          uint8 = 4
	TypePong          uint8 = 5
	TypeStore         uint8 = 8 // a command of our own stores, never to Broker
	TypeLink          uint8 = 9 // link control, never to Broker
)

// Sizes of frames.
const (
	// LengthSize is the length field in front of every frame, which counts
	// what follows it.
	LengthSize = 4
	// DefaultMaxFrame is the default limit for the length field.
	DefaultMaxFrame = 16 << 20
	// DefaultTTL is the TTL of a message at its origin.
	DefaultTTL = 16

	headerSize       = 12
	brokerHeaderSize = 37
	idSize           = 16
)

// Bits of our type byte above the type.
const (
	typeMask     = 0x0f
	flagReceiver = 0x10
	flagOrigin   = 0x20
)

// Header is what stands in front of a payload. Two links write it differently:
// ours (AppendFrame) knows origin and sequence, Broker's (AppendBrokerFrame)
// only the last hop.
type Header struct {
	Type uint8
	TTL  uint16
	// Seq is the origin's number of the message, from 1; 0 from Broker.
	Seq uint64
	// Origin is who sent the message first; with Seq it is the message's
	// id. Zero after parsing: the sending end of the link, or (Broker) not
	// known.
	Origin broker.EndpointID
	// LastHop is who sends the message over this link. Our frames do not
	// carry it, so it is zero after ParseFrame; the link knows it.
	LastHop broker.EndpointID
	// Receiver is zero for everybody.
	Receiver broker.EndpointID
	// Topic aliases the frame after parsing.
	Topic []byte
}

// Errors of frames. All match broker.ErrInvalidMessage.
var (
	// ErrFrameTooLarge: the frame is longer than the limit.
	ErrFrameTooLarge = invalid("frame above the size limit")
	// ErrFrameShort: the frame ends within its header.
	ErrFrameShort = invalid("frame shorter than its header")
	// ErrFrameType: the type, or a flag beside it, is unknown.
	ErrFrameType = invalid("unknown type of frame")
	// ErrFrameID: an endpoint id that is said to be present is zero.
	ErrFrameID = invalid("nil endpoint id in a frame")
	// ErrTopicTooLong: the topic has more than 65535 bytes.
	ErrTopicTooLong = invalid("topic longer than 65535 bytes")
	// ErrTTL: the TTL does not fit our one byte.
	ErrTTL = invalid("time to live above 255")
)

func invalid(context string) error {
	return &broker.Error{Code: broker.InvalidMessage, Context: context}
}

// FrameLen looks at the length field at the start of b. It returns the size of
// the whole frame, length field included, or 0 if b does not hold the length
// field yet. A length above max is ErrFrameTooLarge: the link can't go on.
func FrameLen(b []byte, max int) (int, error) {
	if len(b) < LengthSize {
		return 0, nil
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(max) {
		return 0, ErrFrameTooLarge
	}
	return LengthSize + int(n), nil
}

// FrameSize returns the size AppendFrame's frame will have.
func FrameSize(h *Header, payload int) int {
	n := LengthSize + headerSize + len(h.Topic) + payload
	if h.hasOrigin() {
		n += idSize
	}
	if !h.Receiver.IsZero() {
		n += idSize
	}
	return n
}

// hasOrigin says whether the origin must be written, or is the last hop.
func (h *Header) hasOrigin() bool { return !h.Origin.IsZero() && h.Origin != h.LastHop }

// AppendFrame appends a whole frame of ours. A header that can't be written is
// an error, as is a frame whose length field would exceed max; b is then
// returned as it was.
func AppendFrame(b []byte, h *Header, payload []byte, max int) ([]byte, error) {
	b, err := AppendFrameHeader(b, h, len(payload), max)
	if err != nil {
		return b, err
	}
	return append(b, payload...), nil
}

// AppendFrameHeader appends a frame of ours up to the topic; payload bytes
// must follow.
func AppendFrameHeader(b []byte, h *Header, payload, max int) ([]byte, error) {
	size := FrameSize(h, payload) - LengthSize
	switch {
	case size > max:
		return b, ErrFrameTooLarge
	case len(h.Topic) > 1<<16-1:
		return b, ErrTopicTooLong
	case h.TTL > 1<<8-1:
		return b, ErrTTL
	case !ourType(h.Type):
		return b, ErrFrameType
	}
	first := h.Type
	if !h.Receiver.IsZero() {
		first |= flagReceiver
	}
	origin := h.hasOrigin()
	if origin {
		first |= flagOrigin
	}
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, first, byte(h.TTL))
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Topic)))
	b = binary.BigEndian.AppendUint64(b, h.Seq)
	if origin {
		b = append(b, h.Origin[:]...)
	}
	if first&flagReceiver != 0 {
		b = append(b, h.Receiver[:]...)
	}
	return append(b, h.Topic...), nil
}

// ParseFrame reads a frame of ours without its length field. Topic and payload
// alias it. After an error the link must be closed.
func ParseFrame(frame []byte) (h Header, payload []byte, err error) {
	if len(frame) < headerSize {
		return h, nil, ErrFrameShort
	}
	first := frame[0]
	h.Type = first & typeMask
	if first&^(typeMask|flagReceiver|flagOrigin) != 0 || !ourType(h.Type) {
		return h, nil, ErrFrameType
	}
	h.TTL = uint16(frame[1])
	topic := int(binary.BigEndian.Uint16(frame[2:]))
	h.Seq = binary.BigEndian.Uint64(frame[4:])
	rest := frame[headerSize:]
	if first&flagOrigin != 0 {
		if h.Origin, rest, err = cutID(rest); err != nil {
			return h, nil, err
		}
	}
	if first&flagReceiver != 0 {
		if h.Receiver, rest, err = cutID(rest); err != nil {
			return h, nil, err
		}
	}
	if topic > len(rest) {
		return h, nil, ErrFrameShort
	}
	h.Topic = rest[:topic:topic]
	return h, rest[topic:], nil
}

func cutID(b []byte) (id broker.EndpointID, rest []byte, err error) {
	if len(b) < idSize {
		return id, nil, ErrFrameShort
	}
	id = broker.EndpointID(b)
	if id.IsZero() {
		return id, nil, ErrFrameID
	}
	return id, b[idSize:], nil
}

func ourType(t uint8) bool { return brokerType(t) || t == TypeStore || t == TypeLink }

func brokerType(t uint8) bool { return t >= TypeData && t <= TypePong }
