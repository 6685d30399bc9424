package brokerlib

import (
	"reflect"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"

	"moonpeer/bindings/convert"
)

// The records that peers and peering_stats give say what their fields are, for print, JSON and prompts.

// hideMethods has scripts see the fields of Go values only: methods are for Go.
func hideMethods(L *lua.LState) {
	luar.GetConfig(L).MethodNames = func(reflect.Type, reflect.Method) []string { return nil }
}

// LuaFields implements convert.Fielded.
func (p PeerInfo) LuaFields() []convert.LuaField {
	return []convert.LuaField{
		{Name: "peer", Value: convert.FieldedValue(p.Peer)},
		{Name: "status", Value: lua.LString(p.Status)},
		{Name: "is_outbound", Value: lua.LBool(p.IsOutbound)},
		{Name: "node", Value: lua.LString(p.Node)},
	}
}

// LuaFields implements convert.Fielded.
func (e EndpointInfo) LuaFields() []convert.LuaField {
	return []convert.LuaField{{Name: "id", Value: lua.LString(e.ID)}, {Name: "network", Value: convert.FieldedValue(e.Network)}}
}

// LuaFields implements convert.Fielded.
func (n NetworkInfo) LuaFields() []convert.LuaField {
	return []convert.LuaField{{Name: "address", Value: lua.LString(n.Address)}, {Name: "bound_port", Value: lua.LNumber(n.BoundPort)}}
}

// LuaFields implements convert.Fielded.
func (p PeeringStats) LuaFields() []convert.LuaField {
	return []convert.LuaField{
		{Name: "id", Value: lua.LString(p.ID)},
		{Name: "node", Value: lua.LString(p.Node)},
		{Name: "address", Value: lua.LString(p.Address)},
		{Name: "connected", Value: lua.LBool(p.Connected)},
		{Name: "num_queued", Value: lua.LNumber(p.NumQueued)},
		{Name: "max_queued_recently", Value: lua.LNumber(p.MaxQueuedRecently)},
		{Name: "num_overflows", Value: lua.LNumber(p.NumOverflows)},
		{Name: "num_bursts", Value: lua.LNumber(p.NumBursts)},
		{Name: "control", Value: convert.FieldedValue(p.Control)},
		{Name: "events", Value: convert.FieldedValue(p.Events)},
		{Name: "stores", Value: convert.FieldedValue(p.Stores)},
		{Name: "logs", Value: convert.FieldedValue(p.Logs)},
	}
}

// LuaFields implements convert.Fielded.
func (l LaneStats) LuaFields() []convert.LuaField {
	return []convert.LuaField{
		{Name: "offered", Value: lua.LNumber(l.Offered)},
		{Name: "dropped", Value: lua.LNumber(l.Dropped)},
		{Name: "queued", Value: lua.LNumber(l.Queued)},
		{Name: "in_flight", Value: lua.LNumber(l.InFlight)},
		{Name: "received", Value: lua.LNumber(l.Received)},
		{Name: "lost", Value: lua.LNumber(l.Lost)},
		{Name: "taken", Value: lua.LNumber(l.Taken)},
		{Name: "offered_bytes", Value: lua.LNumber(l.OfferedBytes)},
		{Name: "taken_bytes", Value: lua.LNumber(l.TakenBytes)},
	}
}

func (p PeerInfo) String() string     { return convert.FieldedText(p) }
func (e EndpointInfo) String() string { return convert.FieldedText(e) }
func (n NetworkInfo) String() string  { return convert.FieldedText(n) }
func (p PeeringStats) String() string { return convert.FieldedText(p) }
func (l LaneStats) String() string    { return convert.FieldedText(l) }
