package luavm

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// endless are programs that only a limit ends.
var endless = map[string]string{
	"loop":                     `while true do end`,
	"repeat":                   `repeat until false`,
	"goto":                     `::top:: goto top`,
	"pcall in a loop":          `while true do pcall(function() while true do end end) end`,
	"xpcall with such handler": `while true do xpcall(function() while true do end end, function() while true do end end) end`,
	"pcall of itself":          `local f f=function() while true do pcall(f) end end f()`,
	"coroutine":                `coroutine.wrap(function() pcall(function() while true do end end) while true do end end)()`,
	"coroutine in a loop":      `while true do coroutine.wrap(function() while true do end end)() end`,
	"old coroutine":            `co=co or coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end`,
	"gsub":                     `string.gsub('a','a',function() pcall(function() while true do end end) while true do end end)`,
	"sort":                     `local t={} for i=1,1000 do t[i]=i end while true do table.sort(t,function(a,b) return a<b end) end`,
	"sort without function":    `local t={} for i=1,1000 do t[i]=i end while true do table.sort(t) end`,
	"gmatch":                   `while true do for w in ('x '):rep(1000):gmatch('%a') do end end`,
	"metamethod":               `local t=setmetatable({},{__index=function() while true do end end}) local x=t.y`,
	"tostring":                 `error(setmetatable({},{__tostring=function() while true do end end}))`,
	"pattern":                  `string.find(('a'):rep(30),('a-'):rep(10)..'b')`,
	"pattern in a loop":        `while true do pcall(string.find,('a'):rep(20000),'.*b') end`,
	"string library":           `while true do local s=('x'):rep(1e6):upper():lower():reverse() end`,
	"concatenation":            `local s='x' while true do s=s..s if #s>1e6 then s='x' end end`,
	"table.concat":             `local t={} for i=1,1000 do t[i]=('x'):rep(1000) end while true do table.concat(t) end`,
	"table.insert":             `local t={} for i=1,1e5 do t[i]=i end while true do table.insert(t,1,0) table.remove(t,1) end`,
	"unpack":                   `local t={} for i=1,1e5 do t[i]=i end while true do select('#',unpack(t)) end`,
	"load":                     `while true do loadstring('local x=1')() end`,
	"format":                   `while true do string.format('%99.99f',1) end`,
	"tail calls":               `local function f() return f() end f()`,
}

func TestEndlessProgramsEnd(t *testing.T) {
	t.Parallel()
	for name, program := range endless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vm := New(Options{Budget: 1_000_000})
			start := time.Now()
			err := runChunk(vm, "test.lua", program)
			if !errors.Is(err, ErrBudget) {
				t.Errorf("got %v, want ErrBudget", err)
			}
			if err != nil && !strings.Contains(err.Error(), "1000000 instructions") && name != "tostring" {
				t.Errorf("message %q does not name the budget", err)
			}
			if d := time.Since(start); d > 20*time.Second { // milliseconds; much more on a busy machine
				t.Errorf("took %v", d)
			}
			// The VM is as good as new.
			if err := runChunk(vm, "after.lua", `assert(pcall(error)==false and coroutine.wrap(function() return 1 end)()==1)`); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// runaway are recursions that end at a limit of depth, whatever the budget.
var runaway = map[string]string{
	"function":       `local function f() return 1+f() end f()`,
	"pcall":          `local function f() return (select(2,pcall(f))) end error(f(),0)`,
	"xpcall":         `local function f() return (select(2,xpcall(f,function(m) return m end))) end error(f(),0)`,
	"xpcall handler": `local function f() error('x') end local function h() f() end error((select(2,xpcall(f,h))),0)`,
	"coroutine":      `local function f() coroutine.wrap(f)() end f()`,
	"metamethod":     `local t=setmetatable({},{}) getmetatable(t).__index=function(t,k) return t[k..'x'] end local x=t.y`,
	"tostring":       `local t t=setmetatable({},{__tostring=function() return tostring(t) end}) tostring(t)`,
	"gsub":           `local function f() return (('x'):gsub('x',f)) end f()`,
	"sort":           `local function f() table.sort({2,1},f) end f()`,
	"index chain":    `local t={} setmetatable(t,{__index=t}) local x=t.y`,
	"concat":         `local t t=setmetatable({},{__concat=function(a,b) return a..b end}) local x=t..'y'`,
	"coroutine deep": `coroutine.wrap(function() local function f() return 1+f() end f() end)()`,
	"load":           `local function f() return loadstring('return ...')(f()) end f()`,
}

func TestRunawayRecursionEnds(t *testing.T) {
	t.Parallel()
	for name, program := range runaway {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vm := New(Options{})
			err := runChunk(vm, "test.lua", program)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, "overflow") && !strings.Contains(e.Message, "error in error handling") &&
				!strings.Contains(e.Message, "recursions") && !strings.Contains(e.Message, "loop") {
				t.Errorf("got %v, want a stack overflow", err)
			}
		})
	}
}

