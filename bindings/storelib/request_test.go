package storelib

import (
	"fmt"
	"strings"
	"testing"

	"moonpeer/bindings/asynclib"
)

func TestAsync(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"up to the first wait", `fake("s", "slow") async(function() print("a", s:put("k", 1):wait()) print("c", s:put_unique("k", 1):wait()) end)
			print("b") fake("s", "answer") print("b too") timer.after(1, function() end) fake("s", "fast")`, "b | b too | a true nil | c false nil", ""},
		{"arguments", `async(function(a, b, ...) print(a, b, select("#", ...)) end, 1, nil, 3)`, "1 nil 1", ""},
		{"done at once", `async(function() print(s:put("k", 1):wait()) print(s:put_unique("k", 1):wait()) end) print("after")`, "true nil | false nil | after", ""},
		{"an error", `fake("s", "slow") async(function() print(s:increment("k", "5 s" and 1.5):wait()) print(select(2, s:pop("x"):wait()).code) end) fake("s", "answer") fake("s", "fast")`,
			"true nil | NO_SUCH_KEY", ""},
		{"done", `fake("s", "slow") local r = s:put("k", 1) r:done(function(...) print("first", ...) end) r:done(function(...) print("second", ...) end)
			fake("s", "answer") print("queued") r:done(function(...) print("third", ...) end)`, "queued | first true nil | second true nil | third true nil", ""},
		{"two waits and a done", `fake("s", "slow") local r = s:put("k", 1) for i = 1, 2 do async(function() print(i, r:wait()) end) end r:done(print)
			fake("s", "answer") async(function() print("late", r:wait()) end)`, "late true nil | 1 true nil | 2 true nil | true nil", ""},
		{"async in async", `fake("s", "slow") async(function() async(function() print("in", s:put(1, 1):wait()) end) print("out", s:put(2, 2):wait()) end) fake("s", "answer")`,
			"in true nil | out true nil", ""},
		{"nested calls", `fake("s", "slow") local function f() return s:put(1, 1):wait() end
			async(function() local function g() local v = f() return v end print(g()) for k, v in pairs { 1, 2 } do print(v, f()) end end)
			fake("s", "answer") fake("s", "fast")`, "true | 1 true nil | 2 true nil", ""},
		{"within s:each", `s:put(1, 1) s:put(2, 2) fake("s", "slow") async(function() for k in s:each() do print(k, s:erase(k):wait()) end end) fake("s", "answer") fake("s", "fast")`,
			"1 true nil | 2 true nil", ""},
		{"an error before the wait", `async(function() local x = nil .. "x" end) print("after")`, "after",
			`error: test.lua:1: attempt to concatenate a nil value (async)`},
		{"an error behind the wait", "fake('s', 'slow')\nasync(function()\n s:put(1, 1):wait()\n error('no')\nend) fake('s', 'answer')", "",
			`error: test.lua:4: no (async)`},
		{"no wait outside", `print(pcall(function() s:put(1, 1):wait() end))`,
			"false test.lua:1: request:wait: only inside of async(function() … end); r:done(fn) calls back from anywhere", ""},
		{"no yield", "async(function()\n coroutine.yield(1) end)", "", `error: test.lua:2: coroutine.yield inside of async: nothing would resume it (async)`},
		{"tostring", `print(s:put(1, 1))`, "request", ""},
	})
}

