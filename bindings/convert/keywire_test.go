package convert

import (
	"bytes"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// TestKeyWire: a key of a container on the wire is the value that it was, and comes back as the same key.
func TestKeyWire(t *testing.T) {
	v := newVM(t)
	pair, err := v.Tuple(lua.LString("a"), v.Port(broker.Port{Number: 80, Proto: broker.TCP}))
	if err != nil {
		t.Fatal(err)
	}
	for text, value := range map[string]lua.LValue{"count": lua.LNumber(5), "int": lua.LNumber(5), "real": lua.LNumber(5), "string": lua.LString("x\x00y"),
		"string, port": pair, "any": pair} {
		typ, err := v.ParseKeyType(text)
		if err != nil {
			t.Fatal(err)
		}
		key, err := v.AppendKey(nil, typ, value)
		if err != nil {
			t.Fatal(err)
		}
		b, ok := AppendKeyWire(nil, typ, key)
		want, err := v.AppendTyped(nil, typ, value)
		if !ok || err != nil || !bytes.Equal(b, want) {
			t.Errorf("%s: %q on the wire, want %q (%v)", text, b, want, err)
		}
		r := wire.NewReader(b)
		back, err := v.ReadKey([]byte("x"), &r, typ)
		if err != nil || r.Remaining() != 0 || string(back) != "x"+string(key) {
			t.Errorf("%s: %q comes back as %q: %v", text, key, back, err)
		}
	}
	r := wire.NewReader(wire.AppendCount(nil, 5))
	if _, err := v.ReadKey(nil, &r, Scalar(KindString)); err == nil {
		t.Error("a count is read as a string")
	}
}
