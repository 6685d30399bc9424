package brokerlib

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/bindings/namespacelib"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

// Prepared is what make_event returns: an event with its arguments, encoded once for many publishes.
type Prepared struct {
	Event   *script.Event
	Payload []byte
}

func (l *Lib) openPrepared() {
	l.prepared = l.d.L.NewTable()
	l.prepared.RawSetString("__index", l.d.VM.NewFunction("prepared event", func(L *lua.LState) int {
		p := L.CheckUserData(1).Value.(*Prepared)
		switch key := L.CheckString(2); key {
		case "name":
			L.Push(lua.LString(p.Event.Name))
		case "args":
			L.Push(l.preparedArgs(L, p))
		default:
			L.RaiseError("a prepared event has no %q (it has name and args)", key)
		}
		return 1
	}))
	l.prepared.RawSetString("__metatable", lua.LFalse)
}

func (l *Lib) preparedArgs(L *lua.LState, p *Prepared) *lua.LTable {
	args, err := l.Events.DecodeEvent(p.Event, p.Payload, nil)
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	t := L.CreateTable(len(args), 0)
	for i, v := range args {
		t.RawSetInt(i+1, v)
	}
	return t
}

// publish(topic, event, …): true, or false and why.
func (l *Lib) publish(L *lua.LState) int {
	l.Effects(L, "broker.publish")
	to, err := topic(L, 1)
	if err != nil {
		return l.refuse(L, fmt.Errorf("broker.publish: argument #1: %w", err))
	}
	if err := l.Send(L, l.Hub, to, 2); err != nil {
		return l.refuse(L, fmt.Errorf("broker.publish to %q: %w", to, err))
	}
	L.Push(lua.LTrue)
	return 1
}

// Send publishes the event at position i of the call, with the arguments behind it. Arguments are checked also
// when nobody wants the message, so that a mistake shows before the first peer does.
func (l *Lib) Send(L *lua.LState, via eventlib.Publisher, to string, i int) error {
	if ud, ok := L.Get(i).(*lua.LUserData); ok {
		if p, ok := ud.Value.(*Prepared); ok {
			if L.GetTop() > i {
				return fmt.Errorf("event %s is prepared: it takes no further arguments", p.Event.Name)
			}
			l.Events.Restamp(p.Payload)
			return via.Publish(to, p.Payload)
		}
	}
	ev := l.Events.Resolve(L.Get(i))
	if ev == nil {
		return fmt.Errorf("argument #%d: expected an event, got %s", i, L.Get(i).Type())
	}
	if !via.Wanted(to) {
		if _, err := l.Events.Check(L, i+1, ev); err != nil || ev.Declared() {
			return err
		}
	}
	var err error
	if l.buf, err = l.Events.Encode(l.buf[:0], L, i+1, ev); err != nil {
		return err
	}
	return via.Publish(to, l.buf)
}

// RaiseHere queues the event at position i of the call on this node, with the arguments behind it.
func (l *Lib) RaiseHere(L *lua.LState, i int) error {
	if ud, ok := L.Get(i).(*lua.LUserData); ok {
		if p, ok := ud.Value.(*Prepared); ok {
			args, err := l.Events.DecodeEvent(p.Event, p.Payload, nil)
			if err == nil {
				l.d.Raise(p.Event, args)
			}
			return err
		}
	}
	ev := l.Events.Resolve(L.Get(i))
	if ev == nil {
		return fmt.Errorf("argument #%d: expected an event, got %s", i, L.Get(i).Type())
	}
	args, err := l.Events.Check(L, i+1, ev)
	if err == nil {
		l.d.Raise(ev, args)
	}
	return err
}

// make_event(event, …): a prepared event, or nil and why.
func (l *Lib) makeEvent(L *lua.LState) int {
	ev := l.Events.Resolve(L.Get(1))
	if ev == nil {
		return l.refuse(L, fmt.Errorf("broker.make_event: expected an event, got %s", L.Get(1).Type()))
	}
	payload, err := l.Events.Encode(nil, L, 2, ev)
	if err != nil {
		return l.refuse(L, fmt.Errorf("broker.make_event: %w", err))
	}
	ud := L.NewUserData()
	ud.Value, ud.Metatable = &Prepared{Event: ev, Payload: payload}, l.prepared
	L.Push(ud)
	return 1
}

// auto_publish(topic, event): from now on each local dispatch of the event is published first.
func (l *Lib) autoPublish(L *lua.LState) int {
	to, ev, err := l.topicAndEvent(L, "auto_publish")
	if err != nil {
		return l.refuse(L, err)
	}
	l.addTopic(ev, to)
	if !l.d.Ready() {
		l.pairs[pair{ev.Name, to}] = true
	}
	L.Push(lua.LTrue)
	return 1
}

