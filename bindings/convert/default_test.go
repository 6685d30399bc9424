package convert

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// lua evaluates an expression to a Lua value.
func (v vm) lua(t testing.TB, expr string) lua.LValue {
	t.Helper()
	if err := v.L.DoString("return " + expr); err != nil {
		t.Fatal(err)
	}
	got := v.L.Get(-1)
	v.L.Pop(1)
	return got
}

func TestDefaultKinds(t *testing.T) {
	v := luaVM(t)
	for _, c := range []struct{ expr, want string }{
		{`nil`, "none nil"},
		{`none`, "none nil"},
		{`true`, "boolean T"},
		{`5`, "count 5"},
		{`0`, "count 0"},
		{`-0`, "count 0"},
		{`-5`, "integer -5"},
		{`1.5`, "real 1.500000"},
		{`2^53`, "count 9007199254740992"},
		{`-2^53`, "integer -9007199254740992"},
		{`2^53 + 2`, "real 9007199254740994.000000"},
		{`1e300 * 1e300`, "real inf"},
		{`0/0`, "real nan"},
		{`big "9007199254740993"`, "count 9007199254740993"},
		{`big "-9007199254740993"`, "integer -9007199254740993"},
		{`int(5)`, "integer 5"},
		{`real(5)`, "real 5.000000"},
		{`"5"`, "string 5"},
		{`addr "10.0.0.1"`, "address 10.0.0.1"},
		{`subnet "10.0.0.0/8"`, "subnet 10.0.0.0/8"},
		{`port "80/tcp"`, "port 80/tcp"},
		{`time "1"`, "timestamp 1000000000ns"},
		{`interval "1s"`, "timespan 1000000000ns"},
		{`enum "A::B"`, "enum_value A::B"},
		{`tuple(addr "10.0.0.1", 5, none)`, "vector (10.0.0.1, 5, nil)"},
		{`{}`, "vector ()"},
		{`{1, -1, "x", {true}}`, "vector (1, -1, x, (T))"},
		{`{1, none, 3}`, "vector (1, nil, 3)"},
		{`{a = 1, b = {c = 2}}`, "table {a -> 1, b -> {c -> 2}}"},
		{`{[addr "10.0.0.2"] = 1, [addr "10.0.0.1"] = 2}`, "table {10.0.0.1 -> 2, 10.0.0.2 -> 1}"},
		{`{[0] = 1}`, "table {0 -> 1}"},
		{`{[1.5] = 1, [true] = 2, [-1] = 3}`, "table {T -> 2, -1 -> 3, 1.500000 -> 1}"},
		{`{[tuple(1, "a")] = 1}`, "table {(1, a) -> 1}"},
	} {
		d, err := v.ToData(v.lua(t, c.expr), nil)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		got := broker.KindOf(d).String() + " " + broker.Text(d)
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.expr, got, c.want)
		}
		if k, ok := DefaultKind(v.lua(t, c.expr)); !ok || k != broker.KindOf(d) {
			t.Errorf("%s: DefaultKind gives %v", c.expr, k)
		}
	}
}

