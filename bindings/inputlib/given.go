package inputlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/input/flow"
)

// Connections makes values of connections that come from no input, in a VM that has no Lib.
type Connections struct {
	space *convert.Space
	types *types
}

// NewConnections declares the record types of connections in a space that has none.
func NewConnections(s *convert.Space) (*Connections, error) {
	t, err := newTypes(s)
	return &Connections{s, t}, err
}

// Value returns a new record for c.
func (m *Connections) Value(c *flow.Conn) lua.LValue {
	return m.space.WrapRecord(&connection{c: c, t: m.types})
}

// ConnOf returns the connection of a value that Connections or Lib has made.
func ConnOf(v lua.LValue) (*flow.Conn, bool) {
	rec, ok := convert.AsGoRecord(v)
	if !ok {
		return nil, false
	}
	c, ok := rec.(*connection)
	if !ok {
		return nil, false
	}
	return c.c, true
}
