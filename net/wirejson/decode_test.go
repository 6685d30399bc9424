package wirejson_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wirejson"
)

// typed wraps a data member into a value.
func typed(kind, data string) string { return `{"@data-type":"` + kind + `","data":` + data + `}` }

func TestDecodeData(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     broker.Data
	}{
		{"S28 largest integer", typed("integer", "9223372036854775807"), broker.Integer(math.MaxInt64)},
		{"S28 smallest integer", typed("integer", "-9223372036854775808"), broker.Integer(math.MinInt64)},
		{"largest count", typed("count", "18446744073709551615"), broker.Count(math.MaxUint64)},
		{"plus sign", typed("count", "+42"), broker.Count(42)},
		{"minus zero is an integer", typed("count", "-0"), broker.Count(0)},
		{"point first", typed("real", "-.5"), broker.Real(-0.5)},
		{"point last", typed("real", "5."), broker.Real(5)},
		{"exponent", typed("real", "4.2E+1"), broker.Real(42)},
		{"exponent without point", typed("real", "1e3"), broker.Real(1000)},
		{"overflow is infinity", typed("real", "1e400"), broker.Real(math.Inf(1))},
		{"negative overflow", typed("real", "-1e400"), broker.Real(math.Inf(-1))},
		{"largest double", typed("real", "1.7976931348623157e308"), broker.Real(math.MaxFloat64)},
		{"digits beyond 64 bits", typed("real", "18446744073709551616.0"), broker.Real(1 << 64)},
		{"correctly rounded", typed("real", "0.30000000000000004"), broker.Real(0.30000000000000004)},
		{"S29 seconds", typed("timespan", `"23s"`), 23 * broker.Second},
		{"S29 minutes", typed("timespan", `"5min"`), 5 * broker.Minute},
		{"S29 hours", typed("timespan", `"2h"`), 2 * broker.Hour},
		{"S29 fraction", typed("timespan", `"1.5h"`), 90 * broker.Minute},
		{"S31 unknown protocol", typed("port", `"42/nonsense"`), broker.Port{Number: 42}},
		{"S31 bare number", typed("port", `"80"`), broker.Port{Number: 80, Proto: broker.TCP}},
		{"S32 zone", typed("timestamp", `"2014-07-09T10:16:44.000+02:00"`), broker.Timestamp(1404893804e9)},
		{"S35 order of members", `{"data":7,"topic":"/t","x":[{"data":1}],"@data-type":"count"}`, broker.Count(7)},
		{"first @data-type counts", `{"@data-type":"count","@data-type":"string","data":7}`, broker.Count(7)},
		{"first data counts", `{"data":7,"data":"x","@data-type":"count"}`, broker.Count(7)},
		{"first data counts after its type", `{"@data-type":"count","data":7,"data":"x"}`, broker.Count(7)},
		{"escaped name", `{"@data\u002dtype":"count","d\u0061ta":7}`, broker.Count(7)},
		{"none needs no data", `{"@data-type":"none","data":[1,{"a":2}]}`, broker.None{}},
		{"CR is white space", "{\r\n\t\"@data-type\" :\r\"count\",\"data\":\r\n7 }\r\n", broker.Count(7)},
		{"raw control characters", typed("string", "\"a\x01\n\x1f\""), broker.String("a\x01\n\x1f")},
		{"vertical tab", typed("string", `"\v"`), broker.String("\v")},
		{"escaped NUL", typed("string", `"\u0000"`), broker.String("\x00")},
		{"bytes that are not UTF-8", typed("string", "\"\xff\xfe\""), broker.String("\xff\xfe")},
		{"surrogate pair", typed("string", `"\uD83D\ude00"`), broker.String("😀")},
		{"plain slash", typed("string", `"a/b"`), broker.String("a/b")},
		{"data before its type, nested", `{"data":[{"data":[],"@data-type":"set"}],"@data-type":"vector"}`, broker.Vector{broker.Set(nil)}},
		{"item with value first", typed("table", `[{"value":`+typed("count", "1")+`,"z":0,"key":`+typed("none", "0")+`}]`),
			broker.Table{{Key: broker.None{}, Value: broker.Count(1)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wirejson.DecodeData([]byte(tt.in))
			if err != nil || !broker.Equal(got, tt.want) {
				t.Errorf("got %s, %v, want %s", broker.Text(got), err, broker.Text(tt.want))
			}
		})
	}
	for _, nan := range []string{"nan", "null"} {
		d, err := wirejson.DecodeData([]byte(typed("real", nan)))
		if r, ok := d.(broker.Real); err != nil || !ok || r == r {
			t.Errorf("%s: got %v, %v, want NaN", nan, d, err)
		}
	}
}