// auto_unpublish(topic, event): true when that pair was there.
func (l *Lib) autoUnpublish(L *lua.LState) int {
	to, ev, err := l.topicAndEvent(L, "auto_unpublish")
	if err != nil {
		return l.refuse(L, err)
	}
	i := slices.Index(ev.Topics, to)
	if i >= 0 {
		ev.Topics = slices.Delete(slices.Clone(ev.Topics), i, i+1)
	}
	if !l.d.Ready() {
		delete(l.pairs, pair{ev.Name, to})
	}
	L.Push(lua.LBool(i >= 0))
	return 1
}

func (l *Lib) topicAndEvent(L *lua.LState, fn string) (string, *script.Event, error) {
	to, err := topic(L, 1)
	if err != nil {
		return "", nil, fmt.Errorf("broker.%s: argument #1: %w", fn, err)
	}
	ev := l.Events.Resolve(L.Get(2))
	if ev == nil {
		return "", nil, fmt.Errorf("broker.%s must operate on an event, got %s", fn, L.Get(2).Type())
	}
	return to, ev, nil
}

// autoPublished sends an event that is about to be dispatched here to the topics of auto_publish. An argument
// that can't be sent ends that until scripts are loaded anew, as in Zeek for the rest of the run (frameworks.md §1.6).
func (l *Lib) autoPublished(ev *script.Event, args []lua.LValue) {
	if ev.Declared() && !slices.ContainsFunc(ev.Topics, l.Hub.Wanted) {
		return // not encoded unless someone wants it
	}
	var err error
	l.buf, err = l.Events.EncodeArgs(l.buf[:0], ev, args)
	if err != nil {
		l.d.Reports.Errorf("failed auto-remote event '%s', disabled: %v", ev.Name, err)
		for _, to := range ev.Topics { // new code has another try
			delete(l.pairs, pair{ev.Name, to})
		}
		ev.Topics = nil
		return
	}
	for _, to := range ev.Topics {
		if err := l.Hub.Publish(to, l.buf); err != nil {
			l.d.Reports.Errorf("auto_publish of %s to %q: %v", ev.Name, to, err)
		}
	}
}

// publish_id(topic, "EX::x"): sends the value of an exported variable or container, once.
func (l *Lib) publishID(L *lua.LState) int {
	l.Effects(L, "broker.publish_id")
	to, err := topic(L, 1)
	if err != nil {
		return l.refuse(L, fmt.Errorf("broker.publish_id: argument #1: %w", err))
	}
	id := L.CheckString(2)
	payload, err := l.idMessage(id)
	if err == nil {
		err = l.Hub.Publish(to, payload)
	}
	if err != nil {
		return l.refuse(L, fmt.Errorf("broker.publish_id %q to %q: %w", id, to, err))
	}
	L.Push(lua.LTrue)
	return 1
}

// idMessage returns Zeek's identifier update (data-model.md §6.5, type 4).
func (l *Lib) idMessage(id string) ([]byte, error) {
	e := l.Names.Lookup(id)
	if e == nil {
		return nil, fmt.Errorf("unknown id%s", script.DidYouMean(id, l.Names.Names()))
	}
	v, ok := e.Go.(namespacelib.Replacer)
	if !ok {
		return nil, fmt.Errorf("only variables and containers can be published, this is an %s", e.Kind)
	}
	b := wire.AppendIdentifierHeader(nil, id)
	return l.Space.AppendTyped(b, v.ValueType(), v.Current())
}

// ReceiveID takes an identifier update that another node published. The value replaces that of a variable or
// container of the same name and type; nothing else can be reached this way.
func (l *Lib) ReceiveID(payload []byte, from string) {
	if !l.settings.bool("accept_id_updates") {
		return
	}
	name, value, err := wire.ParseIdentifier(payload)
	if err != nil {
		l.d.Reports.Warnf("received an id-update that can't be read (from %s): %v", from, err)
		return
	}
	id := script.Name(name)
	e := l.Names.Lookup(string(name))
	if e == nil {
		l.d.Reports.Warnf("Received id-update request for unknown id: %s (from %s)", id, from)
		return
	}
	v, ok := e.Go.(namespacelib.Replacer)
	if !ok {
		l.d.Reports.Errorf("received an id-update for %s, which is an %s (from %s): refused", id, e.Kind, from)
		return
	}
	sig := convert.NewSignature(convert.Arg{Type: v.ValueType()})
	got, err := l.Space.DecodeArgs(&value, 1, sig, nil)
	if err == nil {
		err = v.Replace(got[0])
	}
	if err != nil {
		l.d.Reports.Errorf("Failed to receive ID with unsupported type: %s (%s): %v (from %s)", id, v.ValueType(), err, from)
	}
}
