package cluster

import (
	"bytes"
	"errors"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// settingArgs is how many arguments Config::cluster_set_option has. The first three are Zeek's.
const settingArgs = 8

// appendEvent appends the setting as an event: id, value, location, early, term, seq, origin, number of the change there. On
// its way to the manager term and seq are 0.
func (s *setting) appendEvent(b []byte) []byte {
	b = wire.AppendEventHeader(b, eventSetOption, settingArgs)
	b = wire.AppendString(b, s.id)
	b = append(b, s.value...)
	b = wire.AppendString(b, s.location)
	b = wire.AppendBoolean(b, s.version.Early)
	b = wire.AppendCount(b, s.version.Term)
	b = wire.AppendCount(b, s.version.Seq)
	b = wire.AppendString(b, s.origin)
	return wire.AppendCount(b, s.asked)
}

// parseSetting reads the event. Its value is any that Broker has: whether it fits the option is for its owner to say.
func parseSetting(payload []byte) (*setting, error) {
	e, err := wire.ParseEvent(payload)
	if err != nil {
		return nil, err
	}
	if e.NArgs != settingArgs {
		return nil, fmt.Errorf("%d arguments, want %d", e.NArgs, settingArgs)
	}
	s, r := &setting{}, reading{r: e.Args}
	s.id = r.text()
	s.value = r.value()
	s.location = r.text()
	s.version.Early = r.boolean()
	s.version.Term = r.count()
	s.version.Seq = r.count()
	s.origin = r.text()
	s.asked = r.count()
	switch {
	case r.err != nil:
		return nil, r.err
	case s.id == "":
		return nil, errors.New("an option without a name")
	case s.size() > maxOptionValue:
		return nil, fmt.Errorf("a value of %d bytes with its name, at most %d", s.size(), maxOptionValue)
	case (s.version.Term == 0) != (s.version.Seq == 0):
		return nil, fmt.Errorf("version %d.%d", s.version.Term, s.version.Seq)
	}
	return s, nil
}

// reading reads arguments until one is not of its kind.
type reading struct {
	r   wire.Reader
	err error
}

// kind reads a tag, and reports whether it is what it should be.
func (r *reading) kind(want broker.Kind) bool {
	if r.err != nil {
		return false
	}
	k, err := r.r.Kind()
	if err == nil && k != want {
		err = fmt.Errorf("a %v where a %v belongs", k, want)
	}
	r.err = err
	return err == nil
}

func (r *reading) text() (s string) {
	if r.kind(broker.KindString) {
		var b []byte
		b, r.err = r.r.Bytes()
		s = string(b)
	}
	return s
}

func (r *reading) boolean() (v bool) {
	if r.kind(broker.KindBoolean) {
		v, r.err = r.r.Boolean()
	}
	return v
}

func (r *reading) count() (v uint64) {
	if r.kind(broker.KindCount) {
		v, r.err = r.r.Count()
	}
	return v
}

// value reads over a value of any kind and returns a copy of its bytes.
func (r *reading) value() []byte {
	if r.err != nil {
		return nil
	}
	rest, before := r.r.Rest(), r.r.Remaining()
	if r.err = r.r.Skip(); r.err != nil {
		return nil
	}
	return bytes.Clone(rest[:before-r.r.Remaining()])
}
