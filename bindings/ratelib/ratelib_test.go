package ratelib

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/valuelib"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

// bare is a domain with rates, the constructors, and a clock that jump moves.
type bare struct {
	t   testing.TB
	d   *script.Domain
	s   *convert.Space
	lib *Lib
	now int64
	out bytes.Buffer
}

func open(t testing.TB) *bare {
	t.Helper()
	b := &bare{t: t, now: int64(1_700_000_000 * time.Second)}
	d, err := script.New(script.Options{Modules: []script.Module{b}, Stdout: &b.out, Clock: func() int64 { return b.now }})
	if err != nil {
		t.Fatal(err)
	}
	b.d = d
	return b
}

// Open implements script.Module.
func (b *bare) Open(d *script.Domain) error {
	b.s = convert.NewSpace(d.L)
	b.lib = &Lib{Space: b.s}
	for name, fn := range valuelib.Globals(b.s) {
		d.SetGlobal(name, d.VM.NewFunction(name, fn))
	}
	d.SetGlobal("jump", d.VM.NewFunction("jump", func(L *lua.LState) int {
		span, _ := convert.AsInterval(L.Get(1))
		b.now += int64(span)
		return 0
	}))
	return b.lib.Open(d)
}

func (b *bare) call(src string) error {
	b.t.Helper()
	fn, err := b.d.VM.Load("test.lua", src)
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = b.d.VM.Call(fn, 0)
	return err
}

