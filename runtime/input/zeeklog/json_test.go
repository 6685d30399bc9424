package zeeklog

import (
	"fmt"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
)

func TestJSONValues(t *testing.T) {
	t.Parallel()
	const at = 1215620010543210000
	tests := []struct {
		name, json string
		want       broker.Data
	}{
		{"b", `true`, broker.Boolean(true)},
		{"i", `-42`, broker.Integer(-42)},
		{"c", `21`, broker.Count(21)},
		{"c", `18446744073709551615`, broker.Count(1<<64 - 1)},
		{"d", `3.0`, broker.Real(3)},
		{"d", `1e3`, broker.Real(1000)},
		{"s", `"hurz\u0000"`, broker.String("hurz\x00")},
		{"n", `null`, broker.None{}},
		{"vn", `[0,null,2]`, broker.Vector{broker.Count(0), broker.None{}, broker.Count(2)}},
		{"se", `[]`, broker.Vector{}},
		{"vv", `[["a"],[]]`, broker.Vector{broker.Vector{broker.String("a")}, broker.Vector{}}},
		{"ts", `1215620010.54321`, broker.Timestamp(at)},
		{"ts", `1215620010543`, broker.Timestamp(1215620010543000000)},
		{"ts", `"2008-07-09T16:13:30.543210Z"`, broker.Timestamp(at)},
		{"ts", `null`, broker.None{}},
		{"orig_h", `"1.2.3.4"`, broker.AddressFrom4([4]byte{1, 2, 3, 4})},
		{"src", `"a host"`, broker.String("a host")},
		{"resp_p", `443`, broker.Port{Number: 443}},
		{"resp_p", `"443/tcp"`, broker.Port{Number: 443, Proto: broker.TCP}},
		{"resp_p", `70000`, broker.Count(70000)},
		{"proto", `"tcp"`, broker.Enum("tcp")},
		{"proto", `6`, broker.Count(6)},
		{"duration", `0.5`, broker.Timespan(500000000)},
		{"duration", `"long"`, broker.String("long")},
		{"host", `"example.org"`, broker.String("example.org")},
	}
	for _, tt := range tests {
		r, st, s := read(t, "x.log", fmt.Sprintf(`{"%s":%s}`+"\n", tt.name, tt.json))
		if st != input.Done || len(r.Records) != 1 {
			t.Errorf("%s %s: ended in %s, %v, %q", tt.name, tt.json, st, s.Err(), r.Warnings)
			continue
		}
		if got := r.Records[0][0]; !broker.Equal(got, tt.want) {
			t.Errorf("%s %s: got %s %s, want %s %s", tt.name, tt.json, got.Kind(), broker.Text(got), tt.want.Kind(), broker.Text(tt.want))
		}
	}
}

// The type of a path grows at the end; what was handed out before stays as it was.
func TestJSONTypeGrows(t *testing.T) {
	t.Parallel()
	r, _, _ := read(t, "x.log", `{"a":1,"id.orig_h":"1.2.3.4"}
{"a":2}
{"id":{"orig_h":"5.6.7.8","orig_p":9},"b":"new","a":3}
{"_path":"y","b":4}
{"b":"old","a":5}
`)
	want := []string{"x (1, (1.2.3.4))", "x (2, (nil))", "x (3, (5.6.7.8, 9/?), new)", "y (4)", "x (5, (nil, nil), old)"}
	if got := strings.Join(r.Calls, "; "); got != strings.Join(want, "; ") {
		t.Fatalf("got %s, %q\nwant %s", got, r.Warnings, strings.Join(want, "; "))
	}
	if r.Types[0] != r.Types[1] || r.Types[0] == r.Types[2] || r.Types[2] != r.Types[4] {
		t.Error("the type must change when names come, and only then")
	}
	if got := r.Types[0].String(); got != "x{a: none, id: {orig_h: none}}" {
		t.Errorf("the first type is now %s", got)
	}
	if i, ok := r.Types[4].Index("b"); !ok || i != 2 {
		t.Errorf("b lies at %d, %t, want 2", i, ok)
	}
}

func TestJSONBadLines(t *testing.T) {
	t.Parallel()
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"f%d":1`, i)
		}
		return "{" + b.String()[1:] + "}"
	}
	tests := []struct{ name, line, want string }{
		{"cut", `{"a":1`, "unexpected end of JSON input"},
		{"cut in a value", `{"a":`, "unexpected end of JSON input"},
		{"garbage", `{a:1}`, "not JSON at byte"},
		{"two objects", `{"a":1}{"a":2}`, "after top-level value"},
		{"array", `[1]`, "want one JSON object"},
		{"word", `hello`, "not JSON"},
		{"bad time", `{"ts":"yesterday"}`, `field ts: "yesterday" is no time`},
		{"time out of range", `{"ts":1e30}`, "is no time"},
		{"number out of range", `{"a":1e999}`, "out of range"},
		{"object in array", `{"a":[{"b":1}]}`, "field \"a\": an object in an array"},
		{"deep", `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "nested too deep"},
		{"deep objects", strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), "nested too deep"},
		{"long name", `{"` + strings.Repeat("n", 300) + `":1}`, "longer than 256 bytes"},
		{"empty name", `{"":1}`, "a key is empty"},
		{"too many fields", many(513), "more than 512 fields"},
		{"empty path", `{"_path":""}`, `_path ""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, st, _ := read(t, "x.log", `{"ok":1}`+"\n"+tt.line+"\n"+`{"ok":2}`+"\n")
			if st != input.Done || len(r.Records) != 2 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], tt.want) ||
				!strings.Contains(r.Warnings[0], "x.log:2: ") {
				t.Errorf("ended in %s with %d records, %q, want %q", st, len(r.Records), r.Warnings, tt.want)
			}
		})
	}
}

func TestJSONBounds(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 600 {
		fmt.Fprintf(&b, `{"f%d":1}`+"\n", i)
	}
	r, _, _ := read(t, "x.log", b.String())
	if len(r.Records) != 512 || len(r.Warnings) != 88 {
		t.Errorf("got %d records and %d warnings, want 512 and 88", len(r.Records), len(r.Warnings))
	}
	b.Reset()
	for i := range 300 {
		fmt.Fprintf(&b, `{"_path":"p%d"}`+"\n", i)
	}
	r, _, _ = read(t, "x.log", b.String())
	if len(r.Records) != 256 || len(r.Warnings) != 44 {
		t.Errorf("got %d records and %d warnings, want 256 and 44", len(r.Records), len(r.Warnings))
	}
}
