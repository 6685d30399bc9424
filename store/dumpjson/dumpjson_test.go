package dumpjson

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/rules"
)

// TestForms says what each kind looks like, and that it reads back.
func TestForms(t *testing.T) {
	t.Parallel()
	addr := func(s string) broker.Address {
		a, err := broker.ParseAddress(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, tt := range []struct {
		d    broker.Data
		want string
	}{
		{broker.None{}, `null`},
		{broker.Boolean(true), `true`},
		{broker.Count(0), `0`},
		{broker.Count(1 << 53), `9007199254740992`},
		{broker.Count(1<<53 + 1), `{"count":"9007199254740993"}`},
		{broker.Count(math.MaxUint64), `{"count":"18446744073709551615"}`},
		{broker.Integer(5), `{"int":5}`},
		{broker.Integer(-1 << 53), `{"int":-9007199254740992}`},
		{broker.Integer(math.MinInt64), `{"int":"-9223372036854775808"}`},
		{broker.Integer(math.MaxInt64), `{"int":"9223372036854775807"}`},
		{broker.Real(2), `{"real":2}`},
		{broker.Real(0.1), `{"real":0.1}`},
		{broker.Real(math.Copysign(0, -1)), `{"real":-0}`},
		{broker.Real(1e300), `{"real":1e+300}`},
		{broker.Real(math.Inf(-1)), `{"real":"-inf"}`},
		{broker.Real(math.Inf(1)), `{"real":"inf"}`},
		{broker.Real(math.NaN()), `{"real":"nan"}`},
		{broker.String("a\"\\\n\x00\x7fé\u2028\u0085"), `"a\"\\\n\u0000\u007fé\u2028\u0085"`},
		{broker.String("\xff"), `{"base64":"/w=="}`},
		{broker.String("\ufffd"), "\"\ufffd\""},
		{addr("10.0.0.1"), `{"addr":"10.0.0.1"}`},
		{addr("fe80::1"), `{"addr":"fe80::1"}`},
		{broker.Subnet{Net: addr("10.0.0.0"), Len: 104}, `{"subnet":"10.0.0.0/8"}`},
		{broker.Port{Number: 80, Proto: broker.TCP}, `{"port":"80/tcp"}`},
		{broker.Port{}, `{"port":"0/?"}`},
		{broker.Timestamp(1), `{"time":"1970-01-01T00:00:00.000000001Z"}`},
		{broker.Timestamp(math.MinInt64), `{"time":"1677-09-21T00:12:43.145224192Z"}`},
		{broker.Timestamp(math.MaxInt64), `{"time":"2262-04-11T23:47:16.854775807Z"}`},
		{broker.Timespan(5 * broker.Minute), `{"interval":"5 min"}`},
		{broker.Timespan(-1), `{"interval":"-1 ns"}`},
		{broker.Timespan(math.MinInt64), `{"interval":"-9223372036.854775808 s"}`},
		{broker.Enum("Notice::LOG"), `{"enum":"Notice::LOG"}`},
		{broker.Enum(""), `{"enum":""}`},
		{broker.Enum("\xff"), `{"raw":"CwH/"}`},
		{broker.Vector{}, `[]`},
		{broker.Vector{broker.Count(1), broker.Vector{}, broker.None{}}, `[1,[],null]`},
		{broker.Set{}, `{"set":[]}`},
		{broker.Set{broker.Count(1), broker.String("a")}, `{"set":[1,"a"]}`},
		{broker.Table{{Key: broker.String("k"), Value: broker.Set{broker.Boolean(false)}}}, `{"table":[["k",{"set":[false]}]]}`},
	} {
		raw := wire.AppendData(nil, tt.d)
		got, ok := AppendValue(nil, raw)
		if string(got) != tt.want || !ok {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if back, err := ParseValue(got); err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%s: read back as %x, %v, want %x", got, back, err, raw)
		}
	}
}

// TestRoundTrip has random values of all kinds, also as keys, survive a line.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 20_000 {
		key, value := wire.AppendData(nil, random(r, 0)), wire.AppendData(nil, random(r, 0))
		key, err := rules.CanonicalKey(nil, key)
		if err != nil {
			t.Fatal(err)
		}
		expiry := int64(0)
		if r.IntN(2) == 0 {
			expiry = r.Int64() | 1
		}
		line, ok := AppendLine(nil, key, value, expiry)
		if !ok || !json.Valid(line) || bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("no line of JSON: %q", line)
		}
		e, err := ParseLine(line)
		if err != nil || !bytes.Equal(e.Key, key) || !bytes.Equal(e.Value, value) || e.Expiry != expiry {
			t.Fatalf("%d: %s\nread back as %x %x %d, %v\nwant         %x %x %d", i, line, e.Key, e.Value, e.Expiry, err, key, value, expiry)
		}
		// What jq and other tools do to it: another spelling of strings and numbers.
		var v any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if e2, err := ParseLine(again); err != nil || !bytes.Equal(e2.Value, value) {
			t.Fatalf("%s\nthrough a tool, %v", again, err)
		}
	}
}

