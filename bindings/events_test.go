package bindings_test

import (
	"slices"
	"strings"
	"testing"

	"moonpeer/net/wire"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

func TestEvents(t *testing.T) {
	tests := []struct {
		name, src string
		want      []string
		errs      string // part of what is reported; "" for nothing
	}{
		{"raise queues and handlers run by priority", `
local E = namespace "E"
local found = E:event("found", "src: addr, n: count, note: string?")
found:on(function(a, n, note) print("low", a, n, note) end, {priority = -5})
found:on(function(a, n, note) print("first", a, n, note) end)
found:on(function(a, n, note) print("second", a, n, note) end)
found:on(function(a, n, note) print("high", a, n, note) end, {priority = 10})
on("node_init", function() found:raise(addr "10.0.0.1", 3) print "raised" end)`,
			[]string{"raised", "high\t10.0.0.1\t3\tnil", "first\t10.0.0.1\t3\tnil", "second\t10.0.0.1\t3\tnil", "low\t10.0.0.1\t3\tnil"}, ""},
		{"zeek_init is node_init", `on("zeek_init", function() print(1) end) on("bro_init", function() print(2) end)`, []string{"1", "2"}, ""},
		{"wrong kind", `
local e = namespace "E":event("e", "src: addr")
on("node_init", function() e:raise("10.0.0.1") end)`, nil,
			`event E::e: argument #1 (src): expected addr, got string "10.0.0.1" (write addr "10.0.0.1")`},
		{"wrong number", `
local e = namespace "E":event("e", "src: addr, n: count")
on("node_init", function() e:raise(addr "::1") end)`, nil, "event E::e: got 1 arguments, expected 2"},
		{"too many", `
on("E::e", function(...) print(select("#", ...)) end)
local t = {}
for i = 1, 8001 do t[i] = i end
on("node_init", function()
  event.raise("E::e", unpack(t, 1, 8000))
  event.raise("E::e", unpack(t))
end)`, []string{"8000"}, "p.lua:7: event E::e: got 8001 arguments, at most 8000 are possible"},
		{"by full name", `
local e = namespace "E":event("e", "n: count")
on("E::e", function(n) print(n, type(n)) end)
on("node_init", function() event.raise("E::e", 7) end)`, []string{"7\tnumber"}, ""},
		{"an error ends one handler only", `
local e = namespace "E":event("e", "")
e:on(function() error "boom" end)
e:on(function() print "still" end)
on("node_init", function() e:raise() end)`, []string{"still"}, "boom (handler E::e)"},
		{"off", `
local e = namespace "E":event("e", "")
local h
h = e:on(function() print "once" print(h:off(), h:off()) end)
on("node_init", function() e:raise() e:raise() end)`, []string{"once", "true\tfalse"}, ""},
		{"handler for an event nobody declares", `
namespace "E":event("found", "")
on("E::foudn", function() end)`, nil, "did you mean E::found?"},
		{"remote is false for local events and nil outside", `
local e = namespace "E":event("e", "")
print(event.is_remote(), event.source())
e:on(function() print(event.is_remote(), event.source(), event.time().sec, #event.metadata()) end)
on("node_init", function() e:raise() end)`, []string{"nil\tnil", "false\tnil\t1700000000\t0"}, ""},
		{"two declarations that differ", `
local E = namespace "E"
E:event("e", "n: count")
E:event("e", "n: string")`, nil, "p.lua:4: E::e is declared as event (string) here and as event (count) at "},
		{"the same declaration is the same object", `
local E = namespace "E"
print(E:event("e", "n: count") == namespace("E"):event("e", "other: count"))`, []string{"true"}, ""},
		{"records", `
local E = namespace "E"
local info = E:record("info", {{"orig_h", "addr"}, {"note", "string?"}})
local e = E:event("e", "i: E::info")
e:on(function(i) print(i.orig_h, i.note) print(i.orig) end)
on("node_init", function() e:raise { orig_h = addr "10.0.0.1" } e:raise(info { orig_h = addr "10.0.0.2", note = "x" }) end)`,
			[]string{"10.0.0.1\tnil", "10.0.0.2\tx"}, "did you mean orig_h?"},
		{"enum", `print(namespace "E":enum "Found", namespace "E":enum "Found" == types.enum "E::Found")`, []string{"E::Found\ttrue"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, tt.src)
			if r.loaded != nil {
				r.errs.WriteString(r.loaded.Error())
			}
			if got := r.output(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if errs := r.errs.String(); (tt.errs == "") != (errs == "") || !strings.Contains(errs, tt.errs) {
				t.Errorf("reported %q, want %q", errs, tt.errs)
			}
		})
	}
}

// manyPolicy handles an event that nobody declares.
const manyPolicy = `on("E::many", function(...) print(select("#", ...)) end)`

// TestManyArguments: what comes from elsewhere with more arguments than a handler can have is dropped, not handled.
func TestManyArguments(t *testing.T) {
	t.Parallel()
	r := start(t, manyPolicy)
	d := r.n.Domain
	for _, n := range []int{300_000, 8001, 8000} {
		payload := wire.AppendEventHeader(nil, "E::many", n)
		for range n {
			payload = wire.AppendNone(payload)
		}
		d.Receive(d.Event("E::many"), script.Origin{Remote: true, Topic: []byte("t"), Payload: payload})
	}
	r.turn()
	if got := r.output(); !slices.Equal(got, []string{"8000"}) || d.Counters.Misfits != 2 {
		t.Errorf("handled %q, %d misfits, want 8000 arguments and 2", got, d.Counters.Misfits)
	}
	const want = "event E::many: got 300000 arguments, at most 8000 are possible (topic \"t\""
	if errs := r.errs.String(); strings.Count(errs, "arguments, at most") != 1 || !strings.Contains(errs, want) {
		t.Errorf("reported %q, want once %q", errs, want)
	}
}

// TestManyArgumentsOfLine is TestManyArguments for lines of standard input.
func TestManyArgumentsOfLine(t *testing.T) {
	t.Parallel()
	line := func(n int) string {
		return `{"event":"E::many","args":[1` + strings.Repeat(",1", n-1) + "]}\n"
	}
	r := start(t, manyPolicy, func(o *node.Options) {
		o.Inputs.Stdin = strings.NewReader(line(8000) + line(300_000) + line(7))
	})
	if err := r.n.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.output(); !slices.Equal(got, []string{"8000", "7"}) {
		t.Errorf("handled %q, want 8000 and 7 arguments", got)
	}
	const want = "stdin:2: event E::many: got 300000 arguments, at most 8000 are possible"
	if errs := r.errs.String(); !strings.Contains(errs, want) {
		t.Errorf("reported %q, want %q", errs, want)
	}
}
