package wirejson_test

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"moonpeer/net/broker"
	"moonpeer/net/internal/vectors"
	"moonpeer/net/wire"
	"moonpeer/net/wirejson"
)

func TestAppendData(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   broker.Data
		want string
	}{
		{"S24 none", broker.None{}, typed("none", "{}")},
		{"S24 nil", nil, typed("none", "{}")},
		{"S24 empty table", broker.Table(nil), typed("table", "[]")},
		{"S25 real", broker.Real(-7.5), typed("real", "-7.500000")},
		{"S25 timestamp", broker.Timestamp(1404901004e9), typed("timestamp", `"2014-07-09T10:16:44.000"`)},
		{"S25 zero timespan", broker.Timespan(0), typed("timespan", `"0s"`)},
		{"S25 1500 ms", 1500 * broker.Millisecond, typed("timespan", `"1500ms"`)},
		{"S25 60 s", broker.Minute, typed("timespan", `"60s"`)},
		{"S25 999 ns", broker.Timespan(999), typed("timespan", `"999ns"`)},
		{"S26 table", broker.Table{{Key: broker.String("a"), Value: broker.Count(1)}},
			typed("table", `[{"key":`+typed("string", `"a"`)+`,"value":`+typed("count", "1")+`}]`)},
		{"S36 escapes", broker.String("a\"b\\c\nd\te/é"), typed("string", `"a\"b\\c\nd\te/é"`)},
		{"control characters", broker.String("\x00\v\x1f\x7f"), typed("string", "\"\\u0000\\u000b\\u001f\x7f\"")},
		{"no HTML escapes", broker.String("<&>"), typed("string", `"<&>"`)},
		{"enum", broker.Enum("Notice::LOG"), typed("enum-value", `"Notice::LOG"`)},
		{"infinity", broker.Real(math.Inf(1)), typed("real", "1e400")},
		{"minus infinity", broker.Real(math.Inf(-1)), typed("real", "-1e400")},
		{"NaN", broker.Real(math.NaN()), typed("real", "null")},
		{"S66 -1 ns", broker.Timespan(-1), typed("timespan", `"-1ns"`)},
		{"S66 90 s", 90 * broker.Second, typed("timespan", `"90s"`)},
		{"S66 a day", broker.Day, typed("timespan", `"86400s"`)},
		{"before 1970", broker.Timestamp(-1500000000), typed("timestamp", `"1969-12-31T23:59:59.000"`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := wirejson.AppendData(nil, tt.in)
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !json.Valid(got) {
				t.Errorf("%s is no JSON", got)
			}
		})
	}
}

