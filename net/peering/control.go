package peering

import (
	"encoding/binary"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Kinds of link control.
const (
	kindHello    byte = 1
	kindCounters byte = 2
	kindBye      byte = 3
	kindDone     byte = 4
	kindAdmitted byte = 5
)

// Fields of a hello.
const (
	fieldFeatures byte = 1
	fieldName     byte = 2
	fieldEpoch    byte = 3
	fieldLink     byte = 4
	fieldFormer   byte = 5
	fieldTaken    byte = 6
)

// Bits of the features.
const (
	featureForwards = 1
	featureStores   = 2
	featureAsks     = 4
)

// maxName is how much of a node's name is taken from a hello: it is shown to people.
const maxName = 255

// laneCounts is a count per lane.
type laneCounts [step.NumLanes]step.Count

// hello is the link hello.
type hello struct {
	forwards bool
	stores   bool // speaks our store commands
	asks     bool // kindAdmitted follows
	name     string
	epoch    uint64
	link     uint64
	former   uint64 // 0: there was none
	taken    laneCounts
}

func (h *hello) append(b []byte) []byte {
	b = append(b, kindHello)
	features := byte(0)
	if h.forwards {
		features |= featureForwards
	}
	if h.stores {
		features |= featureStores
	}
	if h.asks {
		features |= featureAsks
	}
	b = append(b, fieldFeatures, 1, features)
	b = append(wire.AppendVarbyte(append(b, fieldName), uint32(len(h.name))), h.name...)
	b = binary.BigEndian.AppendUint64(append(b, fieldEpoch, 8), h.epoch)
	b = binary.BigEndian.AppendUint64(append(b, fieldLink, 8), h.link)
	if h.former == 0 {
		return b
	}
	b = binary.BigEndian.AppendUint64(append(b, fieldFormer, 8), h.former)
	return h.taken.append(wire.AppendVarbyte(append(b, fieldTaken), step.NumLanes*16))
}

// parseHello reads a hello behind its kind.
func parseHello(b []byte) (h hello, err error) {
	for len(b) > 0 {
		field := b[0]
		var content []byte
		if content, b, err = cutField(b[1:]); err != nil {
			return h, err
		}
		switch field {
		case fieldFeatures:
			if len(content) > 0 {
				h.forwards, h.stores, h.asks = content[0]&featureForwards != 0, content[0]&featureStores != 0, content[0]&featureAsks != 0
			}
		case fieldName:
			h.name = string(content[:min(len(content), maxName)])
		case fieldEpoch:
			h.epoch, err = fieldUint(content)
		case fieldLink:
			h.link, err = fieldUint(content)
		case fieldFormer:
			h.former, err = fieldUint(content)
		case fieldTaken:
			h.taken, err = parseCounts(content)
		}
		if err != nil {
			return h, err
		}
	}
	return h, nil
}

func cutField(b []byte) (content, rest []byte, err error) {
	n, size := binary.Uvarint(b) // a varbyte is one
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, errControl("a field of a hello is longer than the hello")
	}
	return b[size : size+int(n)], b[size+int(n):], nil
}

func fieldUint(b []byte) (uint64, error) {
	if len(b) < 8 {
		return 0, errControl("a number in a hello is too short")
	}
	return binary.BigEndian.Uint64(b), nil
}

func (c *laneCounts) append(b []byte) []byte {
	for _, n := range c {
		b = binary.BigEndian.AppendUint64(b, n.Messages)
		b = binary.BigEndian.AppendUint64(b, n.Bytes)
	}
	return b
}

// parseCounts reads a count per lane. What follows is for lanes that a later version may have.
func parseCounts(b []byte) (c laneCounts, err error) {
	if len(b) < step.NumLanes*16 {
		return c, errControl("counts of too few lanes")
	}
	for i := range c {
		c[i].Messages = binary.BigEndian.Uint64(b[i*16:])
		c[i].Bytes = binary.BigEndian.Uint64(b[i*16+8:])
	}
	return c, nil
}

func errControl(context string) error {
	return &broker.Error{Code: broker.InvalidMessage, Context: "link control: " + context}
}
