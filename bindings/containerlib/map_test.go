package containerlib

import "testing"

func TestMap(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"set and get", `local m = map("addr", "count") m:set(A, 5) print(m:get(A), m:get(B))`, "5\tnil"},
		{"get with a default, which is not stored", `local m = map("addr", "count") print(m:get(A, 0), m:get(A, "none"), #m)`, "0\tnone\t0"},
		{"has", `local m = map("addr", "bool") m:set(A, false) print(m:has(A), m:get(A), m:has(B))`, "true\tfalse\tfalse"},
		{"remove returns the old value", `local m = map("addr", "string") m:set(A, "x") print(m:remove(A), m:remove(A), #m)`, "x\tnil\t0"},
		{"incr begins at 0", `local m = map("addr", "count") print(m:incr(A), m:incr(A), m:incr(A, 10), m:get(A))`, "1\t2\t12\t12"},
		{"incr a count down", `local m = map("addr", "count") m:set(A, 5) print(m:incr(A, -2))`, "3"},
		{"incr an int", `local m = map("addr", "int") print(m:incr(A, -2), m:incr(A))`, "-2\t-1"},
		{"incr a real", `local m = map("addr", "real") print(m:incr(A, 0.5), m:incr(A))`, "0.5\t1.5"},
		{"incr what nobody declared", `local m = map("addr", "any") print(m:incr(A, 0.5), m:incr(A), m:incr(B))`, "0.5\t1.5\t1"},
		{"incr beyond 2^53", `local m = map("addr", "count") m:set(A, types.count "9007199254740993") print(m:incr(A))`, "9007199254740994"},
		{"ensure makes what is missing", `local m = map("addr", "count")
			print(m:ensure(A, function() return 3 end), m:ensure(A, function() error "not called" end), m:get(A))`, "3\t3\t3"},
		{"ensure keeps what the function has stored itself", `local m = map("addr", "count")
			print(m:ensure(A, function() m:set(A, 1) return 2 end), m:get(A))`, "1\t1"},
		{"each goes in order of insertion", `local m = map("string", "count") m:set("b", 1) m:set("a", 2) m:set("b", 3)
			for k, v in m:each() do print(k, v) end`, "b\t3 | a\t2"},
		{"to_table", `local m = map("addr", "count") m:set(A, 1) local t = m:to_table() print(t[A], t[B], next(t) == A)`, "1\tnil\ttrue"},
		{"to_table goes into containers", `local m = map("addr", "set[count]") m:ensure(A, function() return set "count" end):add(7)
			print(type(m:to_table()[A]), m:to_table()[A][1])`, "table\t7"},
		{"clear", `local m = map("addr", "count") m:set(A, 1) m:clear() print(#m, m:get(A))`, "0\tnil"},
		{"composite keys are tuples", `local m = map("addr, port", "count") m:incr(tuple(A, port "80/tcp"))
			for k, v in m:each() do print(k[1], k[2], v) end`, "10.0.0.1\t80/tcp\t1"},
		{"a key may be a method's name", `local m = map("string", "count") m:set("clear", 1) print(m:get "clear", #m)`, "1\t1"},
		{"values of all kinds come back as they went in", `local m = map("string", "any")
			for k, v in pairs { a = A, b = true, c = 1.5, d = "x", e = interval "5 min", f = port "80/tcp", g = subnet "10.0.0.0/8" } do
				m:set(k, v) assert(m:get(k) == v, k) end print(#m)`, "7"},
		{"typed values come back as they went in", `for _, p in ipairs { {"addr", A}, {"interval", interval "5 min"}, {"string", "x"}, {"bool", true},
			{"port", port "80/tcp"}, {"subnet", subnet "10.0.0.0/8"}, {"enum", types.enum "A::B"}, {"real", 1.5}, {"int", -3} } do
			local m = map("count", p[1]) m:set(1, p[2]) assert(m:get(1) == p[2], p[1]) end print "ok"`, "ok"},
		{"none among values of any kind", `local m = map("string", "any") m:set("x", types.none) print(m:has "x", m:get "x" == types.none)`, "true\ttrue"},
		{"tostring says what it is", `print(tostring(map("addr", "count")))`, "table[addr] of count (0)"},
	})
}

