package containerlib

import "testing"

func TestVector(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"push and get, from 1", `local v = vector "string" v:push "a" v:push "b" print(v:get(1), v:get(2), #v)`, "a\tb\t2"},
		{"push several", `local v = vector "count" v:push(1, 2, 3) print(#v, v:get(3))`, "3\t3"},
		{"get beyond the end is nil", `local v = vector "string" print(v:get(1))`, "nil"},
		{"set replaces", `local v = vector "count" v:push(1) v:set(1, 5) print(v:get(1), #v)`, "5\t1"},
		{"set behind the last appends", `local v = vector "count" v:set(1, 5) v:set(2, 6) print(v:get(2), #v)`, "6\t2"},
		{"pop", `local v = vector "count" v:push(1, 2) print(v:pop(), v:pop(), v:pop(), #v)`, "2\t1\tnil\t0"},
		{"each", `local v = vector "string" v:push("a", "b") for i, x in v:each() do print(i, x) end`, "1\ta | 2\tb"},
		{"each while growing", `local v = vector "count" v:push(1, 2) for i, x in v:each() do v:push(x) end print(#v)`, "4"},
		{"each while shrinking", `local v = vector "count" v:push(1, 2, 3) for i, x in v:each() do v:pop() print(i) end`, "1 | 2"},
		{"to_table", `local v = vector "string" v:push("a", "b") print(table.concat(v:to_table(), ","))`, "a,b"},
		{"to_table goes into containers", `local v = vector "vector of count" v:push(vector "count") v:get(1):push(7) print(v:to_table()[1][1])`, "7"},
		{"clear", `local v = vector "count" v:push(1) v:clear() print(#v, v:get(1))`, "0\tnil"},
		{"none among elements of any kind", `local v = vector "any" v:push(types.none) print(#v, v:get(1) == types.none)`, "1\ttrue"},
		{"tostring", `print(tostring(vector "set[addr]"))`, "vector of set[addr] (0)"},
		{"print", `local v = vector "count" v:push(1, 2) print(v)`, "[1, 2]"},
	})
}

func TestVectorRaises(t *testing.T) {
	t.Parallel()
	raises(t, []behaviour{
		{"push", `vector "string":push(1)`, `bad argument #1 to 'vector:push' (expected string, got number 1 (write "1"))`},
		{"push, a later one", `vector "count":push(1, 2, "x")`, `bad argument #3 to 'vector:push' (expected count, got string "x")`},
		{"push nil", `vector "any":push(nil)`, `bad argument #1 to 'vector:push' (a vector holds no nil: write types.none)`},
		{"set, the value", `local v = vector "count" v:push(1) v:set(1, "x")`, `bad argument #2 to 'vector:set' (expected count, got string "x")`},
		{"set beyond the end", `local v = vector "count" v:push(1) v:set(3, 1)`, `bad argument #1 to 'vector:set' (index 3: the vector goes from 1 to 1)`},
		{"get by text", `vector "count":get("1")`, `bad argument #1 to 'vector:get' (expected an index, got string "1")`},
		{"get by a fraction", `vector "count":get(1.5)`, `expected an index, got number 1.5`},
		{"get by infinity", `vector "count":get(1/0)`, `expected an index, got number`},
		{"index 0", `vector "count":get(0)`, `index 0: vectors begin at 1`},
		{"indexed", `local x = vector "count"[1]`, `a vector is not indexed with [ ]: write v:get(i)`},
		{"assigned", `vector "count"[1] = 1`, `a vector is not assigned to with [ ] or a dot: write v:set(i, v) or v:push(v)`},
		{"unknown method", `vector "count":append(1)`, `a vector has no method "append"`},
	})
}
