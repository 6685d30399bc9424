package luavm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// sampled makes a VM in which tick() is a tick of a sampler, which comes while that function runs, and late() one that comes
// after it. It returns what was seen: "ticks: function:line <- caller:line".
func sampled(t *testing.T, depth int) (vm *VM, seen *[]string) {
	t.Helper()
	vm, seen = New(Options{Budget: 1_000_000}), &[]string{}
	s := &Sampler{Depth: depth}
	s.Seen = func(ticks int, stack []StackFrame, cut bool) {
		var frames []string
		for _, f := range stack {
			name := f.Name()
			if name == "" {
				name = "?"
			}
			if f.Line > 0 {
				name += fmt.Sprintf(":%d", f.Line)
			}
			frames = append(frames, name)
		}
		text := fmt.Sprintf("%d: %s", ticks, strings.Join(frames, " <- "))
		if cut {
			text += " <- …"
		}
		*seen = append(*seen, text)
	}
	tick := func(L *lua.LState) int {
		s.Tick(L.OptInt(1, 1))
		return 0
	}
	vm.State().SetGlobal("tick", vm.NewFunction("tick", tick))
	vm.State().SetGlobal("late", vm.State().NewFunction(tick)) // nothing of ours is around it
	vm.Sample(s)
	return vm, seen
}

