package wire

import (
	"encoding/binary"

	"moonpeer/net/broker"
)

// Types of handshake messages. They share their numbers with nothing but each
// other: after the handshake, frames have Headers.
const (
	TypeHello           uint8 = 6
	TypeProbe           uint8 = 7
	TypeVersionSelect   uint8 = 8
	TypeDropConn        uint8 = 9
	TypeOriginatorSyn   uint8 = 10
	TypeResponderSynAck uint8 = 11
	TypeOriginatorAck   uint8 = 12
)

// ProtocolVersion is the only version of Broker's protocol there is.
const ProtocolVersion = 1

// DefaultMaxHandshake is the limit for the length field of a frame during the
// handshake, before the other side is known.
const DefaultMaxHandshake = 1 << 20

// magic spells ZEEK.
const magic = 0x5a45454b

// Handshake is a message of the handshake: one of the seven types below.
type Handshake interface {
	// Type returns the message's type byte.
	Type() uint8

	append(b []byte) []byte
}

// The messages of the handshake. Filters are lists of topic prefixes as they
// lie on the wire, sorted or not.
type (
	// Probe is what an acceptor sends first, so that the dialler sees a
	// Broker.
	Probe struct{}
	// Hello offers versions Min to Max.
	Hello struct {
		ID       broker.EndpointID
		Min, Max uint8
	}
	// VersionSelect is the originator's answer to Hello.
	VersionSelect struct {
		ID      broker.EndpointID
		Version uint8
	}
	// DropConn ends the handshake; ID is its sender.
	DropConn struct {
		ID   broker.EndpointID
		Code broker.Code
		Text string
	}
	// OriginatorSyn follows VersionSelect with the originator's filter.
	OriginatorSyn struct{ Filter []string }
	// ResponderSynAck answers it with the responder's.
	ResponderSynAck struct{ Filter []string }
	// OriginatorAck ends the handshake well.
	OriginatorAck struct{}
)

// Type implements Handshake.
func (Probe) Type() uint8 { return TypeProbe }

// Type implements Handshake.
func (Hello) Type() uint8 { return TypeHello }

// Type implements Handshake.
func (VersionSelect) Type() uint8 { return TypeVersionSelect }

// Type implements Handshake.
func (DropConn) Type() uint8 { return TypeDropConn }

// Type implements Handshake.
func (OriginatorSyn) Type() uint8 { return TypeOriginatorSyn }

// Type implements Handshake.
func (ResponderSynAck) Type() uint8 { return TypeResponderSynAck }

// Type implements Handshake.
func (OriginatorAck) Type() uint8 { return TypeOriginatorAck }

func (Probe) append(b []byte) []byte { return appendMagic(b) }

func (m Hello) append(b []byte) []byte {
	return append(append(appendMagic(b), m.ID[:]...), m.Min, m.Max)
}

func (m VersionSelect) append(b []byte) []byte {
	return append(append(appendMagic(b), m.ID[:]...), m.Version)
}

func (m DropConn) append(b []byte) []byte {
	b = append(append(appendMagic(b), m.ID[:]...), byte(m.Code))
	return append(AppendVarbyte(b, uint32(len(m.Text))), m.Text...)
}

func (m OriginatorSyn) append(b []byte) []byte { return AppendFilter(b, m.Filter) }

func (m ResponderSynAck) append(b []byte) []byte { return AppendFilter(b, m.Filter) }

func (OriginatorAck) append(b []byte) []byte { return b }

func appendMagic(b []byte) []byte { return binary.BigEndian.AppendUint32(b, magic) }

// AppendHandshake appends a whole frame with a handshake message.
func AppendHandshake(b []byte, m Handshake) []byte {
	start := len(b)
	b = m.append(append(b, 0, 0, 0, 0, m.Type()))
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-LengthSize))
	return b
}

// ParseHandshake reads a handshake message without its length field. As in
// Broker, bytes that follow are ignored. The error is a *broker.Error whose
// code and context are those of the DropConn that Broker answers with.
func ParseHandshake(frame []byte) (Handshake, error) {
	if len(frame) == 0 {
		return nil, drop(broker.InvalidMessage, "empty message")
	}
	r := NewReader(frame[1:])
	switch frame[0] {
	case TypeProbe:
		if err := r.magic("probe"); err != nil {
			return nil, err
		}
		return Probe{}, nil
	case TypeHello:
		return r.hello()
	case TypeVersionSelect:
		return r.versionSelect()
	case TypeDropConn:
		return r.dropConn()
	case TypeOriginatorSyn:
		filter, err := r.filter()
		if err != nil {
			return nil, drop(broker.InvalidMessage, "failed to parse originator_syn")
		}
		return OriginatorSyn{filter}, nil
	case TypeResponderSynAck:
		filter, err := r.filter()
		if err != nil {
			return nil, drop(broker.InvalidMessage, "failed to parse responder_syn_ack")
		}
		return ResponderSynAck{filter}, nil
	case TypeOriginatorAck:
		return OriginatorAck{}, nil
	}
	return nil, drop(broker.InvalidMessage, "invalid message type tag")
}

