package containerlib

import "testing"

func TestSet(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"add says whether something was new", `local s = set "addr" print(s:add(A), s:add(A), s:add(A, B), s:add(A, B))`,
			"true\tfalse\ttrue\tfalse"},
		{"has", `local s = set "addr" s:add(A) print(s:has(A), s:has(B))`, "true\tfalse"},
		{"remove says whether it was there", `local s = set "addr" s:add(A) print(s:remove(A), s:remove(A), s:has(A))`,
			"true\tfalse\tfalse"},
		{"length", `local s = set "addr" print(#s) s:add(A, B) print(#s) s:remove(A) print(#s)`, "0 | 2 | 1"},
		{"clear", `local s = set "addr" s:add(A, B) s:clear() print(#s, s:has(A), s:add(A))`, "0\tfalse\ttrue"},
		{"each goes in order of insertion", `local s = set "count" s:add(3, 1, 2) for v in s:each() do print(v) end`, "3 | 1 | 2"},
		{"each hands out a step at a time", `local s = set "count" s:add(7) local n = s:each() print(n(), n(), n())`, "7\tnil\tnil"},
		{"to_table is a list", `local s = set "count" s:add(3, 1) local t = s:to_table() print(#t, t[1], t[2], type(t))`, "2\t3\t1\ttable"},
		{"to_table is a copy", `local s = set "count" s:add(1) local t = s:to_table() t[1] = 2 print(s:has(2))`, "false"},
		{"union", `local a, b = set "count", set "count" a:add(1, 2) b:add(2, 3)
			local u = a:union(b) for v in u:each() do print(v) end print(#a, #b)`, "1 | 2 | 3 | 2\t2"},
		{"intersect", `local a, b = set "count", set "count" a:add(1, 2) b:add(2, 3) for v in a:intersect(b):each() do print(v) end`, "2"},
		{"minus", `local a, b = set "count", set "count" a:add(1, 2) b:add(2, 3) for v in a:minus(b):each() do print(v) end`, "1"},
		{"an empty table is an empty set", `local a = set "count" a:add(1) print(#a:union {}, #a:intersect {}, #a:minus {})`, "1\t0\t1"},
		{"what union returns forgets nothing", `local a = set("count", { create_expire = "1 s" }) a:add(1)
			local u = a:union {} jump "1 min" print(#a, #u)`, "0\t1"},
		{"composite elements are tuples", `local s = set "addr, port" s:add(tuple(A, port "80/tcp"))
			print(s:has(tuple(A, port "80/tcp")), s:has(tuple(A, port "80/udp"))) for v in s:each() do print(v[1], v[2]) end`,
			"true\tfalse | 10.0.0.1\t80/tcp"},
		{"elements of any kind", `local s = set "any" s:add(1, "1", A, tuple(1, 2)) print(#s, s:has(1), s:has "1", s:has(tuple(1, 2)), s:has(2))`,
			"4\ttrue\ttrue\ttrue\tfalse"},
		{"long elements", `local s = set "string" local x = ("x"):rep(1000) s:add(x, x .. "y") print(s:has(x), s:has(x .. "y"), s:has(x .. "z"))`,
			"true\ttrue\tfalse"},
		{"wide elements", `local k = tuple(subnet "10.0.0.0/8", subnet "10.0.0.0/16") local s = set "subnet, subnet" s:add(k)
			print(s:has(k), s:has(tuple(subnet "10.0.0.0/8", subnet "10.0.0.0/8")))`, "true\tfalse"},
		{"an interval may be written", `local s = set "interval" s:add("5 min") print(s:has(300), s:has(interval "300 s"))`, "true\ttrue"},
		{"tostring says what it is", `local s = set "addr, port" print(tostring(s)) s:add(tuple(A, port "80/tcp")) print(tostring(s))`,
			"set[addr, port] (0) | set[addr, port] (1)"},
		{"print shows the contents", `local s = set "count" s:add(3, 1) print(s)`, "{ | 1, | 3 | }"},
		{"the metatable is out of reach", `print(getmetatable(set "addr"))`, "false"},
	})
}

