package convert

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// luaVM has a few constructors, as bindings/valuelib gives them to scripts.
func luaVM(t testing.TB) vm {
	v := newVM(t)
	for k := KindAddr; k < KindTuple; k++ {
		v.L.SetGlobal(k.String(), v.L.NewFunction(func(L *lua.LState) int {
			val, err := v.Parse(k, L.CheckString(1))
			if err != nil {
				Raise(L, err)
			}
			L.Push(val)
			return 1
		}))
	}
	v.L.SetGlobal("big", v.L.NewFunction(func(L *lua.LState) int {
		text := L.CheckString(1)
		k := KindCount
		if strings.HasPrefix(text, "-") {
			k = KindInt
		}
		val, err := v.Parse(k, text)
		if err != nil {
			Raise(L, err)
		}
		L.Push(val)
		return 1
	}))
	v.L.SetGlobal("tuple", v.L.NewFunction(func(L *lua.LState) int {
		var vals []lua.LValue
		for i := range L.GetTop() {
			vals = append(vals, L.Get(i+1))
		}
		val, err := v.Tuple(vals...)
		if err != nil {
			Raise(L, err)
		}
		L.Push(val)
		return 1
	}))
	v.L.SetGlobal("int", v.L.NewFunction(func(L *lua.LState) int {
		L.Push(v.IntOfKind(int64(L.CheckNumber(1))))
		return 1
	}))
	v.L.SetGlobal("real", v.L.NewFunction(func(L *lua.LState) int {
		L.Push(v.RealOfKind(float64(L.CheckNumber(1))))
		return 1
	}))
	v.L.SetGlobal("none", v.None())
	return v
}

// eval returns the text of an expression, or the message of the error that it raises.
func (v vm) eval(expr string) string {
	if err := v.L.DoString("return " + expr); err != nil {
		text := err.(*lua.ApiError).Object.String()
		return "error: " + strings.TrimPrefix(text, "<string>:1: ")
	}
	got := v.L.Get(-1)
	v.L.Pop(1)
	return string(AppendText(nil, got))
}

