package reload

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/node"
)

// TestReload has policies before and after a reload, and what is printed in all when both are asked with Input::ask.
func TestReload(t *testing.T) {
	tests := []struct{ name, before, after, want string }{
		{"handlers are replaced and node_init is not raised", `
on("node_init", function() print "init 1" end)
on("Input::ask", function() print "one" end)
on("Input::ask", function() print "gone" end)`, `
on("node_init", function() print "init 2" end)
on("node_reloaded", function(old, new) print("reloaded", next(old), next(new)) end)
on("Input::ask", function() print "two" end)`,
			"init 1|one|gone|reloaded\tnil\tnil|two"},
		{"containers keep their contents", `
local EX = namespace "EX"
local s, m, v, n = EX:set("s", "addr"), EX:map("m", "string", "count"), EX:vector("v", "port"), EX:subnet_map("n", "string")
on("node_init", function() s:add(addr "10.0.0.1") m:set("a", 1) v:push(port "80/tcp") n:set(subnet "10.0.0.0/8", "ten") end)`, `
local EX = namespace "EX"
local n, v, m, s = EX:subnet_map("n", "string"), EX:vector("v", "port"), EX:map("m", "string", "count"), EX:set("s", "addr")
on("Input::ask", function()
  print(#s, s:has(addr "10.0.0.1"), m:get("a"), v:get(1) == port "80/tcp", n:lookup(addr "10.1.1.1"))
end)`,
			"1\ttrue\t1\ttrue\tten\t10.0.0.0/8"},
		{"what a body adds is added where the key is missing", `
local EX = namespace "EX"
local s, m, v = EX:set("s", "string"), EX:map("m", "string", "count"), EX:vector("v", "string")
m:set("a", 1) v:push("old")
on("node_init", function() s:add("x") m:set("a", 5) m:set("b", 6) end)`, `
local EX = namespace "EX"
local s = EX:set("s", "string", { on_change = function(what, k) print(what, k) end })
local m, v = EX:map("m", "string", "count"), EX:vector("v", "string")
s:add("y") m:set("a", 1) m:set("c", 7) v:push("new") v:push("newer")
on("Input::ask", function() print(#s, m:get("a"), m:get("b"), m:get("c"), #v, v:get(1)) end)`,
			"new\ty|2\t5\t6\t7\t1\told"},
		{"containers in containers are the new code's", `
local EX = namespace "EX"
local m = EX:map("m", "string", "set[addr]")
on("node_init", function()
  m:set("a", set("addr", { on_change = function() error "the old hook" end }))
end)
on("Input::ask", function() end)`, `
local m = namespace "EX":map("m", "string", "set[addr]")
on("Input::ask", function()
  local a = m:get("a")
  print(a:add(addr "10.0.0.1"), #a, a == m:get("a"), a:has(addr "10.0.0.1"), pcall(function() a:nothing() end))
end)`,
			"true\t1\ttrue\ttrue\tfalse\tp.lua:5: a set has no method \"nothing\"; elements are read with s:has(v)"},
		{"a named container in another one", `
local EX = namespace "EX"
local s, m = EX:set("s", "string"), EX:map("m", "string", "set[string]")
on("node_init", function() s:add("x") m:set("s", s) end)`, `
local EX = namespace "EX"
local m, s = EX:map("m", "string", "set[string]"), EX:set("s", "string")
on("Input::ask", function()
  s:add("y")
  print(#m:get("s"), m:get("s"):has("x"), m:get("s"):has("y"), m:get("s") == s)
end)`,
			"2\ttrue\ttrue\ttrue"},
		{"records and tables in containers", `
local EX = namespace "EX"
local info = EX:record("info", {{"src", "addr"}, {"n", "count"}})
local m, any = EX:map("m", "string", "EX::info"), EX:map("any", "string", "any")
on("node_init", function()
  m:set("a", info { src = addr "10.0.0.1", n = 3 })
  any:set("t", { deep = { [addr "10.0.0.1"] = port "80/tcp", list = { addr "::1" } } })
end)`, `
local EX = namespace "EX"
EX:record("info", {{"src", "addr"}, {"n", "count"}})
local m, any = EX:map("m", "string", "EX::info"), EX:map("any", "string", "any")
on("Input::ask", function()
  local r, t = m:get("a"), any:get("t")
  r.n = r.n + 1
  print(r.src == addr "10.0.0.1", m:get("a").n, t.deep[addr "10.0.0.1"] == port "80/tcp", t.deep.list[1] == addr "::1")
end)`,
			"true\t4\ttrue\ttrue"},
		{"variables keep their values, which bodies read", `
local EX = namespace "EX"
local n, list, t = EX:var("n", "count", 1), EX:var("list", "vector of string", {}), EX:var("t", "any", 0)
on("node_init", function() n:set(7) list:get():push("x") t:set({ a = tuple(addr "::1", 5) }) end)`, `
local EX = namespace "EX"
local n, list, t = EX:var("n", "count", 2), EX:var("list", "vector of string", {}), EX:var("t", "any", 0)
print(n:get())
on("Input::ask", function() print(n:get(), list:get():get(1), t:get().a == tuple(addr "::1", 5)) end)`,
			"7|7\tx\ttrue"},
		{"options keep what they were set to, and else have their new default", `
local EX = namespace "EX"
local a, b = EX:option("a", "count", 1), EX:option("b", "set[string]", {})
EX:option("c", "count", 1) EX:option("d", "count", 1)
on("node_init", function() local x = set("string") x:add("x") a:set(5) b:set(x) config.set("EX::d", 8) end)`, `
local EX = namespace "EX"
local a, b = EX:option("a", "count", 2, { check = function(new) return new + 1 end }), EX:option("b", "set[string]", {})
local c, d = EX:option("c", "count", 2), EX:option("d", "count", 2)
a:on_change(function() print "not a change" end)
print(a:get(), d:get())
on("Input::ask", function() print(a:get(), #b:get(), c:get(), d:get(), config.list()[3].location, config.list()[4].location) end)`,
			"6\t8|6\t1\t2\t8\tdefault\tconfig.set"},
		{"checks are asked about what was set, not about what they made of it", `
local EX = namespace "EX"
local function double(new) return new * 2 end
local o, p = EX:option("o", "count", 1, { check = double }), EX:option("p", "count", 1, { check = double })
p:on_change(function(new) return new + 1 end)
on("node_init", function() o:set(5) p:set(5) end)
on("Input::ask", function() print(o:get(), p:get()) end)`, `
local EX = namespace "EX"
local function double(new) return new * 2 end
local o, p = EX:option("o", "count", 1, { check = double }), EX:option("p", "count", 1, { check = double })
p:on_change(function(new) print "not a change" return new + 1 end)
on("Input::ask", function() print(o:get(), p:get()) end)`,
			"10\t11|10\t11"},
		{"scheduled events come, timers with functions do not", `
local EX = namespace "EX"
local e = EX:event("e", "src: addr, n: count")
on("node_init", function()
  local cancelled = e:schedule("1 s", addr "10.0.0.1", 1)
  e:schedule("3 s", addr "10.0.0.1", 3) e:schedule("2 s", addr "10.0.0.1", 2) e:schedule("3 s", addr "10.0.0.1", 33)
  cancelled:cancel()
  timer.after("2 s", function() print "never" end)
  timer.every("1 s", function() print "never" end)
end)`, `
local EX = namespace "EX"
local e = EX:event("e", "src: addr, n: count")
e:on(function(src, n) print(src == addr "10.0.0.1", n) end)
timer.after("1 s", function() print "own" end)`,
			"own|true\t2|true\t3|true\t33"},
		{"new expiry, hooks and bound", `
local EX = namespace "EX"
local s, b = EX:set("s", "string"), EX:set("b", "count")
on("node_init", function() s:add("x") for i = 1, 5 do b:add(i) end end)`, `
local EX = namespace "EX"
local s = EX:set("s", "string", { create_expire = "2 s", on_expire = function(k) print("expired", k) end })
local b = EX:set("b", "count", { max_size = 5 })
on("Input::ask", function() b:add(6) print(#b, b:has(1)) end)`,
			"5\tfalse|expired\tx"},
		{"options as intervals of containers in containers", `
local EX = namespace "EX"
local o = EX:option("o", "interval", "3 s")
local m = EX:map("m", "string", "set[string]")
on("node_init", function() local s = set("string", { create_expire = o }) s:add("x") m:set("s", s) end)`, `
local EX = namespace "EX"
local o = EX:option("o", "interval", "1 s")
local m = EX:map("m", "string", "set[string]")
timer.after("2 s", function() print(#m:get("s")) end)`,
			"0"},
		{"auto_publish and broker.options: where bodies say the same, what was changed stays", `
local e = namespace "EX":event("e", "")
broker.auto_publish("body", e) broker.auto_publish("undone", e)
broker.options.peer_timeout = 7
broker.options.peer_buffer_size = 100
on("node_init", function()
  broker.auto_publish("later", e) broker.auto_unpublish("undone", e)
  broker.options.peer_timeout = 8
  broker.options.peer_buffer_size = 200
  broker.options.peer_overflow_policy = "disconnect"
end)`, `
local e = namespace "EX":event("e", "")
broker.auto_publish("body", e) broker.auto_publish("undone", e) broker.auto_publish("new", e)
broker.options.peer_timeout = 7
broker.options.peer_buffer_size = 300
on("Input::ask", function()
  print(broker.options.peer_timeout, broker.options.peer_buffer_size, broker.options.peer_overflow_policy)
  for _, topic in ipairs { "body", "undone", "new", "later" } do print(topic, broker.auto_unpublish(topic, e)) end
end)`,
			"8 s\t300\tdisconnect|body\ttrue|undone\tfalse|new\ttrue|later\ttrue"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, tt.before)
			r.raise("Input::ask")
			r.must(tt.after)
			r.raise("Input::ask")
			r.wait(5)
			r.expect(tt.want)
			r.quiet()
		})
	}
}

