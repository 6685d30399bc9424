package eventlib

import (
	"encoding/binary"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

// Publisher sends messages. The node's hub is one.
type Publisher interface {
	// Wanted tells whether anyone would get a message on topic, so that nothing is encoded in vain.
	Wanted(topic string) bool
	// Publish sends a message and does not keep payload. The error says why it can't be sent.
	Publish(topic string, payload []byte) error
}

// Lib implements script.Module and script.Converter.
type Lib struct {
	Space  *convert.Space
	Names  *namespacelib.Registry
	Sender Publisher
	// Before is what this one takes over from when scripts are loaded anew; nil: nothing.
	Before *Lib

	d      *script.Domain
	meta   *lua.LTable // of event objects
	handle *lua.LTable // of what on() returns
	timer  *lua.LTable // of what schedule() returns

	objects map[*script.Event]*lua.LUserData
	goKinds []GoKind

	waiting   []*scheduled
	scheduled uint64 // so far

	args []lua.LValue
	buf  []byte
}

// New returns the library for d; space and names are shared with the other modules.
func New(d *script.Domain, space *convert.Space, names *namespacelib.Registry, sender Publisher) *Lib {
	return &Lib{Space: space, Names: names, Sender: sender, d: d, objects: map[*script.Event]*lua.LUserData{}}
}

// aliases are the names that Zeek's scripts have for our life-cycle events.
var aliases = map[string]string{
	"zeek_init": "node_init", "bro_init": "node_init", "zeek_done": "node_done", "bro_done": "node_done",
}

// Open predefines `on`, `event` and the namespace methods.
func (l *Lib) Open(d *script.Domain) error {
	d.SetConverter(l)
	l.openObjects()
	d.SetGlobal("on", d.VM.NewFunction("on", l.on))
	d.SetModule("event", map[string]lua.LValue{
		"raise":     d.VM.NewFunction("event.raise", l.raise),
		"is_remote": d.VM.NewFunction("event.is_remote", l.isRemote),
		"source":    d.VM.NewFunction("event.source", l.source),
		"time":      d.VM.NewFunction("event.time", l.time),
		"metadata":  d.VM.NewFunction("event.metadata", l.metadata),
		"republish": d.VM.NewFunction("event.republish", l.republish),
	})
	l.Names.Method("event", l.declare)
	l.Names.Method("record", l.record)
	l.Names.Method("enum", l.enum)
	for _, own := range [][2]string{{"node_init", ""}, {"node_done", ""}, {"node_reloaded", "old: any, new: any"}} {
		if err := l.DeclareOwn(own[0], own[1]); err != nil {
			return err
		}
	}
	return nil
}

// DeclareCore declares an event of the core, so that handlers for it are typed and warn of nothing.
func (l *Lib) DeclareCore(name, signature string) error {
	sig, err := l.Space.ParseSignature(signature)
	if err != nil {
		return fmt.Errorf("event %s: %w", name, err)
	}
	ev := l.d.Event(name)
	ev.Sig, ev.Place = sig, "the core"
	return nil
}

// DeclareOwn is DeclareCore for an event that only the node itself raises, on whose word scripts act.
func (l *Lib) DeclareOwn(name, signature string) error {
	l.d.Event(name).Own = true
	return l.DeclareCore(name, signature)
}

// GoKind appends the arguments that a Go value of the core stands for; ok is false for kinds it does not know.
type GoKind func(ev *script.Event, v any, out []lua.LValue) (args []lua.LValue, ok bool, err error)

// AddGoKind adds a kind of Go value that the core raises events with.
func (l *Lib) AddGoKind(fn GoKind) { l.goKinds = append(l.goKinds, fn) }

// FromGo implements script.Converter.
func (l *Lib) FromGo(ev *script.Event, v any, out []lua.LValue) ([]lua.LValue, error) {
	for _, fn := range l.goKinds {
		if args, ok, err := fn(ev, v, out); ok {
			return args, err
		}
	}
	return out, fmt.Errorf("event %s: no module knows a %T", ev.Name, v)
}

// DecodeEvent implements script.Converter.
func (l *Lib) DecodeEvent(ev *script.Event, payload []byte, out []lua.LValue) ([]lua.LValue, error) {
	m, err := wire.ParseEvent(payload)
	if err != nil {
		return out, fmt.Errorf("event %s: %w", ev.Name, err)
	}
	sig, _ := ev.Sig.(*convert.Signature)
	if sig != nil && (m.NArgs > len(sig.Args) || m.NArgs < sig.Required()) {
		return out, fmt.Errorf("got event message '%s' with invalid # of args, got %d, expected %s", ev.Name, m.NArgs, expected(sig))
	}
	if err := CheckCount(ev, m.NArgs); err != nil {
		return out, err
	}
	out, err = l.Space.DecodeArgs(&m.Args, m.NArgs, sig, out)
	if err != nil {
		return out, fmt.Errorf("failed to convert remote event '%s' %w", ev.Name, err)
	}
	return out, nil
}

// CheckArgs implements script.Converter, for events that were raised before their declaration was read.
func (l *Lib) CheckArgs(ev *script.Event, args []lua.LValue) ([]lua.LValue, error) {
	args, err := l.Space.CheckArgs(ev.Sig.(*convert.Signature), args)
	if err != nil {
		return nil, fmt.Errorf("event %s, raised before it was declared: %w", ev.Name, err)
	}
	return args, nil
}

func expected(sig *convert.Signature) string {
	if sig.Required() == len(sig.Args) {
		return fmt.Sprint(len(sig.Args))
	}
	return fmt.Sprintf("%d to %d", sig.Required(), len(sig.Args))
}

// Check returns the arguments from position first of the call, as they are queued: each in its place's canonical
// form, left-out trailing ones filled with nil. The slice is good until the next call of Check.
func (l *Lib) Check(L *lua.LState, first int, ev *script.Event) ([]lua.LValue, error) {
	given := l.args[:0]
	for i := first; i <= L.GetTop(); i++ {
		given = append(given, L.Get(i))
	}
	l.args = given[:0]
	out, err := l.CheckValues(ev, given)
	if err == nil {
		l.args = out[:0] // it may have grown
	}
	return out, err
}

// CheckValues is Check for arguments that are in a slice, which is used for what is returned.
func (l *Lib) CheckValues(ev *script.Event, args []lua.LValue) ([]lua.LValue, error) {
	sig, _ := ev.Sig.(*convert.Signature)
	if sig == nil {
		return args, CheckCount(ev, len(args))
	}
	if len(args) > len(sig.Args) || len(args) < sig.Required() {
		return nil, fmt.Errorf("event %s: got %d arguments, expected %s (%s)", ev.Name, len(args), expected(sig), sig)
	}
	for len(args) < len(sig.Args) {
		args = append(args, lua.LNil)
	}
	for i := range sig.Args {
		v, err := l.Space.Check(sig.Args[i].Type, args[i])
		if err != nil {
			return nil, argError(ev, sig, i, err)
		}
		args[i] = v
	}
	return args, nil
}

// CheckCount refuses more arguments than a handler can be called with. An event that nobody has declared has no other
// bound.
func CheckCount(ev *script.Event, n int) error {
	if n > luavm.MaxArgs {
		return fmt.Errorf("event %s: got %d arguments, at most %d are possible", ev.Name, n, luavm.MaxArgs)
	}
	return nil
}

func argError(ev *script.Event, sig *convert.Signature, i int, err error) error {
	name := ""
	if n := sig.Args[i].Name; n != "" {
		name = " (" + n + ")"
	}
	return fmt.Errorf("event %s: argument #%d%s: %w", ev.Name, i+1, name, err)
}

// Encode appends the event's message to dst: its name and the arguments from position first of the call.
func (l *Lib) Encode(dst []byte, L *lua.LState, first int, ev *script.Event) ([]byte, error) {
	args, err := l.Check(L, first, ev)
	if err != nil {
		return dst, err
	}
	return l.EncodeArgs(dst, ev, args)
}

// EncodeArgs appends the event's message to dst, with the node's time as its metadata (design decision 1). Arguments
// of a declared event were checked before.
func (l *Lib) EncodeArgs(dst []byte, ev *script.Event, args []lua.LValue) ([]byte, error) {
	sig, _ := ev.Sig.(*convert.Signature)
	dst = wire.AppendEventHeaderMeta(dst, ev.Name, len(args))
	dst, err := l.Space.AppendArgs(dst, sig, args)
	if err != nil {
		return dst, fmt.Errorf("event %s: %w", ev.Name, err)
	}
	return wire.AppendEventTime(dst, broker.Timestamp(l.d.Now())), nil
}

// Restamp gives a message that EncodeArgs made the present as its time, which are its last eight bytes.
func (l *Lib) Restamp(payload []byte) {
	binary.BigEndian.PutUint64(payload[len(payload)-8:], uint64(l.d.Now()))
}

// Resolve returns the event that v stands for: an event object or a full name; nil for anything else.
func (l *Lib) Resolve(v lua.LValue) *script.Event {
	switch v := v.(type) {
	case *lua.LUserData:
		if ev, ok := v.Value.(*script.Event); ok {
			return ev
		}
	case lua.LString:
		return l.d.Event(canonical(string(v)))
	}
	return nil
}

func canonical(name string) string {
	if to, ok := aliases[name]; ok {
		return to
	}
	return name
}
