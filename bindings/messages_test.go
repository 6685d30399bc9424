package bindings_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// messagesAt returns Messages whose present is always the same second.
func messagesAt(t testing.TB, sec int64) *bindings.Messages {
	t.Helper()
	m, err := bindings.NewMessages(func() int64 { return sec * 1e9 })
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMessagesEncode(t *testing.T) {
	t.Parallel()
	m := messagesAt(t, 7)
	got, err := m.Encode("EX::found", []string{"addr:10.0.0.1", "80", "-5", "real:3", "text", `"80"`, "", "true", `["a",1]`, "null", "set:x", "port:53/udp"})
	if err != nil {
		t.Fatal(err)
	}
	want := wire.AppendEventHeaderMeta(nil, "EX::found", 12)
	want = wire.AppendAddress(want, broker.AddressFrom4([4]byte{10, 0, 0, 1}))
	want = wire.AppendReal(wire.AppendInteger(wire.AppendCount(want, 80), -5), 3)
	want = wire.AppendBoolean(wire.AppendString(wire.AppendString(wire.AppendString(want, "text"), "80"), ""), true)
	want = wire.AppendCount(wire.AppendString(wire.AppendVectorHeader(want, 2), "a"), 1)
	want = wire.AppendString(wire.AppendNone(want), "set:x")
	want = wire.AppendPort(want, broker.Port{Number: 53, Proto: broker.UDP})
	want = wire.AppendEventTime(want, 7e9)
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestMessagesEncodeRefuses(t *testing.T) {
	t.Parallel()
	m := messagesAt(t, 0)
	for _, text := range []string{"addr:nonsense", "port:99999/tcp", "count:-1", "interval:5", "real:x"} {
		_, err := m.Encode("e", []string{"1", text})
		kind, _, _ := strings.Cut(text, ":")
		if err == nil || !strings.HasPrefix(err.Error(), "argument #2: ") || !strings.Contains(err.Error(), kind) {
			t.Errorf("%s: got %v, want which argument, and what it was to be", text, err)
		}
	}
}

func TestMessagesRestamp(t *testing.T) {
	t.Parallel()
	now := int64(1e9)
	m, err := bindings.NewMessages(func() int64 { return now })
	if err != nil {
		t.Fatal(err)
	}
	payload, err := m.Encode("e", nil)
	if err != nil {
		t.Fatal(err)
	}
	now = 2e9
	m.Restamp(payload)
	if again, _ := m.Encode("e", nil); !bytes.Equal(payload, again) {
		t.Errorf("got %x, want %x", payload, again)
	}
}

// some makes payloads for the tests below.
var (
	scalars = func() []byte {
		b := wire.AppendEventHeaderMeta(nil, "EX::all", 12)
		b = wire.AppendNone(b)
		b = wire.AppendBoolean(b, true)
		b = wire.AppendCount(b, math.MaxUint64)
		b = wire.AppendInteger(b, -3)
		b = wire.AppendReal(b, 0.5)
		b = wire.AppendString(b, "a \"b\"\n\xff\x1b")
		b = wire.AppendAddress(b, broker.AddressFrom4([4]byte{10, 0, 0, 1}))
		b = wire.AppendSubnet(b, broker.Subnet{Net: broker.AddressFrom4([4]byte{10, 0, 0, 0}), Len: 104})
		b = wire.AppendPort(b, broker.Port{Number: 80, Proto: broker.TCP})
		b = wire.AppendTimestamp(b, 1_500_000_001)
		b = wire.AppendTimespan(b, 300e9)
		b = wire.AppendEnum(b, "EX::RED")
		return wire.AppendEventTime(b, 1_700_000_000_250_000_000)
	}()
	containers = func() []byte {
		b := wire.AppendEventHeader(nil, "EX::some", 4)
		b = wire.AppendString(wire.AppendString(wire.AppendSetHeader(b, 2), "a"), "b")
		b = wire.AppendTableHeader(b, 1)
		b = wire.AppendCount(wire.AppendAddress(b, broker.AddressFrom4([4]byte{10, 0, 0, 1})), 2)
		b = wire.AppendBoolean(wire.AppendString(wire.AppendTableHeader(b, 1), "k"), false)
		return wire.AppendReal(wire.AppendVectorHeader(b, 1), math.Inf(1))
	}()
	identifier = wire.AppendCount(wire.AppendIdentifierHeader(nil, "EX::n"), 5)
)

func TestMessagesRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		payload    []byte
		json, text string // json without topic, from and node
	}{
		{
			"scalars", scalars,
			`"event":"EX::all","args":[null,true,18446744073709551615,-3,0.5,"a \"b\"\n` + "\uFFFD" + `\u001b","10.0.0.1","10.0.0.0/8","80/tcp",1.500000001,300,"EX::RED"],"time":1700000000.25`,
			`/t EX::all(nil, true, 18446744073709551615, -3, 0.5, "a \"b\"\n` + "\uFFFD" + `\u001b", 10.0.0.1, 10.0.0.0/8, 80/tcp, 1.500000, 5 min, EX::RED)`,
		},
		{
			"containers", containers,
			`"event":"EX::some","args":[["a","b"],[["10.0.0.1",2]],{"k":false},"[inf]"],"time":null`,
			`/t EX::some(["a","b"], [["10.0.0.1",2]], {"k":false}, "[inf]")`,
		},
		{"no arguments", wire.AppendEventHeader(nil, "e", 0), `"event":"e","args":[],"time":null`, "/t e()"},
		{"identifier", identifier, `"identifier":"EX::n","value":5`, "/t EX::n = 5"},
		{"a value", wire.AppendString(wire.AppendVectorHeader(nil, 1), "x"), `"data":["x"]`, `/t ["x"]`},
		{"a string", wire.AppendString(nil, "x"), `"data":"x"`, `/t "x"`},
		{
			"a log record", wire.AppendString(wire.AppendVectorHeader(wire.AppendZeekHeader(nil, wire.ZeekLogWrite), 1), "x"),
			`"data":[1,3,["x"]]`, `/t [1,3,["x"]]`,
		},
		{"garbage", []byte{0xee}, `"error":"deserialization_failed: unknown kind of value"`, "/t (unreadable: deserialization_failed: unknown kind of value)"},
		{"trailing bytes", append(wire.AppendCount(nil, 1), 0), `"error":"` + wire.ErrTrailing.Error() + `"`, "/t (unreadable: " + wire.ErrTrailing.Error() + ")"},
		{
			"an argument cut short", wire.AppendString(wire.AppendEventHeader(nil, "e", 2), "x"),
			`"event":"e","error":"argument #2: deserialization_failed: input ends within a value"`,
			"/t e (unreadable: argument #2: deserialization_failed: input ends within a value)",
		},
	}
	m := messagesAt(t, 0)
	from := broker.EndpointID{1}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := bindings.Received{Topic: []byte("/t"), Payload: tt.payload, From: from, Node: "a\""}
			want := `{"topic":"/t",` + tt.json + `,"from":"` + from.String() + `","node":"a\""}`
			got := m.AppendJSON(nil, r)
			if string(got) != want || !json.Valid(got) {
				t.Errorf("JSON: got\n%s\nwant\n%s", got, want)
			}
			if got := string(m.AppendText(nil, r)); got != tt.text {
				t.Errorf("text: got\n%s\nwant\n%s", got, tt.text)
			}
		})
	}
	if got := m.AppendJSON(nil, bindings.Received{Payload: identifier}); !bytes.HasSuffix(got, []byte(`,"node":null}`)) {
		t.Errorf("without a name: got %s", got)
	}
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	batch := func(messages ...[]byte) []byte {
		b := wire.AppendVectorHeader(wire.AppendZeekHeader(nil, wire.ZeekBatch), len(messages))
		return append(b, bytes.Join(messages, nil)...)
	}
	a, b, c := wire.AppendEventHeader(nil, "a", 0), identifier, scalars
	broken := batch(a, wire.AppendCount(nil, 1))
	tests := []struct {
		name    string
		payload []byte
		want    [][]byte
	}{
		{"no batch", a, [][]byte{a}},
		{"a batch", batch(a, b), [][]byte{a, b}},
		{"a batch in a batch", batch(a, batch(b, batch()), c), [][]byte{a, batch(b, batch()), c}},
		{"empty", batch(), nil},
		{"with something that is no message", broken, [][]byte{broken}},
	}
	for _, tt := range tests {
		var got [][]byte
		for m := range bindings.Unpack(tt.payload) {
			got = append(got, m)
		}
		if !bytes.Equal(bytes.Join(got, []byte("|")), bytes.Join(tt.want, []byte("|"))) {
			t.Errorf("%s: got %x, want %x", tt.name, got, tt.want)
		}
	}
	for range bindings.Unpack(batch(a, b, c)) {
		break // whoever has enough may stop anywhere
	}
	r := bindings.Received{Topic: []byte("/t"), Payload: batch(a)}
	m := messagesAt(t, 0)
	if got, want := string(m.AppendText(nil, r)), "/t (unreadable: a batch inside a batch)"; got != want {
		t.Errorf("a batch that Unpack leaves: got %q, want %q", got, want)
	}
	if got, want := string(m.AppendJSON(nil, r)), `{"topic":"/t","error":"a batch inside a batch",`; !strings.HasPrefix(got, want) {
		t.Errorf("a batch that Unpack leaves: got %s, want %s", got, want)
	}
}

// FuzzMessages: whatever arrives becomes one line of JSON and one of text.
func FuzzMessages(f *testing.F) {
	for _, seed := range [][]byte{scalars, containers, identifier, {0xee}, nil} {
		f.Add([]byte("/t"), seed)
	}
	m := messagesAt(f, 0)
	f.Fuzz(func(t *testing.T, topic, payload []byte) {
		for part := range bindings.Unpack(payload) {
			r := bindings.Received{Topic: topic, Payload: part}
			if line := m.AppendJSON(nil, r); !json.Valid(line) || bytes.IndexByte(line, '\n') >= 0 {
				t.Errorf("%q is not one line of JSON", line)
			}
			m.AppendText(nil, r)
		}
	})
}