func TestAppendFrames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		got  []byte
		want string
	}{
		{"S23 data message", wirejson.AppendMessage(nil, "/test/cpp/internal/json_type_mapper", broker.Vector{broker.Count(42), broker.String("hello")}),
			`{"type":"data-message","topic":"/test/cpp/internal/json_type_mapper","@data-type":"vector","data":[{"@data-type":"count","data":42},{"@data-type":"string","data":"hello"}]}`},
		{"S38 error", wirejson.AppendError(nil, "invalid_uri", "Invalid URI - use /v1/messages/json"),
			`{"type":"error","code":"invalid_uri","context":"Invalid URI - use /v1/messages/json"}`},
		{"ack", wirejson.AppendAck(nil, "925c9110-5b87-57d9-9d80-b65568e87a44", `2.7.0 "x"`),
			`{"type":"ack","endpoint":"925c9110-5b87-57d9-9d80-b65568e87a44","version":"2.7.0 \"x\""}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if string(tt.got) != tt.want {
				t.Errorf("got %s, want %s", tt.got, tt.want)
			}
		})
	}
}

// FuzzDecode reads JSON, and what it reads once it can write and read again.
func FuzzDecode(f *testing.F) {
	data := vectors.LoadData(f)
	for _, v := range data.Vectors {
		f.Add(v.JSONBytes())
	}
	for _, v := range data.JSONDecode {
		f.Add([]byte(v.JSON))
	}
	for _, v := range vectors.LoadMessages(f) {
		f.Add([]byte(v.JSON))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		_, _ = wirejson.DecodeSubscriptions(doc)
		m, err := wirejson.DecodeMessage(doc)
		d, errData := wirejson.DecodeData(doc)
		if (err == nil) != (errData == nil) {
			t.Fatalf("as a message: %v, as a value: %v", err, errData)
		}
		if err != nil {
			if c := broker.CodeOf(err); c != broker.InvalidJSON && c != broker.TypeClash && c != broker.DeserializationFailed {
				t.Fatalf("unknown error %v", err)
			}
			return
		}
		checkWritten(t, m.Topic, d)
	})
}

// FuzzEncode starts from binary values, which hold what JSON can't.
func FuzzEncode(f *testing.F) {
	for _, v := range vectors.LoadData(f).Vectors {
		f.Add([]byte(v.Bin))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := wire.DecodeData(b); err == nil {
			checkWritten(t, "/t", d)
		}
	})
}

// checkWritten writes a message and reads it. JSON cuts reals and times, so
// the first reading may differ or even hold duplicates; but what was read from
// written text stays as it is. What we write must be JSON for others, too.
func checkWritten(t *testing.T, topic string, d broker.Data) {
	t.Helper()
	once := wirejson.AppendMessage(nil, topic, d)
	if utf8.Valid(once) && !json.Valid(once) {
		t.Fatalf("written %q is no JSON", once)
	}
	m, err := wirejson.DecodeMessage(once)
	if err == nil && levels(d) > 128 {
		t.Fatalf("%d levels accepted", levels(d))
	}
	if err != nil {
		code := broker.CodeOf(err)
		if code == broker.DeserializationFailed && lossy(d) || code == broker.TypeClash && oddSubnet(d) || code == broker.InvalidJSON && levels(d) > 128 {
			return
		}
		t.Fatalf("written %s refused: %v", once, err)
	}
	twice := wirejson.AppendMessage(nil, topic, m.Data)
	again, err := wirejson.DecodeMessage(twice)
	if err != nil || m.Topic != topic {
		t.Fatalf("written again, topic %q: %v", m.Topic, err)
	}
	if third := wirejson.AppendMessage(nil, again.Topic, again.Data); !bytes.Equal(third, twice) {
		t.Fatalf("unstable:\n%s\n%s", twice, third)
	}
	if !lossy(d) && !bytes.Equal(wire.AppendData(nil, m.Data), wire.AppendData(nil, d)) {
		t.Fatalf("%s came back as %s", broker.Text(d), broker.Text(m.Data))
	}
}

// inside reports whether f holds for d or anything in it.
func inside(d broker.Data, f func(broker.Data) bool) bool {
	if f(d) {
		return true
	}
	for _, e := range children(d) {
		if inside(e, f) {
			return true
		}
	}
	return false
}

func children(d broker.Data) []broker.Data {
	switch d := d.(type) {
	case broker.Vector:
		return d
	case broker.Set:
		return d
	case broker.Table:
		var all []broker.Data
		for _, it := range d {
			all = append(all, it.Key, it.Value)
		}
		return all
	}
	return nil
}

// lossy: there are reals or times within, which JSON cuts, or a subnet with
// host bits.
func lossy(d broker.Data) bool {
	return inside(d, func(d broker.Data) bool {
		switch d := d.(type) {
		case broker.Real, broker.Timestamp:
			return true
		case broker.Subnet:
			return d.Net.Mask(d.Len) != d.Net
		}
		return false
	})
}

// oddSubnet: there is a subnet within that only the wire can hold.
func oddSubnet(d broker.Data) bool {
	return inside(d, func(d broker.Data) bool {
		s, ok := d.(broker.Subnet)
		return ok && !s.Valid()
	})
}

// levels counts the objects and arrays that the JSON of d nests.
func levels(d broker.Data) int {
	inner := 0
	for _, e := range children(d) {
		inner = max(inner, levels(e))
	}
	switch d.Kind() {
	case broker.KindNone, broker.KindSet, broker.KindVector:
		return 2 + inner
	case broker.KindTable:
		if inner > 0 {
			inner++ // the item
		}
		return 2 + inner
	}
	return 1
}

func TestDecodeMemory(t *testing.T) {
	const size = 1 << 20
	repeat := func(elem string) []byte {
		return []byte(typed("vector", "["+strings.Repeat(elem+",", size/len(elem))+elem+"]"))
	}
	tests := []struct {
		name string
		in   []byte
	}{
		{"nones", repeat(`{"@data-type":"none"}`)},
		{"empty vectors", repeat(typed("vector", "[]"))},
		{"vectors of one", repeat(typed("vector", `[{"@data-type":"none"}]`))},
		{"numbers in an unknown member", []byte(`{"x":[` + strings.Repeat("0,", size/2) + `0],"@data-type":"none"}`)},
		{"numbers that are no values", repeat("0")},
		{"escapes", []byte(typed("string", `"`+strings.Repeat(`\n`, size/2)+`"`))},
		{"brackets", []byte(strings.Repeat("[", size))},
		{"duplicate members", []byte(`{` + strings.Repeat(`"@data-type":"none",`, size/20) + `"data":0}`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d, _ := wirejson.DecodeData(tt.in)
			runtime.ReadMemStats(&after)
			runtime.KeepAlive(d)
			got := after.TotalAlloc - before.TotalAlloc
			if limit := uint64(8*len(tt.in)) + 2048; got > limit {
				t.Errorf("%d bytes allocated for %d, want at most %d", got, len(tt.in), limit)
			}
		})
	}
}
