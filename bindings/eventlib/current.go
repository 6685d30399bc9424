package eventlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// isRemote is event.is_remote(): whether the event being handled came from another node; nil outside a handler.
func (l *Lib) isRemote(L *lua.LState) int {
	_, o, _, ok := l.d.Handling()
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LBool(o.Remote))
	return 1
}

// source is event.source(): the endpoint id that the event came from and its topic; nil for local events and
// outside a handler.
func (l *Lib) source(L *lua.LState) int {
	_, o, _, ok := l.d.Handling()
	if !ok || o.Payload == nil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LString(o.ID.String()))
	L.Push(lua.LString(o.Topic))
	return 2
}

// time is event.time(): the time of the node where the event was raised, as far as the message says; this node's
// time for local events; nil outside a handler.
func (l *Lib) time(L *lua.LState) int {
	_, o, _, ok := l.d.Handling()
	switch {
	case !ok:
		L.Push(lua.LNil)
	case o.Payload == nil:
		L.Push(l.Space.Time(broker.Timestamp(l.d.Now())))
	default:
		m, err := wire.ParseEvent(o.Payload)
		at, ok := m.Time()
		if err != nil || !ok {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(l.Space.Time(at))
	}
	return 1
}

// metadata is event.metadata(): a table from metadata key (a number) to value; empty when the event carries
// none; nil outside a handler.
func (l *Lib) metadata(L *lua.LState) int {
	_, o, _, ok := l.d.Handling()
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	t := L.NewTable()
	L.Push(t)
	if o.Payload == nil {
		return 1
	}
	m, err := wire.ParseEvent(o.Payload)
	if err != nil {
		return 1
	}
	for key, value := range m.Metadata() {
		if t.RawGet(lua.LNumber(key)) != lua.LNil { // of two with one key the first counts
			continue
		}
		if got, err := l.Space.DecodeArgs(&value, 1, nil, nil); err == nil {
			t.RawSet(lua.LNumber(key), got[0])
		}
	}
	return 1
}

// republish is event.republish(topic): sends the event being handled on. A message that came as bytes goes on as
// the same bytes, undecoded arguments, metadata and all.
func (l *Lib) republish(L *lua.LState) int {
	topic := L.CheckString(1)
	ev, o, _, ok := l.d.Handling()
	if !ok {
		L.RaiseError("event.republish: no event is being handled")
	}
	payload := o.Payload
	if payload == nil {
		_, _, args, _ := l.d.Handling()
		var err error
		if l.buf, err = l.EncodeArgs(l.buf[:0], ev, args); err != nil {
			return l.refuse(L, err)
		}
		payload = l.buf
	}
	if err := l.Sender.Publish(topic, payload); err != nil {
		return l.refuse(L, err)
	}
	L.Push(lua.LTrue)
	return 1
}

// refuse returns false and the message, which the reports name with file and line.
func (l *Lib) refuse(L *lua.LState, err error) int {
	l.Refused(L, err)
	L.Push(lua.LFalse)
	L.Push(lua.LString(err.Error()))
	return 2
}
