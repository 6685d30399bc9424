package convert

import (
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// luaValue is the value of an expression.
func (v vm) luaValue(t testing.TB, expr string) lua.LValue {
	t.Helper()
	if err := v.L.DoString("return " + expr); err != nil {
		t.Fatal(err)
	}
	got := v.L.Get(-1)
	v.L.Pop(1)
	return got
}

func TestAppendLua(t *testing.T) {
	v := luaVM(t)
	v.L.SetGlobal("rec", remoteRecord(t, v))
	v.L.SetGlobal("ports", v.bagOf(t, "set[port]", v.parse(t, KindPort, "80/tcp"), v.parse(t, KindPort, "22/tcp")))
	v.L.SetGlobal("none_yet", v.bagOf(t, "set[addr]"))
	v.L.SetGlobal("hits", v.bagOf(t, "table[addr] of count", v.parse(t, KindAddr, "::1"), lua.LNumber(3)))
	v.L.SetGlobal("words", v.bagOf(t, "vector of string", lua.LString("a"), lua.LString("b")))
	for _, tt := range []struct {
		expr  string
		width int
		want  string
	}{
		{`nil`, 80, `nil`},
		{`true`, 80, `true`},
		{`-0.5`, 80, `-0.5`},
		{`1e300`, 80, `1e+300`},
		{`1/0`, 80, `+Inf`},
		{`"a\"b\\c\n\t\0\127é"`, 80, `"a\"b\\c\n\t\000\127é"`},
		{`"\255\226\130"`, 80, `"\255\226\130"`},
		{`addr "10.0.0.1"`, 80, `addr "10.0.0.1"`},
		{`subnet "10.0.0.0/8"`, 80, `subnet "10.0.0.0/8"`},
		{`port "80/tcp"`, 80, `port "80/tcp"`},
		{`interval "300s"`, 80, `interval "5 min"`},
		{`time "1404901004.5"`, 80, `time.unix(1404901004.500000)`},
		{`enum "A::B"`, 80, `types.enum "A::B"`},
		{`big "18446744073709551615"`, 80, `types.count "18446744073709551615"`},
		{`big "-9223372036854775808"`, 80, `types.int "-9223372036854775808"`},
		{`int(3)`, 80, `types.int "3"`},
		{`none`, 80, `types.none`},
		{`tuple(addr "10.0.0.1", 5, "x")`, 80, `tuple(addr "10.0.0.1", 5, "x")`},
		{`print`, 80, `function: [Go]`},
		{`{ function() end }`, 80, `{ function: <string>:1 }`},
		{`{}`, 80, `{}`},
		{`{ 1, "a", { true } }`, 80, `{ 1, "a", { true } }`},
		{`{ b = 1, a = 2, ["a b"] = 3, ["end"] = 4, [7] = 5, [2.5] = 6, [true] = 7, [port "80/tcp"] = 8 }`, 200,
			`{ a = 2, ["a b"] = 3, b = 1, ["end"] = 4, [2.5] = 6, [7] = 5, [port "80/tcp"] = 8, [true] = 7 }`},
		{`{ nil, 3 }`, 80, `{ nil, 3 }`},
		{`{ 1, nil, nil, nil, 5 }`, 80, `{ 1, [5] = 5 }`},
		{`{ [addr "10.0.0.10"] = 1, [addr "10.0.0.9"] = 2 }`, 80, `{ [addr "10.0.0.10"] = 1, [addr "10.0.0.9"] = 2 }`},
		{`ports`, 80, `set("port"):add(port "80/tcp", port "22/tcp")`},
		{`none_yet`, 80, `set("addr")`},
		{`hits`, 80, `map("addr", "count") { [addr "::1"] = 3 }`},
		{`words`, 80, `vector("string") { "a", "b" }`},
		{`{ rec.id }`, 120, `{ { orig_h = addr "10.0.0.1", orig_p = port "1024/tcp", resp_h = addr "10.0.0.2", resp_p = port "80/tcp" } }`},
		// What does not fit into the width.
		{`{ 1, 2 }`, 8, "{ 1, 2 }"},
		{`{ 1, 2 }`, 7, "{\n  1,\n  2,\n}"},
		{`{ a = { 1, 2 }, b = 3 }`, 14, "{\n  a = { 1, 2 },\n  b = 3,\n}"},
		{`{ a = { 1, 2 } }`, 10, "{\n  a = {\n    1,\n    2,\n  },\n}"},
		{`ports`, 20, "set(\"port\"):add(\n  port \"80/tcp\",\n  port \"22/tcp\"\n)"},
		{`(function() local t = {} t.self = t return t end)()`, 80, `{ self = { … } }`},
		{`setmetatable({ 1 }, { __tostring = error, __index = error, __len = error, __eq = error })`, 80, `{ 1 }`},
	} {
		if got := string(v.AppendLua([]byte("in front "), v.luaValue(t, tt.expr), tt.width)); got != "in front "+tt.want {
			t.Errorf("%s in %d columns:\ngot  %s\nwant in front %s", tt.expr, tt.width, got, tt.want)
		}
	}
}

// TestAppendLuaIsLua: what is written, is the value again.
func TestAppendLuaIsLua(t *testing.T) {
	v := luaVM(t)
	v.L.SetGlobal("types", v.L.NewTable())
	for name, global := range map[string]string{"enum": "enum", "count": "big", "int": "big"} {
		v.L.SetField(v.L.GetGlobal("types"), name, v.L.GetGlobal(global))
	}
	for _, expr := range []string{
		`{ 1, "a\0\n\"\\\200", { x = addr "2001:db8::1" }, subnet "10.0.0.0/8", port "53/udp", [2^40] = 1, ["while"] = 2, name = 3 }`,
		`{ { { {} } }, interval "-1.5 s", big "18446744073709551615", enum "A::B", tuple(1, "x", addr "::1") }`,
	} {
		want := v.luaValue(t, expr)
		for _, width := range []int{1, 20, 1000} {
			text := string(v.AppendLua(nil, want, width))
			again := string(v.AppendLua(nil, v.luaValue(t, text), width))
			if again != text {
				t.Errorf("%s\nbecame %s", text, again)
			}
		}
	}
}

// TestAppendLuaBounds: what is large or deep is cut, and takes no time that doubles with each level.
func TestAppendLuaBounds(t *testing.T) {
	t.Parallel()
	v := luaVM(t)
	for name, expr := range map[string]string{
		"a long list":              `(function() local t = {} for i = 1, 100000 do t[i] = i end return t end)()`,
		"a large table":            `(function() local t = {} for i = 1, 100000 do t["k" .. i] = i end return t end)()`,
		"a deep one":               `(function() local t = {} for i = 1, 100000 do t = { t } end return t end)()`,
		"a large one, deep inside": `(function() local t = {} for i = 1, 6000 do t[i] = i end for i = 1, 11 do t = { t, i } end return t end)()`,
		"many deep ones":           `(function() local t = {} for i = 1, 12 do local n = t t = {} for k = 1, 20 do t[k] = n end end return t end)()`,
		"a large text":             `(("x"):rep(10000000))`,
		"a large text, often":      `(function() local s, t = ("é"):rep(1000000), {} for i = 1, 1000 do t[i] = s end return t end)()`,
		"a large key":              `{ [("x"):rep(10000000) .. " "] = 1 }`,
	} {
		t.Run(name, func(t *testing.T) {
			val := v.luaValue(t, expr)
			for _, width := range []int{80, 1 << 20} {
				got := v.AppendLua(nil, val, width)
				if len(got) > 4*maxLua {
					t.Errorf("%d bytes in %d columns", len(got), width)
				}
				if !strings.Contains(string(got), "…") || !utf8.Valid(got) {
					t.Errorf("%d bytes in %d columns, of which nothing is left out, or not UTF-8", len(got), width)
				}
				if width > 80 && strings.Contains(string(got[:len(got)/2]), "\n") && len(got) < width {
					t.Errorf("in %d columns it has several lines", width)
				}
			}
		})
	}
}
