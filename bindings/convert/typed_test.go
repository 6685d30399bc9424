package convert

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

func TestCheck(t *testing.T) {
	v := luaVM(t)
	v.record(t, "EX::info", "a", "addr", "n", "count?", "sub", "EX::info?")
	v.L.SetGlobal("names", v.bagOf(t, "set[string]", lua.LString("x")))
	for _, c := range []struct{ typ, expr, want string }{
		{"bool", `true`, "true"},
		{"bool", `1`, "error: expected bool, got number 1"},
		{"bool", `"true"`, `error: expected bool, got string "true" (write true)`},
		{"count", `5`, "5"},
		{"count", `big "18446744073709551615"`, "18446744073709551615"},
		{"count", `"5"`, `error: expected count, got string "5" (write 5)`},
		{"count", `int(5)`, "error: expected count, got int 5"},
		{"int", `-5`, "-5"},
		{"int", `int(5)`, "5"},
		{"int", `big "9223372036854775807"`, "9223372036854775807"},
		{"int", `big "9223372036854775808"`, "error: expected int, got count 9223372036854775808"},
		{"real", `5`, "5"},
		{"real", `1.5`, "1.5"},
		{"real", `real(5)`, "5.0"},
		{"real", `int(5)`, "error: expected real, got int 5"},
		{"string", `"x"`, "x"},
		{"string", `addr "10.0.0.1"`, "error: expected string, got addr 10.0.0.1"},
		{"addr", `addr "10.0.0.1"`, "10.0.0.1"},
		{"addr", `port "80/tcp"`, "error: expected addr, got port 80/tcp"},
		{"addr", `"ten"`, `error: expected addr, got string "ten"`},
		{"port", `80`, `error: expected port, got number 80 (write port(80, "tcp"))`},
		{"time", `time "5"`, "5.000000"},
		{"time", `5`, "error: expected time, got number 5 (write time.unix(5))"},
		{"interval", `interval "5 min"`, "5 min"},
		{"interval", `300`, "5 min"},
		{"interval", `0.25`, "250 ms"},
		{"interval", `"5 min"`, "5 min"},
		{"interval", `"5 m"`, `error: expected interval, got string "5 m": "m" could be a minute or a month, write "min" or a number of days`},
		{"interval", `true`, "error: expected interval, got true"},
		{"enum", `enum "A::B"`, "A::B"},
		{"enum", `"A::B"`, `error: expected enum, got string "A::B" (write types.enum "A::B")`},
		{"addr?", `nil`, "nil"},
		{"addr?", `none`, "nil"},
		{"addr", `none`, "error: expected addr, got none"},
		{"tuple[addr, port]", `tuple(addr "10.0.0.1", port "80/tcp")`, "[10.0.0.1, 80/tcp]"},
		{"tuple[addr, port]", `tuple(addr "10.0.0.1", 80)`, `error: [2]: expected port, got number 80 (write port(80, "tcp"))`},
		{"tuple[addr, port]", `tuple(addr "10.0.0.1")`, "error: expected tuple[addr, port], got a tuple of 1"},
		{"tuple[addr, port]", `{}`, "error: expected tuple[addr, port], got table (write tuple(…))"},
		{"tuple[interval]", `tuple "5 min"`, "[5 min]"},
		{"set[string]", `names`, "set[string]"},
		{"set[any]", `names`, "set[string]"},
		{"set[addr]", `names`, "error: expected set[addr], got set[string]"},
		{"set[addr]", `{}`, "set[addr]"},
		{"set[addr, port]", `{1}`, `error: expected set[addr, port], got table (write set("addr, port"))`},
		{"table[addr] of count", `{1}`, `error: expected table[addr] of count, got table (write map("addr", "count") and :set(k, v))`},
		{"vector of count", `{1}`, `error: expected vector of count, got table (write vector("count") and :push(v))`},
		{"EX::info", `{a = addr "10.0.0.1"}`, "record EX::info"},
		{"EX::info", `{a = "10.0.0.1"}`, `error: a: expected addr, got string "10.0.0.1" (write addr "10.0.0.1")`},
		{"EX::info", `{a = addr "10.0.0.1", m = 5}`, `error: record EX::info has no field "m"`},
		{"EX::info", `{n = 5}`, `error: record EX::info lacks the field "a" (addr)`},
		{"EX::info", `{addr = addr "10.0.0.1"}`, `error: record EX::info has no field "addr"`},
		{"EX::info", `{addr "10.0.0.1"}`, "error: record EX::info is written by field names, got the key 1"},
		{"EX::info", `{a = addr "10.0.0.1", sub = {a = 1}}`, "error: sub.a: expected addr, got number 1"},
		{"EX::info", `5`, "error: expected EX::info, got number 5"},
		{"any", `print`, "error: invalid_data: a function has no place on the wire"},
		{"any", `{1, x = 2}`, `error: invalid_data: a table that is a list and has the key "x", too`},
		{"any", `nil`, "nil"},
	} {
		ty := v.typ(t, c.typ)
		val := v.lua(t, c.expr)
		got := ""
		checked, err := v.Check(ty, val)
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = string(AppendText(nil, checked))
			if again, err := v.Check(ty, checked); err != nil || again != checked {
				t.Errorf("%s: %s: the canonical value changes once more", c.typ, c.expr)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", c.typ, c.expr, got, c.want)
		}
		// All other ways must agree.
		if _, encErr := v.AppendTyped(nil, ty, val); (encErr == nil) != (err == nil) || err != nil && encErr.Error() != err.Error() {
			t.Errorf("%s: %s: AppendTyped says %v", c.typ, c.expr, encErr)
		}
		if _, stErr := v.ToStored(ty, val); (stErr == nil) != (err == nil) || err != nil && stErr.Error() != err.Error() {
			t.Errorf("%s: %s: ToStored says %v", c.typ, c.expr, stErr)
		}
	}
}

