package bindings

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// EncodeValue makes the value that a script would store of a word, as Encode reads it. The result is serialised.
func (m *Messages) EncodeValue(text string) ([]byte, error) {
	v, err := m.parse(text)
	if err != nil {
		return nil, err
	}
	return m.space.AppendDefault(nil, v)
}

// Word appends the word that EncodeValue reads as a serialised value: a string as it is, if nothing else would be read, a
// scalar as kind:text, containers as JSON. It returns false if there is none.
func (m *Messages) Word(dst, raw []byte) (out []byte, ok bool) {
	v, err := m.decode(raw)
	if err != nil {
		return dst, false
	}
	words := []string{string(m.json(nil, v))}
	switch k := broker.Kind(raw[0]); {
	case k == broker.KindString:
		words = append([]string{string(v.(lua.LString))}, words...)
	case k < broker.KindSet:
		if n, ok := v.(lua.LNumber); ok && k == broker.KindReal {
			v = m.space.RealOfKind(float64(n)) // whose text can be read
		}
		text := string(convert.AppendText(nil, v))
		words = []string{text, kindWords[k] + ":" + text}
	}
	for _, w := range words {
		if back, err := m.EncodeValue(w); err == nil && string(back) == string(raw) {
			return append(dst, w...), true
		}
	}
	return dst, false
}

// kindWords are what ParseValue calls the kinds of scalars.
var kindWords = map[broker.Kind]string{broker.KindBoolean: "bool", broker.KindCount: "count", broker.KindInteger: "int",
	broker.KindReal: "real", broker.KindAddress: "addr", broker.KindSubnet: "subnet", broker.KindPort: "port",
	broker.KindTimestamp: "time", broker.KindTimespan: "interval", broker.KindEnum: "enum"}

// PrintValue appends a serialised value as scripts print it, on several lines if it is a set or a table.
func (m *Messages) PrintValue(dst, raw []byte) []byte {
	v, err := m.decode(raw)
	if err != nil {
		return append(dst, "(unreadable: "+err.Error()+")"...)
	}
	return m.space.AppendPrint(dst, v)
}

// JSONValue appends a serialised value as plain JSON; what has no form in that as its text.
func (m *Messages) JSONValue(dst, raw []byte) []byte {
	v, err := m.decode(raw)
	if err != nil {
		return m.json(dst, lua.LString("(unreadable: "+err.Error()+")"))
	}
	return m.json(dst, v)
}

func (m *Messages) decode(raw []byte) (lua.LValue, error) {
	r := wire.NewReader(raw)
	v, err := m.space.DecodeTyped(&r, convert.Any)
	if err == nil && r.Remaining() > 0 {
		err = wire.ErrTrailing
	}
	return v, err
}