// TestWaitsThatCannotPass raise, whether the outcome is known or not.
func TestWaitsThatCannotPass(t *testing.T) {
	t.Parallel()
	const why = "request:wait: a wait can't cross pcall, a metamethod, an iterator or a coroutine of your own"
	for _, src := range []string{
		`print(pcall(function() r:wait() end))`,
		`print(pcall(r.wait, r))`,
		`print(pcall(function() local x = setmetatable({}, { __index = function() r:wait() end }).y end))`,
		`print(pcall(function() for k in function() r:wait() end do end end))`,
		`print(coroutine.resume(coroutine.create(function() r:wait() end)))`,
		`print(pcall(table.sort, { 2, 1 }, function() r:wait() end))`,
	} {
		for _, speed := range []string{"slow", "fast"} {
			b := open(t, "")
			b.run(fmt.Sprintf(`local s = store.master "s" fake("s", %q) local r = s:put(1, 1) async(function() %s end)`, speed, src))
			if got := b.lines(); !strings.HasSuffix(got, why) || b.async.Outstanding() != 0 {
				t.Errorf("%s, %s: got %s; %d wait", src, speed, got, b.async.Outstanding())
			}
		}
	}
	for src, want := range map[string]string{
		`local x = setmetatable({}, { __index = function() r:wait() end }).y`: "error: test.lua:1: " + why + " (async)",
		`for k in function() r:wait() end do end`:                             "error: test.lua:1: " + why + " (async)",
	} {
		b := open(t, "")
		b.run(`local s = store.master "s" fake("s", "slow") local r = s:put(1, 1) async(function() ` + src + ` end)`)
		if got := b.reported(); got != want {
			t.Errorf("%s: reported %s", src, got)
		}
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	b.run(`local s = store.master "s" fake("s", "slow")
		async(function() print(s:put("k", 1):wait "2 s") print("after") end)
		async(function() print(s:put(tuple("k", 5), 1):wait(0)) end)
		async(function() print(s:put("l", 1):wait(4)) end)`)
	for i, want := range []string{
		`nil put of [k, 5] to store "s": no answer within 0 s (REQUEST_TIMEOUT)`, "",
		`nil put of "k" to store "s": no answer within 2 s (REQUEST_TIMEOUT) | after`, "true nil", "",
	} {
		if i == 3 {
			b.run(`fake("s", "answer")`)
		}
		if got := b.lines(); got != want {
			t.Errorf("after %d s: printed %s, want %s", i, got, want)
		}
		b.advance(1)
	}
	if next := b.timers.Next(); next < 1<<62 {
		t.Errorf("a deadline is left at %d", next)
	}
	if got := b.reported(); got != "" {
		t.Errorf("reported %s", got)
	}
}

func TestDefaultTimeout(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	b.run(`local s = store.master "s" fake("s", "slow") async(function() print(select(2, s:put("k", 1):wait()).code) end)`)
	b.advance(9)
	if got := b.lines(); got != "" || b.async.Outstanding() != 1 {
		t.Errorf("after 9 s: %s, %d outstanding", got, b.async.Outstanding())
	}
	b.advance(1)
	if got := b.lines(); got != "REQUEST_TIMEOUT" || b.async.Outstanding() != 0 {
		t.Errorf("after 10 s: %s, %d outstanding", got, b.async.Outstanding())
	}
}

func TestUnheardFailures(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	b.run(` local s = store.master "s" s:put("t", "x") s:increment("t") s:pop(tuple(1, "y")) s:increment("t") s:increment("t")`)
	const first = `warning: test.lua:1: increment of "t" to store "s" failed, and no script waits for it: `
	if got := b.reported(); !strings.HasPrefix(got, first) || strings.Contains(got, " | ") {
		t.Errorf("reported %s", got)
	}
	b.advance(1)
	if got := b.reported(); !strings.HasPrefix(got, first) || !strings.HasSuffix(got, " (and 2 other writes to this store)") {
		t.Errorf("a second later: reported %s", got)
	}
	b.advance(1)
	b.run(`local s = store.master "s" fake("s", "slow") s:pop(tuple(1, "y")) s:put(1, 1) fake("s", "answer")`)
	if got, want := b.reported(), `warning: pop of [1, y] to store "s" failed, and no script waits for it: no_such_key`; !strings.HasPrefix(got, want) {
		t.Errorf("not at once: reported %s", got)
	}
	b.advance(1)
	b.run(`local s = store.master "s" fake("s", "slow") local r, q = s:pop("x"), s:pop("y") r:done(function() end)
		async(function() q:wait() end) fake("s", "answer") fake("s", "fast") s:pop("z"):done(function() end) async(function() s:pop("z"):wait() end)`)
	b.advance(2)
	if got := b.reported(); got != "" {
		t.Errorf("all were heard: reported %s", got)
	}
	// A coroutine that waits for something else may come back to it.
	b.run(`local s = store.master "s" fake("s", "slow") async(function() local a = s:put(1, 1) fake("s", "fast") local b = s:pop("none") a:wait() b:wait() end) fake("s", "answer")`)
	b.run(`local s = store.master "s" fake("s", "slow") async(function() s:put(1, 1):wait() end) fake("s", "fast") s:pop("lost")`)
	if got := b.reported(); got != "" {
		t.Errorf("too early: reported %s", got)
	}
	b.advance(1)
	if got := b.reported(); !strings.HasPrefix(got, `warning: test.lua:1: pop of "lost"`) || strings.Contains(got, " | ") {
		t.Errorf("reported %s", got)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	b.run(`local s = store.master "s" fake("s", "slow") local function work() for i = 1, 300000 do end end
		async(function() work() s:put(1, 1):wait() work() s:put(1, 1):wait() work() print("a fresh budget each time") end)
		async(function() s:put(1, 1):wait() while true do end end) fake("s", "answer") fake("s", "fast")`)
	if got := b.lines(); got != "a fresh budget each time" {
		t.Errorf("printed %s", got)
	}
	if got := b.reported(); !strings.Contains(got, "budget used up") || !strings.HasSuffix(got, "(async)") {
		t.Errorf("reported %s", got)
	}
	if err := b.call(`async(function() pcall(function() while true do end end) store.find("s"):put(1, 1):wait() print("never") end)`); err == nil {
		t.Error("an endless loop within pcall ended well")
	}
	if got := b.lines(); got != "" || b.async.Outstanding() != 0 {
		t.Errorf("printed %s, %d wait", got, b.async.Outstanding())
	}
}

func TestTooManyWait(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: how many coroutines may wait, as -short leaves it out")
	}
	b := open(t, "")
	b.run(`local s = store.master "s" fake("s", "slow") local r = s:put(1, 1)
		on("more", function() for i = 1, 4096 do async(function() r:wait "1 hr" end) end end)`)
	for range asynclib.MaxWaiting / 4096 {
		b.d.Raise(b.d.Event("more"), nil)
	}
	b.settle()
	if got := b.reported(); got != "" || b.async.Outstanding() != asynclib.MaxWaiting {
		t.Fatalf("%d wait; reported %s", b.async.Outstanding(), got)
	}
	b.d.Raise(b.d.Event("more"), nil)
	b.settle()
	if got := b.reported(); !strings.HasPrefix(got, "error: test.lua:2: request:wait: 16384 coroutines wait already (async)") {
		t.Errorf("reported %.200s", got)
	}
	b.run(`fake("s", "answer")`)
	if n := b.async.Outstanding(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}