// TestUnchanged reloads the same file again and again: nothing happens but node_reloaded.
func TestUnchanged(t *testing.T) {
	const policy = `
local EX = namespace "EX"
local known, n, o = EX:set("known", "count", { create_expire = "1 day", max_size = 100 }), EX:var("n", "count", 0), EX:option("o", "string", "x")
local deep, e = EX:map("deep", "count", "set[count]"), EX:event("e", "n: count")
known:add(1000)
on("node_init", function() o:set("set") e:schedule("30 s", 7) deep:set(2, known) end)
on("Input::ask", function()
  n:set(n:get() + 1)
  known:add(n:get())
  deep:ensure(1, function() return set("count", { create_expire = "1 day" }) end):add(n:get())
end)
e:on(function(n) print("scheduled", n) end)
on("node_reloaded", function() print(#known, n:get(), o:get(), #deep:get(1), deep:get(2) == known, #deep:get(2)) end)`
	r := start(t, policy)
	for range 3 {
		r.raise("Input::ask")
		r.must(policy)
	}
	r.expect("2\t1\tset\t1\ttrue\t2|3\t2\tset\t2\ttrue\t3|4\t3\tset\t3\ttrue\t4")
	r.wait(31)
	r.expect("scheduled\t7")
	r.quiet()
}

