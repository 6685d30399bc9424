package storelib

import (
	"fmt"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store"
)

// contents shows what a fake store has, with expiries.
func (b *bare) contents(name string) string {
	f := b.stores.all[name].(*fake)
	var all []string
	for _, k := range f.order {
		text := b.lib.keyText([]byte(k))
		if v, err := b.lib.decode(f.m[k]); err == nil && v != b.s.None() {
			text += "=" + string(b.s.AppendPrint(nil, v))
		}
		if e := f.expiry[k]; e != 0 {
			text += "(" + broker.FormatInterval(e) + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// other writes to a fake store as another node would.
func (b *bare) other(name string, c wire.Command) {
	b.stores.all[name].(*fake).apply(&c)
	b.settle()
}

func putOf(k string, n uint64) wire.Command {
	return wire.Command{Kind: wire.CmdPut, Key: wire.AppendString(nil, k), Value: wire.AppendCount(nil, n)}
}

// bound is open for a text whose handlers are for events that nobody declares.
func bound(t *testing.T, src string) *bare {
	t.Helper()
	b := open(t, src)
	b.errs = nil
	return b
}

const boundMap = `local EX = namespace "EX"
local m = EX:map("m", "string", "count", { create_expire = "1 day", on_change = function(...) print(...) end })
store.bind(m, { store = "s" })
`

func TestBindLeads(t *testing.T) {
	t.Parallel()
	b := bound(t, `local EX = namespace "EX"
local s = EX:set("s", "addr, port", { write_expire = "1 hour" })
local m = EX:map("m", "string", "count")
local r = EX:map("r", "int", "real", { max_size = 2 })
store.bind(s) store.bind(m, { backend = "memory" }) store.bind(r, { store = "r" })
local k = tuple(addr "10.0.0.1", port "80/tcp")
on("add", function() s:add(k) end)
on("map", function() m:set("a", 1) m:incr("a", 5) m:incr "b" m:ensure("c", function() return 7 end) m:set("d", 1) m:remove "d" end)
on("clear", function() m:clear() m:set("z", 26) end)
on("bound", function() r:set(1, 1.5) r:set(2, 2) r:set(3, 3) end)
`)
	want := func(name, text string) {
		t.Helper()
		if got := b.contents(name); got != text {
			t.Errorf("%s has %s, want %s", name, got, text)
		}
	}
	raise := func(name string) {
		b.d.Raise(b.d.Event(name), nil)
		b.settle()
	}
	if got := fmt.Sprint(b.stores.masters); !strings.HasPrefix(got, "[{pebble") || !strings.Contains(got, "{memory") {
		t.Errorf("masters are opened with %s", got)
	}
	raise("add")
	want(Prefix+"EX::s", "[10.0.0.1, 80/tcp](1 h)")
	b.advance(60)
	b.stores.all[Prefix+"EX::s"].(*fake).expiry = map[string]broker.Timespan{}
	raise("add") // a write is told
	want(Prefix+"EX::s", "[10.0.0.1, 80/tcp](1 h)")
	raise("map")
	want(Prefix+"EX::m", `"a"=6 "b"=1 "c"=7`)
	raise("clear")
	want(Prefix+"EX::m", `"z"=26`)
	raise("bound")
	want("r", `2=2 3=3`)
	if got := string(b.stores.all["r"].(*fake).order[0]); got != string(wire.AppendInteger(nil, 2)) {
		t.Errorf("a key of type int is written as %q", got)
	}
	if got := b.reported(); got != "" {
		t.Errorf("reported %s", got)
	}
}

// TestBindFills: what the store has comes in quietly, with what is left of its time, and what the body has put in goes to it.
func TestBindFills(t *testing.T) {
	t.Parallel()
	b := &bare{t: t, stores: &fakes{all: map[string]store.Store{}}}
	f := newFake("s", true)
	b.stores.all["s"] = f
	for _, c := range []wire.Command{putOf("a", 1), putOf("b", 2), {Kind: wire.CmdPut, Key: wire.AppendCount(nil, 5), Value: wire.AppendCount(nil, 5)}} {
		f.apply(&c)
	}
	f.at = map[string]int64{string(wire.AppendString(nil, "a")): began + 60e9}
	b.load(boundMap+`m:set("b", 3) m:set("c", 4)
		on("node_init", function() print(m:get "a", m:get "b", m:get "c") end)
		on("look", function() print(m:get "a", m:get "b") end)`, nil)
	b.lines()
	b.d.Raise(b.d.Event("node_init"), nil)
	b.settle()
	if got := b.lines(); got != "1 2 4" {
		t.Errorf("printed %s", got)
	}
	if got := b.contents("s"); got != `"a"=1 "b"=2 5=5 "c"=4(1 d)` {
		t.Errorf("the store has %s", got)
	}
	if got := b.reported(); !strings.Contains(got, `EX::m: store "s" has an entry that does not fit`) {
		t.Errorf("reported %s", got)
	}
	b.advance(61)
	b.d.Raise(b.d.Event("look"), nil)
	b.settle()
	if got := b.lines(); got != "expired a 1 | nil 2" {
		t.Errorf("printed %s", got)
	}
}

// TestBindOthers: changes of others come in, in the end those of the store's order, and are not written again. While a key
// has still to be written the container knows better.
func TestBindOthers(t *testing.T) {
	t.Parallel()
	b := bound(t, boundMap+`
		on("set", function(k, v) m:set(k, v) end) on("incr", function(n) for i = 1, n do m:incr "n" end print(m:get "n") end)
		on("look", function(k) print("have", m:get(k)) end)`)
	f := b.stores.all["s"].(*fake)
	b.other("s", putOf("a", 1))
	b.other("s", putOf("a", 2))
	b.other("s", wire.Command{Kind: wire.CmdErase, Key: wire.AppendString(nil, "a")})
	if got := b.lines(); got != "new a 1 | changed a 1 | removed a 2" {
		t.Errorf("printed %s", got)
	}
	if n := b.lib.Unsaved(); n != 0 || f.watcher == nil {
		t.Errorf("%d changes are to be written", n)
	}
	f.slow = true
	b.run(`event.raise("set", "x", 1)`)
	b.other("s", putOf("x", 7)) // before ours
	b.run(`event.raise("set", "x", 2) event.raise("look", "x")`)
	if got := b.lines(); got != "new x 1 | changed x 1 | have 2" {
		t.Errorf("printed %s", got)
	}
	for b.lib.Unsaved() > 0 {
		f.answer()
		b.settle()
	}
	if got := b.contents("s"); got != `"x"=2(1 d)` {
		t.Errorf("the store has %s", got)
	}
	b.other("s", putOf("x", 9))
	b.run(`event.raise("look", "x")`)
	if got := b.lines(); got != "changed x 2 | have 9" {
		t.Errorf("printed %s", got)
	}
	f.slow = false
	b.run(`event.raise("incr", 5000)`)
	b.run(`event.raise("look", "n")`)
	if got := b.lines(); !strings.HasSuffix(got, "5000 | have 5000") || strings.Count(got, "changed n") != 4999 {
		t.Errorf("printed …%s", got[max(len(got)-100, 0):])
	}
	if got := b.reported(); got != "" {
		t.Errorf("reported %s", got)
	}
}

// TestBindFailing: what a store does not take is written when it does, and said once.
func TestBindFailing(t *testing.T) {
	t.Parallel()
	b := bound(t, boundMap+`on("set", function(k, v) m:set(k, v) end)`)
	f := b.stores.all["s"].(*fake)
	f.refuse = &broker.Error{Code: broker.BackendFailure, Context: `store "s"`, Err: fmt.Errorf("no room")}
	b.run(`event.raise("set", "a", 1) event.raise("set", "b", 1)`)
	b.advance(5)
	b.run(`event.raise("set", "a", 2)`)
	if n := b.lib.Unsaved(); n != 2 {
		t.Errorf("%d changes are to be written", n)
	}
	f.refuse = nil
	b.advance(2)
	if got := b.contents("s"); got != `"a"=2(86395 s) "b"=1(1 d)` {
		t.Errorf("the store has %s", got)
	}
	const want = `warning: EX::m: store "s" does not take it, which is tried again each second: backend_failure: store "s": no room | info: EX::m: store "s" takes it again`
	if got := b.reported(); got != want {
		t.Errorf("reported %s, want %s", got, want)
	}
	f.refuse = &broker.Error{Code: broker.InvalidData, Context: `store "s"`, Err: fmt.Errorf("too large")}
	b.run(`event.raise("set", "a", 3)`)
	if n, got := b.lib.Unsaved(), b.reported(); n != 0 || !strings.Contains(got, `EX::m: set of "a" is not kept in store "s"`) {
		t.Errorf("%d changes are to be written, reported %s", n, got)
	}
}

// TestBindFull: a window that is full delays what is written and loses nothing.
func TestBindFull(t *testing.T) {
	t.Parallel()
	b := open(t, `local s = namespace "EX":set("s", "count") store.bind(s, { store = "s" })
		on("fill", function() for i = 1, 20000 do s:add(i) end end)`)
	f := b.stores.all["s"].(*fake)
	f.slow = true
	b.run(`event.raise "fill"`)
	for n := 0; b.lib.Unsaved() > 0; n++ {
		if len(f.waiting) > maxFlying || n > 100 {
			t.Fatalf("%d are under way, %d to be written", len(f.waiting), b.lib.Unsaved())
		}
		f.answer()
		b.settle()
	}
	if len(f.m) != 20000 {
		t.Errorf("the store has %d", len(f.m))
	}
}

func TestBindReload(t *testing.T) {
	t.Parallel()
	src := boundMap + `on("set", function(k, v) m:set(k, v) end) on("look", function() for k, v in m:each() do print(k, v) end end)`
	b := open(t, src)
	f := b.stores.all["s"].(*fake)
	f.slow = true
	b.run(`event.raise("set", "a", 1) event.raise("set", "b", 1)`)
	b.run(`event.raise("set", "a", 2)`)
	b.lines()
	next := b.reload(src+`m:set("c", 5) m:set("a", 0)`, true)
	f.answer()
	f.slow = false
	f.answer()
	next.settle()
	if got := next.contents("s"); got != `"a"=2(1 d) "b"=1(1 d) "c"=5(1 d)` {
		t.Errorf("the store has %s", got)
	}
	next.lines()
	next.other("s", putOf("d", 9))
	next.run(`event.raise "look"`)
	if got := next.lines(); got != "new d 9 | a 2 | b 1 | c 5 | d 9" {
		t.Errorf("printed %s", got)
	}
	f.slow = true
	next.run(`event.raise("set", "e", 1) event.raise("set", "f", 1)`)
	gone := next.reload(`namespace "EX":map("m", "string", "count")`, true) // it is not bound any more
	f.slow = false
	f.answer()
	gone.settle()
	if got := gone.contents("s"); !strings.HasSuffix(got, `"e"=1(1 d) "f"=1(1 d)`) || gone.lib.Unsaved() != 0 {
		t.Errorf("the store has %s", got)
	}
	again := gone.reload(src, true)
	again.d.Raise(again.d.Event("node_reloaded"), nil)
	again.settle()
	again.run(`event.raise("set", "g", 1)`)
	if got := again.contents("s"); !strings.HasSuffix(got, `"g"=1(1 d)`) {
		t.Errorf("the store has %s", got)
	}
}

func TestBindErrors(t *testing.T) {
	t.Parallel()
	const say = `local function says(f, ...) print((tostring(select(2, pcall(f, ...))):gsub("^p%.lua:%d+: ", ""))) end local EX = namespace "EX" `
	for _, x := range []struct{ name, src, want string }{
		{"no name", `says(store.bind, set "addr")`, "expected a set or map with a name"},
		{"read_expire", `says(store.bind, EX:set("s", "addr", { read_expire = "1 day" }))`, "EX::s: it has read_expire"},
		{"on_expire", `says(store.bind, EX:set("s", "addr", { create_expire = "1 day", on_expire = function() end }))`, "EX::s: it has on_expire"},
		{"containers within", `says(store.bind, EX:map("m", "addr", "set[addr]"))`, "its values are of type set[addr]"},
		{"options", `says(store.bind, EX:set("s", "addr"), { zz = 1 })`, `unknown option "zz" (there are store, backend, sync, on_corrupt and max_bytes)`},
		{"store", `says(store.bind, EX:set("s", "addr"), { store = 1 })`, "store: expected a store or its name, got number 1"},
		{"twice", `local s = EX:set("s", "addr") print(store.bind(s) == s, store.bind(s) == s) says(store.bind, s, { store = "t" })`, `store.bind: EX::s is kept in store "___sync_store_EX::s" already`},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			b := open(t, say+x.src)
			if got := b.lines(); !strings.Contains(got, x.want) {
				t.Errorf("printed %s, want %s", got, x.want)
			}
		})
	}
	b := open(t, `local s = namespace "EX":set("s", "addr") on("bind", function() print(store.bind(s)) s:add(addr "10.0.0.1") print(#s) end)
		on("close", function() store.find("s"):close() s:add(addr "10.0.0.2") print(#s) end)`)
	b.stores.fail = errExists
	b.run(`event.raise "bind"`)
	if got := b.lines(); !strings.HasPrefix(got, "nil ") || !strings.HasSuffix(got, "| 1") {
		t.Errorf("printed %s", got)
	}
	b.stores.fail = nil
	b.run(`store.bind(namespace "EX":set("s", "addr"), { store = "s" }) event.raise "close"`)
	if got := b.lines(); got != "2" {
		t.Errorf("printed %s", got)
	}
	early := &bare{t: t, stores: &fakes{all: map[string]store.Store{}, fail: errExists}}
	early.load(`store.bind(namespace "EX":set("s", "addr"))`, nil)
	early.d.Raise(early.d.Event("node_init"), nil)
	early.settle()
	if got := early.reported(); !strings.Contains(got, `error: EX::s is not kept: master_exists: store "x": elsewhere`) {
		t.Errorf("reported %s", got)
	}
}