func TestRates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, want string }{
		{"limit: so many, then no more", `local l = rate.limit "2 per 1 min" print(l:allow "x", l:allow "x", l:allow "x")`, "true\ttrue\tfalse"},
		{"limit: each key has its own", `local l = rate.limit "1 per 1 min" print(l:allow "x", l:allow "y", l:allow "x")`, "true\ttrue\tfalse"},
		{"limit: an interval later there is room", `local l = rate.limit "1 per 1 min" l:allow "x" jump "59 s" print(l:allow "x") jump "1 s" print(l:allow "x")`, "false | true"},
		{"limit: what is refused does not count", `local l = rate.limit "1 per 1 min" l:allow "x" jump "59 s" l:allow "x" jump "1 s" print(l:allow "x")`, "true"},
		{"limit: no window has more", `local l, n = rate.limit "5 per 10 s", 0 for i = 1, 100 do if l:allow "x" then n = n + 1 end jump "1 s" end print(n)`, "50"},
		{"limit: the 1 may be left out", `local l = rate.limit "1 per min" l:allow "x" jump "59 s" print(l:allow "x") jump "1 s" print(l:allow "x")`, "false | true"},
		{"window: the sum", `local w = rate.window "5 min" print(w:add("x"), w:add("x", 10), w:add("y"), w:add("x", -1))`, "1\t11\t1\t10"},
		{"window: what is old is out", `local w = rate.window "1 min" w:add("x", 5) jump "30 s" w:add("x", 7) jump "30 s" print(w:get "x") jump "30 s" print(w:get "x")`, "7 | 0"},
		{"window: get does not add", `local w = rate.window "1 min" w:add("x", 5) print(w:get "x", w:get "x", w:get "y")`, "5\t5\t0"},
		{"window: an interval in seconds", `local w = rate.window(60) w:add "x" jump "59 s" print(w:get "x") jump "1 s" print(w:get "x")`, "1 | 0"},
		{"distinct: equal ones count once", `local d = rate.distinct "5 min" print(d:add("x", 1), d:add("x", 1), d:add("x", 2), d:add("y", 1))`, "1\t1\t2\t1"},
		{"distinct: what is old is out", `local d = rate.distinct "1 min" d:add("x", 1) jump "30 s" d:add("x", 2) jump "30 s" print(d:add("x", 2))`, "1"},
		{"distinct: seeing one again keeps it", `local d = rate.distinct "1 min" d:add("x", 1) jump "30 s" d:add("x", 1) jump "30 s" print(d:add("x", 2))`, "2"},
		{"keys of all kinds", `local l = rate.limit "1 per 1 min"
			for _, k in ipairs { 1, 1.5, "1", true, addr "10.0.0.1", "10.0.0.1", port "80/tcp", tuple(addr "10.0.0.1", port "80/tcp"), interval "1 s" } do assert(l:allow(k)) assert(not l:allow(k)) end
			print(l:allow(tuple(addr "10.0.0.1", port "81/tcp")))`, "true"},
		{"equal addresses are one key", `local l = rate.limit "1 per 1 min" print(l:allow(addr "::1"), l:allow(addr "0:0::1"))`, "true\tfalse"},
		{"long keys", `local l, k = rate.limit "1 per 1 min", ("x"):rep(10000) print(l:allow(k), l:allow(k), l:allow(k .. "y"))`, "true\tfalse\ttrue"},
		{"max_size forgets the oldest key", `local l = rate.limit("1 per 1 min", { max_size = 2 }) l:allow(1) l:allow(2) l:allow(3) print(l:allow(3), l:allow(2), l:allow(1))`, "false\tfalse\ttrue"},
		{"max_size of a window", `local w = rate.window("1 min", { max_size = 1 }) w:add(1) w:add(2) print(w:get(1), w:get(2))`, "0\t1"},
		{"max_size of distinct", `local d = rate.distinct("1 min", { max_size = 1 }) d:add(1, 1) d:add(2, 1) print(d:add(1, 2))`, "1"},
		{"tostring", `print(tostring(rate.limit "1 per s"), tostring(rate.window "1 s"), tostring(rate.distinct "1 s"))`, "rate limit\trate window\trate distinct"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			if err := b.call(tt.src); err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(strings.TrimSuffix(b.out.String(), "\n"), "\n", " | "); got != tt.want {
				t.Errorf("printed %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRatesRaise(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, want string }{
		{"a limit without per", `rate.limit "5 in 1 min"`, `bad argument #1 to 'rate.limit' (expected a limit such as "5 per 1 min", got string "5 in 1 min")`},
		{"a limit that is a number", `rate.limit(5)`, `expected a limit such as "5 per 1 min", got number 5`},
		{"a limit of nothing", `rate.limit "0 per 1 min"`, `limit "0 per 1 min": want a whole number from 1 before "per"`},
		{"a limit of a fraction", `rate.limit "1.5 per 1 min"`, `want a whole number from 1 before "per"`},
		{"a limit in no time", `rate.limit "5 per 0 s"`, `the interval must be longer than 0`},
		{"a limit per month or minute", `rate.limit "5 per 1 m"`, `"m" could be a minute or a month`},
		{"a window in text of something else", `rate.window "five"`, `bad argument #1 to 'rate.window' (expected interval, got string "five"`},
		{"a window backwards", `rate.window(-5)`, `the interval must be longer than 0`},
		{"distinct without interval", `rate.distinct()`, `bad argument #1 to 'rate.distinct' (expected interval, got nil)`},
		{"an unknown option", `rate.window("1 s", { maxsize = 5 })`, `bad argument #2 to 'rate.window' (unknown option "maxsize" (did you mean max_size?))`},
		{"max_size 0", `rate.window("1 s", { max_size = 0 })`, `max_size: expected a number from 1 to 16777216, got number 0`},
		{"options that are none", `rate.window("1 s", 5)`, `expected a table of options such as { max_size = 1000 }, got number 5`},
		{"no key", `rate.limit "1 per 1 s":allow()`, `bad argument #1 to 'rate limit:allow' (expected a key, got nil)`},
		{"a key that can change", `rate.limit "1 per 1 s":allow({})`, `table can't be a key: it can change`},
		{"no value", `rate.distinct "1 s":add(1)`, `bad argument #2 to 'rate distinct:add' (expected a key, got nil)`},
		{"a sum of text", `rate.window "1 s":add("x", "5")`, `bad argument #2 to 'rate window:add' (expected a number, got string "5")`},
		{"a sum without end", `rate.window "1 s":add("x", 1/0)`, `bad argument #2 to 'rate window:add' (window: +Inf can't be summed up)`},
		{"an unknown method", `rate.limit "1 per 1 s":alow(1)`, `a rate limit has no method "alow" (did you mean allow?)`},
		{"assigned", `rate.limit "1 per 1 s".x = 1`, `a rate limit can't be assigned to`},
		{"without colon", `rate.limit "1 per 1 s".allow(1)`, `expected a rate limit, got number 1 (call with a colon: l:allow(key))`},
		{"of another kind", `rate.limit "1 per 1 s".allow(rate.window "1 s", 1)`, `expected a rate limit, got userdata`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := open(t).call(tt.src)
			var le *luavm.Error
			if !errors.As(err, &le) {
				t.Fatalf("got %v, want an error of Lua", err)
			}
			if !strings.HasPrefix(le.Message, "test.lua:1: ") || !strings.Contains(le.Message, tt.want) {
				t.Errorf("got  %s\nwant test.lua:1: …%s…", le.Message, tt.want)
			}
		})
	}
}

// Idle keys are forgotten though nobody asks, and then nothing ticks.
func TestSweep(t *testing.T) {
	t.Parallel()
	for _, src := range []string{`rate.limit "1 per 1 s":allow(1)`, `rate.window "1 s":add(1)`, `rate.distinct "1 s":add(1, 2)`} {
		b := open(t)
		if _, ok := b.d.NextTimer(); ok {
			t.Errorf("%s: a timer waits at the start", src)
		}
		if err := b.call(src); err != nil {
			t.Fatal(err)
		}
		due, ok := b.d.NextTimer()
		if !ok || due != b.now+1e9+1 {
			t.Errorf("%s: a timer waits for %d (%v), want in 1 s", src, due-b.now, ok)
		}
		for ; ok; due, ok = b.d.NextTimer() {
			b.now = due
			b.d.Tick(b.now, 1)
			b.d.Run(10, nil)
		}
		if b.lib.sweep.Len() != 0 {
			t.Errorf("%s: the key is still there", src)
		}
	}
}

// What handlers call for each connection does not allocate for a key that is known, but for a number that is
// returned.
func TestAllocations(t *testing.T) {
	b := open(t)
	loops := 0.0
	for _, tt := range []struct {
		body   string
		allocs float64
	}{{``, 0}, {`l:allow(k)`, 0}, {`w:add(k)`, 1}, {`w:get(k)`, 1}, {`d:add(k, i)`, 0}} {
		const rounds = 5120
		fn := b.loop(tt.body)
		b.times(fn, rounds)
		got := testing.AllocsPerRun(5, func() { b.times(fn, rounds) }) / rounds
		if tt.body == "" {
			loops = got
		}
		if got -= loops; got > tt.allocs+0.01 {
			t.Errorf("%s: %.3f allocations, want at most %g", tt.body, got, tt.allocs)
		}
	}
}

// loop returns a Lua function that runs body n times, rounded up to 256, with 256 addresses.
func (b *bare) loop(body string) *lua.LFunction {
	b.t.Helper()
	make, err := b.d.VM.Load("bench.lua", fmt.Sprintf(`local l, w, d, keys = rate.limit "100 per 1 s", rate.window "5 min", rate.distinct "5 min", {}
for i = 1, 256 do keys[i] = addr("10.0.0." .. i - 1) end
return function(n) for _ = 1, n, 256 do for i = 1, 256 do local k = keys[i] %s end end end`, body))
	if err != nil {
		b.t.Fatal(err)
	}
	fn, err := b.d.VM.Call(make, 1)
	if err != nil {
		b.t.Fatal(err)
	}
	return fn[0].(*lua.LFunction)
}

func (b *bare) times(fn *lua.LFunction, n int) {
	if _, err := b.d.VM.Call(fn, 0, lua.LNumber(n)); err != nil {
		b.t.Fatal(err)
	}
}

func BenchmarkLua(b *testing.B) {
	for _, body := range []string{`l:allow(k)`, `w:add(k)`, `d:add(k, i)`} {
		b.Run(body, func(b *testing.B) {
			v := open(b)
			fn := v.loop(body)
			v.d.VM.SetBudget(0)
			b.ReportAllocs()
			b.ResetTimer()
			v.times(fn, b.N)
		})
	}
}