func TestSetRaises(t *testing.T) {
	t.Parallel()
	raises(t, []behaviour{
		{"add", `set "addr":add("10.0.0.1")`, `bad argument #1 to 'set:add' (expected addr, got string "10.0.0.1" (write addr "10.0.0.1"))`},
		{"add, a later one", `set "addr":add(A, B, 3)`, `bad argument #3 to 'set:add' (expected addr, got number 3)`},
		{"add nothing", `set "addr":add()`, `bad argument #1 to 'set:add' (expected addr, got nil)`},
		{"has", `set "addr":has("10.0.0.1")`, `bad argument #1 to 'set:has' (expected addr, got string "10.0.0.1" (write addr "10.0.0.1"))`},
		{"remove", `set "count":remove("1")`, `bad argument #1 to 'set:remove' (expected count, got string "1" (write 1))`},
		{"a tuple too short", `set "addr, port":has(tuple(A))`, `expected tuple[addr, port], got a tuple of 1`},
		{"named", `namespace "EX":set("known", "addr"):has(1)`, `bad argument #1 to 'EX::known:has' (expected addr, got number 1)`},
		{"nan", `set "real":add(0/0)`, `nan can't be a key`},
		{"union of other types", `set "addr":union(set "count")`, `bad argument #1 to 'set:union' (expected set[addr], got set[count])`},
		{"union with any", `set "any":union(set "count")`, `expected set[any], got set[count]`},
		{"union with a list", `set "addr":union { A }`, `expected set[addr], got table`},
		{"unknown method", `set "addr":ad(A)`, `a set has no method "ad" (did you mean add?); elements are read with s:has(v)`},
		{"indexed", `local x = set "addr"[A]`, `a set is not indexed with [ ]: write s:has(v)`},
		{"assigned", `set "addr"[A] = true`, `a set is not assigned to with [ ] or a dot: write s:add(v)`},
		{"a method assigned", `set "addr".has = print`, `a set is not assigned to with [ ] or a dot`},
		{"a loop without each", `for v in set "addr" do end`, `a set is no function: a loop over it is for … in x:each() do`},
		{"without colon", `local s = set "addr" s.has(A)`, `expected a set, got addr 10.0.0.1 (call with a colon: s:add(v))`},
		{"of another kind", `local s = set "addr" s.has(vector "addr")`, `expected a set, got vector of addr (call with a colon`},
	})
}

// A failing add of several adds none.
func TestSetAddChecksFirst(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.run(`local s = set "addr" print(pcall(s.add, s, A, B, "x")) print(#s)`)
	if got := b.lines(); got[len(got)-1] != "0" {
		t.Errorf("printed %q, want 0 elements", got)
	}
}

func TestSetIterationWhileChanging(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"what is added is not visited", `local s = set "count" s:add(1, 2) for v in s:each() do s:add(v + 10) print(v) end print(#s)`, "1 | 2 | 4"},
		{"what is removed is not visited any more", `local s = set "count" s:add(1, 2, 3) for v in s:each() do s:remove(2) print(v) end`, "1 | 3"},
		{"what is removed and added again is new", `local s = set "count" s:add(1, 2, 3)
			for v in s:each() do if v == 1 then s:remove(2) s:add(2) end print(v) end`, "1 | 3"},
		{"the element itself may go", `local s = set "count" for i = 1, 100 do s:add(i) end
			local n = 0 for v in s:each() do s:remove(v) n = n + 1 end print(n, #s)`, "100\t0"},
		{"all may go", `local s = set "count" s:add(1, 2) for v in s:each() do s:clear() print(v) end print(#s)`, "1 | 0"},
		{"loops within each other", `local s, n = set "count", 0 s:add(1, 2, 3)
			for a in s:each() do for b in s:each() do n = n + 1 end end print(n)`, "9"},
		{"what becomes overdue is not visited any more", `local s = set("count", { create_expire = "1 s" }) s:add(1, 2, 3)
			for v in s:each() do print(v) jump "2 s" end`, "1"},
	})
}