func drop(code broker.Code, text string) error { return &broker.Error{Code: code, Context: text} }

func (r *Reader) magic(name string) error {
	b, err := r.take(4)
	if err != nil {
		return drop(broker.InvalidMessage, "failed to parse "+name)
	}
	if binary.BigEndian.Uint32(b) != magic {
		return drop(broker.WrongMagicNumber, "wrong magic number")
	}
	return nil
}

func (r *Reader) hello() (Handshake, error) {
	if err := r.magic("hello"); err != nil {
		return nil, err
	}
	b, err := r.take(idSize + 2)
	if err != nil {
		return nil, drop(broker.InvalidMessage, "failed to parse hello")
	}
	m := Hello{ID: broker.EndpointID(b[:idSize]), Min: b[idSize], Max: b[idSize+1]}
	if m.Min > ProtocolVersion || m.Max < ProtocolVersion {
		return nil, drop(broker.PeerIncompatible, "unsupported versions offered")
	}
	return m, nil
}

func (r *Reader) versionSelect() (Handshake, error) {
	if err := r.magic("version_select"); err != nil {
		return nil, err
	}
	b, err := r.take(idSize + 1)
	if err != nil {
		return nil, drop(broker.InvalidMessage, "failed to parse version_select")
	}
	m := VersionSelect{ID: broker.EndpointID(b[:idSize]), Version: b[idSize]}
	if m.Version != ProtocolVersion {
		return nil, drop(broker.PeerIncompatible, "unsupported version selected")
	}
	return m, nil
}

func (r *Reader) dropConn() (Handshake, error) {
	if err := r.magic("drop_conn"); err != nil {
		return nil, err
	}
	b, err := r.take(idSize + 1)
	if err != nil {
		return nil, drop(broker.InvalidMessage, "failed to parse drop_conn")
	}
	text, err := r.Bytes()
	if err != nil {
		return nil, drop(broker.InvalidMessage, "failed to parse drop_conn")
	}
	m := DropConn{ID: broker.EndpointID(b[:idSize]), Code: broker.Code(b[idSize]), Text: string(text)}
	if m.Code >= broker.InvalidJSON {
		// Broker has no name for 41 and above and answers in kind.
		return nil, drop(broker.Unspecified, m.Text)
	}
	return m, nil
}

// AppendFilter appends a list of topic prefixes: the payload of a routing
// update.
func AppendFilter(b []byte, filter []string) []byte {
	b = AppendVarbyte(b, uint32(len(filter)))
	for _, p := range filter {
		b = append(AppendVarbyte(b, uint32(len(p))), p...)
	}
	return b
}

// ParseFilter reads the payload of a routing update. The list comes as it lies
// on the wire; broker.NewFilter brings it into order.
func ParseFilter(payload []byte) ([]string, error) {
	r := NewReader(payload)
	filter, err := r.filter()
	if err == nil && r.Remaining() > 0 {
		err = ErrTrailing
	}
	if err != nil {
		return nil, err
	}
	return filter, nil
}

// MaxFilter is how many prefixes a filter may have. Empty ones are a byte each on the wire and more in memory.
const MaxFilter = 1 << 16

func (r *Reader) filter() ([]string, error) {
	n, err := r.varbyte()
	if err != nil {
		return nil, err
	}
	if n > MaxFilter {
		return nil, ErrFilter
	}
	ahead := *r // so that a count that lies costs nothing
	for range n {
		if _, err := ahead.Bytes(); err != nil {
			return nil, err
		}
	}
	all := string(r.Rest()[:ahead.off-r.off]) // one copy, of which the prefixes are parts
	filter := make([]string, n)
	for i := range filter {
		p, err := r.Bytes()
		if err != nil {
			return nil, err
		}
		end := len(all) - (ahead.off - r.off)
		filter[i] = all[end-len(p) : end]
	}
	return filter, nil
}
