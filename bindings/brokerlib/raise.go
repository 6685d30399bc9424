package brokerlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// RaiseStatus queues Broker::<name> (frameworks.md §1.4). An endpoint whose address is not known has "<unknown>".
func (l *Lib) RaiseStatus(name, id, host string, port uint16, msg string) {
	if host == "" {
		host = "<unknown>"
	}
	endpoint, err := l.Space.FromData(broker.Vector{broker.String(id),
		broker.Vector{broker.String(host), broker.Port{Number: port, Proto: broker.TCP}}}, l.recordType("Broker::EndpointInfo", false))
	if err != nil {
		panic("brokerlib: " + err.Error()) // the record was declared in this package
	}
	l.d.Raise(l.d.Event("Broker::"+name), []lua.LValue{endpoint, lua.LString(msg)})
}

// RaiseError queues Broker::error with the code's name in Zeek, such as PEER_UNAVAILABLE.
func (l *Lib) RaiseError(code, msg string) {
	l.d.Raise(l.d.Event("Broker::error"), []lua.LValue{l.Space.Enum(broker.Enum("Broker::" + code)), lua.LString(msg)})
}

// Text returns an option that is a text.
func (l *Lib) Text(option string) string { return l.settings.text(option) }

// Bool returns an option that is a boolean.
func (l *Lib) Bool(option string) bool { return l.settings.bool(option) }

// Interval returns an option that is an interval.
func (l *Lib) Interval(option string) broker.Timespan { return l.settings.interval(option) }

// Count returns an option that is a count.
func (l *Lib) Count(option string) uint64 {
	n, _ := l.settings.byName[option].value.(lua.LNumber)
	return uint64(n)
}