func TestNoDefaultKind(t *testing.T) {
	v := luaVM(t)
	if err := v.L.DoString(`cycle = {}; cycle[1] = {cycle}; deep = {}; for i = 1, 200 do deep = {deep} end
		shared = {1}; for i = 1, 60 do shared = {shared, shared} end`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ expr, want string }{
		{`print`, "argument #1: invalid_data: a function has no place on the wire"},
		{`{1, {x = print}}`, "argument #1: [2].x: invalid_data: a function has no place on the wire"},
		{`{["a b"] = {print}}`, `argument #1: ["a b"][1]: invalid_data: a function has no place on the wire`},
		{`{1, 2, x = 3}`, `argument #1: invalid_data: a table that is a list and has the key "x", too`},
		{`{1, nil, 3}`, "argument #1: invalid_data: a list with a hole at [2] (write types.none for an unset element)"},
		{`{[2] = 1}`, "argument #1: invalid_data: a list with a hole at [1] (write types.none for an unset element)"},
		{`{[{}] = 1}`, ""},
		{`{[int(5)] = 1, [real(5)] = 2}`, ""},
		{`{[-5] = 1, [int(-5)] = 2}`, "argument #1: invalid_data: two keys -5 that are one on the wire"},
		{`cycle`, "argument #1: [1][1]: invalid_data: a table inside itself"},
		{`deep`, ""},
		{`shared`, ""},
	} {
		_, err := v.AppendArgs(nil, nil, []lua.LValue{v.lua(t, c.expr)})
		if c.want != "" {
			errText(t, err, c.want)
		}
		if c.expr == `{[int(5)] = 1, [real(5)] = 2}` {
			if err != nil {
				t.Errorf("%s: %v", c.expr, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: no error", c.expr)
		} else if c.want != "" && !errors.Is(err, broker.ErrInvalidData) {
			t.Errorf("%s: %v is not INVALID_DATA", c.expr, err)
		}
	}
}

func TestUndeclaredArgs(t *testing.T) {
	v := newVM(t)
	d := broker.Vector{broker.Integer(5), broker.Real(5), broker.None{}, broker.Count(1<<64 - 1), broker.String("a\x00"),
		broker.Vector{broker.Integer(7), broker.None{}}, mustSet(t, broker.Count(1), broker.String("x")),
		mustTable(t, broker.TableItem{Key: broker.Enum("A::B"), Value: broker.Real(2)})}
	b := wire.AppendData(nil, d)
	r := wire.NewReader(b[2:]) // behind the vector's header
	out, err := v.DecodeArgs(&r, len(d), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range out {
		got = append(got, string(v.AppendPrint(nil, a)))
	}
	const want = "5 | 5 | <uninitialized> | 18446744073709551615 | a\x00 | [7, <uninitialized>] | {\n1,\nx\n} | {\n[A::B] = 2.0\n}"
	if text := strings.Join(got, " | "); text != want {
		t.Errorf("got  %q\nwant %q", text, want)
	}
	if out[0] != lua.LNumber(5) || out[1] != lua.LNumber(5) || out[2] != lua.LNil {
		t.Errorf("numbers that nobody declared: %v", out[:3])
	}
	vec, _ := AsContainer(out[5])
	vec.Each(func(_ []byte, st Stored) bool {
		if val := v.FromStored(Any, st); val != lua.LNumber(7) && !IsNone(val) {
			t.Errorf("in a vector: %s", Describe(val))
		}
		return true
	})
	// A container keeps the kinds of what is in it.
	again, err := v.AppendArgs(nil, nil, out[5:])
	if err != nil {
		t.Fatal(err)
	}
	if want := wire.AppendData(nil, broker.Vector(d[5:]))[2:]; string(again) != string(want) {
		t.Errorf("got  %x\nwant %x", again, want)
	}
}

// TestPlainTables is for VMs without containers.
func TestPlainTables(t *testing.T) {
	v := newVM(t)
	v.NewContainer = nil
	d := broker.Vector{broker.Vector{broker.Count(1), broker.None{}}, mustSet(t, broker.Count(2)),
		mustTable(t, broker.TableItem{Key: broker.String("k"), Value: broker.Real(2.5)})}
	val, err := v.FromData(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(v.AppendPrint(nil, val)), "[[1, <uninitialized>], [2], {\n[k] = 2.5\n}]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLimits(t *testing.T) {
	v := newVM(t)
	nested := func(n int) []byte { return append([]byte(strings.Repeat("\x0e\x01", n)), 0) }
	many := func(n int, elem string) []byte {
		return append(wire.AppendVectorHeader(nil, n), strings.Repeat(elem, n)...)
	}
	for _, c := range []struct {
		name string
		b    []byte
		ok   bool
	}{
		{"depth at the limit", nested(wire.MaxDepth), true},
		{"one deeper", nested(wire.MaxDepth + 1), false},
		{"containers at the limit", many(maxContainers-1, "\x0e\x00"), true},
		{"one more", many(maxContainers, "\x0e\x00"), false},
		{"one value too many", many(maxValues+1, "\x00"), false},
		{"set in a set", []byte("\x0c\x01\x0c\x00"), false},
		{"duplicate", []byte("\x0c\x02\x01\x00\x01\x00"), false},
		{"nan in a set", []byte("\x0c\x01\x04\xff\xff\xff\xff\xff\xff\xff\xff"), false},
	} {
		r := wire.NewReader(c.b)
		_, err := v.DecodeTyped(&r, Any)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestMisfits(t *testing.T) {
	v := newVM(t)
	v.record(t, "EX::info", "a", "addr", "n", "count?")
	addr := broker.AddressFrom4([4]byte{10, 0, 0, 1})
	for _, c := range []struct {
		sig  string
		args broker.Vector
		want string
	}{
		{"n: count", broker.Vector{broker.Integer(1)}, "argument #1 (n): expected count, got int"},
		{"n: count", broker.Vector{broker.None{}}, "argument #1 (n): expected count, got none"},
		{"n: count", broker.Vector{}, "invalid # of args, got 0, expected 1"},
		{"a: addr, n: count?", broker.Vector{addr, broker.Count(1), broker.Count(1)}, "invalid # of args, got 3, expected 1 to 2"},
		{"set[addr]", broker.Vector{broker.Vector{addr}}, "argument #1: expected set[addr], got vector"},
		{"set[addr]", broker.Vector{mustSet(t, broker.Count(1))}, "argument #1: [1]: expected addr, got count"},
		{"table[addr] of count", broker.Vector{mustTable(t, broker.TableItem{Key: addr, Value: broker.String("x")})},
			"argument #1: [1]: expected count, got string"},
		{"vector of string", broker.Vector{broker.Vector{broker.String("x"), broker.None{}}}, "argument #1: [2]: expected string, got none"},
		{"set[addr, port]", broker.Vector{mustSet(t, broker.Vector{addr})}, "argument #1: [1]: expected tuple[addr, port], got a vector of 1"},
		{"EX::info", broker.Vector{broker.Vector{addr}}, "argument #1: expected EX::info, got a vector of 1, the record has 2 fields"},
		{"EX::info", broker.Vector{broker.Vector{addr, broker.Integer(1)}}, "argument #1: n: expected count?, got int"},
		{"EX::info", broker.Vector{broker.Vector{broker.None{}, broker.Count(1)}}, "argument #1: a: expected addr, got none"},
		{"EX::later", broker.Vector{broker.Vector{}}, "argument #1: record type EX::later is not declared"},
	} {
		b := []byte{}
		for _, d := range c.args {
			b = wire.AppendData(b, d)
		}
		r := wire.NewReader(b)
		_, err := v.DecodeArgs(&r, len(c.args), v.sig(t, c.sig), nil)
		errText(t, err, c.want)
	}
}

// TestTruncated cuts a long message everywhere.
func TestTruncated(t *testing.T) {
	v := newVM(t)
	v.record(t, "EX::info", "a", "addr", "s", "string", "v", "vector of count", "t", "tuple[addr, port]")
	sig := v.sig(t, "EX::info, set[string], any")
	addr := broker.AddressFrom4([4]byte{10, 0, 0, 1})
	var b []byte
	for _, d := range []broker.Data{
		broker.Vector{addr, broker.String("abc"), broker.Vector{broker.Count(1)}, broker.Vector{addr, broker.Port{Number: 1}}},
		mustSet(t, broker.String("x"), broker.String("y")),
		mustTable(t, broker.TableItem{Key: broker.Count(1), Value: broker.Vector{broker.None{}}}),
	} {
		b = wire.AppendData(b, d)
	}
	for n := range len(b) + 1 {
		r := wire.NewReader(b[:n])
		_, err := v.DecodeArgs(&r, 3, sig, nil)
		if (err == nil) != (n == len(b)) {
			t.Errorf("%d of %d bytes: %v", n, len(b), err)
		}
		if err != nil && !errors.Is(err, broker.ErrDeserializationFailed) {
			t.Errorf("%d bytes: %v does not match deserialization_failed", n, err)
		}
	}
}

func mustSet(t testing.TB, elems ...broker.Data) broker.Set {
	t.Helper()
	s, err := broker.NewSet(elems...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustTable(t testing.TB, items ...broker.TableItem) broker.Table {
	t.Helper()
	tb, err := broker.NewTable(items...)
	if err != nil {
		t.Fatal(err)
	}
	return tb
}

func ExampleMismatchError() {
	s := NewSpace(lua.NewState())
	_, err := s.Check(Scalar(KindAddr), lua.LString("10.0.0.1"))
	fmt.Println(err)
	// Output: expected addr, got string "10.0.0.1" (write addr "10.0.0.1")
}
