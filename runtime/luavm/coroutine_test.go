package luavm

import (
	"errors"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestResumeFromGo(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	vm.State().SetGlobal("wait", vm.NewFunction("wait", func(L *lua.LState) int { return vm.Yield(L, L.Get(1), lua.LTrue) }))
	fn := loadFunction(t, vm, `return function(a) local b = wait(a) local c, d = wait(b) return c, d end`)
	co := vm.NewCoroutine(fn)
	for i, step := range []struct {
		args, want []lua.LValue
		done       bool
	}{
		{[]lua.LValue{lua.LNumber(1)}, []lua.LValue{lua.LNumber(1), lua.LTrue}, false},
		{[]lua.LValue{lua.LNumber(2)}, []lua.LValue{lua.LNumber(2), lua.LTrue}, false},
		{[]lua.LValue{lua.LNumber(3), lua.LNumber(4)}, []lua.LValue{lua.LNumber(3), lua.LNumber(4)}, true},
	} {
		got, done, err := vm.Resume("async", co, step.args...)
		if err != nil || done != step.done || len(got) != len(step.want) || got[0] != step.want[0] || got[1] != step.want[1] {
			t.Errorf("step %d: got %v %v %v, want %v %v", i, got, done, err, step.want, step.done)
		}
	}
	if _, _, err := vm.Resume("async", co); err == nil || err.Error() != "cannot resume dead coroutine" {
		t.Errorf("an ended coroutine: got %v", err)
	}
}

func TestResumeErrors(t *testing.T) {
	t.Parallel()
	vm := New(Options{Budget: 10_000})
	fn := loadFunction(t, vm, "return function(n)\n coroutine.yield()\n local function inner() error('no') end\n inner()\nend")
	co := vm.NewCoroutine(fn)
	if _, done, err := vm.Resume("async EX::f", co); done || err != nil {
		t.Fatalf("got %v, %v", done, err)
	}
	_, done, err := vm.Resume("async EX::f", co)
	var e *Error
	if !done || !errors.As(err, &e) || e.Message != "test.lua:3: no" {
		t.Fatalf("got %v, %v", done, err)
	}
	want := "stack traceback:\n\ttest.lua:3: in function 'inner'\n\ttest.lua:4: in async EX::f"
	if e.Traceback != want {
		t.Errorf("got\n%s\nwant\n%s", e.Traceback, want)
	}
	endless := vm.NewCoroutine(loadFunction(t, vm, "return function() while true do end end"))
	if _, _, err := vm.Resume("", endless); !errors.Is(err, ErrBudget) {
		t.Errorf("an endless coroutine: got %v, want ErrBudget", err)
	}
}

// TestYieldAcrossBoundaries has a Go function yield from where it can't.
func TestYieldAcrossBoundaries(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	vm.State().SetGlobal("wait", vm.NewFunction("wait", func(L *lua.LState) int { return vm.Yield(L) }))
	for _, program := range []string{
		`wait()`,
		`pcall(wait)`,
		`pcall(function() wait() end)`,
		`table.sort({2, 1}, wait)`,
		`table.sort({2, 1}, function() wait() end)`,
		`(("x"):gsub("x", function() wait() end))`,
		`local x = setmetatable({}, {__index = wait}).y`,
		`local x = setmetatable({}, {__add = function() wait() end}) + 1`,
		`local x = setmetatable({}, {__concat = function() wait() end}) .. "x"`,
		`for k in wait do end`,
		`for k in function() wait() end do end`,
		`tostring(setmetatable({}, {__tostring = function() wait() end}))`,
		`xpcall(function() wait() end, print)`,
	} {
		src := `local passed = false
local co = coroutine.create(function() local w = wait wait = function() local ok, m = pcall(w) end wait = w; ` + program + ` end)
local ok, m = coroutine.resume(co)
return coroutine.status(co)`
		if program == `wait()` {
			src = `local ok, m = pcall(wait) return m == "` + acrossBoundary + `" and "dead" or m`
		}
		if got := runIn(t, vm, src); got != "dead" {
			t.Errorf("%s: got %s, want a dead coroutine, not one that has yielded", program, got)
		}
	}
}

// TestYieldWhereItMay covers the ways a function of a coroutine can have been called.
func TestYieldWhereItMay(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	got := runIn(t, vm, `
local t = {}
t[1] = function(x) return coroutine.yield(x) end
function t:method(x) local y = coroutine.yield(x) return y end
local function tail(x) return t[1](x) end
local callable = setmetatable({}, {__call = function(self, x) return (coroutine.yield(x)) end})
local co = coroutine.wrap(function(a)
  a = t[1](a)
  a = t:method(a)
  a = tail(a)
  a = callable(a)
  a = (function(x) return coroutine.yield(x) end)(a)
  return coroutine.yield(a)
end)
return co(1), co(2), co(3), co(4), co(5), co(6), co(7)`)
	if got != "1 2 3 4 5 6 7" {
		t.Errorf("got %s", got)
	}
}

func TestCoroutineList(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	if got := runIn(t, vm, `for i = 1, 1000 do coroutine.wrap(function() end)() end return 1`); got != "1" {
		t.Fatal(got)
	}
	if n := len(vm.coroutines.all); n > 200 {
		t.Errorf("%d ended coroutines are remembered", n)
	}
}
