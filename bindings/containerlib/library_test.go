package containerlib

import (
	"strings"
	"testing"
	"testing/fstest"
)

// hooksLibrary gives tests what only libraries find.
var hooksLibrary = fstest.MapFS{"test/hooks/init.lua": {Data: []byte(`
local c = require "internal.containers"
local M = {}
M.describe, M.intercept, M.apply, M.age, M.loading = c.describe, c.intercept, c.apply, c.age, c.loading
M.lifetime, M.own, M.wall = c.lifetime, c.own, c.wall
return M`)}}

func TestLibraryHooks(t *testing.T) {
	t.Parallel()
	const there = `local asked = function(op, k, v) print(op, k, v) return %s end
`
	here, away := strings.ReplaceAll(there, "%s", "true"), strings.ReplaceAll(there, "%s", "false")
	tests := []behaviour{
		{"a set that keeps", here + `local s = EX:set("s", "addr") hooks.intercept(s, asked)
			print(s:add(A, B), s:add(A), s:remove(A), s:remove(A), #s)`,
			"add\t10.0.0.1\tnil | add\t10.0.0.2\tnil | add\t10.0.0.1\tnil | remove\t10.0.0.1\tnil | remove\t10.0.0.1\tnil | true\tfalse\ttrue\tfalse\t1"},
		{"a set that does not", away + `local s = EX:set("s", "addr") hooks.intercept(s, asked) print(s:add(A, B), s:remove(A), #s, s:has(A))`,
			"add\t10.0.0.1\tnil | add\t10.0.0.2\tnil | remove\t10.0.0.1\tnil | nil\tnil\t0\tfalse"},
		{"a set that keeps some", `local s = EX:set("s", "addr") hooks.intercept(s, function(op, k) return k == B end) print(s:add(A, B), s:has(A), s:has(B))`,
			"true\tfalse\ttrue"},
		{"a map that keeps", here + `local m = EX:map("m", "addr, port", "interval") hooks.intercept(m, asked) local k = tuple(A, port "80/tcp")
			m:set(k, 5) print(m:get(k), m:remove(k))`, "set\t[10.0.0.1, 80/tcp]\t5 s | remove\t[10.0.0.1, 80/tcp]\tnil | 5 s\t5 s"},
		{"a map that does not", away + `local m = EX:map("m", "addr", "count") hooks.intercept(m, asked) m:set(A, 5) print(m:incr(A, 2), m:remove(A), m:get(A))`,
			"set\t10.0.0.1\t5 | incr\t10.0.0.1\t2 | remove\t10.0.0.1\tnil | nil\tnil\tnil"},
		{"a wrong type is refused before anybody is asked", away + `local s = EX:set("s", "addr") hooks.intercept(s, asked) print((pcall(s.add, s, A, "10.0.0.2")))`, "false"},
		{"apply asks nobody", away + `local s, m = EX:set("s", "addr", { on_change = print }), EX:map("m", "addr", "count") hooks.intercept(s, asked) hooks.intercept(m, asked)
			print(hooks.apply(s, "add", A), hooks.apply(s, "add", A), hooks.apply(s, "remove", A), hooks.apply(s, "remove", A))
			print(hooks.apply(m, "set", A, 3), hooks.apply(m, "incr", A, -1), m:get(A))`,
			"new\t10.0.0.1 | removed\t10.0.0.1 | true\tfalse\ttrue\tfalse | true\t2\t2"},
		{"ages", `local s = EX:set("s", "addr", { create_expire = "1 min" }) hooks.apply(s, "add", A, nil, 50) s:add(B)
			print(hooks.age(s, A), hooks.age(s, B), hooks.age(s, C)) advance "10 s" print(s:has(A), hooks.age(s, A)) advance "1 s" print(s:has(A), s:has(B))`,
			"50\t0\tnil | true\t60 | false\ttrue"},
		{"describe", `local o = EX:option("o", "interval", interval "1 min")
			local d = hooks.describe(EX:map("m", "addr, port", "count", { write_expire = o, max_size = 7 }))
			print(d.id, d.key, d.value, d.write_expire == o, d.create_expire, d.max_size)
			d = hooks.describe(EX:set("s", "addr", { create_expire = "1 min" })) print(d.id, d.key, d.value, d.create_expire)`,
			"EX::m\ttuple[addr, port]\tcount\ttrue\tnil\t7 | EX::s\taddr\tnil\t1 min"},
		{"lifetime", `local o = EX:option("o", "interval", interval "1 min")
			print(hooks.lifetime(EX:set("a", "addr", { create_expire = o })), hooks.lifetime(EX:set("b", "addr", { read_expire = "5 s" })), hooks.lifetime(EX:set("c", "addr")))
			o:set("2 min") print(hooks.lifetime(EX:set("a", "addr")))`, "60\t5\tnil | 120"},
		{"own", `local s = EX:set("s", "addr") print(hooks.own(s) == s)`, "true"},
		{"wall", `print(hooks.wall())`, "1700000001"},
		{"loading", `print(hooks.loading())`, "true"},
		{"refused", `local m = EX:map("m", "addr", "count") hooks.intercept(m, print)
			for _, f in ipairs { function() m:clear() end, function() m:ensure(A, print) end, function() hooks.intercept(m, print) end,
				function() EX:map("m", "addr", "count", { max_size = 7 }) end, function() hooks.describe(set "addr") end,
				function() hooks.describe(EX:vector("v", "addr")) end, function() hooks.apply(m, "add", A) end } do
				local _, err = pcall(f) print((err:gsub("^[^ ]*lua:%d+: ", ""):sub(1, 50)))
			end`,
			"EX::m:clear: its changes go one by one to other no | EX::m:ensure: its changes go one by one to other n | EX::m is intercepted already | " +
				"EX::m is given options here, too late: a library r | bad argument #1 to 'internal.containers.describe'  | " +
				"bad argument #1 to 'internal.containers.describe'  | bad argument #2 to 'internal.containers.apply' (a "},
	}
	for i := range tests {
		tests[i].src = `local EX = namespace "EX" ` + tests[i].src
	}
	prints(t, tests)
}

// TestInterceptedReplace: publish_id does not get past whoever intercepts.
func TestInterceptedReplace(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.run(`local EX = namespace "EX" local x = EX:set("x", "count") x:add(1) EX:set("other", "count"):add(2) hooks.intercept(x, print)`)
	if err := b.update(); err == nil || !strings.Contains(err.Error(), "EX::x: it can't be replaced") {
		t.Errorf("got %v", err)
	}
	b.run(`print(namespace "EX":set("x", "count"):has(1))`)
	if got := b.lines(); len(got) != 1 || got[0] != "true" {
		t.Errorf("printed %q", got)
	}
}