// TestSampler: stacks of known Lua, with the lines of the source although the syntax tree is rewritten.
func TestSampler(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src string
		want      []string
	}{
		{"function calls function", `
local function b()
  tick()
  return 1
end
local function a()
  local x = b()
  return x
end
a()`, []string{"1: tick <- b:3 <- a:7 <- main chunk:10"}},
		{"names", `
local M = {}
function M.f() tick() end
function M:g() tick() end
M.h = function() tick() end
local t = { k = function() tick() end }
local l = function() tick() end
M.f() M:g() M.h() t.k() l()
do local f = ({ function() tick() end })[1] f() end
`, []string{
			"1: tick <- M.f:3 <- main chunk:8", "1: tick <- M:g:4 <- main chunk:8", "1: tick <- M.h:5 <- main chunk:8",
			"1: tick <- k:6 <- main chunk:8", "1: tick <- l:7 <- main chunk:8", "1: tick <- ?:9 <- main chunk:9",
		}},
		{"two functions on a line", "local a, b = function() tick() end, function() end a()", []string{"1: tick <- ?:1 <- main chunk:1"}},
		{"rewritten", `
local a, b = 1, 2
a, b = b, a
local s = "x" .. a ..
  b
local x
x = a and (tick() or
  b)
while tick() do break end
`, []string{"1: tick <- main chunk:7", "1: tick <- main chunk:9"}},
		{"next instruction", "local x = 1\nlate()\nlocal y = x", []string{"1: main chunk:3"}},
		{"next instruction, again", "late()\nlocal y\nlate()\nlocal z = y\nlate()\nz = z", []string{"1: main chunk:2", "1: main chunk:4", "1: main chunk:6"}},
		{"several ticks at once", "tick(7)", []string{"7: tick <- main chunk:1"}},
		{"pcall", "pcall(function()\ntick()\nend)", []string{"1: tick <- ?:2 <- pcall <- main chunk:1"}},
		{"xpcall", "xpcall(function()\ntick()\nend, print)", []string{"1: tick <- ?:2 <- xpcall <- main chunk:1"}},
		{"coroutine", `
local function body() tick() end
coroutine.wrap(body)()`, []string{"1: tick <- body:2 <- wrap <- main chunk:3"}},
		{"callback of a Go function", "table.sort({2, 1}, function(a, b) tick() return a < b end)", []string{"1: tick <- ?:1 <- sort <- main chunk:1"}},
		{"metamethod", "local t = setmetatable({}, {__index = function() tick() end})\nlocal x = t.y", []string{"1: tick <- __index:1 <- main chunk:2"}},
		{"concatenation", "local t = setmetatable({}, {__concat = function() tick() end})\nlocal x = t .. 'y'", []string{"1: tick <- __concat:1 <- main chunk:2"}},
		{"tail calls", "local function f(n) if n > 0 then return f(n - 1) end tick() end\nlocal function g() f(5000) end g()",
			[]string{"1: tick <- f:1 <- main chunk:2"}},
		{"one tail call", "local function f() tick() end\nlocal function g() return f() end\nlocal function h() g() end\nh()",
			[]string{"1: tick <- f:1 <- h:3 <- main chunk:4"}},
		{"error", "pcall(function() late() error('x') end)", []string{"1: ?:1 <- pcall <- main chunk:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			vm, seen := sampled(t, 0)
			if err := vm.CallHandler(load(t, vm, c.src), nil); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(*seen, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(*seen, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func load(t *testing.T, vm *VM, src string) *lua.LFunction {
	t.Helper()
	fn, err := vm.Load("test.lua", src)
	if err != nil {
		t.Fatal(err)
	}
	return fn
}

func TestSamplerDepth(t *testing.T) {
	t.Parallel()
	vm, seen := sampled(t, 3)
	if err := vm.CallHandler(load(t, vm, "local function f(n)\nif n == 0 then tick() else f(n - 1) end\nend\nf(500)"), nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"1: tick <- f:2 <- f:2 <- …"}; !slices.Equal(*seen, want) {
		t.Errorf("got %q, want %q", *seen, want)
	}
}

// TestSamplerResume: a coroutine that Go resumes is at the bottom of its stack.
func TestSamplerResume(t *testing.T) {
	t.Parallel()
	vm, seen := sampled(t, 0)
	co := vm.NewCoroutine(load(t, vm, "tick()\ncoroutine.yield()\npcall(tick)"))
	for range 2 {
		if _, _, err := vm.Resume("async", co); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"1: tick <- main chunk:1", "1: tick <- pcall <- main chunk:3"}; !slices.Equal(*seen, want) {
		t.Errorf("got %q, want %q", *seen, want)
	}
}

// TestSamplerBetweenCalls: a tick of when nothing runs is nobody's, one that comes with the end of a call is that call's.
func TestSamplerBetweenCalls(t *testing.T) {
	t.Parallel()
	vm, seen := sampled(t, 0)
	fn := load(t, vm, "local x = 1")
	vm.counter.sampler.Tick(1)
	if err := vm.CallHandler(fn, nil); err != nil || len(*seen) > 0 {
		t.Fatalf("error %v, saw %q; want nothing", err, *seen)
	}
	if err := vm.CallHandler(vm.State().GetGlobal("late").(*lua.LFunction), []lua.LValue{lua.LNumber(2)}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2: "}; !slices.Equal(*seen, want) {
		t.Errorf("got %q, want %q", *seen, want)
	}
}

// TestSamplerKeepsBudget: instructions are counted as without one, and it can be taken away.
func TestSamplerKeepsBudget(t *testing.T) {
	t.Parallel()
	const src = "local n = 0 for i = 1, 10000 do n = n + i end string.rep('x', 5000)"
	spent := func(vm *VM) int64 {
		if err := vm.CallHandler(load(t, vm, src), nil); err != nil {
			t.Fatal(err)
		}
		return vm.Spent()
	}
	want := spent(New(Options{Budget: 1_000_000}))
	vm, _ := sampled(t, 0)
	if got := spent(vm); got != want {
		t.Errorf("with a sampler: spent %d, want %d", got, want)
	}
	vm.Sample(nil)
	if got := spent(vm); got != want {
		t.Errorf("after it: spent %d, want %d", got, want)
	}
	vm, seen := sampled(t, 0)
	vm.SetBudget(1000)
	err := vm.CallHandler(load(t, vm, "while true do end"), nil)
	if !errors.Is(err, ErrBudget) || vm.Spent() != 1000 {
		t.Errorf("got error %v after %d, want the end of the budget after 1000", err, vm.Spent())
	}
	err = vm.CallHandler(load(t, vm, "while true do late() end"), nil)
	if err == nil || !strings.Contains(err.Error(), "more than 1000 instructions") || vm.Spent() != 1000 {
		t.Errorf("got error %v after %d, want the end of the budget after 1000", err, vm.Spent())
	}
	if len(*seen) == 0 {
		t.Error("a handler without end was not seen")
	}
}

// TestSamplerTicks has another goroutine tick while Lua runs, as in production.
func TestSamplerTicks(t *testing.T) {
	t.Parallel()
	vm, samples := New(Options{}), 0
	s := &Sampler{Seen: func(_ int, stack []StackFrame, _ bool) { samples++ }}
	vm.Sample(s)
	vm.State().SetGlobal("enough", vm.NewFunction("enough", func(L *lua.LState) int {
		L.Push(lua.LBool(samples >= 100))
		return 1
	}))
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
				s.Tick(1)
			}
		}
	}()
	err := vm.CallHandler(load(t, vm, "while not enough() do end"), nil)
	close(quit)
	<-done
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSampled is a loop of 1000 steps, of a VM that nobody looks at and of one that is looked at.
func BenchmarkSampled(b *testing.B) {
	for _, s := range []*Sampler{nil, {Seen: func(int, []StackFrame, bool) {}}} {
		b.Run(fmt.Sprintf("sampler=%v", s != nil), func(b *testing.B) {
			vm := New(Options{})
			fn := loadFunction(b, vm, "return function() local n = 0 for i = 1, 1000 do n = n + i end end")
			vm.Sample(s)
			for b.Loop() {
				if err := vm.CallHandler(fn, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("sample", func(b *testing.B) {
		vm := New(Options{})
		s := &Sampler{Seen: func(int, []StackFrame, bool) {}}
		vm.State().SetGlobal("tick", vm.NewFunction("tick", func(*lua.LState) int {
			for b.Loop() {
				s.Tick(1)
				vm.takeSample(s)
			}
			return 0
		}))
		vm.Sample(s)
		if err := vm.CallHandler(loadFunction(b, vm, "return function() local function f(n) if n > 0 then f(n - 1) else tick() end end f(20) end"), nil); err != nil {
			b.Fatal(err)
		}
	})
}
