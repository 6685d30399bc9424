package script

import (
	"io"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestDescribe: looking at an event runs no code of a script, which could fail or never end.
func TestDescribe(t *testing.T) {
	t.Parallel()
	d, err := New(Options{Reports: NewReports(io.Discard)})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Describe(); got != "" {
		t.Errorf("no event is being handled: got %q", got)
	}
	fails, err := d.L.LoadString(`error "no"`)
	if err != nil {
		t.Fatal(err)
	}
	hostile, meta := d.L.NewTable(), d.L.NewTable()
	meta.RawSetString("__tostring", fails)
	d.L.SetMetatable(hostile, meta)
	ev := d.Event("EX::e")
	got := d.describe(ev, []lua.LValue{lua.LNumber(3), lua.LString("a b"), lua.LTrue, lua.LNil, hostile})
	if want := "EX::e(3, a b, true, nil, table)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	seen := 0
	d.SetTrace(func(o *Origin) {
		seen++
		if got := d.Describe(); got != "EX::e(7)" || o.Remote {
			t.Errorf("got %s, %+v", got, o)
		}
	})
	ev.add(&Handler{Event: ev, Fn: d.VM.NewFunction("handler", func(*lua.LState) int { return 0 })})
	d.Raise(ev, []lua.LValue{lua.LNumber(7)})
	d.Run(1, nil)
	d.SetTrace(nil)
	d.Raise(ev, []lua.LValue{lua.LNumber(8)})
	d.Run(1, nil)
	if seen != 1 {
		t.Errorf("seen %d events, want 1", seen)
	}
}

// TestEventTextStops: what is not shown is not made.
func TestEventTextStops(t *testing.T) {
	t.Parallel()
	made := 0
	got := EventText("e", 1_000_000, func(yield func(string) bool) {
		for made < 1_000_000 && yield(strings.Repeat("x", 1000)) {
			made++
		}
	})
	if made > 100 || len(got) > maxText+300 || !strings.HasSuffix(got, " more)") {
		t.Errorf("%d arguments were made for %d bytes, …%s", made, len(got), got[len(got)-20:])
	}
}