// random returns a value; sets and tables in it are canonical.
func random(r *rand.Rand, depth int) broker.Data {
	kinds := 15
	if depth > 3 {
		kinds = 12
	}
	switch broker.Kind(r.IntN(kinds)) {
	case broker.KindNone:
		return broker.None{}
	case broker.KindBoolean:
		return broker.Boolean(r.IntN(2) == 0)
	case broker.KindCount:
		return broker.Count(r.Uint64() >> r.IntN(64))
	case broker.KindInteger:
		return broker.Integer(int64(r.Uint64()) >> r.IntN(64))
	case broker.KindReal:
		f := math.Float64frombits(r.Uint64())
		if r.IntN(2) == 0 {
			f = float64(r.IntN(2000)-1000) / 8
		}
		if f != f && depth > 0 { // in a set it is no canonical value
			f = 0
		}
		raw := wire.AppendReal(nil, f) // as far as the wire has it: no subnormals
		d, _ := wire.DecodeData(raw)
		return d
	case broker.KindString:
		return broker.String(text(r))
	case broker.KindAddress:
		var a broker.Address
		fill(r, a[:])
		return a
	case broker.KindSubnet:
		var s broker.Subnet
		fill(r, s.Net[:])
		s.Len = uint8(r.IntN(256))
		return s
	case broker.KindPort:
		return broker.Port{Number: uint16(r.Uint32()), Proto: broker.Proto(r.IntN(4))}
	case broker.KindTimestamp:
		return broker.Timestamp(int64(r.Uint64()) >> r.IntN(64))
	case broker.KindTimespan:
		return broker.Timespan(int64(r.Uint64()) >> r.IntN(64))
	case broker.KindEnum:
		return broker.Enum(text(r))
	case broker.KindSet:
		var elems []broker.Data
		for range r.IntN(4) {
			elems = append(elems, random(r, depth+1))
		}
		if s, err := broker.NewSet(elems...); err == nil {
			return s
		}
	case broker.KindTable:
		var items []broker.TableItem
		for range r.IntN(4) {
			items = append(items, broker.TableItem{Key: random(r, depth+1), Value: random(r, depth+1)})
		}
		if s, err := broker.NewTable(items...); err == nil {
			return s
		}
	}
	v := broker.Vector{}
	for range r.IntN(4) {
		v = append(v, random(r, depth+1))
	}
	return v
}

// fill makes an address: now and then one of IPv4, or one with many zeros.
func fill(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.IntN(256) * r.IntN(2))
	}
	if r.IntN(2) == 0 {
		copy(b, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff")
	}
}

func text(r *rand.Rand) string {
	b := make([]byte, r.IntN(8))
	for i := range b {
		b[i] = byte(r.IntN(256))
		if r.IntN(2) == 0 {
			b[i] %= 0x80
		}
	}
	if r.IntN(4) == 0 {
		return string([]rune{rune(r.IntN(0x3000)), 'x', 0x1f600})
	}
	return string(b)
}

// TestLenient: what is unambiguous is read in any form.
func TestLenient(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]broker.Data{
		` {"set" : [3,1, 2]} `:        broker.Set{broker.Count(1), broker.Count(2), broker.Count(3)},
		`{"count":"5"}`:               broker.Count(5),
		`{"count":5}`:                 broker.Count(5),
		`{"int":"-5"}`:                broker.Integer(-5),
		`{"real":"2.5"}`:              broker.Real(2.5),
		`{"real":1E3}`:                broker.Real(1000),
		`{"interval":"90s"}`:          broker.Timespan(90 * broker.Second),
		`{"table":[["b",1],["a",2]]}`: broker.Table{{Key: broker.String("a"), Value: broker.Count(2)}, {Key: broker.String("b"), Value: broker.Count(1)}},
		`{"raw":"AAA="}`:              nil, // two values
	} {
		got, err := ParseValue([]byte(text))
		if want == nil {
			if err == nil {
				t.Errorf("%s was read", text)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, wire.AppendData(nil, want)) {
			t.Errorf("%s: got %x, %v, want %s", text, got, err, broker.Text(want))
		}
	}
}