func TestDecodeDataErrors(t *testing.T) {
	t.Parallel()
	const malformed, clash, failed = broker.InvalidJSON, broker.TypeClash, broker.DeserializationFailed
	tests := []struct {
		name, in string
		code     broker.Code
		context  string // part of it
	}{
		{"S27 negative count", typed("count", "-1"), clash, "without sign"},
		{"S27 count with a point", typed("count", "1.0"), clash, "point"},
		{"S27 count of 65 bits", typed("count", "18446744073709551616"), malformed, "64 bits"},
		{"S28 integer of 64 bits", typed("integer", "9223372036854775808"), clash, "63 bits"},
		{"integer below 64 bits", typed("integer", "-9223372036854775809"), malformed, "64 bits"},
		{"octal", typed("count", "010"), malformed, "octal"},
		{"octal that is none", typed("count", "08"), malformed, "octal"},
		{"octal real", typed("real", "-01.5"), malformed, "octal"},
		{"octal in an unknown member", `{"x":007,"@data-type":"none"}`, malformed, "octal"},
		{"hexadecimal", typed("count", "0x1F"), malformed, "unexpected 'x'"},
		{"binary", typed("count", "0b101"), malformed, "unexpected 'b'"},
		{"infinity", typed("real", "inf"), malformed, "unexpected 'i'"},
		{"capital NaN", typed("real", "NaN"), malformed, "unexpected 'N'"},
		{"lone point", typed("real", "."), malformed, "want a value"},
		{"lone sign", typed("real", "-"), malformed, "want a value"},
		{"exponent without digits", typed("real", "1e+"), malformed, "exponent"},
		{"integer as a real", typed("real", "42"), clash, "point"},
		{"string as a real", typed("real", `"1.5"`), clash, "number"},
		{"null as a count", typed("count", "null"), clash, "want a number"},
		{"null as a boolean", typed("boolean", "null"), clash, "true or false"},
		{"escaped slash", typed("string", `"\/foo"`), malformed, "escaped slash"},
		{"unknown escape", typed("string", `"\x41"`), malformed, "unknown escape"},
		{"short unicode escape", typed("string", `"\u12"`), malformed, "four hexadecimal"},
		{"signed unicode escape", typed("string", `"\u+123"`), malformed, "four hexadecimal"},
		{"lone high surrogate", typed("string", `"\ud83d"`), malformed, "high surrogate"},
		{"two high surrogates", typed("string", `"\ud83d\ud83d"`), malformed, "high surrogate"},
		{"lone low surrogate", typed("string", `"\ude00"`), malformed, "low surrogate"},
		{"raw NUL", typed("string", "\"a\x00\""), malformed, "NUL"},
		{"raw NUL after an escape", typed("string", "\"\\n\x00\""), malformed, "NUL"},
		{"string without end", typed("string", `"a`), malformed, "without end"},
		{"trailing comma in an array", typed("vector", `[`+typed("none", "0")+`,]`), malformed, "want a value"},
		{"trailing comma in an object", `{"@data-type":"none",}`, malformed, "want a string"},
		{"text after the value", typed("none", "0") + "x", malformed, "text after the value"},
		{"two values", typed("none", "0") + typed("none", "0"), malformed, "text after the value"},
		{"S30 no unit", typed("timespan", `"3"`), clash, "followed at once by"},
		{"S30 blank before the unit", typed("timespan", `"3 s"`), clash, "followed at once by"},
		{"S30 wrong unit", typed("timespan", `"3sec"`), clash, "followed at once by"},
		{"S30 empty", typed("timespan", `""`), clash, "decimal number"},
		{"timespan overflow", typed("timespan", `"9223372036854775808ns"`), clash, "does not fit"},
		{"octal timespan", typed("timespan", `"010s"`), clash, "octal"},
		{"timestamp overflow", typed("timestamp", `"2300-01-01T00:00:00"`), clash, "does not fit"},
		{"port above 65535", typed("port", `"65536/tcp"`), clash, "0..65535"},
		{"subnet too wide", typed("subnet", `"1.2.3.4/33"`), clash, "0..32"},
		{"S33 duplicate in a set", typed("set", `[`+typed("count", "1")+`,`+typed("count", "1")+`]`), failed, "failed to parse data"},
		{"S33 duplicate key", typed("table", `[{"key":`+typed("none", "0")+`,"value":`+typed("none", "0")+`},{"key":`+
			typed("none", "1")+`,"value":`+typed("none", "1")+`}]`), failed, "failed to parse data"},
		{"S34 no type", `{"data":1}`, clash, "no @data-type"},
		{"S34 bogus type", typed("bogus", "1"), clash, "not the name of a type"},
		{"type no string", `{"@data-type":1,"data":1}`, clash, "not the name of a type"},
		{"no data", `{"@data-type":"count"}`, clash, "no data"},
		{"item without value", typed("table", `[{"key":`+typed("none", "0")+`}]`), clash, "no key or no value"},
		{"not an object", `[1]`, clash, "expected a JSON object"},
		{"clash before a syntax error", `{"@data-type":"count","data":"x","y":}`, malformed, "column 38"},
		{"position", "{\n \"@data-type\": nope}", malformed, "line 2, column 16"},
		{"empty", "", malformed, "text ends"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := wirejson.DecodeData([]byte(tt.in))
			var got *broker.Error
			if !errors.As(err, &got) {
				t.Fatalf("got %s, %v, want %v", broker.Text(d), err, tt.code)
			}
			if got.Code != tt.code || !strings.Contains(got.Context, tt.context) {
				t.Errorf("got %v, want %v with %q", err, tt.code, tt.context)
			}
		})
	}
}

