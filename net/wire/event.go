package wire

import (
	"iter"

	"moonpeer/net/broker"
)

// Keys of event metadata. 1 to 199 are Zeek's, 200 and up the users'.
const (
	MetaNetworkTimestamp = 1
	MetaUserFirst        = 200
)

// AppendEventHeader starts an event without metadata: Zeek's message header,
// the name, and the vector of arguments, of which nargs must follow.
func AppendEventHeader(b []byte, name string, nargs int) []byte {
	return appendEvent(b, name, nargs, 2)
}

// AppendEventHeaderMeta starts an event with metadata: nargs arguments must
// follow and then the metadata, by AppendEventTime or AppendEventMeta, or an
// Event's Meta as it is.
func AppendEventHeaderMeta(b []byte, name string, nargs int) []byte {
	return appendEvent(b, name, nargs, 3)
}

func appendEvent(b []byte, name string, nargs, parts int) []byte {
	b = AppendVectorHeader(AppendZeekHeader(b, ZeekEvent), parts)
	return AppendVectorHeader(AppendString(b, name), nargs)
}

// AppendEventTime appends metadata that consists of the network timestamp.
func AppendEventTime(b []byte, t broker.Timestamp) []byte {
	return AppendTimestamp(AppendEventMeta(AppendVectorHeader(b, 1), MetaNetworkTimestamp), t)
}

// AppendEventMeta starts one entry of metadata; one value must follow. Before
// the first entry comes AppendVectorHeader with the number of entries.
func AppendEventMeta(b []byte, key uint64) []byte {
	return AppendCount(AppendVectorHeader(b, 2), key)
}

// Event is a Zeek event as it lies in a payload. All of it aliases the
// payload.
type Event struct {
	Name []byte
	// Args stands at the first argument. NArgs values follow, and after
	// them the metadata: the caller counts.
	Args  Reader
	NArgs int
	// Meta is the metadata vector with its tag, nil if the event has none.
	// Unknown keys are in it, too: to relay an event, copy it as it is.
	Meta []byte
}

// ParseEvent reads the shape of an event and allocates nothing. The arguments
// are not looked at, unless metadata follows: then they are skipped, and the
// metadata is checked as Zeek checks it. Elements beyond those that Zeek knows
// are ignored. The error is ErrShape for another type of message.
func ParseEvent(payload []byte) (Event, error) {
	t, r, err := ParseZeekHeader(payload)
	if err != nil {
		return Event{}, err
	}
	if t != ZeekEvent {
		return Event{}, ErrShape
	}
	return parseEventContent(&r)
}

// EventName reads the name of an event and looks at nothing behind it: for deciding whether anyone wants it.
func EventName(payload []byte) ([]byte, error) {
	t, r, err := ParseZeekHeader(payload)
	if err != nil {
		return nil, err
	}
	if t != ZeekEvent {
		return nil, ErrShape
	}
	if parts, err := r.vector(); err != nil || parts < 2 {
		return nil, shapeError(err)
	}
	return r.taggedString()
}

func parseEventContent(r *Reader) (Event, error) {
	var ev Event
	parts, err := r.vector()
	if err != nil || parts < 2 {
		return ev, shapeError(err)
	}
	if ev.Name, err = r.taggedString(); err != nil {
		return ev, err
	}
	if ev.NArgs, err = r.vector(); err != nil {
		return ev, err
	}
	ev.Args = *r
	if parts == 2 {
		return ev, nil
	}
	if err = r.skipN(ev.NArgs, MaxDepth-eventArgDepth); err != nil {
		return ev, err
	}
	start := r.off
	if err = r.checkMeta(); err != nil {
		return ev, err
	}
	ev.Meta = r.b[start:r.off:r.off]
	return ev, nil
}

// eventArgDepth is how many containers an event puts around an argument.
const eventArgDepth = 3

// checkMeta reads over a metadata vector: pairs of a count and a value, which
// for the network timestamp must be a timestamp.
func (r *Reader) checkMeta() error {
	n, err := r.vector()
	if err != nil {
		return err
	}
	for range n {
		pair, err := r.vector()
		if err != nil || pair != 2 {
			return shapeError(err)
		}
		key, err := r.taggedCount()
		if err != nil {
			return err
		}
		if key == MetaNetworkTimestamp {
			if err = r.expect(broker.KindTimestamp); err != nil {
				return err
			}
			_, err = r.take(8)
		} else {
			err = r.skip(MaxDepth - eventArgDepth - 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Time returns the network timestamp from the metadata; of several the first.
func (ev *Event) Time() (broker.Timestamp, bool) {
	for key, value := range ev.Metadata() {
		if key == MetaNetworkTimestamp {
			_, _ = value.Kind() // ParseEvent has checked both
			t, _ := value.Timestamp()
			return t, true
		}
	}
	return 0, false
}

// Metadata goes through the metadata in order: keys, and Readers at the values.
func (ev *Event) Metadata() iter.Seq2[uint64, Reader] {
	return func(yield func(uint64, Reader) bool) {
		if ev.Meta == nil {
			return
		}
		// ParseEvent has checked the shape, so nothing can fail here.
		r := NewReader(ev.Meta)
		n, _ := r.vector()
		for range n {
			_, _ = r.vector()
			key, _ := r.taggedCount()
			start := r
			_ = r.Skip()
			start.b = r.b[:r.off]
			if !yield(key, start) {
				return
			}
		}
	}
}