// TestBroken changes a file to something that can't run: the old code goes on, and the error says where.
func TestBroken(t *testing.T) {
	const policy = `
local EX = namespace "EX"
local e, s = EX:event("e", ""), EX:set("s", "string")
broker.subscribe("body")
e:on(function() s:add("e") print("old", #s) end)
on("node_init", function() e:schedule("2 s") timer.every("1 s", function() print "tick" end) broker.subscribe("later") end)`
	tests := []struct{ name, src, err string }{
		{"syntax", "local = 1", "p.lua:1: "},
		{"body", "\n\nerror('no')", "p.lua:3: no"},
		{"unknown global", "\nnothing()", "p.lua:2: "},
		{"a declaration that clashes", `local EX = namespace "EX"
EX:set("s", "string")
EX:set("s", "addr")`, "p.lua:3: EX::s is declared as set set[addr] here and as set set[string] at "},
		{"an effect", `broker.subscribe("other") broker.forward("third")
broker.publish("t", "EX::e")`, "p.lua:2: broker.publish: not while the file is loaded"},
		{"no end", "while true do end", "instructions"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, policy, func(o *node.Options) { o.Limits.Instructions = 100_000 })
			filter, options := r.Hub.Filter(), r.Domain
			if _, err := r.reload(tt.src, false); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if r.Domain != options || !r.Hub.Filter().Equal(filter) {
				t.Error("something has changed")
			}
			r.raise("EX::e")
			r.wait(2)
			r.expect("old\t1|tick|tick|old\t1")
			r.must(policy)
			r.raise("EX::e")
			r.expect("old\t1")
		})
	}
}

