package brokerlib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/bindings/namespacelib"
	"moonpeer/runtime/script"
)

// Hub is what the module needs of the node's routing core.
type Hub interface {
	eventlib.Publisher
	// Subscribe registers interest in topics with this prefix; self: also in what this node publishes. It
	// returns false when that subscription was there.
	Subscribe(prefix string, self bool) bool
	// Unsubscribe undoes Subscribe and Forward; false when neither was there.
	Unsubscribe(prefix string) bool
	// Forward subscribes without handing the events to scripts here; false when it was there.
	Forward(prefix string) bool
	// SetForwarding turns relaying between peers on or off.
	SetForwarding(on bool)
	// RestrictPublish lets only topics with one of these prefixes leave the node; none lifts the restriction.
	RestrictPublish(prefixes []string)
	// Room says why there is no room for another subscription; nil if there is.
	Room(prefix string) error
	// NodeID is this node's endpoint id as text.
	NodeID() string
}

// Lib implements script.Module.
type Lib struct {
	Space  *convert.Space
	Names  *namespacelib.Registry
	Events *eventlib.Lib
	Hub    Hub
	Net    Network
	// Before is what this one takes over from when scripts are loaded anew; nil: nothing.
	Before *Lib

	d        *script.Domain
	prepared *lua.LTable
	settings *settings
	logTopic *lua.LFunction
	pairs    map[pair]bool // of auto_publish, as the bodies of the files have them
	buf      []byte
}

// Open predefines `broker` and declares its events.
func (l *Lib) Open(d *script.Domain) error {
	l.d, l.pairs = d, map[pair]bool{}
	hideMethods(d.L)
	var err error
	if l.settings, err = newSettings(l); err != nil {
		return err
	}
	fields := map[string]lua.LValue{}
	for name, fn := range l.functions() {
		fields[name] = d.VM.NewFunction("broker."+name, fn)
	}
	for _, s := range statuses {
		fields[s] = lua.LString(s)
	}
	codes := d.L.NewTable()
	for _, c := range errorCodes {
		codes.RawSetString(c.name, lua.LNumber(c.number))
	}
	fields["error"] = codes
	fields["options"] = l.settings.object()
	d.SetModule("broker", fields)
	l.openPrepared()
	d.SetAutoPublish(l.autoPublished)
	return l.declareEvents()
}

func (l *Lib) functions() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"subscribe": l.subscribe, "unsubscribe": l.unsubscribe, "forward": l.forward,
		"publish": l.publish, "make_event": l.makeEvent, "publish_id": l.publishID,
		"auto_publish": l.autoPublish, "auto_unpublish": l.autoUnpublish,
		"restrict_publish": l.restrictPublish, "node_id": l.nodeID,
		"listen": l.listen, "listen_websocket": l.listenWebSocket,
		"peer": l.peer, "unpeer": l.unpeer, "peers": l.peers, "peering_stats": l.peeringStats,
		"flush_logs": l.flushLogs, "set_log_topic": l.setLogTopic, "log_topic": l.callLogTopic,
		"default_log_topic": l.defaultLogTopic,
	}
}

// declareEvents declares what the framework raises (zeek/frameworks.md §1.4).
func (l *Lib) declareEvents() error {
	for _, rt := range []struct {
		name   string
		fields []convert.Field
	}{
		{"Broker::NetworkInfo", []convert.Field{{Name: "address", Type: convert.Scalar(convert.KindString)}, {Name: "bound_port", Type: convert.Scalar(convert.KindPort)}}},
		{"Broker::EndpointInfo", []convert.Field{{Name: "id", Type: convert.Scalar(convert.KindString)}, {Name: "network", Type: l.recordType("Broker::NetworkInfo", true)}}},
	} {
		t, err := convert.NewRecordType(rt.name, rt.fields...)
		if err != nil {
			return err
		}
		if _, err := l.Space.DeclareRecord(t); err != nil {
			return err
		}
	}
	for _, name := range []string{"peer_added", "peer_removed", "peer_lost", "endpoint_discovered", "endpoint_unreachable", "status"} {
		if err := l.Events.DeclareOwn("Broker::"+name, "endpoint: Broker::EndpointInfo, msg: string"); err != nil {
			return err
		}
	}
	return l.Events.DeclareOwn("Broker::error", "code: enum, msg: string")
}

func (l *Lib) recordType(name string, optional bool) *convert.Type {
	if optional {
		name += "?"
	}
	t, err := l.Space.ParseType(name)
	if err != nil {
		panic("brokerlib: " + err.Error()) // a name written in this file
	}
	return t
}

// Effects raises while files are loaded: what has effects on other nodes waits for node_init.
func (l *Lib) Effects(L *lua.LState, fn string) {
	if !l.d.Ready() {
		L.RaiseError("%s: not while the file is loaded (do it in node_init)", fn)
	}
}

// subscribe(prefix, {self=false}): true when the subscription is new.
func (l *Lib) subscribe(L *lua.LState) int {
	prefix := L.CheckString(1)
	self := false
	if opts := L.OptTable(2, nil); opts != nil {
		opts.ForEach(func(k, v lua.LValue) {
			b, ok := v.(lua.LBool)
			if k.String() != "self" || !ok {
				L.ArgError(2, fmt.Sprintf("unknown option %s = %s (there is only self = true or false)", k, v))
			}
			self = bool(b)
		})
	}
	if err := l.Hub.Room(prefix); err != nil {
		return l.refuse(L, fmt.Errorf("broker.subscribe: %w", err))
	}
	L.Push(lua.LBool(l.Hub.Subscribe(prefix, self)))
	return 1
}

// unsubscribe(prefix): true when there was such a subscription or forwarding.
func (l *Lib) unsubscribe(L *lua.LState) int {
	L.Push(lua.LBool(l.Hub.Unsubscribe(L.CheckString(1))))
	return 1
}

// forward(prefix): true when it is new.
func (l *Lib) forward(L *lua.LState) int {
	prefix := L.CheckString(1)
	if err := l.Hub.Room(prefix); err != nil {
		return l.refuse(L, fmt.Errorf("broker.forward: %w", err))
	}
	L.Push(lua.LBool(l.Hub.Forward(prefix)))
	return 1
}

// restrict_publish(prefixes): only topics that begin with one of them leave this node.
func (l *Lib) restrictPublish(L *lua.LState) int {
	t := L.CheckTable(1)
	var prefixes []string
	for i := 1; i <= t.Len(); i++ {
		s, ok := t.RawGetInt(i).(lua.LString)
		if !ok {
			L.ArgError(1, fmt.Sprintf("prefix #%d is a %s, not text", i, t.RawGetInt(i).Type()))
		}
		prefixes = append(prefixes, string(s))
	}
	l.Hub.RestrictPublish(prefixes)
	return 0
}

func (l *Lib) nodeID(L *lua.LState) int {
	L.Push(lua.LString(l.Hub.NodeID()))
	return 1
}

// refuse reports err with file and line and returns false and the message.
func (l *Lib) refuse(L *lua.LState, err error) int {
	l.Events.Refused(L, err)
	L.Push(lua.LFalse)
	L.Push(lua.LString(err.Error()))
	return 2
}

var errTopic = errors.New("a topic is text, not empty, and at most 65,535 bytes long")

// topic returns argument i as a topic that can be sent.
func topic(L *lua.LState, i int) (string, error) {
	s, ok := L.Get(i).(lua.LString)
	if !ok || s == "" || len(s) > 65535 {
		return "", errTopic
	}
	return string(s), nil
}
