package storelib

import (
	"strings"
	"testing"

	"moonpeer/bindings/asynclib"
	"moonpeer/runtime/script"
)

func TestOnChange(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"what happens", `s:put("before", 1) s:on_change(function(...) print(...) end) s:put("k", 1) s:put("k", 2) s:erase("k") s:erase("none") s:put(tuple(1, "x"), types.none)
			print("queued")`, "queued | insert k 1 nil | update k 2 1 | erase k nil 2 | insert [1, x] none nil", ""},
		{"several, in their order", `local a = s:on_change(function() print("a") end) s:on_change(function() print("b") end) s:put("k", 1)
			on("off", function() print(a:off(), a:off()) s:put("k", 2) end) event.raise("off")`, "a | b | true false | b", ""},
		{"in order with events", `on("e", function(n) print("event", n) end) s:on_change(function(_, k) print("change", k) end)
			event.raise("e", 1) s:put("k", 1) event.raise("e", 2)`, "event 1 | change k | event 2", ""},
		{"an error in one", "s:on_change(function()\n error('no') end) s:on_change(function() print('b') end) s:put('k', 1)", "b",
			`error: test.lua:2: no (on_change of store s)`},
		{"a write in one", `s:on_change(function(what, k, v) print(what, k, v) if v and v < 3 then s:put(k, v + 1) end end) s:put("k", 1)`,
			"insert k 1 | update k 2 | update k 3", ""},
		{"off means nobody hears", `local w = s:on_change(print) w:off() s:put("k", 1)`, "", ""},
	})
}

func TestManyChanges(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	b.run(`local s = store.master "s" local n, sum = 0, 0 s:on_change(function(_, k, v) n = n + 1 sum = sum + v end)
		for i = 1, 20000 do s:put(i, i) end timer.after(1, function() print(n, sum) end)`)
	b.advance(1)
	if got := b.lines(); got != "20000 200010000" {
		t.Errorf("printed %s", got)
	}
	if q := &b.lib.handles["s"].told; len(q.bytes) != 0 || cap(q.bytes) > maxKept {
		t.Errorf("%d of %d bytes are kept", len(q.bytes), cap(q.bytes))
	}
}

// reload loads src in the place of b's scripts.
func (b *bare) reload(src string, takeOver bool) *bare {
	b.t.Helper()
	next := &bare{t: b.t, stores: b.stores, before: b, now: b.now, timers: b.timers}
	next.load(src, b.d)
	if takeOver {
		next.containers.TakeOver()
		next.lib.TakeOver()
		next.async.TakeOver()
	}
	next.settle()
	return next
}

const watched = `s:on_change(function(what, k) print("VERSION", what, k) end)`

func TestReload(t *testing.T) {
	t.Parallel()
	b := open(t, `on("node_init", function() local s = store.master "s" `+strings.ReplaceAll(watched, "VERSION", "old")+`
		fake("s", "slow") s:put("k", 1):done(function() print("never") end) async(function() s:put("l", 1):wait() print("never") end) s:pop("none") end)`)
	body := `local s = store.find "s" ` + strings.ReplaceAll(watched, "VERSION", "new") + `
		print(s == store.master "s", s:get("k"), pcall(s.put, s, 1, 1)) print(pcall(s.close, s)) print(pcall(store.master, "t"))`
	b.reload(body, false) // an attempt changes nothing
	const raised = `true nil false store:put: not while the file is loaded (do it in node_init) | ` +
		`false store:close: not while the file is loaded (do it in node_init) | false store.master: stores can't be created while the file is loaded (do it in node_init)`
	next := b.reload(body, true)
	if got := next.lines(); got != raised {
		t.Errorf("in the body: printed %s", got)
	}
	next.run(`fake("s", "answer") fake("s", "fast") store.find("s"):put("k", 2)`)
	if got, want := next.lines(), "new insert k | new insert l | new update k"; got != want {
		t.Errorf("printed %s, want %s", got, want)
	}
	if got := next.reported(); !strings.Contains(got, "reload: 1 coroutines of async that waited have ended with the old code") ||
		!strings.Contains(got, `pop of "none" to store "s" failed`) {
		t.Errorf("reported %s", got)
	}
	if got := b.lines(); got != "" {
		t.Errorf("the old code printed %s", got)
	}
	if b.async.Outstanding() == 0 || next.async.Outstanding() != 0 {
		t.Errorf("outstanding: %d, %d", b.async.Outstanding(), next.async.Outstanding())
	}
	again := next.reload("", true) // and nobody watches any more
	again.run(`store.find("s"):put("k", 3)`)
	if got := next.lines() + again.lines(); got != "" {
		t.Errorf("printed %s", got)
	}
}

var _ asynclib.Asked = (*pending)(nil)
var _ script.Module = (*Lib)(nil)
