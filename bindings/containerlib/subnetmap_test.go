package containerlib

import "testing"

func TestSubnetMap(t *testing.T) {
	t.Parallel()
	const nets = `local m = subnet_map "string" m:set(subnet "10.0.0.0/8", "wide") m:set(subnet "10.0.0.0/24", "narrow") m:set(subnet "2001:db8::/32", "six") `
	prints(t, []behaviour{
		{"lookup finds the longest", nets + `print(m:lookup(A)) print(m:lookup(addr "10.9.9.9")) print(m:lookup(addr "2001:db8::1"))`,
			"narrow\t10.0.0.0/24 | wide\t10.0.0.0/8 | six\t2001:db8::/32"},
		{"lookup of what is not there", nets + `print(m:lookup(addr "192.168.0.1"))`, "nil"},
		{"covers", nets + `print(m:covers(A), m:covers(addr "192.168.0.1"))`, "true\tfalse"},
		{"remove returns the old value", nets + `print(m:remove(subnet "10.0.0.0/24")) print(m:lookup(A)) print(m:remove(subnet "10.0.0.0/24"))`,
			"narrow | wide\t10.0.0.0/8 | nil"},
		{"set again replaces", nets + `m:set(subnet "10.0.0.0/24", "new") print(m:lookup(A)) print(#m)`, "new\t10.0.0.0/24 | 3"},
		{"length, clear", nets + `print(#m) m:clear() print(#m, m:covers(A))`, "3 | 0\tfalse"},
		{"each", nets + `for n, v in m:each() do print(n, v) end`, "10.0.0.0/8\twide | 10.0.0.0/24\tnarrow | 2001:db8::/32\tsix"},
		{"each while changing", nets + `for n in m:each() do m:remove(n) end print(#m)`, "0"},
		{"to_table", nets + `print(m:to_table()[subnet "10.0.0.0/24"])`, "narrow"},
		{"values may be containers", `local m = subnet_map "set[addr]" m:set(subnet "10.0.0.0/8", {}) m:lookup(A):add(A) print(m:lookup(A):has(A))`, "true"},
		{"tostring", `print(tostring(subnet_map "string"))`, "table[subnet] of string (0)"},
		{"print", nets + `m:remove(subnet "2001:db8::/32") print(m)`, "{ | [10.0.0.0/8] = wide, | [10.0.0.0/24] = narrow | }"},
	})
	raises(t, []behaviour{
		{"set", `subnet_map "string":set(A, "x")`, `bad argument #1 to 'subnet_map:set' (expected subnet, got addr 10.0.0.1)`},
		{"set nil", `subnet_map "any":set(subnet "::/0", nil)`, `bad argument #2 to 'subnet_map:set' (a map holds no nil`},
		{"set, the value", `subnet_map "string":set(subnet "::/0", 1)`, `bad argument #2 to 'subnet_map:set' (expected string, got number 1`},
		{"lookup", `subnet_map "string":lookup("10.0.0.1")`, `bad argument #1 to 'subnet_map:lookup' (expected addr, got string "10.0.0.1" (write addr "10.0.0.1"))`},
		{"covers", `subnet_map "string":covers(subnet "10.0.0.0/8")`, `bad argument #1 to 'subnet_map:covers' (expected addr, got subnet 10.0.0.0/8)`},
		{"remove", `subnet_map "string":remove()`, `bad argument #1 to 'subnet_map:remove' (expected subnet, got nil)`},
		{"unknown method", `subnet_map "string":get(A)`, `a subnet_map has no method "get"`},
		{"indexed", `local x = subnet_map "string"[A]`, `a subnet_map is not indexed with [ ]: write m:lookup(addr)`},
	})
}
