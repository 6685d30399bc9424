package wire

import "encoding/binary"

// BrokerFrameSize returns the size AppendBrokerFrame's frame will have.
func BrokerFrameSize(h *Header, payload int) int {
	return LengthSize + brokerHeaderSize + len(h.Topic) + payload
}

// AppendBrokerFrame appends a whole frame of Broker's, byte-exact. Errors are
// as for AppendFrame. Origin and Seq have no place in it; the sender is
// LastHop. Broker up to 2.7 ends a link over a frame without topic or without
// payload: not to send those is the caller's business.
func AppendBrokerFrame(b []byte, h *Header, payload []byte, max int) ([]byte, error) {
	b, err := AppendBrokerFrameHeader(b, h, len(payload), max)
	if err != nil {
		return b, err
	}
	return append(b, payload...), nil
}

// AppendBrokerFrameHeader appends a frame of Broker's up to the topic; payload
// bytes must follow.
func AppendBrokerFrameHeader(b []byte, h *Header, payload, max int) ([]byte, error) {
	size := BrokerFrameSize(h, payload) - LengthSize
	switch {
	case size > max:
		return b, ErrFrameTooLarge
	case len(h.Topic) > 1<<16-1:
		return b, ErrTopicTooLong
	case !brokerType(h.Type):
		return b, ErrFrameType
	}
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, h.LastHop[:]...)
	b = append(b, h.Receiver[:]...)
	b = append(b, h.Type)
	b = binary.BigEndian.AppendUint16(b, h.TTL)
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Topic)))
	return append(b, h.Topic...), nil
}

// ParseBrokerFrame reads a frame of Broker's without its length field. Topic
// and payload alias it. Broker drops a frame that fails here and goes on.
func ParseBrokerFrame(frame []byte) (h Header, payload []byte, err error) {
	if len(frame) < brokerHeaderSize {
		return h, nil, ErrFrameShort
	}
	copy(h.LastHop[:], frame)
	copy(h.Receiver[:], frame[idSize:])
	h.Type = frame[2*idSize]
	if !brokerType(h.Type) {
		return h, nil, ErrFrameType
	}
	h.TTL = binary.BigEndian.Uint16(frame[33:])
	topic := int(binary.BigEndian.Uint16(frame[35:]))
	rest := frame[brokerHeaderSize:]
	if topic > len(rest) {
		return h, nil, ErrFrameShort
	}
	h.Topic = rest[:topic:topic]
	return h, rest[topic:], nil
}
