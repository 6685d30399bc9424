package convert

import (
	"encoding/hex"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/wire"
)

func TestArgsOnTheWire(t *testing.T) {
	v := newVM(t)
	sig := v.sig(t, "n: int, text: string, note: string?")
	args := []lua.LValue{lua.LNumber(42), lua.LString("test")}
	b := wire.AppendEventHeader(nil, "event_1", sig.NumArgs(args))
	b, err := v.AppendArgs(b, sig, args)
	if err != nil {
		t.Fatal(err)
	}
	const want = "0e03020000000000000001020000000000000001" + "0e02" + "05076576656e745f31" +
		"0e03" + "03000000000000002a" + "050474657374" + "00"
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	ev, err := wire.ParseEvent(b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := v.DecodeArgs(&ev.Args, ev.NArgs, sig, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 3 || out[0] != lua.LNumber(42) || out[1] != lua.LString("test") || out[2] != lua.LNil {
		t.Errorf("got %v", out)
	}
}

func TestWrongArgs(t *testing.T) {
	v := newVM(t)
	sig := v.sig(t, "src: addr, n: count, note: string?")
	addr := v.parse(t, KindAddr, "10.0.0.1")
	for _, c := range []struct {
		name string
		args []lua.LValue
		want string
	}{
		{"text for an address", []lua.LValue{lua.LString("10.0.0.1"), lua.LNumber(1)},
			`argument #1 (src): expected addr, got string "10.0.0.1" (write addr "10.0.0.1")`},
		{"fraction for a count", []lua.LValue{addr, lua.LNumber(1.5)},
			`argument #2 (n): expected count, got number 1.5`},
		{"negative count", []lua.LValue{addr, lua.LNumber(-1)},
			`argument #2 (n): expected count, got number -1`},
		{"number that may be rounded", []lua.LValue{addr, lua.LNumber(1 << 60)},
			`argument #2 (n): expected count, got number 1152921504606846976 (write types.count "…": beyond 2^53 a number may have been rounded)`},
		{"nil for a count", []lua.LValue{addr, lua.LNil}, `argument #2 (n): expected count, got nil`},
		{"number for a string", []lua.LValue{addr, lua.LNumber(1), lua.LNumber(2)},
			`argument #3 (note): expected string?, got number 2 (write "2")`},
		{"too few", []lua.LValue{addr}, `invalid # of args, got 1, expected 2 to 3`},
		{"too many", []lua.LValue{addr, lua.LNumber(1), lua.LNil, lua.LNil}, `invalid # of args, got 4, expected 2 to 3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := v.AppendArgs(nil, sig, c.args)
			errText(t, err, c.want)
			_, err = v.CheckArgs(sig, c.args)
			errText(t, err, c.want)
		})
	}
}
