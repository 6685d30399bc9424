package inputlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct {
	Space  *convert.Space
	Events *eventlib.Lib

	types *types // apart from the rest: connections hold it, and outlive a reload
	logs  map[*input.RecordType]*convert.RecordType
}

// Open declares the events and record types of inputs.
func (l *Lib) Open(*script.Domain) (err error) {
	l.logs = map[*input.RecordType]*convert.RecordType{}
	if l.types, err = newTypes(l.Space); err != nil {
		return err
	}
	for _, name := range []string{"new_connection", "connection_established", "connection_state_remove"} {
		if err := l.Events.DeclareCore(name, "c: connection"); err != nil {
			return err
		}
	}
	l.Events.AddGoKind(l.convert)
	return nil
}

// convert implements eventlib.GoKind.
func (l *Lib) convert(ev *script.Event, v any, out []lua.LValue) ([]lua.LValue, bool, error) {
	switch v := v.(type) {
	case *flow.Conn:
		return append(out, l.Connection(v)), true, nil
	case *node.LogRecord:
		rec, err := l.record(v)
		if err != nil {
			return out, true, fmt.Errorf("event %s: %w", ev.Name, err)
		}
		return append(out, rec), true, nil
	case *node.JSONArgs:
		args, err := l.args(ev, v, out)
		return args, true, err
	}
	return out, false, nil
}

// Connection returns the userdata of c, which lives as long as c does.
func (l *Lib) Connection(c *flow.Conn) lua.LValue {
	v, ok := c.User.(lua.LValue)
	if !ok {
		v = l.Space.WrapRecord(&connection{c: c, t: l.types})
		c.User = v
	}
	return v
}

// Adopt makes what scripts have seen of c before a reload a value of this VM.
func (l *Lib) Adopt(c *flow.Conn) {
	if v, ok := c.User.(lua.LValue); ok {
		c.User, _ = l.Space.Bring(v)
	}
}

// record returns a line of a Zeek log as a typed record.
func (l *Lib) record(r *node.LogRecord) (lua.LValue, error) {
	rt, err := l.recordType(r.Type)
	if err != nil {
		return nil, err
	}
	return l.Space.FromData(r.Fields, convert.RecordOf(rt))
}

func (l *Lib) recordType(t *input.RecordType) (*convert.RecordType, error) {
	if rt, ok := l.logs[t]; ok {
		return rt, nil
	}
	fields := make([]convert.Field, len(t.Fields))
	taken := map[string]bool{}
	for i, f := range t.Fields {
		typ, err := l.fieldType(f)
		if err != nil {
			return nil, err
		}
		name := recordName(f.Name)
		for taken[name] {
			name += "_"
		}
		taken[name] = true
		fields[i] = convert.Field{Name: name, Type: convert.Option(typ)}
	}
	rt, err := convert.NewRecordType("Input::"+recordName(t.Name), fields...)
	if err != nil {
		return nil, fmt.Errorf("log %s: %w", t.Name, err)
	}
	rt.Open = true
	l.logs[t] = rt
	return rt, nil
}

// recordName makes the name of a record or field of what a log has, which may have characters that names do not and
// be there twice; the second of two is found with a _ behind it.
func recordName(name string) string {
	b := []byte(name)
	if len(b) == 0 {
		return "_"
	}
	for i, c := range b {
		if !(c == '_' || c >= '0' && c <= '9' && i > 0 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			b[i] = '_'
		}
	}
	return string(b)
}

func (l *Lib) fieldType(f input.Field) (*convert.Type, error) {
	if f.Record != nil {
		rt, err := l.recordType(f.Record)
		if err != nil {
			return nil, err
		}
		return convert.RecordOf(rt), nil
	}
	elem := convert.Scalar(kinds[f.Elem])
	switch f.Kind {
	case broker.KindSet:
		return convert.SetOf(elem), nil
	case broker.KindVector:
		return convert.VectorOf(elem), nil
	}
	return convert.Scalar(kinds[f.Kind]), nil
}

// kinds are the scalar types of broker's kinds; everything else is any.
var kinds = [broker.KindVector + 1]convert.Kind{
	broker.KindBoolean: convert.KindBool, broker.KindCount: convert.KindCount, broker.KindInteger: convert.KindInt,
	broker.KindReal: convert.KindReal, broker.KindString: convert.KindString, broker.KindAddress: convert.KindAddr,
	broker.KindSubnet: convert.KindSubnet, broker.KindPort: convert.KindPort, broker.KindTimestamp: convert.KindTime,
	broker.KindTimespan: convert.KindInterval, broker.KindEnum: convert.KindEnum,
}

// args returns the arguments of a JSON line as the event's declaration wants them, by default kinds without one.
func (l *Lib) args(ev *script.Event, j *node.JSONArgs, out []lua.LValue) ([]lua.LValue, error) {
	sig, _ := ev.Sig.(*convert.Signature)
	if sig != nil && (len(j.Args) > len(sig.Args) || len(j.Args) < sig.Required()) {
		return out, fmt.Errorf("stdin:%d: event %s: got %d arguments, expected (%s)", j.Line, ev.Name, len(j.Args), sig)
	}
	if err := eventlib.CheckCount(ev, len(j.Args)); err != nil {
		return out, fmt.Errorf("stdin:%d: %w", j.Line, err)
	}
	n := len(j.Args)
	if sig != nil {
		n = len(sig.Args)
	}
	for i := range n {
		var given any
		if i < len(j.Args) {
			given = j.Args[i]
		}
		typ := convert.Any
		if sig != nil {
			typ = sig.Args[i].Type
		}
		v, err := l.Space.FromJSON(given, typ)
		if err != nil {
			return out, fmt.Errorf("stdin:%d: event %s: argument #%d%s: %w", j.Line, ev.Name, i+1, argName(sig, i), err)
		}
		out = append(out, v)
	}
	return out, nil
}

// argName returns " (name)" where the declaration names the argument.
func argName(sig *convert.Signature, i int) string {
	if sig == nil || sig.Args[i].Name == "" {
		return ""
	}
	return " (" + sig.Args[i].Name + ")"
}