func TestSwallowedBudgetIsReported(t *testing.T) {
	t.Parallel()
	vm := New(Options{Budget: 10_000})
	err := runChunk(vm, "test.lua", `pcall(function() while true do end end)`)
	if !errors.Is(err, ErrBudget) {
		t.Errorf("got %v, want ErrBudget", err)
	}
	if err := runChunk(vm, "test.lua", `local x = 1`); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

// TestBudgetIsExact counts: n iterations of an empty loop are n instructions and a few.
func TestBudgetIsExact(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	loop := loadFunction(t, vm, `return function(n) for i=1,n do end end`)
	for _, n := range []int{0, 1, 1000, 4096, 100_000} {
		if err := vm.CallHandler(loop, []lua.LValue{lua.LNumber(n)}); err != nil {
			t.Fatal(err)
		}
		used := vm.Spent()
		if used < int64(n) || used > int64(n)+10 {
			t.Errorf("%d iterations: got %d instructions", n, used)
		}
		vm.SetBudget(used)
		if err := vm.CallHandler(loop, []lua.LValue{lua.LNumber(n)}); err != nil {
			t.Errorf("%d iterations with a budget of %d: %v", n, used, err)
		}
		vm.SetBudget(used - 1)
		if err := vm.CallHandler(loop, []lua.LValue{lua.LNumber(n)}); !errors.Is(err, ErrBudget) {
			t.Errorf("%d iterations with a budget of %d: got %v, want ErrBudget", n, used-1, err)
		}
		vm.SetBudget(0)
	}
}

// TestWorkIsCharged checks that library functions count in proportion to what they do.
func TestWorkIsCharged(t *testing.T) {
	t.Parallel()
	const prelude = `local s, t = ("x"):rep(1e6), {} for i = 1, 1e4 do t[i] = "xx" end `
	for _, c := range []struct {
		program string
		atLeast int64
	}{
		{`local r = s .. s`, 30_000}, {`local r = s .. "a" .. s`, 30_000}, {`local r = s:upper()`, 15_000}, {`local r = s:reverse()`, 15_000},
		{`local r = s:rep(5)`, 75_000}, {`local r = s:find("y", 1, true)`, 15_000}, {`local r = s:find("y.")`, 100_000}, {`local r = s:match(".*")`, 100_000},
		{`local r = s:gsub("y.", "")`, 100_000}, {`for w in s:gmatch("y.") do end`, 100_000}, {`local r = table.concat(t)`, 10_000}, {`table.sort(t)`, 10_000},
		{`table.insert(t, 1, 0)`, 2_000}, {`table.remove(t, 1)`, 2_000}, {`local r = select("#", unpack(t))`, 2_000}, {`local r = table.maxn(t)`, 10_000},
		{`local r = loadstring("x = 1")`, 500}, {`local r = ("%s%s"):format(s, s)`, 100_000}, {`local r = s:find("%b()")`, 100_000}, {`local r = os.date(s)`, 100_000},
	} {
		vm := New(Options{})
		runIn(t, vm, prelude)
		base := vm.Spent()
		if got := runIn(t, vm, prelude+c.program); strings.HasPrefix(got, "ERROR") {
			t.Errorf("%s: %s", c.program, got)
		}
		if n := vm.Spent() - base; n < c.atLeast {
			t.Errorf("%s: got %d instructions, want at least %d", c.program, n, c.atLeast)
		}
	}
}

func TestChargeEndsAGoFunction(t *testing.T) {
	t.Parallel()
	vm := New(Options{Budget: 1000})
	steps := 0
	work := vm.NewFunction("work", func(L *lua.LState) int {
		for ; ; steps++ {
			vm.ChargeOrRaise(L, 10)
		}
	})
	if err := vm.CallHandler(work, nil); !errors.Is(err, ErrBudget) {
		t.Errorf("got %v, want ErrBudget", err)
	}
	if steps != 100 {
		t.Errorf("got %d steps of 10 in a budget of 1000, want 100", steps)
	}
}

// TestBudgetOfTheNextCall sets a budget from inside of a call.
func TestBudgetOfTheNextCall(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	vm.State().SetGlobal("limit", vm.NewFunction("limit", func(*lua.LState) int { vm.SetBudget(5); return 0 }))
	if err := runChunk(vm, "test.lua", `limit() for i = 1, 10000 do end`); err != nil {
		t.Errorf("the call itself: %v", err)
	}
	if err := runChunk(vm, "test.lua", `for i = 1, 10000 do end`); !errors.Is(err, ErrBudget) || vm.Spent() != 5 {
		t.Errorf("the next: got %v after %d instructions, want ErrBudget after 5", err, vm.Spent())
	}
}

// TestNestedCallsShareTheBudget calls Lua from a Go function that Lua calls.
func TestNestedCallsShareTheBudget(t *testing.T) {
	t.Parallel()
	vm := New(Options{Budget: 100_000})
	spin := loadFunction(t, vm, `return function() while true do end end`)
	var inner error
	vm.State().SetGlobal("nested", vm.NewFunction("nested", func(*lua.LState) int {
		inner = vm.CallHandler(spin, nil)
		return 0
	}))
	err := runChunk(vm, "test.lua", `nested() while true do end`)
	if !errors.Is(inner, ErrBudget) || !errors.Is(err, ErrBudget) {
		t.Errorf("got %v inside and %v outside, want ErrBudget", inner, err)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	cause := errors.New("handler ran longer than 5 s")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for vm.Running() == 0 {
			runtime.Gosched()
		}
		vm.Interrupt(vm.Running(), cause)
	}()
	err := runChunk(vm, "test.lua", `while true do pcall(function() while true do end end) end`)
	<-done
	if !errors.Is(err, ErrInterrupted) || !errors.Is(err, cause) || errors.Is(err, ErrBudget) {
		t.Errorf("got %v, want ErrInterrupted by %v", err, cause)
	}
	if !strings.Contains(err.Error(), "5 s") {
		t.Errorf("message %q does not say why", err)
	}
	if vm.Running() != 0 {
		t.Error("Running after the call")
	}
}

// TestLateInterruptHitsNobody interrupts a call that has ended, during the next one.
func TestLateInterruptHitsNobody(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	var first uint64
	vm.State().SetGlobal("watch", vm.NewFunction("watch", func(*lua.LState) int {
		if first == 0 {
			first = vm.Running()
		} else {
			vm.Interrupt(first, errors.New("too late"))
		}
		return 0
	}))
	for range 2 {
		if err := runChunk(vm, "test.lua", `watch() for i=1,100000 do end`); err != nil {
			t.Errorf("got %v, want none", err)
		}
	}
}

// TestHalt: a Go function ends the call in which it runs, whoever catches, and no later call runs an instruction.
func TestHalt(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"plain":  `halt() seen()`,
		"pcall":  `pcall(halt) while true do pcall(seen) end`,
		"wrap":   `coroutine.wrap(function() halt() end)() seen()`,
		"co":     `coroutine.resume(coroutine.create(function() halt() end)) seen()`,
		"xpcall": `xpcall(function() halt() end, function() seen() end) seen()`,
		"late":   `seen_not = 1 halt()`,
	} {
		t.Run(name, func(t *testing.T) {
			vm, cause, seen := New(Options{}), errors.New("enough"), false
			vm.State().SetGlobal("seen", vm.NewFunction("seen", func(*lua.LState) int {
				seen = true
				return 0
			}))
			vm.State().SetGlobal("halt", vm.NewFunction("halt", func(L *lua.LState) int {
				vm.Halt(cause)
				vm.Halt(errors.New("too late"))
				vm.RaiseHalted(L)
				return 0
			}))
			if vm.Halted() {
				t.Error("halted before")
			}
			for _, text := range []string{src, `seen()`} {
				if err := runChunk(vm, "test.lua", text); !errors.Is(err, ErrInterrupted) || !errors.Is(err, cause) {
					t.Errorf("%s: got %v", text, err)
				}
			}
			if seen || !vm.Halted() {
				t.Errorf("something ran on: %v; halted: %v", seen, vm.Halted())
			}
		})
	}
}

// TestTailCallsAreNotListed: a traceback of gopher-lua's has a line for each of a hundred million tail calls.
func TestTailCallsAreNotListed(t *testing.T) {
	vm := New(Options{Budget: 3_000_000})
	fn, err := vm.Load("t.lua", "local function f() return f() end f()")
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = vm.CallLabeled("handler x", fn, nil)
	runtime.ReadMemStats(&after)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrBudget) || !strings.Contains(e.Traceback, "(tail call): ?") || !strings.Contains(e.Message, "t.lua:1: budget used up") {
		t.Fatalf("got %v\n%s", err, e.Traceback)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated for it", n)
	}
}
