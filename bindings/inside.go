package bindings

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/net/wire"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// Inside looks into the scripts of one node, over all of its runs and reloads, on the goroutine of the node's loop:
// testlib.Scripts.
type Inside struct {
	a   *all // of the scripts that run now; nil: there were none yet
	tap func(topic string, payload []byte)
}

// NewInside returns what looks into the node whose Modules it makes. tap sees everything that scripts publish, also what
// nobody wants, and does not keep payload.
func NewInside(tap func(topic string, payload []byte)) *Inside { return &Inside{tap: tap} }

// Modules is what the node's options have for its Modules.
func (in *Inside) Modules(n *node.Node) []script.Module {
	return []script.Module{&all{n: n, inside: in}}
}

// follow has in look at the scripts of a.
func (in *Inside) follow(a *all) {
	if in != nil {
		in.a = a
	}
}

func (in *Inside) published() func(topic string, payload []byte) {
	if in == nil {
		return nil
	}
	return in.tap
}

// tapped has what goes out through p be seen.
func (in *Inside) tapped(p eventlib.Publisher) eventlib.Publisher {
	if in == nil || in.tap == nil {
		return p
	}
	return tapped{p, in.tap}
}

// tapped is a publisher that somebody listens to.
type tapped struct {
	eventlib.Publisher
	tap func(topic string, payload []byte)
}

// Wanted implements eventlib.Publisher.
func (t tapped) Wanted(string) bool { return true }

// Publish implements eventlib.Publisher.
func (t tapped) Publish(topic string, payload []byte) error {
	t.tap(topic, payload)
	return t.Publisher.Publish(topic, payload)
}

// Space is that of the node's VM.
func (in *Inside) Space() *convert.Space { return in.a.space }

// Value returns the value of an exported name: of a variable, an option or a container.
func (in *Inside) Value(id string) (lua.LValue, error) {
	return in.a.value(id)
}

// Raise queues an event, whose arguments are values of the node's VM.
func (in *Inside) Raise(name string, args []lua.LValue) error {
	ev := in.a.events.Resolve(lua.LString(name))
	if !ev.Declared() && !ev.Wanted() {
		return fmt.Errorf("nobody declares or handles event %s%s", name, in.a.d.NearEvent(name))
	}
	args, err := in.a.events.CheckValues(ev, args)
	if err == nil && !in.a.d.Raise(ev, args) {
		err = errors.New("the event queue is full")
	}
	return err
}

// Connection is what the node's handlers get for c. One c is for one node.
func (in *Inside) Connection(c *flow.Conn) lua.LValue { return in.a.inputs.Connection(c) }

// SetOption sets an option, on all nodes of the cluster; done is called when it has its value here. A plain table is
// taken as from the command line, where a list is a vector or a set, too.
func (in *Inside) SetOption(id string, v lua.LValue, location string, done func()) error {
	if t, plain := v.(*lua.LTable); plain {
		if first, _ := t.Next(lua.LNil); first != lua.LNil {
			text, err := in.a.space.AppendJSON(nil, t)
			if err != nil {
				return err
			}
			return in.a.options.SetText(id, string(text), location, done)
		}
	}
	o, err := in.a.options.Lookup(id)
	if err != nil {
		return err
	}
	return o.Put(v, location, done)
}

// Eval runs a text in the node, as the command eval does.
func (in *Inside) Eval(text string) ([]lua.LValue, error) { return in.a.d.Eval(text) }

// Decode returns an event of a message, with its arguments as values of the node's VM; ok is false for other messages.
func (in *Inside) Decode(payload []byte) (name string, args []lua.LValue, ok bool) {
	m, err := wire.ParseEvent(payload)
	if err != nil {
		return "", nil, false
	}
	name = string(m.Name)
	args, err = in.a.events.DecodeEvent(in.a.d.Event(name), payload, nil)
	return name, args, err == nil
}

// Describe shows what a message holds, on one line.
func (in *Inside) Describe(payload []byte) string { return in.a.describe(payload) }
