package containerlib

import (
	"strings"
	"testing"
)

func TestOptionsRaise(t *testing.T) {
	t.Parallel()
	raises(t, []behaviour{
		{"two expiries", `set("addr", { create_expire = "1 s", read_expire = "1 s" })`,
			`bad argument #2 to 'set' (a set can only have one of read_expire, write_expire, create_expire)`},
		{"unknown", `set("addr", { create_expiry = "1 s" })`, `unknown option "create_expiry" (did you mean create_expire?)`},
		{"elements", `set("addr", { A, B })`, `the table is for options, elements go in with set("addr"):add(a, b)`},
		{"elements of a map", `map("addr", "count", { [A] = 1 })`, `bad argument #3 to 'map' (the table is for options, elements go in with m:set(k, v))`},
		{"an element", `set("addr", A)`, `expected a table of options such as { create_expire = "1 day" }, got addr 10.0.0.1 (elements go in with`},
		{"interval without unit", `set("addr", { create_expire = "5" })`, `create_expire: expected interval, got string "5"`},
		{"interval of another kind", `set("addr", { create_expire = true })`, `create_expire: expected interval, got true`},
		{"interval option of another type", `set("addr", { create_expire = namespace "EX":option("o", "count", 1) })`,
			`create_expire: expected interval, got an option of type count`},
		{"on_expire alone", `set("addr", { on_expire = print })`, `on_expire needs one of create_expire, read_expire, write_expire`},
		{"on_expire is no function", `set("addr", { create_expire = 1, on_expire = 5 })`, `on_expire: expected a function, got number 5`},
		{"on_change is no function", `set("addr", { on_change = "x" })`, `on_change: expected a function, got string "x"`},
		{"max_size 0", `set("addr", { max_size = 0 })`, `max_size: expected a number from 1 to 268435456, got number 0`},
		{"max_size a fraction", `set("addr", { max_size = 1.5 })`, `got number 1.5`},
		{"a vector has none", `vector("addr", {})`, `bad argument #2 to 'vector' (a vector has no options; elements go in with v:push(v))`},
		{"a subnet map has none", `subnet_map("addr", {})`, `a subnet_map has no options; elements go in with m:set(subnet, v)`},
		{"no type", `set {}`, `bad argument #1 to 'set' (expected a type such as "addr", got table)`},
		{"unknown type", `set "adr"`, `bad argument #1 to 'set' (type "adr"`},
		{"unknown value type", `map("addr", "cuont")`, `bad argument #2 to 'map' (type "cuont"`},
		{"optional elements", `vector "count?"`, `type "count?": an element is never unset, leave the ? out`},
		{"a container as key", `set "set[addr]"`, `can't be a key`},
		{"declared, the type", `namespace "EX":set("known", 5)`, `bad argument #2 to 'set' (expected a type such as "addr", got number 5)`},
		{"declared, the options", `namespace "EX":map("m", "addr", "count", { max_siz = 1 })`, `bad argument #4 to 'map' (unknown option "max_siz" (did you mean max_size?)`},
		{"declared, the name", `namespace "EX":set("a b", "addr")`, `"a b" is no name`},
	})
}

func TestMaxSize(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"the oldest goes", `local s = set("count", { max_size = 2 }) s:add(1, 2, 3) print(#s, s:has(1), s:has(3))`, "2\tfalse\ttrue"},
		{"it is a removal", `local s = set("count", { max_size = 1, on_change = function(...) print(...) end }) s:add(1, 2)`, "new\t1 | new\t2 | removed\t1"},
	})
}

func TestDeclare(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"again is the same one with its contents", `local a = namespace "EX":set("known", "addr") a:add(A)
			local b = namespace "EX":set("known", "addr") print(a == b, b:has(A))`, "true\ttrue"},
		{"another name is another one", `local EX = namespace "EX" print(EX:set("a", "addr") == EX:set("b", "addr"))`, "false"},
		{"of each kind", `local EX = namespace "EX"
			local m, v, n = EX:map("m", "addr", "count"), EX:vector("v", "string"), EX:subnet_map("n", "string")
			m:incr(A) v:push "x" n:set(subnet "10.0.0.0/8", "y") print(tostring(m), tostring(v), tostring(n))`,
			"EX::m: table[addr] of count (1)\tEX::v: vector of string (1)\tEX::n: table[subnet] of string (1)"},
		{"without a namespace's name", `print(tostring(namespace():set("test_var", "addr")))`, "test_var: set[addr] (0)"},
		{"the one with options decides, even later", `local a = namespace "EX":set("known", "count") a:add(1)
			namespace "EX":set("known", "count", { create_expire = "1 min", max_size = 2 }) jump "30 s" a:add(2, 3) print(#a, a:has(1)) jump "31 s" print(#a)`, "2\tfalse | 2"},
		{"what was there counts from when options came", `local a = namespace "EX":map("m", "count", "string") a:set(1, "x") jump "1 hr"
			namespace "EX":map("m", "count", "string", { create_expire = "1 min" }) print(a:get(1)) jump "61 s" print(a:get(1))`, "x | nil"},
		{"no options later is no difference", `local a = namespace "EX":set("known", "addr", { max_size = 2 }) namespace "EX":set("known", "addr") a:add(A, B, C) print(#a)`, "2"},
		{"the same options are no difference", `for _ = 1, 2 do namespace "EX":set("known", "addr", { create_expire = "1 day", max_size = 5 }) end print "ok"`, "ok"},
	})
	raises(t, []behaviour{
		{"another type", `namespace "EX":set("x", "addr") namespace "EX":set("x", "count")`,
			`EX::x is declared as set set[count] here and as set set[addr] at test.lua:1`},
		{"another kind", `namespace "EX":set("x", "addr") namespace "EX":vector("x", "addr")`,
			`EX::x is declared as vector vector of addr here and as set set[addr] at test.lua:1`},
		{"a subnet map is no map", `namespace "EX":map("x", "subnet", "count") namespace "EX":subnet_map("x", "count")`, `EX::x is declared as`},
	})
}

// Of two declarations that both give options the first stays, and the second is told.
func TestDeclareOtherOptions(t *testing.T) {
	t.Parallel()
	for _, opts := range []string{`{ create_expire = "2 s" }`, `{ read_expire = "1 s" }`, `{ max_size = 1 }`, `{ create_expire = "1 s", on_change = print }`} {
		b := open(t)
		b.run("namespace 'EX':set('known', 'addr', { create_expire = '1 s' })\n\nlocal s = namespace 'EX':set('known', 'addr', " + opts + ") " +
			"s:add(A, B) print(#s) jump '1500 ms' print(#s)")
		if got := strings.Join(b.lines(), " "); got != "2 0" {
			t.Errorf("%s: printed %s, want the first options to hold", opts, got)
		}
		b.reported("warning: test.lua:3: EX::known is declared with other options than at test.lua:1, which stay")
	}
}
