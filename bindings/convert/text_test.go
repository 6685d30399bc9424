package convert

import (
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestPrint(t *testing.T) {
	v := luaVM(t)
	v.record(t, "EX::info", "a", "addr", "s", "string", "r", "real", "n", "count?")
	addr := func(s string) lua.LValue { return v.parse(t, KindAddr, s) }
	info, err := v.Check(v.typ(t, "EX::info"), v.lua(t, `{a = addr "10.0.0.1", s = "x", r = 1}`))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := v.Tuple(addr("10.0.0.1"), v.parse(t, KindPort, "80/tcp"))
	if err != nil {
		t.Fatal(err)
	}
	cyclic := v.L.NewTable()
	cyclic.RawSetString("x", cyclic)
	for _, c := range []struct {
		name string
		v    lua.LValue
		want string
	}{
		{"empty set", v.bagOf(t, "set[addr]"), "{\n\n}"},
		{"set", v.bagOf(t, "set[addr]", addr("10.0.0.2"), addr("10.0.0.1")), "{\n10.0.0.1,\n10.0.0.2\n}"},
		{"set of tuples", v.bagOf(t, "set[addr, port]", pair), "{\n[10.0.0.1, 80/tcp]\n}"},
		{"set of any", v.bagOf(t, "set[any]", pair, lua.LNumber(1), lua.LString("a")), "{\n1,\na,\n[10.0.0.1, 80/tcp]\n}"},
		{"table", v.bagOf(t, "table[string] of real", lua.LString("b"), lua.LNumber(1), lua.LString("a"), lua.LNumber(0.5)),
			"{\n[a] = 0.5,\n[b] = 1.0\n}"},
		{"table of two columns", v.bagOf(t, "table[addr, port] of bool", pair, lua.LTrue), "{\n[10.0.0.1, 80/tcp] = T\n}"},
		{"table of any", v.bagOf(t, "table[any] of any", pair, lua.LNil), "{\n[10.0.0.1, 80/tcp] = <uninitialized>\n}"},
		{"vector", v.bagOf(t, "vector of string", lua.LString("b"), lua.LString("a")), "[b, a]"},
		{"record", info, "[a=10.0.0.1, s=x, r=1.0, n=<uninitialized>]"},
		{"set in a table", v.bagOf(t, "table[string] of set[count]", lua.LString("k"), v.bagOf(t, "set[count]", lua.LNumber(5))),
			"{\n[k] = {\n5\n}\n}"},
		{"time", v.Time(1404901004e9), "1404901004.000000"},
		{"interval", v.Interval(300e9), "5 min"},
		{"string", lua.LString("a\nb"), "a\nb"},
		{"number", lua.LNumber(0.5), "0.5"},
		{"boolean", lua.LTrue, "T"},
		{"nil", lua.LNil, "<uninitialized>"},
		{"list", v.lua(t, `{1, {2}}`), "[1, [2]]"},
		{"plain table", v.lua(t, `{b = 1, a = true}`), "{\n[a] = T,\n[b] = 1\n}"},
	} {
		if got := string(v.AppendPrint(nil, c.v)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	v.AppendPrint(nil, cyclic) // ends
}

func TestJSON(t *testing.T) {
	v := luaVM(t)
	v.record(t, "EX::info", "a", "addr", "s", "string", "n", "count?", "t", "time")
	info, err := v.Check(v.typ(t, "EX::info"), v.lua(t, `{a = addr "10.0.0.1", s = "x", t = time "1.25"}`))
	if err != nil {
		t.Fatal(err)
	}
	v.L.SetGlobal("info", info)
	v.L.SetGlobal("names", v.bagOf(t, "set[string]", lua.LString("b"), lua.LString("a")))
	v.L.SetGlobal("hits", v.bagOf(t, "table[string] of count", lua.LString("b"), lua.LNumber(1), lua.LString("a"), lua.LNumber(2)))
	v.L.SetGlobal("ports", v.bagOf(t, "table[port] of any", v.parse(t, KindPort, "80/tcp"), lua.LNil))
	pair, err := v.Tuple(v.parse(t, KindAddr, "10.0.0.1"), lua.LNumber(5))
	if err != nil {
		t.Fatal(err)
	}
	v.L.SetGlobal("pairs", v.bagOf(t, "set[addr, count]", pair))
	for _, c := range []struct{ expr, want string }{
		{`nil`, "null"},
		{`true`, "true"},
		{`5`, "5"},
		{`-0.5`, "-0.5"},
		{`1e21`, "1e+21"},
		{`2^53 + 2`, "9007199254740994"},
		{`big "18446744073709551615"`, "18446744073709551615"},
		{`real(3)`, "3"},
		{`"a\n\"\\\0é"`, `"a\n\"\\\u0000é"`},
		{`"\255"`, "\"\uFFFD\""},
		{`addr "::1"`, `"::1"`},
		{`port "80/tcp"`, `"80/tcp"`},
		{`enum "A::B"`, `"A::B"`},
		{`time "1404901004.5"`, "1404901004.5"},
		{`time "0"`, "0"},
		{`interval "-1 ns"`, "-0.000000001"},
		{`interval "-90 s"`, "-90"},
		{`interval "1500 ms"`, "1.5"},
		{`tuple(1, none)`, "[1,null]"},
		{`names`, `["a","b"]`},
		{`hits`, `{"a":2,"b":1}`},
		{`ports`, `[["80/tcp",null]]`},
		{`pairs`, `[["10.0.0.1",5]]`},
		{`info`, `{"a":"10.0.0.1","s":"x","t":1.25}`},
		{`{}`, "[]"},
		{`{1, {a = 1}}`, `[1,{"a":1}]`},
		{`{[5.5] = 1}`, "[[5.5,1]]"},
		{`0/0`, "error: nan has no JSON form"},
		{`{{x = 1/0}}`, "error: [1][x]: inf has no JSON form"},
		{`{print}`, "error: [1]: invalid_data: a function has no JSON form"},
	} {
		text, err := v.AppendJSON(nil, v.lua(t, c.expr))
		got := string(text)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.expr, got, c.want)
		}
	}
	cyclic := v.L.NewTable()
	cyclic.Append(cyclic)
	if _, err := v.AppendJSON(nil, cyclic); err == nil {
		t.Error("a table inside itself has a JSON form")
	}
}

func TestFromJSON(t *testing.T) {
	v := newVM(t)
	v.record(t, "EX::info", "a", "addr", "n", "count?")
	for _, c := range []struct{ typ, text, want string }{
		{"any", `{"b": [1, null, "x"], "a": 18446744073709551615, "c": null}`, "{\n[a] = 18446744073709551615,\n[b] = [1, <uninitialized>, x]\n}"},
		{"any", `1e2`, "100"},
		{"any", `null`, "<uninitialized>"},
		{"any", `1e999`, "error: invalid_data: 1e999 is too large for a number"},
		{"count", `5.0`, "5"},
		{"count", `5.5`, `error: "5.5" is not a count: want digits, up to 2^64-1`},
		{"count", `-1`, `error: "-1" is not a count: want digits, up to 2^64-1`},
		{"count", `"5"`, `error: expected count, got string "5"`},
		{"int", `-9223372036854775808`, "-9223372036854775808"},
		{"real", `3`, "3"},
		{"bool", `true`, "T"},
		{"addr", `"10.0.0.1"`, "10.0.0.1"},
		{"addr", `"ten"`, `error: address "ten": not four decimal octets 0..255, nor an IPv6 address`},
		{"time", `1404901004.123456789`, "1404901004.123457"},
		{"time", `"2014-07-09T10:16:44"`, "1404901004.000000"},
		{"interval", `1.5`, "1.5 s"},
		{"interval", `"5 min"`, "5 min"},
		{"string?", `null`, "<uninitialized>"},
		{"string", `null`, "error: expected string, got null"},
		{"set[addr]", `["10.0.0.2","10.0.0.1"]`, "{\n10.0.0.1,\n10.0.0.2\n}"},
		{"set[addr]", `["10.0.0.2","10.0.0.2"]`, "error: [2]: addr 10.0.0.2 comes twice"},
		{"set[addr, port]", `[["10.0.0.2","80/tcp"]]`, "{\n[10.0.0.2, 80/tcp]\n}"},
		{"table[string] of count", `{"a":1}`, "{\n[a] = 1\n}"},
		{"table[addr] of count", `{"10.0.0.1":1}`, "{\n[10.0.0.1] = 1\n}"},
		{"table[addr] of count", `[["10.0.0.1",1]]`, "{\n[10.0.0.1] = 1\n}"},
		{"table[addr] of count", `[["10.0.0.1"]]`, "error: [1]: expected a pair [key, value], got an array of 1"},
		{"vector of set[count]", `[[1],[]]`, "[{\n1\n}, {\n\n}]"},
		{"vector of count", `{"a":1}`, "error: expected vector of count, got an object"},
		{"EX::info", `{"a":"10.0.0.1"}`, "[a=10.0.0.1, n=<uninitialized>]"},
		{"EX::info", `{"n":1}`, `error: record EX::info lacks the field "a" (addr)`},
		{"EX::info", `{"a":"10.0.0.1","m":1}`, `error: record EX::info has no field "m"`},
		{"EX::info", `{"a":"10.0.0.1","n":"x"}`, `error: n: expected count?, got string "x"`},
		{"any", `[1] 2`, "error: invalid_json: text after the value"},
	} {
		decoded, err := DecodeJSON(c.text)
		var val lua.LValue
		if err == nil {
			val, err = v.FromJSON(decoded, v.typ(t, c.typ))
		}
		got := ""
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = string(v.AppendPrint(nil, val))
		}
		if got != c.want {
			t.Errorf("%s: %s\ngot  %q\nwant %q", c.typ, c.text, got, c.want)
		}
	}
}

