package luavm

import (
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestCallHandlerDoesNotAllocate(t *testing.T) {
	vm := New(Options{Budget: 1_000_000})
	fn := loadFunction(t, vm, "return function(a, b, c) return a end")
	args := []lua.LValue{lua.LTrue, lua.LString("x"), lua.LNumber(3)}
	for name, call := range map[string]func() error{
		"CallHandler": func() error { return vm.CallHandler(fn, args) },
		"CallLabeled": func() error { return vm.CallLabeled("handler EX::e", fn, args) },
		"CallValue":   func() error { _, err := vm.CallValue(fn, args); return err },
	} {
		if n := testing.AllocsPerRun(100, func() {
			if err := call(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: got %v allocations, want 0", name, n)
		}
	}
}

func TestCallResults(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	fn := loadFunction(t, vm, "return function(...) return ... end")
	for _, c := range []struct{ args, want, results int }{{3, lua.MultRet, 3}, {3, 2, 2}, {1, 2, 2}, {0, lua.MultRet, 0}, {2, 0, 0}} {
		args := make([]lua.LValue, c.args)
		for i := range args {
			args[i] = lua.LNumber(i)
		}
		got, err := vm.Call(fn, c.want, args...)
		if err != nil || len(got) != c.results {
			t.Errorf("%d arguments, %d wanted: got %v, %v", c.args, c.want, got, err)
		}
		for i, v := range got {
			if i < c.args && v != lua.LNumber(i) || i >= c.args && v != lua.LNil {
				t.Errorf("result %d is %v", i, v)
			}
		}
	}
	if v, err := vm.CallValue(fn, nil); v != lua.LNil || err != nil {
		t.Errorf("no result: got %v, %v, want nil", v, err)
	}
	callable := loadFunction(t, vm, "t = setmetatable({}, {__call = function(self, x) return x + 1 end}) return function() end")
	_ = callable
	if v, err := vm.CallValue(vm.State().GetGlobal("t"), []lua.LValue{lua.LNumber(1)}); v != lua.LNumber(2) || err != nil {
		t.Errorf("a table with __call: got %v, %v, want 2", v, err)
	}
	if _, err := vm.Call(lua.LTrue, 0); err == nil {
		t.Error("a boolean was called")
	}
}

// TestArgumentErrors checks that the methods of lua.LState and ours word mistakes alike.
func TestArgumentErrors(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	g := vm.State().G.Global
	lib := vm.State().NewTable()
	g.RawSetString("lib", lib)
	vm.Register(lib, map[string]lua.LGFunction{
		"number": func(L *lua.LState) int { L.CheckNumber(1); return 0 },
		"second": func(L *lua.LState) int { L.CheckTable(2); return 0 },
		"own":    func(L *lua.LState) int { vm.TypeError(L, 1, "addr"); return 0 },
		"argument": func(L *lua.LState) int {
			vm.ArgError(L, 2, "out of range")
			return 0
		},
		"plain": func(L *lua.LState) int { vm.RaiseError(L, "went %s", "wrong"); return 0 },
		"where": func(L *lua.LState) int { L.Push(lua.LString(vm.Where(L, 1))); return 1 },
		"callback": func(L *lua.LState) int {
			L.Push(L.CheckFunction(1))
			L.Call(0, 0)
			return 0
		},
	})
	for _, c := range []struct{ call, want string }{
		{`lib.number()`, "t.lua:1: bad argument #1 to 'number' (number expected, got no value)"},
		{`lib.number(nil)`, "t.lua:1: bad argument #1 to 'number' (number expected, got nil)"},
		{`lib.number({})`, "t.lua:1: bad argument #1 to 'number' (number expected, got table)"},
		{`lib:second(5)`, "t.lua:1: bad argument #1 to 'second' (table expected, got number)"},
		{`lib.second(5, 5)`, "t.lua:1: bad argument #2 to 'second' (table expected, got number)"},
		{`lib:number()`, "t.lua:1: calling 'number' on bad self (number expected, got table)"},
		{`local f = lib.number f()`, "t.lua:1: bad argument #1 to 'number' (number expected, got no value)"},
		{`lib.own(1)`, "t.lua:1: bad argument #1 to 'own' (addr expected, got number)"},
		{`lib:argument(1)`, "t.lua:1: bad argument #1 to 'argument' (out of range)"},
		{`lib.plain()`, "t.lua:1: went wrong"},
		{`error(select(2, pcall(lib.plain)), 0)`, "went wrong"},
		{`error(select(2, pcall(lib.number)), 0)`, "bad argument #1 to 'number' (number expected, got no value)"},
		{`error(select(2, xpcall(lib.number, function(m) return m end)), 0)`, "bad argument #1 to 'number' (number expected, got no value)"},
		{`error(lib.where(), 0)`, "t.lua:1"},
		{`lib.callback(function() lib.number(true) end)`, "t.lua:1: bad argument #1 to 'number' (number expected, got boolean)"},
		{`lib.callback(function() error("bad argument #1 to x (y)", 0) end)`, "bad argument #1 to x (y)"},
	} {
		err := runChunk(vm, "t.lua", c.call)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", c.call, err, c.want)
		}
	}
}

func TestGoPanicsBecomeErrors(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	vm.State().SetGlobal("crash", vm.NewFunction("crash", func(*lua.LState) int {
		panic("broken")
	}))
	vm.State().SetGlobal("foreign", vm.State().NewFunction(func(*lua.LState) int { panic("not guarded") }))
	out := runIn(t, vm, `
local kept
local ok, m = pcall(function() local v = 5 kept = function() v = v + 1 return v end crash() end)
local a, b = kept(), kept()
local ok2, m2 = xpcall(function() local v = 7 kept = function() return v end crash() end, function(m) return 'H ' .. m end)
local lost
local ok3, m3 = pcall(function() local v = 9 lost = function() return v end foreign() end)
return ok, m, a, b, ok2, m2, kept(), ok3, m3, type(lost())`)
	want := "false t.lua:3: crash: broken 6 7 false H t.lua:5: crash: broken 7 false not guarded nil"
	if out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	var e *Error
	if err := runChunk(vm, "t.lua", "crash()"); !errors.As(err, &e) || !strings.Contains(e.Message, "crash: broken") {
		t.Errorf("got %v, want an *Error", err)
	}
}

// runIn runs a chunk in a VM and returns what it returns, separated by blanks.
func runIn(t testing.TB, vm *VM, src string) string {
	t.Helper()
	fn, err := vm.Load("t.lua", src)
	if err != nil {
		t.Fatal(err)
	}
	results, err := vm.Call(fn, lua.MultRet)
	if err != nil {
		return "ERROR " + err.Error()
	}
	texts := make([]string, len(results))
	for i, v := range results {
		texts[i] = v.String()
	}
	return strings.Join(texts, " ")
}

func TestDeepNestingLeavesNoThreads(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	if got := runIn(t, vm, `local n = 0 local function f() n = n + 1 return pcall(f) end f() return n > 100`); got != "true" {
		t.Fatal(got)
	}
	if len(vm.pool) > keepThreads {
		t.Errorf("%d threads are kept, want at most %d", len(vm.pool), keepThreads)
	}
}
