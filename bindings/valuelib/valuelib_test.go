package valuelib

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
)

// newVM is a bare Lua state with the constructors and a clock that stands still.
func newVM(t testing.TB) *lua.LState {
	t.Helper()
	L := lua.NewState()
	t.Cleanup(L.Close)
	s := convert.NewSpace(L)
	for name, fn := range Globals(s) {
		L.SetGlobal(name, L.NewFunction(fn))
	}
	module := func(name string, fns map[string]lua.LGFunction) *lua.LTable {
		tb := L.NewTable()
		for field, fn := range fns {
			tb.RawSetString(field, L.NewFunction(fn))
		}
		L.SetGlobal(name, tb)
		return tb
	}
	module("types", Types(s)).RawSetString("none", s.None())
	module("time", Time(s, func() broker.Timestamp { return 1404901004e9 }))
	return L
}

func eval(L *lua.LState, expr string) string {
	if err := L.DoString("return " + expr); err != nil {
		text := err.(*lua.ApiError).Object.String()
		return "error: " + strings.TrimPrefix(text, "<string>:1: ")
	}
	got := L.Get(-1)
	L.Pop(1)
	return string(convert.AppendText(nil, got))
}

func TestConstructors(t *testing.T) {
	L := newVM(t)
	for _, c := range []struct{ expr, want string }{
		{`addr "10.0.0.1"`, "10.0.0.1"},
		{`addr(addr "10.0.0.1")`, "10.0.0.1"},
		{`addr(5)`, "error: bad argument #1 to 'addr' (expected a text, got number 5)"},
		{`addr()`, "error: bad argument #1 to 'addr' (expected a text, got nil)"},
		{`addr "ten"`, `error: address "ten": not four decimal octets 0..255, nor an IPv6 address`},
		{`subnet "10.1.2.3/8"`, "10.0.0.0/8"},
		{`port "80/tcp"`, "80/tcp"},
		{`port(80, "udp") == port "80/udp"`, "true"},
		{`port(80)`, `error: bad argument #2 to 'port' (expected "tcp", "udp", "icmp" or "?", got nil)`},
		{`port(65536, "tcp")`, "error: bad argument #1 to 'port' (expected a number from 0 to 65535, got number 65536)"},
		{`port(80, "sctp")`, `error: "80/sctp" is not a port: want a number and /tcp, /udp, /icmp or /?, as in "80/tcp"`},
		{`interval "5 min" == interval(300)`, "true"},
		{`interval(interval "1 h")`, "1 h"},
		{`interval(0.1)`, "100 ms"},
		{`interval(1e300)`, "error: bad argument #1 to 'interval' (1e+300 seconds are more than 292 years)"},
		{`interval "5 m"`, `error: interval "5 m": "m" could be a minute or a month, write "min" or a number of days`},
		{`interval {}`, "error: bad argument #1 to 'interval' (expected a text, got table)"},
		{`tuple(addr "10.0.0.1", port "80/tcp")[2].number`, "80"},
		{`tuple()`, "[]"},
		{`types.addr "::1"`, "::1"},
		{`types.enum "Notice::Scan".name`, "Notice::Scan"},
		{`types.enum ""`, `error: "" is not the name of an enum`},
		{`types.count(5) == 5`, "true"},
		{`types.count "18446744073709551615"`, "18446744073709551615"},
		{`types.count(-1)`, "error: bad argument #1 to 'count' (expected count, got number -1)"},
		{`types.count(2^60)`, `error: bad argument #1 to 'count' (expected count, got number 1152921504606846976 (write types.count "…": beyond 2^53 a number may have been rounded))`},
		{`types.count "x"`, `error: "x" is not a count: want digits, up to 2^64-1`},
		{`types.int(-5) + 5`, "0"},
		{`types.int "-9223372036854775808"`, "-9223372036854775808"},
		{`types.int(1.5)`, "error: bad argument #1 to 'int' (expected int, got number 1.5)"},
		{`types.real(5)`, "5.0"},
		{`types.real "0.1"`, "0.1"},
		{`types.real "0x10"`, `error: "0x10" is not a real: want a decimal number`},
		{`types.real {}`, "error: bad argument #1 to 'real' (expected real, got table)"},
		{`types.none == types.none`, "true"},
		{`types.try("addr", "10.0.0.1")`, "10.0.0.1"},
		{`(types.try("addr", "ten"))`, "nil"},
		{`select(2, types.try("addr", "ten")).code`, "CONVERSION_FAILED"},
		{`tostring(select(2, types.try("addr", "ten")))`, `address "ten": not four decimal octets 0..255, nor an IPv6 address (CONVERSION_FAILED)`},
		{`(types.try("addr", nil))`, "nil"},
		{`types.try("count", "5") + 1`, "6"},
		{`types.try("adr", "x")`, `error: bad argument #1 to 'try' (no kind of scalars is called "adr" (did you mean addr?))`},
		{`types.compare(types.count "18446744073709551615", 5)`, "1"},
		{`types.compare(5, types.count "18446744073709551615")`, "-1"},
		{`types.compare(addr "10.0.0.1", addr "10.0.0.1")`, "0"},
		{`types.compare("a", "b")`, "-1"},
		{`types.compare(addr "10.0.0.1", 5)`, "error: can't compare addr 10.0.0.1 with number 5"},
		{`time.now()`, "1404901004.000000"},
		{`time.now() - time.unix(1404901000)`, "4 s"},
		{`time.unix(1404901004.123456).sec == 1404901004.123456`, "true"},
		{`time.unix(time.unix(1404901004.123456).sec) == time.unix(1404901004.123456)`, "true"},
		{`time.unix "5"`, `error: bad argument #1 to 'unix' (expected a number of seconds, got string "5")`},
		{`time.unix(1e10)`, "error: bad argument #1 to 'unix' (number 10000000000 is outside of the years 1677 to 2262)"},
	} {
		if got := eval(L, c.expr); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
}
