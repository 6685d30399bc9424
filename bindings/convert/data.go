package convert

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// ToData checks v for a place of type t, nil or Any for none, and returns it as a Go value: what a peer would
// read. It is for Go code that needs the value; what only travels goes by bytes.
func (s *Space) ToData(v lua.LValue, t *Type) (broker.Data, error) {
	if t == nil {
		t = Any
	}
	b, err := s.AppendTyped(s.borrowBytes(), t, v)
	if err != nil {
		return nil, err
	}
	defer s.returnBytes(b)
	return wire.DecodeData(b)
}

// FromData returns the Lua value of d in a place of type t, nil or Any for none.
func (s *Space) FromData(d broker.Data, t *Type) (lua.LValue, error) {
	if t == nil {
		t = Any
	}
	b := wire.AppendData(s.borrowBytes(), d)
	defer s.returnBytes(b)
	r := wire.NewReader(b)
	return s.DecodeTyped(&r, t)
}

// borrowBytes takes the buffer away: a field of a GoRecord may convert something itself.
func (s *Space) borrowBytes() []byte {
	b := s.bytes
	s.bytes = nil
	return b[:0]
}

func (s *Space) returnBytes(b []byte) {
	if cap(b) <= maxKept {
		s.bytes = b
	}
}
