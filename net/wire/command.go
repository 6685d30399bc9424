package wire

import (
	"encoding/binary"

	"moonpeer/net/broker"
)

// CommandKind says what a store command does.
type CommandKind uint8

// The kinds of store commands: actions, then the control messages of the
// channel between a master and its clones.
const (
	CmdPut CommandKind = iota
	CmdPutUnique
	CmdPutUniqueResult
	CmdErase
	CmdExpire
	CmdAdd
	CmdSubtract
	CmdClear
	CmdAttachWriter
	CmdKeepalive
	CmdCumulativeAck
	CmdNack
	CmdAckClone
	CmdRetransmitFailed
)

var commandNames = [...]string{
	CmdPut:              "put",
	CmdPutUnique:        "put_unique",
	CmdPutUniqueResult:  "put_unique_result",
	CmdErase:            "erase",
	CmdExpire:           "expire",
	CmdAdd:              "add",
	CmdSubtract:         "subtract",
	CmdClear:            "clear",
	CmdAttachWriter:     "attach_writer",
	CmdKeepalive:        "keepalive",
	CmdCumulativeAck:    "cumulative_ack",
	CmdNack:             "nack",
	CmdAckClone:         "ack_clone",
	CmdRetransmitFailed: "retransmit_failed",
}

// Valid reports whether k is one of the kinds above.
func (k CommandKind) Valid() bool { return k <= CmdRetransmitFailed }

// IsAction reports whether k changes a store, or tells of a change.
func (k CommandKind) IsAction() bool { return k <= CmdClear }

// String returns Broker's name of the kind.
func (k CommandKind) String() string {
	if !k.Valid() {
		return "unknown"
	}
	return commandNames[k]
}

// Entity is a master, a clone or a handle of one: an endpoint and a number
// that is unique within its life. The zero value is nobody.
type Entity struct {
	Endpoint broker.EndpointID
	Object   uint64
}

// IsZero reports whether the entity is nobody.
func (e Entity) IsZero() bool { return e == Entity{} }

// Command is the payload of a frame of type TypeCommand. Which fields beyond
// the first four count is said by Kind; the others are zero after parsing and
// not written.
type Command struct {
	Seq      uint64 // 0 for control messages without one
	Sender   Entity
	Receiver Entity // zero for all
	Kind     CommandKind

	// Key and Value are serialised values, with their tags; after parsing
	// they alias the payload. Duplicates within them are not looked for:
	// decoding does that.
	Key   []byte // put, put_unique, erase, expire, add, subtract
	Value []byte // put, put_unique, add, subtract

	// Expiry is relative to receipt and counts only if HasExpiry is set.
	Expiry    broker.Timespan // put, put_unique, add, subtract
	HasExpiry bool

	Init      broker.Kind // add: what to create if the key is missing
	Inserted  bool        // put_unique_result
	Who       Entity      // put_unique, put_unique_result: who asks
	RequestID uint64      // put_unique, put_unique_result
	Publisher Entity      // all actions: whose call it was

	// Number is the offset of attach_writer and ack_clone, and the sequence
	// number of keepalive, cumulative_ack and retransmit_failed.
	Number    uint64
	Heartbeat uint16   // attach_writer, ack_clone: in ticks
	Missing   []uint64 // nack

	// Snapshot holds SnapshotLen keys and values one behind the other,
	// serialised; after parsing it aliases the payload. ack_clone.
	Snapshot    []byte
	SnapshotLen int
}

// AppendCommand appends the payload of a command frame.
func AppendCommand(b []byte, c *Command) []byte {
	b = binary.BigEndian.AppendUint64(b, c.Seq)
	b = appendEntity(appendEntity(b, c.Sender), c.Receiver)
	return AppendCommandBody(b, c)
}

// AppendCommandBody appends a command from its kind on, without sequence
// number, sender and receiver.
func AppendCommandBody(b []byte, c *Command) []byte {
	b = append(b, byte(c.Kind))
	switch c.Kind {
	case CmdPut:
		b = appendExpiry(append(append(b, c.Key...), c.Value...), c)
	case CmdPutUnique:
		b = appendExpiry(append(append(b, c.Key...), c.Value...), c)
		b = binary.BigEndian.AppendUint64(appendEntity(b, c.Who), c.RequestID)
	case CmdPutUniqueResult:
		b = appendEntity(appendFlag(b, c.Inserted), c.Who)
		b = binary.BigEndian.AppendUint64(b, c.RequestID)
	case CmdErase, CmdExpire:
		b = append(b, c.Key...)
	case CmdAdd:
		b = append(append(b, c.Key...), c.Value...)
		b = appendExpiry(append(b, byte(c.Init)), c)
	case CmdSubtract:
		b = appendExpiry(append(append(b, c.Key...), c.Value...), c)
	case CmdClear:
	case CmdAttachWriter:
		b = appendOffset(b, c)
	case CmdKeepalive, CmdCumulativeAck, CmdRetransmitFailed:
		b = binary.BigEndian.AppendUint64(b, c.Number)
	case CmdNack:
		b = AppendVarbyte(b, uint32(len(c.Missing)))
		for _, n := range c.Missing {
			b = binary.BigEndian.AppendUint64(b, n)
		}
	case CmdAckClone:
		b = AppendVarbyte(appendOffset(b, c), uint32(c.SnapshotLen))
		b = append(b, c.Snapshot...)
	}
	if c.Kind.IsAction() {
		b = appendEntity(b, c.Publisher)
	}
	return b
}

func appendEntity(b []byte, e Entity) []byte {
	return binary.BigEndian.AppendUint64(append(b, e.Endpoint[:]...), e.Object)
}

func appendFlag(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendExpiry(b []byte, c *Command) []byte {
	if !c.HasExpiry {
		return append(b, 0)
	}
	return binary.BigEndian.AppendUint64(append(b, 1), uint64(c.Expiry))
}

func appendOffset(b []byte, c *Command) []byte {
	b = binary.BigEndian.AppendUint64(b, c.Number)
	return binary.BigEndian.AppendUint16(b, c.Heartbeat)
}
