package bindings

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/configlib"
	"moonpeer/bindings/convert"
	"moonpeer/net/wire"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// configuration is the options as they are shown to those who ask from outside: node.Configuration.
type configuration struct {
	options *configlib.Lib
	space   *convert.Space
}

// Options implements node.Configuration.
func (c configuration) Options() (out []node.OptionValue) {
	c.options.EachListed(func(o *configlib.Option) {
		v := node.OptionValue{Name: o.ID, Type: o.ValueType().String(), Doc: o.Doc, Location: o.Location,
			Text: string(c.space.AppendPrint(nil, o.Current()))}
		if text, err := c.space.AppendJSON(nil, o.Current()); err == nil {
			v.Value = text
		}
		out = append(out, v)
	})
	return out
}

// SetOption implements node.Configuration.
func (c configuration) SetOption(name, text, location string, done func()) error {
	return c.options.SetText(name, text, location, done)
}

// maxValues is how many values of an evaluated text are shown.
const maxValues = 100

// eval runs a text on behalf of whoever asks.
func (a *all) eval(d *script.Domain, text string) node.Evaluated {
	values, err := d.Eval(text)
	return evaluated(values, err, func(v lua.LValue) string { return string(a.space.AppendPrint(nil, v)) })
}

// evaluated makes an answer of what a text gave.
func evaluated(values []lua.LValue, err error, show func(lua.LValue) string) node.Evaluated {
	out := node.Evaluated{Values: []string{}}
	var le *luavm.Error
	switch {
	case errors.As(err, &le):
		out.Error, out.Traceback = le.Message, strings.TrimSpace(le.Traceback)
	case err != nil:
		out.Error = err.Error()
	}
	for i, v := range values {
		if i == maxValues {
			out.Values = append(out.Values, fmt.Sprintf("… %d more", len(values)-i))
			break
		}
		if v == lua.LNil {
			out.Values = append(out.Values, "nil")
			continue
		}
		out.Values = append(out.Values, show(v))
	}
	return out
}

// The bounds of what is shown of a message.
const (
	maxDescribed = 64 << 10 // bytes of a message whose contents are looked at
	maxShown     = 1000     // bytes of its text
)

// describe shows what a message holds, on one line and cut to size.
func (a *all) describe(payload []byte) string {
	m := Messages{space: a.space}
	return m.Describe(payload)
}

// Describe shows what a message holds, on one line and cut to size.
func (m *Messages) Describe(payload []byte) string {
	if kind, _, err := wire.ParseZeekHeader(payload); err == nil && kind == wire.ZeekBatch {
		return fmt.Sprintf("a batch of %d bytes", len(payload))
	}
	if len(payload) > maxDescribed {
		name, _ := wire.EventName(payload) // "" of what is no event
		return fmt.Sprintf("%s(%d bytes)", script.Clip(name), len(payload))
	}
	text := script.Printable(strings.TrimPrefix(string(m.AppendText(nil, Received{Payload: payload})), " "))
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}