func TestValuesInLua(t *testing.T) {
	v := luaVM(t)
	for _, c := range []struct{ expr, want string }{
		// Text.
		{`tostring(addr "10.0.0.1")`, "10.0.0.1"},
		{`tostring(addr "2001:DB8::1")`, "2001:db8::1"},
		{`tostring(subnet "10.1.2.3/8")`, "10.0.0.0/8"},
		{`tostring(port "80/tcp")`, "80/tcp"},
		{`tostring(time "1404901004.5")`, "1404901004.500000"},
		{`tostring(interval "300s")`, "5 min"},
		{`tostring(enum "Notice::Scan")`, "Notice::Scan"},
		{`tostring(big "18446744073709551615")`, "18446744073709551615"},
		{`tostring(tuple(addr "10.0.0.1", port "80/tcp", 5, "x"))`, "[10.0.0.1, 80/tcp, 5, x]"},
		{`tostring(none)`, "none"},
		{`"host " .. addr "10.0.0.1" .. " port " .. port "80/tcp"`, "host 10.0.0.1 port 80/tcp"},
		{`addr "10.0.0.1" .. port "80/tcp"`, "10.0.0.180/tcp"},
		{`5 .. addr "10.0.0.1"`, "510.0.0.1"},
		{`addr "10.0.0.1" .. nil`, "error: attempt to concatenate a nil value"},
		// Identity.
		{`addr "10.0.0.1" == addr "010.0.0.01"`, "true"},
		{`addr "10.0.0.1" == "10.0.0.1"`, "false"},
		{`({[addr "10.0.0.1"] = "found"})[addr "10.0.0.1"]`, "found"},
		{`({["10.0.0.1"] = "found"})[addr "10.0.0.1"]`, "nil"},
		{`addr "10.0.0.1" < addr "10.0.0.2"`, "true"},
		{`addr "10.0.0.1" <= addr "9.0.0.2"`, "false"},
		{`subnet "10.0.0.0/8" < subnet "10.0.0.0/9"`, "true"},
		{`port "80/tcp" < port "80/udp"`, "true"},
		{`enum "a" < enum "b"`, "true"},
		{`tuple(1, "a") < tuple(1, "b")`, "true"},
		{`tuple(1) < tuple(1, "b")`, "true"},
		{`addr "10.0.0.1" < port "80/tcp"`, "error: can't compare addr 10.0.0.1 with port 80/tcp"},
		{`addr "10.0.0.1" < "10.0.0.2"`, "error: attempt to compare userdata with string"},
		// Methods and fields.
		{`addr "10.0.0.1":is_v4()`, "true"},
		{`addr "::1":is_v4()`, "false"},
		{`addr "10.0.0.1":is_private()`, "true"},
		{`addr "8.8.8.8":is_private()`, "false"},
		{`addr "fd00::1":is_private()`, "true"},
		{`addr "10.1.2.3":mask(24)`, "10.1.2.0/24"},
		{`addr "2001:db8::1":mask(32)`, "2001:db8::/32"},
		{`addr "10.1.2.3":mask(33)`, `error: bad argument #1 to 'mask' (subnet "10.1.2.3/33": the width of an IPv4 subnet is a number 0..32)`},
		{`addr "10.1.2.3":mask("8")`, `error: bad argument #1 to 'mask' (expected a width, got string "8")`},
		{`addr "10.1.2.3".mask(8)`, "error: mask is a method: write x:mask(…) with an addr x, got number 8"},
		{`subnet "10.0.0.0/8":contains(addr "10.9.9.9")`, "true"},
		{`subnet "10.0.0.0/8":contains(addr "11.9.9.9")`, "false"},
		{`subnet "10.0.0.0/8":contains("10.9.9.9")`, `error: bad argument #1 to 'contains' (expected addr, got string "10.9.9.9" (write addr "10.9.9.9"))`},
		{`subnet "10.0.0.0/8".addr`, "10.0.0.0"},
		{`subnet "10.0.0.0/8".width`, "8"},
		{`port "80/tcp".number + 1`, "81"},
		{`port "53/udp".proto`, "udp"},
		{`enum "Notice::Scan".name`, "Notice::Scan"},
		{`time "1404901004.5".sec`, "1.4049010045e+09"},
		{`time "1404901004.5":iso()`, "2014-07-09T10:16:44.500000Z"},
		{`time "1404901004":format "%Y-%m-%d %H:%M:%S %j %a %s %%"`, "2014-07-09 10:16:44 190 Wed 1404901004 %"},
		{`time "1404901004":format "%Q"`, `error: bad argument #1 to 'format' (unknown conversion %Q in "%Q")`},
		{`interval "5 min".sec`, "300"},
		{`tuple(1, "a")[2]`, "a"},
		{`tuple(1, "a")[3]`, "nil"},
		{`select("#", tuple(1, "a", none):unpack())`, "3"},
		{`addr "10.0.0.1".is_v5`, `error: an addr has no field "is_v5" (did you mean is_v4?)`},
		{`port "80/tcp".num`, `error: a port has no field "num" (did you mean number?)`},
		{`tuple(1).x`, `error: a tuple has no field "x"`},
		{`getmetatable(addr "10.0.0.1")`, "addr"},
		{`(function() local a = addr "10.0.0.1"; a.x = 1 end)()`, `error: a value of type addr can't be changed (field "x")`},
		// Bad text.
		{`addr "10.0.0"`, `error: address "10.0.0": not four decimal octets 0..255, nor an IPv6 address`},
		{`port "80"`, `error: "80" is not a port: want a number and /tcp, /udp, /icmp or /?, as in "80/tcp"`},
		{`port "80/TCP"`, `error: "80/TCP" is not a port: want a number and /tcp, /udp, /icmp or /?, as in "80/tcp"`},
		{`interval "5 m"`, `error: interval "5 m": "m" could be a minute or a month, write "min" or a number of days`},
		{`tuple({})`, "error: tuple element #1: table can't be a key: it can change"},
		{`tuple(0/0)`, "error: tuple element #1: nan can't be a key"},
	} {
		if got := v.eval(c.expr); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
}

func TestTimeArithmetic(t *testing.T) {
	v := luaVM(t)
	for _, c := range []struct{ expr, want string }{
		{`time "100" - time "40"`, "1 min"},
		{`time "100" - interval "1 min"`, "40.000000"},
		{`time "100" + interval "1 min"`, "160.000000"},
		{`interval "1 min" + time "100"`, "160.000000"},
		{`interval "1 min" + interval "1 h"`, "61 min"},
		{`interval "1 min" - interval "1 h"`, "-59 min"},
		{`interval "1 min" * 2`, "2 min"},
		{`0.5 * interval "1 min"`, "30 s"},
		{`interval "1 min" / 4`, "15 s"},
		{`interval "1 min" / 0.5`, "2 min"},
		{`interval "1 min" / interval "1 h" * 60`, "1"},
		{`-interval "1 min"`, "-1 min"},
		{`(time "100" - time "40").sec > 59`, "true"},
		{`interval "1 min" < interval "1 h"`, "true"},
		{`time "100" + 60`, "error: can't do time 100.000000 + number 60 (write interval(60))"},
		{`time "100" + time "100"`, "error: can't do time 100.000000 + time 100.000000"},
		{`time "100" * 2`, "error: can't do time 100.000000 * number 2"},
		{`interval "1 min" + "1 min"`, `error: can't do interval 1 min + string "1 min"`},
		{`interval "292 day" * 1e6`, "error: the result does not fit in 64 bits of nanoseconds (292 years)"},
		{`time "9223372036" + interval "1 s"`, "error: the result does not fit in 64 bits of nanoseconds (292 years)"},
		{`interval "1 s" / 0`, "error: the result does not fit in 64 bits of nanoseconds (292 years)"},
	} {
		if got := v.eval(c.expr); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
}

func TestBigArithmetic(t *testing.T) {
	v := luaVM(t)
	for _, c := range []struct{ expr, want string }{
		{`big "18446744073709551615" - big "18446744073709551614"`, "1"},
		{`type(big "18446744073709551615" - big "18446744073709551614")`, "number"},
		{`big "9007199254740993" - 1`, "9007199254740992"},
		{`type(big "9007199254740993" - 1)`, "number"},
		{`big "9007199254740993" + 1`, "9007199254740994"},
		{`big "-9223372036854775808" + 1`, "-9223372036854775807"},
		{`big "18446744073709551615" % 10`, "5"},
		{`-big "-9223372036854775808"`, "9223372036854775808"},
		{`-big "9223372036854775808"`, "-9223372036854775808"},
		{`big "18446744073709551614" / 2`, "9223372036854775807"},
		{`big "9007199254740993" * 2`, "18014398509481986"},
		{`2 * big "9007199254740993"`, "18014398509481986"},
		{`big "18446744073709551615" + 1`, "error: 18446744073709551615 + 1 does not fit in 64 bits"},
		{`big "18446744073709551615" * 2`, "error: 18446744073709551615 * 2 does not fit in 64 bits"},
		{`-big "18446744073709551615"`, "error: -18446744073709551615 does not fit in 64 bits"},
		{`big "18446744073709551615" / 2`, "error: 18446744073709551615 / 2 is not an integer (write x:approx() to calculate with a rounded number)"},
		{`big "18446744073709551615" + 0.5`, "error: can't do count 18446744073709551615 + number 0.5 exactly (write x:approx() to calculate with a rounded number)"},
		{`big "18446744073709551615" ^ 2`, "error: can't do ^ with a big"},
		{`big "18446744073709551615" + "1"`, `error: can't do count 18446744073709551615 + string "1"`},
		{`big "18446744073709551615":approx() == 2^64`, "true"},
		{`big "18446744073709551615" == big "18446744073709551615"`, "true"},
		{`big "18446744073709551615" > big "18446744073709551614"`, "true"},
		{`big "18446744073709551615" == 5`, "false"},
		{`big "18446744073709551615" < 5`, "error: attempt to compare userdata with number"},
		{`big "9007199254740992"`, "9007199254740992"},
		{`type(big "9007199254740992")`, "number"},
		{`int(5) == real(5)`, "true"},
		{`int(5) + 1`, "6"},
		{`type(real(5) / 2)`, "number"},
		{`real(5) / 2`, "2.5"},
		{`real(-5) % 3`, "1"},
		{`tostring(real(5))`, "5.0"},
		{`tostring(int(5))`, "5"},
		{`int(5) < real(5.5)`, "true"},
	} {
		if got := v.eval(c.expr); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
}

func TestCompareNumbersExactly(t *testing.T) {
	v := newVM(t)
	order := []lua.LValue{
		lua.LNumber(-1e300), v.Int(-1 << 63), v.Int(-1<<63 + 1), lua.LNumber(-1 << 53), lua.LNumber(-0.5), lua.LNumber(0),
		lua.LNumber(0.5), v.IntOfKind(1), lua.LNumber(1 << 53), v.Count(1<<53 + 1), v.Count(1<<64 - 1), lua.LNumber(1 << 64),
		lua.LNumber(1e300),
	}
	for i, a := range order {
		for j, b := range order {
			got, err := Compare(a, b)
			if want := compareInts(i, j); err != nil || got != want {
				t.Errorf("%s with %s: got %d, %v, want %d", Describe(a), Describe(b), got, err, want)
			}
		}
	}
}

func compareInts(i, j int) int {
	switch {
	case i < j:
		return -1
	case i > j:
		return 1
	}
	return 0
}

func TestOutcome(t *testing.T) {
	v := newVM(t)
	v.L.SetGlobal("lookup", v.L.NewFunction(func(L *lua.LState) int {
		return v.Fail(L, &broker.Error{Code: broker.StaleData, Context: "store scans: the master is away"})
	}))
	for _, c := range []struct{ expr, want string }{
		{`(lookup())`, "nil"},
		{`select(2, lookup()).code`, "STALE_DATA"},
		{`select(2, lookup()).message`, "store scans: the master is away"},
		{`tostring(select(2, lookup()))`, "store scans: the master is away (STALE_DATA)"},
		{`"failed: " .. select(2, lookup())`, "failed: store scans: the master is away (STALE_DATA)"},
		{`select(2, lookup()).mesage`, `error: an error has no field "mesage" (did you mean message?)`},
	} {
		if got := v.eval(c.expr); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
}

func TestNanoseconds(t *testing.T) {
	for _, c := range []struct {
		sec  float64
		want int64
		ok   bool
	}{
		{300, 300e9, true}, {0.1, 1e8, true}, {1404901004.123456, 1404901004123456000, true}, {-1.5, -15e8, true},
		{1e-10, 0, true}, {9.3e9, 0, false}, {1e300, 0, false}, {-9.3e9, 0, false},
	} {
		got, ok := Nanoseconds(c.sec)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%v: got %d, %v, want %d, %v", c.sec, got, ok, c.want, c.ok)
		}
	}
}
