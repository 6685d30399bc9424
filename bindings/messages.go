package bindings

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/containerlib"
	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/bindings/namespacelib"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

// Messages makes messages of a command line's words and lines of messages, for commands, which know no Lua values.
// It has a VM of its own, and belongs to one goroutine.
type Messages struct {
	domain *script.Domain
	space  *convert.Space
	events *eventlib.Lib
	args   []lua.LValue
}

// NewMessages returns the means; now is what messages get as their time, in ns since 1970.
func NewMessages(now func() int64) (*Messages, error) {
	m := &Messages{}
	if _, err := script.New(script.Options{Modules: []script.Module{m}, Clock: now}); err != nil {
		return nil, err
	}
	return m, nil
}

// Open implements script.Module: sets and tables that are decoded are to be what they are for scripts.
func (m *Messages) Open(d *script.Domain) error {
	m.domain, m.space = d, convert.NewSpace(d.L)
	names := namespacelib.New(d)
	names.Open()
	m.events = eventlib.New(d, m.space, names, nil)
	return (&containerlib.Lib{Space: m.space, Names: names}).Open(d)
}

// Encode makes the message that a script would publish for an event that nobody has declared. Each argument is read
// as kind:text, such as addr:10.0.0.1, else as JSON if it parses, else it is a string. A number that is written with a
// point or an exponent is a real, also 2.0.
func (m *Messages) Encode(event string, args []string) ([]byte, error) {
	values := make([]lua.LValue, len(args))
	for i, text := range args {
		v, err := m.parse(text)
		if err != nil {
			return nil, fmt.Errorf("argument #%d: %w", i+1, err)
		}
		values[i] = v
	}
	return m.events.EncodeArgs(nil, m.domain.Event(event), values)
}

// parse reads one word.
func (m *Messages) parse(text string) (lua.LValue, error) {
	v, err := m.space.ParseValue(text, nil)
	if n, ok := v.(lua.LNumber); ok && strings.ContainsAny(text, ".eE") && !strings.Contains(text, ":") {
		v = m.space.RealOfKind(float64(n))
	}
	return v, err
}

// Restamp gives a message of Encode the present as its time.
func (m *Messages) Restamp(payload []byte) { m.events.Restamp(payload) }

// Received is a message from a peer.
type Received struct {
	Topic   []byte
	Payload []byte
	From    broker.EndpointID // who published it
	Node    string            // the node that handed it over; "" if it has no name
}

// Unpack goes through the messages of a batch. Any other payload is one message, also a batch inside a batch: Zeek sends
// none, and to take them apart would read the same bytes again at each level.
func Unpack(payload []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		batch, err := wire.ParseBatch(payload)
		if err != nil {
			yield(payload)
			return
		}
		for m, ok := batch.Next(); ok && yield(m); m, ok = batch.Next() {
		}
	}
}

var errNested = errors.New("a batch inside a batch")

// content is what a payload says.
type content struct {
	kind string // "event" with a name, arguments and perhaps a time; "identifier" with a name and a value; "data" with a value
	name string
	args []lua.LValue
	time lua.LValue
	err  error // why the arguments or the value can't be read
}

// read looks at one message. The arguments are good until the next call.
func (m *Messages) read(payload []byte) content {
	if ev, err := wire.ParseEvent(payload); err == nil {
		c := content{kind: "event", name: string(ev.Name), time: lua.LNil}
		if at, ok := ev.Time(); ok {
			c.time = m.space.Time(at)
		}
		c.args, c.err = m.space.DecodeArgs(&ev.Args, ev.NArgs, nil, m.args[:0])
		m.args = c.args[:0]
		return c
	}
	c := content{kind: "data"}
	if _, err := wire.ParseBatch(payload); err == nil { // Unpack has taken apart any other
		c.err = errNested
		return c
	}
	name, r, err := wire.ParseIdentifier(payload)
	if err == nil {
		c.kind, c.name = "identifier", string(name)
	} else {
		r = wire.NewReader(payload)
	}
	v, err := m.space.DecodeTyped(&r, convert.Any)
	if err == nil && r.Remaining() > 0 {
		err = wire.ErrTrailing
	}
	c.args, c.err = []lua.LValue{v}, err
	return c
}

// AppendJSON appends a message as one JSON object: topic, then event, args and time, or identifier and value of an
// identifier update, or data for everything else; then from and node. What can't be read has error in the place of its
// contents.
func (m *Messages) AppendJSON(dst []byte, r Received) []byte {
	c := m.read(r.Payload)
	field := func(key string, v lua.LValue) {
		dst = m.json(append(append(append(dst, ",\""...), key...), "\":"...), v)
	}
	dst = m.json(append(dst, `{"topic":`...), lua.LString(r.Topic))
	if c.kind != "data" {
		field(c.kind, lua.LString(c.name))
	}
	switch {
	case c.err != nil:
		field("error", lua.LString(c.err.Error()))
	case c.kind == "event":
		dst = m.list(append(dst, `,"args":`...), c.args)
		field("time", c.time)
	case c.kind == "identifier":
		field("value", c.args[0])
	default:
		field("data", c.args[0])
	}
	field("from", lua.LString(r.From.String()))
	if r.Node == "" {
		return append(dst, `,"node":null}`...)
	}
	field("node", lua.LString(r.Node))
	return append(dst, '}')
}

// AppendText appends a message for people, on one line: topic event(arg, arg), topic identifier = value, topic value.
// Bytes that a terminal would act on may be left in topics and names.
func (m *Messages) AppendText(dst []byte, r Received) []byte {
	c := m.read(r.Payload)
	dst = append(append(dst, r.Topic...), ' ')
	dst = append(dst, c.name...)
	switch {
	case c.err != nil:
		if c.name != "" {
			dst = append(dst, ' ')
		}
		return append(dst, "(unreadable: "+c.err.Error()+")"...)
	case c.kind == "event":
		dst = append(dst, '(')
		for i, v := range c.args {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = m.text(dst, v)
		}
		return append(dst, ')')
	case c.kind == "identifier":
		dst = append(dst, " = "...)
	}
	return m.text(dst, c.args[0])
}

func (m *Messages) list(dst []byte, values []lua.LValue) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = m.json(dst, v)
	}
	return append(dst, ']')
}

// json appends a value; one with something inside that JSON can't say, such as an infinity, as its text.
func (m *Messages) json(dst []byte, v lua.LValue) []byte {
	out, err := m.space.AppendJSON(dst, v)
	if err != nil {
		out, _ = m.space.AppendJSON(dst, lua.LString(m.space.AppendPrint(nil, v))) // a string has a form
	}
	return out
}

// text appends a scalar as scripts print it, but a string in quotes, and anything else as JSON, which has one line.
func (m *Messages) text(dst []byte, v lua.LValue) []byte {
	if kind, ok := convert.DefaultKind(v); !ok || kind == broker.KindString || kind >= broker.KindSet {
		return m.json(dst, v)
	}
	return convert.AppendText(dst, v)
}
