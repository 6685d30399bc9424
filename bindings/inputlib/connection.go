package inputlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/input/flow"
)

// types are the record types of connections, made once per VM.
type types struct {
	conn, id, side *convert.RecordType
}

func field(s *convert.Space, name, typ string) (convert.Field, error) {
	t, err := s.ParseType(typ)
	return convert.Field{Name: name, Type: t}, err
}

// declare makes and declares a record type from name and type pairs.
func declare(s *convert.Space, name string, open bool, fields ...[2]string) (*convert.RecordType, error) {
	var fs []convert.Field
	for _, f := range fields {
		one, err := field(s, f[0], f[1])
		if err != nil {
			return nil, fmt.Errorf("record %s: field %s: %w", name, f[0], err)
		}
		fs = append(fs, one)
	}
	rt, err := convert.NewRecordType(name, fs...)
	if err != nil {
		return nil, err
	}
	rt.Open = open
	return s.DeclareRecord(rt)
}

func newTypes(s *convert.Space) (t *types, err error) {
	t = &types{}
	if t.id, err = declare(s, "conn_id", false,
		[2]string{"orig_h", "addr"}, [2]string{"orig_p", "port"}, [2]string{"resp_h", "addr"}, [2]string{"resp_p", "port"}); err != nil {
		return t, err
	}
	if t.side, err = declare(s, "conn_side", false,
		[2]string{"bytes", "count?"}, [2]string{"packets", "count"}, [2]string{"ip_bytes", "count"}); err != nil {
		return t, err
	}
	t.conn, err = declare(s, "connection", true,
		[2]string{"uid", "string"}, [2]string{"id", "conn_id"}, [2]string{"proto", "string"}, [2]string{"start_time", "time"},
		[2]string{"duration", "interval?"}, [2]string{"orig", "conn_side"}, [2]string{"resp", "conn_side"}, [2]string{"conn_state", "string"})
	return t, err
}

// connection is a flow.Conn as scripts see it. Its fields are read when a script asks for them, and show the
// connection as it is then.
type connection struct {
	c *flow.Conn
	t *types
}

// RecordType implements convert.GoRecord.
func (c *connection) RecordType() *convert.RecordType { return c.t.conn }

// Field implements convert.GoRecord.
func (c *connection) Field(i int, s *convert.Space) lua.LValue {
	switch i {
	case 0:
		return lua.LString(c.c.UID())
	case 1:
		return s.WrapRecord(&connID{c})
	case 2:
		return lua.LString(c.c.Proto.String())
	case 3:
		return s.Time(c.c.Start)
	case 4:
		if d, ok := c.c.Duration(); ok {
			return s.Interval(d)
		}
		return lua.LNil
	case 5:
		return s.WrapRecord(&side{c, true})
	case 6:
		return s.WrapRecord(&side{c, false})
	}
	return lua.LString(c.c.State())
}

// connID is c.id.
type connID struct{ *connection }

// RecordType implements convert.GoRecord.
func (c *connID) RecordType() *convert.RecordType { return c.t.id }

// Field implements convert.GoRecord.
func (c *connID) Field(i int, s *convert.Space) lua.LValue {
	id := &c.c.ID
	switch i {
	case 0:
		return s.Address(id.OrigH)
	case 1:
		return s.Port(id.OrigP)
	case 2:
		return s.Address(id.RespH)
	}
	return s.Port(id.RespP)
}

// side is c.orig or c.resp.
type side struct {
	*connection
	orig bool
}

// RecordType implements convert.GoRecord.
func (c *side) RecordType() *convert.RecordType { return c.t.side }

// Field implements convert.GoRecord.
func (c *side) Field(i int, s *convert.Space) lua.LValue {
	end, bytes := &c.c.Resp, c.c.RespBytes
	if c.orig {
		end, bytes = &c.c.Orig, c.c.OrigBytes
	}
	switch i {
	case 0:
		if n, ok := bytes(); ok {
			return s.Count(n)
		}
		return lua.LNil
	case 1:
		return s.Count(end.Packets)
	}
	return s.Count(end.IPBytes)
}