func TestParseValue(t *testing.T) {
	v := newVM(t)
	for _, c := range []struct{ typ, text, want string }{
		{"", "addr:10.0.0.1", "addr 10.0.0.1"},
		{"", "addr:ten", `error: address "ten": not four decimal octets 0..255, nor an IPv6 address`},
		{"", "string:5", `string "5"`},
		{"", "count:18446744073709551615", "count 18446744073709551615"},
		{"", "int:5", "int 5"},
		{"", "real:5", "real 5.0"},
		{"", "interval:5 min", "interval 5 min"},
		{"", "5", "number 5"},
		{"", "true", "true"},
		{"", `"5"`, `string "5"`},
		{"", "[1,2]", "table"},
		{"", "hello", `string "hello"`},
		{"", "EX::x", `string "EX::x"`},
		{"", "http://x", `string "http://x"`},
		{"any", "10.0.0.1", `string "10.0.0.1"`},
		{"addr", "208.80.152.3", "addr 208.80.152.3"},
		{"addr", "addr:208.80.152.3", "addr 208.80.152.3"},
		{"addr", `"208.80.152.3"`, "addr 208.80.152.3"},
		{"addr", "ten", `error: address "ten": not four decimal octets 0..255, nor an IPv6 address`},
		{"addr", "5", "error: expected addr, got number 5"},
		{"port", "80/tcp", "port 80/tcp"},
		{"interval", "5 min", "interval 5 min"},
		{"interval", "300", "interval 5 min"},
		{"time", "1404901004.5", "time 1404901004.500000"},
		{"enum", "Notice::Scan", "enum Notice::Scan"},
		{"bool", "T", "true"},
		{"bool", "true", "true"},
		{"string", "5", `string "5"`},
		{"string", `"5"`, `string "5"`},
		{"string", "addr:x", `string "addr:x"`},
		{"string?", "null", "nil"},
		{"set[addr]", `["10.0.0.1"]`, "set[addr]"},
		{"set[addr]", "10.0.0.1", `error: "10.0.0.1" is not a value of type set[addr]: want JSON, as in ["…","…"]`},
	} {
		var ty *Type
		if c.typ != "" {
			ty = v.typ(t, c.typ)
		}
		val, err := v.ParseValue(c.text, ty)
		got := ""
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = Describe(val)
		}
		if got != c.want {
			t.Errorf("%s as %s: got %s, want %s", c.text, c.typ, got, c.want)
		}
	}
}

