package luavm

import (
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// messageCases are programs that fail. Where the reference implementation words it otherwise, its message comes last.
var messageCases = []struct{ program, ours, reference string }{
	{`local c c.id = 1`, `attempt to index local 'c' (a nil value)`, ""},
	{`local c = {} local x = c.a.b`, `attempt to index field 'a' (a nil value)`, ""},
	{`x.y()`, `attempt to index global 'x' (a nil value)`, ""},
	{`local t, i = nil, 1 local z = t[i]`, `attempt to index local 't' (a nil value)`, ""},
	{`local x = 5 x.y = 1`, `attempt to index local 'x' (a number value)`, ""},
	{`local up local function f() return up.x end f()`, `attempt to index upvalue 'up' (a nil value)`, ""},
	{`local a = {} a.b.c.d = 1`, `attempt to index field 'b' (a nil value)`, ""},
	{`local s = 'x' local y = s.a.b`, `attempt to index field 'a' (a nil value)`, ""},
	{`local t, i = {}, 1 t[i].x = 1`, `attempt to index a nil value with key 'x'`, `attempt to index field '?' (a nil value)`},
	{`local a, b = {}, {} local c = a.x.k + b.y.k`, `attempt to index a nil value with key 'k'`, `attempt to index field 'x' (a nil value)`},
	{`foo()`, `attempt to call global 'foo' (not a function)`, `attempt to call global 'foo' (a nil value)`},
	{`local t = {} t.m()`, `attempt to call field 'm' (not a function)`, `attempt to call field 'm' (a nil value)`},
	{`local t = {} t:m()`, `attempt to call method 'm' (not a function)`, `attempt to call method 'm' (a nil value)`},
	{`foo(bar())`, `attempt to call a value that is not a function (global 'foo' or global 'bar')`, `attempt to call global 'bar' (a nil value)`},
	{`local t = {} t[1]()`, `attempt to call a value that is not a function`, `attempt to call field '?' (a nil value)`},
	{`for k in nil do end`, `attempt to call the iterator of a for (not a function)`, `attempt to call a nil value`},
	{`local a = nil + 1`, `attempt to perform arithmetic on a nil value`, ""},
	{`local a, b = 1 local c = a * b`, `attempt to perform arithmetic on local 'b' (a nil value)`, ""},
	{`local t = {} t.n = t.n + 1`, `attempt to perform arithmetic on field 'n' (a nil value)`, ""},
	{`local a = 'x' + nil`, `attempt to perform arithmetic on a string value`, ""},
	{`local a = nil + 'x'`, `attempt to perform arithmetic on a nil value`, ""},
	{`local a = {} local b = -a`, `attempt to perform arithmetic on local 'a' (not a number)`, `attempt to perform arithmetic on local 'a' (a table value)`},
	{`local a local b = #a`, `attempt to get length of local 'a' (no string or table)`, `attempt to get length of local 'a' (a nil value)`},
	{`local b = {} < {}`, `attempt to compare two table values`, ""},
	{`local b = 1 < 'x'`, `attempt to compare number with string`, ""},
	{`local b = {} <= 1`, `attempt to compare table with number`, ""},
	{`for i='x',2 do end`, `'for' initial value must be a number`, ""},
	{`for i=1,{} do end`, `'for' limit must be a number`, ""},
	{`for i=1,2,{} do end`, `'for' step must be a number`, ""},
	{`local t = {} t[nil] = 1`, `table index is nil`, ""},
	{`local t = {} t[0/0] = 1`, `table index is NaN`, ""},
	{`local a local s = 'x' .. a`, `attempt to concatenate local 'a' (a nil value)`, ""},
	{`local s = 'x' .. foo .. 'y'`, `attempt to concatenate global 'foo' (a nil value)`, ""},
	{`local t = {} local s = 1 .. t.name`, `attempt to concatenate field 'name' (a nil value)`, ""},
	{`local s = 'x' .. {}`, `attempt to concatenate a table value`, ""},
}

func TestMessages(t *testing.T) {
	t.Parallel()
	for _, c := range messageCases {
		want := "test.lua:2: " + c.ours
		src := "-- a line\n" + c.program
		if err := runChunk(New(Options{}), "test.lua", src); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", c.program, err, want)
		}
		for _, wrapped := range []string{
			"return select(2, pcall(function()\n" + c.program + " end))",
			"return select(2, xpcall(function()\n" + c.program + " end, function(m) return m end))",
			"return select(2, coroutine.resume(coroutine.create(function()\n" + c.program + " end)))",
		} {
			vm := New(Options{})
			fn, err := vm.Load("test.lua", wrapped)
			if err != nil {
				t.Fatal(err)
			}
			v, err := vm.CallValue(fn, nil)
			got := strings.ReplaceAll(v.String(), "upvalue 'up'", "local 'up'")
			if err != nil || got != strings.ReplaceAll(want, "upvalue 'up'", "local 'up'") {
				t.Errorf("%s\ngot  %s, %v\nwant %s", wrapped, got, err, want)
			}
		}
	}
}

func TestMessagesInReference(t *testing.T) {
	needReference(t)
	t.Parallel()
	for _, c := range messageCases {
		want := c.reference
		if want == "" {
			want = c.ours
		}
		line, _, _ := strings.Cut(runReference(t, c.program), "\n")
		if got := strings.TrimPrefix(line, "lua5.1: test.lua:1: "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", c.program, got, want)
		}
	}
}

// TestNamesOfSharedChunks compiles once and runs in two VMs.
func TestNamesOfSharedChunks(t *testing.T) {
	t.Parallel()
	proto, err := Compile("shared.lua", "local c\nc.id = 1")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		t.Run("vm", func(t *testing.T) {
			t.Parallel()
			vm := New(Options{})
			err := vm.CallHandler(vm.Instantiate(proto), nil)
			var e *Error
			if want := "shared.lua:2: attempt to index local 'c' (a nil value)"; !errors.As(err, &e) || e.Message != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// TestNoNames has chunks whose source is not kept.
func TestNoNames(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	for program, want := range map[string]string{
		`loadstring("local c c.id = 1", "=s")()`: `s:1: attempt to index a nil value with key 'id'`,
		`loadstring("foo()", "=s")()`:            `s:1: attempt to call a value that is not a function`,
	} {
		if err := runChunk(vm, "test.lua", program); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", program, err, want)
		}
	}
	if got := vm.translate(lua.LString("someone said: attempt to call a non-function object")); got != "someone said: attempt to call a value that is not a function" {
		t.Errorf("got %q", got)
	}
}