func TestDecodeDepth(t *testing.T) {
	t.Parallel()
	vectors := func(n int) []byte {
		return []byte(strings.Repeat(`{"@data-type":"vector","data":[`, n) + typed("count", "1") + strings.Repeat(`]}`, n))
	}
	if _, err := wirejson.DecodeData(vectors(63)); err != nil {
		t.Errorf("63 vectors: %v", err)
	}
	if _, err := wirejson.DecodeData(vectors(64)); !errors.Is(err, broker.ErrInvalidJSON) {
		t.Errorf("64 vectors: got %v, want %v", err, broker.ErrInvalidJSON)
	}
	late := func(n int) []byte { // the same, with data before its type
		return []byte(strings.Repeat(`{"data":[`, n) + typed("count", "1") + strings.Repeat(`],"@data-type":"vector"}`, n))
	}
	if _, err := wirejson.DecodeData(late(63)); err != nil {
		t.Errorf("63 vectors with late types: %v", err)
	}
	if _, err := wirejson.DecodeData(late(64)); !errors.Is(err, broker.ErrInvalidJSON) {
		t.Errorf("64 vectors with late types: got %v, want %v", err, broker.ErrInvalidJSON)
	}
	unknown := `{"x":` + strings.Repeat("[", 1<<20)
	if _, err := wirejson.DecodeData([]byte(unknown)); !errors.Is(err, broker.ErrInvalidJSON) {
		t.Errorf("a million brackets: got %v, want %v", err, broker.ErrInvalidJSON)
	}
}

func TestDecodeMessage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     wirejson.Message
	}{
		{"all members", `{"type":"data-message","topic":"/a","@data-type":"count","data":1}`,
			wirejson.Message{Topic: "/a", HasTopic: true, Type: "data-message"}},
		{"topic last", `{"data":1,"@data-type":"count","topic":"/a"}`, wirejson.Message{Topic: "/a", HasTopic: true}},
		{"first topic counts", `{"topic":"/a","topic":"/b","@data-type":"count","data":1}`, wirejson.Message{Topic: "/a", HasTopic: true}},
		{"first topic no string", `{"topic":1,"topic":"/b","@data-type":"count","data":1}`, wirejson.Message{}},
		{"empty topic", `{"topic":"","@data-type":"count","data":1}`, wirejson.Message{HasTopic: true}},
		{"no topic", `{"@data-type":"count","data":1}`, wirejson.Message{}},
		{"topic of an inner value", `{"@data-type":"count","data":1,"x":{"topic":"/a"}}`, wirejson.Message{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wirejson.DecodeMessage([]byte(tt.in))
			if err != nil || !broker.Equal(got.Data, broker.Count(1)) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if got.Data = nil; got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	if _, err := wirejson.DecodeMessage([]byte(`"x"`)); !errors.Is(err, wirejson.ErrNotObject) {
		t.Errorf("a string: got %v, want %v", err, wirejson.ErrNotObject)
	}
}

func TestDecodeSubscriptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     string // joined by blanks
		err      error
	}{
		{"S37 one", `["/foo"]`, "/foo", nil},
		{"several", ` [ "/foo" , "zeek/cluster/" , "/foo" ] `, "/foo zeek/cluster/ /foo", nil},
		{"none", `[]`, "", nil},
		{"S39 object", `{"a":1}`, "", wirejson.ErrNotArray},
		{"S39 number within", `[1]`, "", wirejson.ErrNotString},
		{"string and number", `["/foo",1]`, "", wirejson.ErrNotString},
		{"not JSON", `nonsense`, "", wirejson.ErrNotArray},
		{"cut short", `["/foo"`, "", wirejson.ErrNotArray},
		{"number, then cut short", `[1`, "", wirejson.ErrNotArray},
		{"text behind", `["/foo"]x`, "", wirejson.ErrNotArray},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wirejson.DecodeSubscriptions([]byte(tt.in))
			if strings.Join(got, " ") != tt.want || err != tt.err {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}