func TestMapRaises(t *testing.T) {
	t.Parallel()
	raises(t, []behaviour{
		{"get", `map("addr", "count"):get("10.0.0.1")`, `bad argument #1 to 'map:get' (expected addr, got string "10.0.0.1" (write addr "10.0.0.1"))`},
		{"has", `map("addr", "count"):has(1)`, `bad argument #1 to 'map:has' (expected addr, got number 1)`},
		{"set, the key", `map("addr", "count"):set(1, 1)`, `bad argument #1 to 'map:set' (expected addr, got number 1)`},
		{"set, the value", `map("addr", "count"):set(A, -1)`, `bad argument #2 to 'map:set' (expected count, got number -1)`},
		{"set nil", `map("addr", "any"):set(A, nil)`, `bad argument #2 to 'map:set' (a map holds no nil: write m:remove(k))`},
		{"remove", `map("addr", "count"):remove("x")`, `bad argument #1 to 'map:remove' (expected addr, got string "x")`},
		{"incr by text", `map("addr", "count"):incr(A, "x")`, `bad argument #2 to 'map:incr' (expected count, got string "x")`},
		{"incr by a fraction", `map("addr", "count"):incr(A, 0.5)`, `bad argument #2 to 'map:incr' (expected count, got number 0.5)`},
		{"incr below 0", `map("addr", "count"):incr(A, -1)`, `count 0 - 1: overflow`},
		{"incr an int too far", `local m = map("addr", "int") m:set(A, types.int "9223372036854775807") m:incr(A)`, `integer 9223372036854775807 + 1: overflow`},
		{"incr what is no number", `map("addr", "string"):incr(A)`, `the values are of type string, only count, int and real can be added to`},
		{"incr what happens to be no number", `local m = map("addr", "any") m:set(A, "x") m:incr(A)`, `there is string "x", which is no plain number`},
		{"ensure without function", `map("addr", "count"):ensure(A, 3)`, `bad argument #2 to 'map:ensure'`},
		{"ensure with nil", `map("addr", "count"):ensure(A, function() end)`, `bad argument #2 to 'map:ensure' (the function returned nil)`},
		{"ensure with something else", `map("addr", "count"):ensure(A, function() return "x" end)`,
			`bad argument #2 to 'map:ensure' (what the function returned: expected count, got string "x")`},
		{"ensure with an error", `map("addr", "count"):ensure(A, function() error("boom") end)`, `boom`},
		{"indexed", `local x = map("addr", "count")[A]`, `a map is not indexed with [ ]: write m:get(k)`},
		{"indexed by a string", `local x = map("string", "count")["abc"]`, `a map has no method "abc"; elements are read with m:get(k)`},
		{"assigned", `map("addr", "count")[A] = 1`, `a map is not assigned to with [ ] or a dot: write m:set(k, v)`},
		{"unknown method", `map("addr", "count"):increment(A)`, `a map has no method "increment"; elements`},
		{"misspelt method", `map("addr", "count"):ensur(A)`, `a map has no method "ensur" (did you mean ensure?)`},
		{"a map that contains itself", `local m = map("count", "any") m:set(1, m) m:to_table()`, `containers within each other, deeper than 100`},
	})
}

// A failing incr changes nothing.
func TestIncrKeepsOnError(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"overflow", `local m = map("addr", "count") m:set(A, 1) print((pcall(m.incr, m, A, -2))) print(m:get(A))`, "false | 1"},
		{"missing", `local m = map("addr", "count") pcall(m.incr, m, A, -2) print(#m)`, "0"},
	})
}

func TestMapIterationWhileChanging(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"a value is the one it has when visited", `local m = map("count", "count") m:set(1, 1) m:set(2, 2)
			for k, v in m:each() do m:set(2, 20) print(k, v) end`, "1\t1 | 2\t20"},
		{"entries come and go", `local m = map("count", "count") for i = 1, 3 do m:set(i, i) end
			for k in m:each() do m:remove(k) m:set(k + 10, 0) end for k in m:each() do print(k) end`, "11 | 12 | 13"},
	})
}

func TestNestedContainers(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"a set in a map has an expiry of its own", `local seen = map("addr", "set[addr]")
			seen:ensure(A, function() return set("addr", { create_expire = "5 min" }) end):add(B)
			jump "4 min" seen:get(A):add(C) print(#seen:get(A)) jump "2 min" print(#seen:get(A), seen:get(A):has(C)) jump "1 hr" print(#seen, #seen:get(A))`,
			"2 | 1\ttrue | 1\t0"},
		{"it is the same value each time", `local m = map("addr", "set[addr]") local s = set "addr" m:set(A, s) print(m:get(A) == s, m:get(A) == m:get(A))`, "true\ttrue"},
		{"an empty table becomes an empty container", `local m = map("addr", "set[count]") m:set(A, {}) m:get(A):add(1) print(#m:get(A))`, "1"},
		{"maps in maps", `local m = map("addr", "table[port] of count")
			m:ensure(A, function() return map("port", "count") end):incr(port "80/tcp") print(m:get(A):get(port "80/tcp"))`, "1"},
		{"vectors in maps", `local m = map("addr", "vector of string") m:ensure(A, function() return vector "string" end):push "x" print(m:get(A):get(1))`, "x"},
		{"in a place of any type", `local m = map("addr", "any") m:set(A, set "addr") m:get(A):add(B) print(#m:get(A))`, "1"},
		{"what it does is no change of the map", `local n = 0 local m = map("addr", "set[addr]", { on_change = function() n = n + 1 end })
			m:set(A, {}) m:get(A):add(B) print(n)`, "1"},
		{"the sweep comes to those within", `local gone = {} local m = map("addr", "set[count]")
			m:ensure(A, function() return set("count", { create_expire = "1 min", on_expire = function(k) gone[#gone + 1] = k end }) end):add(7)
			advance "2 min" print(gone[1])`, "7"},
	})
	raises(t, []behaviour{
		{"of another type", `map("addr", "set[addr]"):set(A, set "count")`, `bad argument #2 to 'map:set' (expected set[addr], got set[count])`},
		{"a list", `map("addr", "set[addr]"):set(A, { B })`, `expected set[addr], got table (write set("addr"))`},
	})
}