// TestShown: for a screen, what lies inside is indented, and the text ends soon behind its bound, with how much is left out.
func TestShown(t *testing.T) {
	v := luaVM(t)
	addr := func(text string) lua.LValue { return v.parse(t, KindAddr, text) }
	var many []lua.LValue
	for i := range 100 {
		many = append(many, addr(fmt.Sprintf("10.0.0.%d", i)))
	}
	deep := strings.Repeat("{a=", 50) + "1" + strings.Repeat("}", 50)
	for _, c := range []struct {
		name string
		v    lua.LValue
		most int
		want string
	}{
		{"number", lua.LNumber(1), 5, "1"},
		{"set", v.bagOf(t, "set[addr]", addr("10.0.0.1")), 50, "{\n10.0.0.1\n}"},
		{"empty set", v.bagOf(t, "set[addr]"), 50, "{\n\n}"},
		{"nested", v.lua(t, `{a = {b = {c = 1}}, d = 2}`), 100, "{\n[a] = {\n  [b] = {\n    [c] = 1\n  }\n},\n[d] = 2\n}"},
		{"long list", v.lua(t, `{1, 2, 3, 4, 5, 6, 7}`), 5, "[1, 2, ... (5 more)]"},
		{"long set", v.bagOf(t, "set[addr]", many...), 20, "{\n10.0.0.0,\n10.0.0.1,\n... (98 more)\n}"},
		{"long text", lua.LString(strings.Repeat("x", 100)), 10, strings.Repeat("x", 10) + "... (90 more bytes)"},
		{"table in a long table", v.lua(t, `{a = {1, 2, 3, 4, 5, 6}, b = 1}`), 10, "{\n[a] = [1, ... (5 more)],\n... (1 more)\n}"},
	} {
		if got := string(v.AppendShown([]byte("> "), c.v, c.most)); got != "> "+c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if got := v.AppendShown(nil, v.lua(t, deep), 1000); len(got) > 2100 || !strings.Contains(string(got), "...") {
		t.Errorf("deep: got %d bytes", len(got))
	}
}
