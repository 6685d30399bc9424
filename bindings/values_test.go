package bindings

import (
	"bytes"
	"math"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// TestWords: what a store holds is shown as a word that finds it again, where there is one.
func TestWords(t *testing.T) {
	t.Parallel()
	m, err := NewMessages(func() int64 { return 0 })
	if err != nil {
		t.Fatal(err)
	}
	addr, _ := broker.ParseAddress("10.0.0.1")
	for _, tt := range []struct {
		d           broker.Data
		word, print string
		json        string
	}{
		{broker.String("ann"), `ann`, "ann", `"ann"`},
		{broker.String("5"), `"5"`, "5", `"5"`},
		{broker.String("addr:1"), `"addr:1"`, "addr:1", `"addr:1"`},
		{broker.String("http://x"), `http://x`, "http://x", `"http://x"`},
		{broker.String(""), ``, "", `""`},
		{broker.String("\xff"), "\xff", "\xff", `"` + "\ufffd" + `"`},
		{broker.Count(5), `5`, "5", `5`},
		{broker.Integer(5), `int:5`, "5", `5`},
		{broker.Integer(-5), `-5`, "-5", `-5`},
		{broker.Real(2), `2.0`, "2", `2`},
		{broker.Real(2.5), `2.5`, "2.5", `2.5`},
		{broker.Real(math.Inf(1)), `real:inf`, "+Inf", `"+Inf"`},
		{broker.Boolean(true), `true`, "T", `true`},
		{addr, `addr:10.0.0.1`, "10.0.0.1", `"10.0.0.1"`},
		{broker.Port{Number: 80, Proto: broker.TCP}, `port:80/tcp`, "80/tcp", `"80/tcp"`},
		{broker.Timespan(90 * broker.Second), `interval:90 s`, "90 s", `90`},
		{broker.Enum("A::B"), `enum:A::B`, "A::B", `"A::B"`},
		{broker.Vector{broker.String("a"), broker.Count(1)}, `["a",1]`, "[a, 1]", `["a",1]`},
		{broker.Vector{broker.String("a"), addr}, "-", "[a, 10.0.0.1]", `["a","10.0.0.1"]`},
		{broker.Set{broker.Count(1)}, "-", "{\n1\n}", `[1]`},
	} {
		raw := wire.AppendData(nil, tt.d)
		word, ok := m.Word(nil, raw)
		if !ok {
			word = []byte("-")
		}
		if string(word) != tt.word {
			t.Errorf("%s: got the word %q, want %q", broker.Text(tt.d), word, tt.word)
		}
		if got := m.PrintValue(nil, raw); string(got) != tt.print {
			t.Errorf("%s: printed as %q, want %q", broker.Text(tt.d), got, tt.print)
		}
		if got := m.JSONValue(nil, raw); string(got) != tt.json {
			t.Errorf("%s: as JSON %s, want %s", broker.Text(tt.d), got, tt.json)
		}
		if back, err := m.EncodeValue(string(word)); ok && (err != nil || !bytes.Equal(back, raw)) {
			t.Errorf("%q: read as %x, %v", word, back, err)
		}
	}
	for _, raw := range [][]byte{nil, {0xff}, {5, 9}, append(wire.AppendCount(nil, 1), 0)} {
		if _, ok := m.Word(nil, raw); ok || !bytes.HasPrefix(m.PrintValue(nil, raw), []byte("(unreadable: ")) || !bytes.HasPrefix(m.JSONValue(nil, raw), []byte(`"(unreadable: `)) {
			t.Errorf("%x was read", raw)
		}
	}
	if _, err := m.EncodeValue("addr:10"); err == nil {
		t.Error("addr:10 was read")
	}
}
