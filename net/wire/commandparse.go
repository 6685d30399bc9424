package wire

import (
	"encoding/binary"

	"moonpeer/net/broker"
)

// ErrCommand is the error for a command of unknown kind, or one that adds to a
// value of unknown kind. It matches broker.ErrDeserializationFailed.
var ErrCommand = malformed("unknown kind of store command")

// ParseCommand reads the payload of a command frame. As in Broker, bytes that
// follow are ignored. It allocates for Missing only.
func ParseCommand(payload []byte) (Command, error) {
	var c Command
	r := NewReader(payload)
	err := r.u64(&c.Seq)
	if err == nil {
		err = r.entity(&c.Sender)
	}
	if err == nil {
		err = r.entity(&c.Receiver)
	}
	if err == nil {
		err = r.commandBody(&c)
	}
	return c, err
}

// ParseCommandBody reads what AppendCommandBody wrote.
func ParseCommandBody(body []byte) (Command, error) {
	var c Command
	r := NewReader(body)
	err := r.commandBody(&c)
	return c, err
}

func (r *Reader) commandBody(c *Command) error {
	b, err := r.take(1)
	if err != nil {
		return err
	}
	c.Kind = CommandKind(b[0])
	switch {
	case !c.Kind.Valid():
		return ErrCommand
	case !c.Kind.IsAction():
		return r.control(c)
	}
	if err = r.action(c); err != nil {
		return err
	}
	return r.entity(&c.Publisher)
}

// action reads the content of an action up to its publisher.
func (r *Reader) action(c *Command) (err error) {
	switch c.Kind {
	case CmdPutUniqueResult:
		if c.Inserted, err = r.Boolean(); err == nil {
			err = r.request(c)
		}
		return err
	case CmdClear:
		return nil
	}
	if c.Key, err = r.raw(); err != nil || c.Kind == CmdErase || c.Kind == CmdExpire {
		return err
	}
	if c.Value, err = r.raw(); err != nil {
		return err
	}
	if c.Kind == CmdAdd {
		b, err := r.take(1)
		if err != nil {
			return err
		}
		if c.Init = broker.Kind(b[0]); !c.Init.Valid() {
			return ErrCommand
		}
	}
	if err = r.expiry(c); err != nil || c.Kind != CmdPutUnique {
		return err
	}
	return r.request(c)
}

// control reads the content of a control message.
func (r *Reader) control(c *Command) error {
	if c.Kind == CmdNack {
		return r.missing(c)
	}
	if err := r.u64(&c.Number); err != nil {
		return err
	}
	if c.Kind != CmdAttachWriter && c.Kind != CmdAckClone {
		return nil
	}
	b, err := r.take(2)
	if err != nil {
		return err
	}
	c.Heartbeat = binary.BigEndian.Uint16(b)
	if c.Kind == CmdAttachWriter {
		return nil
	}
	n, err := r.varbyte()
	if err != nil {
		return err
	}
	if uint64(n) > uint64(r.Remaining()) {
		return ErrTruncated
	}
	start := r.off
	if err = r.skipN(2*int(n), MaxDepth); err != nil {
		return err
	}
	c.Snapshot, c.SnapshotLen = r.b[start:r.off:r.off], int(n)
	return nil
}

func (r *Reader) missing(c *Command) error {
	n, err := r.varbyte()
	if err != nil {
		return err
	}
	if uint64(n)*8 > uint64(r.Remaining()) {
		return ErrTruncated
	}
	if n == 0 {
		return nil
	}
	c.Missing = make([]uint64, n)
	for i := range c.Missing {
		if err = r.u64(&c.Missing[i]); err != nil {
			return err
		}
	}
	return nil
}

// request reads who asks, and the number of the request.
func (r *Reader) request(c *Command) error {
	if err := r.entity(&c.Who); err != nil {
		return err
	}
	return r.u64(&c.RequestID)
}

func (r *Reader) expiry(c *Command) (err error) {
	if c.HasExpiry, err = r.Boolean(); err != nil || !c.HasExpiry {
		return err
	}
	c.Expiry, err = r.Timespan()
	return err
}

// raw reads one whole value as bytes.
func (r *Reader) raw() ([]byte, error) {
	start := r.off
	if err := r.Skip(); err != nil {
		return nil, err
	}
	return r.b[start:r.off:r.off], nil
}

func (r *Reader) entity(e *Entity) error {
	b, err := r.take(idSize)
	if err != nil {
		return err
	}
	e.Endpoint = broker.EndpointID(b)
	return r.u64(&e.Object)
}

func (r *Reader) u64(v *uint64) (err error) {
	*v, err = r.Count()
	return err
}
