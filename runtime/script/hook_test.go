package script

import (
	"bytes"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestHook: an answer, an error, the end, and a fuse that only calls in a row blow.
func TestHook(t *testing.T) {
	var said bytes.Buffer
	d, err := New(Options{Reports: NewReports(&said), Instructions: 1000})
	if err != nil {
		t.Fatal(err)
	}
	chunk, err := d.VM.Load("p.lua", `return function(what)
  if what == "loop" then while true do end end
  if what == "error" then error "on purpose" end
  return what, 2
end`)
	if err != nil {
		t.Fatal(err)
	}
	ret, err := d.VM.Call(chunk, 1)
	if err != nil {
		t.Fatal(err)
	}
	h := d.NewHook("hook x", ret[0].(*lua.LFunction))
	for i, step := range []struct {
		arg, want lua.LValue
		active    bool
	}{
		{lua.LString("a"), lua.LString("a"), true},
		{lua.LString("error"), lua.LNil, true},
		{lua.LString("loop"), lua.LNil, true},
		{lua.LString("loop"), lua.LNil, true},
		{lua.LFalse, lua.LFalse, true},
		{lua.LString("loop"), lua.LNil, true},
		{lua.LString("loop"), lua.LNil, true},
		{lua.LString("loop"), lua.LNil, false},
		{lua.LString("a"), lua.LNil, false},
	} {
		if got := d.Ask(h, step.arg); got != step.want || h.Active() != step.active {
			t.Errorf("#%d %v: got %v, active %v", i, step.arg, got, h.Active())
		}
	}
	for _, want := range []string{"on purpose", "p.lua:1: hook x is switched off"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q does not say %q", said.String(), want)
		}
	}
	if h.Off() || d.Counters.Errors != 6 {
		t.Errorf("it was on, or %d errors", d.Counters.Errors)
	}
	if other := d.NewHook("hook y", ret[0].(*lua.LFunction)); !other.Off() || other.Off() || d.Ask(other, lua.LTrue) != lua.LNil {
		t.Error("Off does not end it")
	}
}