// TestErrors: each says what is wrong, and where.
func TestErrors(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		``:                                        "no JSON: it is cut off",
		`{"key":1,"value":`:                       "no JSON: it is cut off",
		`{"key":1,"value":x}`:                     "no JSON: byte 18: invalid character 'x'",
		"{\"key\":\"\xff\",\"value\":1}":          "no JSON: it is not UTF-8",
		`{"key":1,"value":1} 2`:                   "no JSON: there is more behind the value",
		`5`:                                       "want an object with key and value, got number 5",
		`{"key":1}`:                               "value is missing",
		`{"value":1}`:                             "key is missing",
		`{"key":1,"value":1,"expire":"x"}`:        `unknown field "expire": an entry has key, value and expires`,
		`{"key":1,"value":1,"expires":5}`:         `expires: want a time such as "2026-01-02T03:04:05Z", got number 5`,
		`{"key":-1,"value":1}`:                    "key: a bare number is a count, and -1 is none",
		`{"key":1.5,"value":1}`:                   "key: a bare number is a count, and 1.5 is none",
		`{"key":1e3,"value":1}`:                   "key: a bare number is a count, and 1e3 is none",
		`{"key":1,"value":18446744073709551616}`:  "value: a bare number is a count, and 18446744073709551616 is none",
		`{"key":1,"value":{}}`:                    "value: want an object with one member, which says the kind, got 0",
		`{"key":1,"value":{"a":1,"b":2}}`:         "value: want an object with one member, which says the kind, got 2",
		`{"key":1,"value":{"adr":"10.0.0.1"}}`:    `value: unknown kind "adr": want one of count int `,
		`{"key":1,"value":{"adr":5}}`:             `value: unknown kind "adr": want one of count int `,
		`{"key":1,"value":{"addr":5}}`:            "value: addr: want a text, got number 5",
		`{"key":1,"value":{"addr":"10.0.0"}}`:     `value: addr: address "10.0.0": `,
		`{"key":1,"value":{"count":-1}}`:          `value: count: "-1": want digits`,
		`{"key":1,"value":{"real":"0x1p3"}}`:      `value: real: "0x1p3": want a decimal number`,
		`{"key":1,"value":{"real":1e999}}`:        `value: real: "1e999": want a decimal number`,
		`{"key":1,"value":{"base64":"?"}}`:        "value: base64: illegal base64",
		`{"key":1,"value":{"raw":"/w=="}}`:        "value: raw: its bytes are no value",
		`{"key":1,"value":{"set":5}}`:             "value: set: want an array, got number 5",
		`{"key":1,"value":{"set":[1,1]}}`:         "value: an element of a set, or a key of a table, comes twice",
		`{"key":1,"value":[1,{"set":[{"x":1}]}]}`: "value: element 2: element 1: unknown kind \"x\"",
		`{"key":1,"value":{"table":[1]}}`:         "value: item 1: want [key,value], got number 1",
		`{"key":1,"value":{"table":[[1,-1]]}}`:    "value: value of item 1: a bare number",
		`{"key":1,"value":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`: "value: element 1:",
	} {
		_, err := ParseLine([]byte(line))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
	deepest := `{"key":1,"value":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`
	if _, err := ParseLine([]byte(deepest)); err != nil {
		t.Errorf("a value as deep as can be: %v", err)
	}
}

// TestNoValue: bytes that are no value are in the dump, and not taken when it is loaded.
func TestNoValue(t *testing.T) {
	t.Parallel()
	line, ok := AppendLine(nil, wire.AppendCount(nil, 1), []byte{0xff, 1}, 0)
	if want := `{"key":1,"value":{"raw":"/wE="}}` + "\n"; string(line) != want || ok {
		t.Errorf("got %s, %v, want %s", line, ok, want)
	}
	if _, err := ParseLine(line); err == nil {
		t.Error("it was read")
	}
}

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{`{"key":1,"value":{"set":[1,{"addr":"::1"}]},"expires":"2026-01-02T03:04:05Z"}`,
		`{"key":{"real":-0.0},"value":{"table":[[{"raw":"AA=="},"x"]]}}`, `{"key":{"real":"nan"},"value":{"interval":"1.5 h"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := ParseLine(line)
		if err != nil {
			return
		}
		again, ok := AppendLine(nil, e.Key, e.Value, e.Expiry)
		if !ok {
			t.Fatalf("what was read is no value: %x %x", e.Key, e.Value)
		}
		if back, err := ParseLine(again); err != nil || !bytes.Equal(back.Key, e.Key) || !bytes.Equal(back.Value, e.Value) || back.Expiry != e.Expiry {
			t.Fatalf("%s: written as %s, read back with %v", line, again, err)
		}
	})
}

func BenchmarkParseLine(b *testing.B) {
	line := []byte(`{"key":["ann",{"addr":"10.0.0.1"}],"value":{"time":"2026-01-02T03:04:05.123456789Z"},"expires":"2026-02-01T00:00:00Z"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if _, err := ParseLine(line); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendLine(b *testing.B) {
	e, err := ParseLine([]byte(`{"key":["ann",{"addr":"10.0.0.1"}],"value":{"time":"2026-01-02T03:04:05.123456789Z"},"expires":"2026-02-01T00:00:00Z"}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst, _ = AppendLine(dst[:0], e.Key, e.Value, e.Expiry)
	}
}