func TestCheckArgs(t *testing.T) {
	v := luaVM(t)
	args, err := v.CheckArgs(v.sig(t, "d: interval, s: string?, n: count?"), []lua.LValue{lua.LString("5 min")})
	if err != nil || len(args) != 3 || args[0] != v.Interval(300e9) || args[2] != lua.LNil {
		t.Errorf("got %v, %v", args, err)
	}
	_, err = v.CheckArgs(nil, []lua.LValue{lua.LTrue, v.lua(t, "print")})
	errText(t, err, "argument #2: invalid_data: a function has no place on the wire")
}

// TestContainersOnTheWire: in Broker's order, whatever the order of insertion.
func TestContainersOnTheWire(t *testing.T) {
	v := luaVM(t)
	addr := func(s string) lua.LValue { return v.parse(t, KindAddr, s) }
	for _, c := range []struct {
		typ   string
		elems []lua.LValue
		want  string
	}{
		{"set[addr]", []lua.LValue{addr("10.0.0.2"), addr("::1"), addr("10.0.0.1")}, "{::1, 10.0.0.1, 10.0.0.2}"},
		{"set[string]", []lua.LValue{lua.LString("b"), lua.LString(""), lua.LString("ab"), lua.LString("a")}, "{, a, ab, b}"},
		{"set[int]", []lua.LValue{lua.LNumber(1), lua.LNumber(-1), lua.LNumber(0)}, "{-1, 0, 1}"},
		{"set[real]", []lua.LValue{lua.LNumber(1), lua.LNumber(-1.5), lua.LNumber(0)}, "{-1.500000, 0.000000, 1.000000}"},
		{"table[string] of vector of count", []lua.LValue{
			lua.LString("z"), v.bagOf(t, "vector of count", lua.LNumber(2), lua.LNumber(1)),
			lua.LString("a"), v.bagOf(t, "vector of count"),
		}, "{a -> (), z -> (2, 1)}"},
		{"vector of any", []lua.LValue{lua.LNumber(2), lua.LNil, v.lua(t, `{a = 1}`)}, "(2, nil, {a -> 1})"},
	} {
		d, err := v.ToData(v.bagOf(t, c.typ, c.elems...), v.typ(t, c.typ))
		if err != nil || broker.Text(d) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.typ, broker.Text(d), err, c.want)
		}
	}
}

func TestZero(t *testing.T) {
	v := newVM(t)
	for typ, want := range map[string]string{
		"bool": "F", "count": "0", "real": "0.0", "string": "", "addr": "::", "subnet": "::/0", "port": "0/?",
		"time": "0.000000", "interval": "0 s", "enum": "", "set[addr]": "{\n\n}", "vector of addr": "[]",
		"count?": "<uninitialized>",
	} {
		st, err := v.ZeroStored(v.typ(t, typ))
		if err != nil {
			t.Fatal(err)
		}
		p := printer{s: v.Space}
		if got := string(p.stored(nil, v.typ(t, typ), st)); got != want {
			t.Errorf("%s: got %q, want %q", typ, got, want)
		}
		if _, err := v.Zero(v.typ(t, typ)); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
	}
	if _, err := v.Zero(v.typ(t, "tuple[addr]")); err == nil {
		t.Error("a tuple has a default value")
	}
}

// TestHotPathAllocations guards the budget of the publish and dispatch paths.
func TestHotPathAllocations(t *testing.T) {
	v, sig, args, payload := threeArgs(t)
	buf := make([]byte, 0, 256)
	out := make([]lua.LValue, 0, 8)
	rv, typ, rec, recPayload := tenFields(t)
	for _, c := range []struct {
		name string
		want float64
		f    func() error
	}{
		{"encode", 0, func() error { _, err := v.AppendArgs(buf, sig, args); return err }},
		{"encode by default kinds", 0, func() error { _, err := v.AppendArgs(buf, nil, args); return err }},
		{"decode", 3, func() error {
			r := wire.NewReader(payload)
			_, err := v.DecodeArgs(&r, 3, sig, out)
			return err
		}},
		{"decode undeclared", 3, func() error {
			r := wire.NewReader(payload)
			_, err := v.DecodeArgs(&r, 3, nil, out)
			return err
		}},
		{"encode a record", 0, func() error { _, err := rv.AppendTyped(buf, typ, rec); return err }},
		{"decode a record", 3, func() error {
			r := wire.NewReader(recPayload)
			_, err := rv.DecodeTyped(&r, typ)
			return err
		}},
	} {
		var err error
		if got := testing.AllocsPerRun(100, func() { err = c.f() }); got != c.want || err != nil {
			t.Errorf("%s: %v allocations, %v; want %v", c.name, got, err, c.want)
		}
	}
}