// TestLoss has what can't be carried over: it refuses the reload, and goes with force.
func TestLoss(t *testing.T) {
	const before = `
local EX = namespace "EX"
local info = EX:record("info", {{"n", "count"}})
local s, gone, any = EX:set("s", "addr"), EX:map("gone", "string", "count"), EX:var("any", "any", 0)
local r, v, o, e = EX:vector("r", "EX::info"), EX:var("v", "count", 1), EX:option("o", "count", 1), EX:event("e", "n: count")
local checked = EX:option("checked", "count", 1)
EX:option("unset", "count", 1)
on("node_init", function()
  s:add(addr "10.0.0.1") gone:set("a", 1) r:push(info { n = 1 }) v:set(7) o:set(7) checked:set(7) e:schedule("1 s", 1)
  any:set({ fn = function() end })
  EX:set("late", "string"):add("x")
end)
on("Input::ask", function() print("old", #s, v:get()) end)`
	const after = `
local EX = namespace "EX"
EX:record("info", {{"n", "string"}})
local s, any = EX:set("s", "string"), EX:var("any", "any", 0)
local r, v, e = EX:vector("r", "EX::info"), EX:var("v", "string", "new"), EX:event("e", "n: string")
local checked = EX:option("checked", "count", 1, { check = function(new) if new > 5 then return false, "too much" end end })
on("node_reloaded", function(old, new)
  for a in old["EX::s"]:each() do s:add(tostring(a)) end
  print(new["EX::s"] == s, s:has("10.0.0.1"), old["EX::gone"]:get("a"), new["EX::gone"], old["EX::v"], old["EX::o"], #old["EX::late"])
end)
on("Input::ask", function() print("new", #s, v:get(), #r, checked:get(), any:get().fn) end)`
	r := start(t, before)
	_, err := r.reload(after, false)
	var loss *node.LossError
	if !errors.As(err, &loss) {
		t.Fatalf("error %v, want a *LossError", err)
	}
	for _, want := range []string{
		"EX::s: set with 1 entries (", "it is declared as set set[string] now (",
		"EX::gone: map with 1 entries (", "it is no longer declared",
		"EX::r: vector with 1 entries (", "the fields of its type vector of EX::info are others now",
		"EX::late: set with 1 entries (", "it was declared while the node ran",
		"EX::v: var count, now number 7", "it is declared as var string now",
		"EX::any: var any, now", "there is a function in a table, which stays behind",
		"EX::o: option count, set to 7 by ", "EX::checked: option count, set to 7 by ", "its new check: too much",
		"EX::e: scheduled 1 times as event (n: count), which is declared as event (n: string) now",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	if len(loss.Lost) != 9 || strings.Contains(err.Error(), "EX::unset") {
		t.Errorf("%d things would be lost, want 9:\n%v", len(loss.Lost), err)
	}
	r.raise("Input::ask")
	r.expect("old\t1\t7")

	report, err := r.reload(after, true)
	if err != nil || !slices.Equal(report.Dropped, loss.Lost) || !slices.Equal(report.Scripts, []string{r.file}) {
		t.Errorf("report %q, error %v", report, err)
	}
	r.expect("true\ttrue\t1\tnil\t7\t7\t1")
	r.raise("Input::ask")
	r.wait(2)
	r.expect("new\t1\tnew\t0\t1\tnil")
	r.quiet()
	r.must(after)
}

// TestOptionThatStays: an option with a value that can't change hands refuses the reload, and one whose check made something
// else of such a value does not.
func TestOptionThatStays(t *testing.T) {
	const policy = `
local EX = namespace "EX"
local o, p = EX:option("o", "any", 1), EX:option("p", "any", 1, { check = function(new) if type(new) == "table" then return "a table" end end })
on("node_init", function() p:set({ function() end }) end)
on("Input::set", function() o:set({ function() end }) end)
on("Input::ask", function() print(o:get(), p:get()) end)`
	r := start(t, policy)
	r.must(policy)
	r.raise("Input::ask")
	r.expect("1\ta table")
	r.raise("Input::set")
	if _, err := r.reload(policy, false); err == nil || !strings.Contains(err.Error(), "EX::o: option any, set to ") {
		t.Errorf("error %v", err)
	}
	if _, err := r.reload(policy, true); err != nil {
		t.Error(err)
	}
	r.raise("Input::ask")
	r.expect("1\ta table")
	r.quiet()
}
