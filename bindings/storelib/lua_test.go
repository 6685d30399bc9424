package storelib

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func writeFile(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// behaviour is Lua text, what it prints, and what is reported.
type behaviour struct{ name, src, want, reports string }

// prints runs each text with a master in the local s.
func prints(t *testing.T, tests []behaviour) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t, "")
			b.run(`local s = store.master "s" ` + tt.src)
			if got := b.lines(); got != tt.want {
				t.Errorf("printed\n\t%s\nwant\n\t%s", got, tt.want)
			}
			if got := b.reported(); got != tt.reports {
				t.Errorf("reported\n\t%s\nwant\n\t%s", got, tt.reports)
			}
		})
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"missing key", `print(s:get("k"), select("#", s:get("k")), s:exists("k"), s:size())`, "nil 1 false 0", ""},
		{"what was put", `s:put("k", "v") print(s:get("k"), s:exists("k"), s:size())`, "v true 1", ""},
		{"kinds", `for _, v in ipairs { true, 5, -5, 1.5, "x", addr "::1", subnet "10.0.0.0/8", port "80/tcp", interval "5 min", types.enum "A::B" } do
			s:put("k", v) if s:get("k") ~= v then print("not the same", v) end s:put(v, "x") if s:get(v) ~= "x" then print("not there", v) end end`, "", ""},
		{"a composite key", `s:put(tuple(addr "::1", 5), 1) print(s:get(tuple(addr "::1", 5)), s:get(tuple(addr "::1", 6)))`, "1 nil", ""},
		{"both zeros are one key", `s:put(types.real(0), 1) s:put(types.real(-0.0), 2) s:put(tuple(types.real(-0.0)), 3)
			print(s:size(), s:get(types.real(0)), s:get(tuple(types.real(0))))`, "2 2 3", ""},
		{"none is no missing key", `s:put("k", types.none) print(s:get("k") == types.none, s:exists("k"))`, "true true", ""},
		{"a copy", `local l = vector("count") l:push(1) s:put("k", l) l:push(2) s:get("k"):push(3) print(#s:get("k"))`, "1", ""},
		{"a set as key", `s:put(set("count"):add(2, 1) and nil or types.real(1.5), 1) local a = set("count") a:add(2, 1) s:put(a, 1)
			local b = set("count") b:add(1, 2) print(s:get(b))`, "1", ""},
		{"the answer is not known", `fake("s", "stale") for _, m in ipairs { "get", "exists", "size", "keys" } do
			local v, err = s[m](s, "k") print(v, err.code, err) end print((s:get_index("k", 1)))`,
			`nil STALE_DATA store "s" (STALE_DATA) | nil STALE_DATA store "s" (STALE_DATA) | nil STALE_DATA store "s" (STALE_DATA) | nil STALE_DATA store "s" (STALE_DATA) | nil`, ""},
		{"keys", `s:put("b", 1) s:put(addr "::1", 2) s:put(tuple(1, "x"), 3) local k = s:keys() print(k, #k, k:has(tuple(1, "x")), k:has("c"))`,
			`{ | b, | ::1, | [1, x] | } 3 true false`, ""},
		{"keys of an empty store", `print(#s:keys())`, "0", ""},
		{"keys that no set holds", `s:put(set("count"), 1) local k, err = s:keys() print(k, err)`, `nil store "s": its keys don't go into a set, s:each() has them all: [1]: a set can't be a key (INVALID_DATA)`, ""},
		{"name, role, text", `print(s:name(), s:is_master(), s, store.clone("c"):is_master(), store.clone("c"))`, "s true store s (master) false store c (clone)", ""},
	})
}

func TestGetIndex(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"vector", `s:push("k", "a") s:push("k", "b") print(s:get_index("k", 1), s:get_index("k", 2), s:get_index("k", 3))`, "a b nil", ""},
		{"from 1 on", `s:push("k", "a") for _, i in ipairs { 0, -1, 1.5, "x" } do print(select(2, s:get_index("k", i))) end`,
			`store "s": number 0 as index of a vector, which begins at 1 (TYPE_CLASH) | store "s": number -1 as index of a vector, which begins at 1 (TYPE_CLASH) | ` +
				`store "s": number 1.5 as index of a vector, which begins at 1 (TYPE_CLASH) | store "s": string "x" as index of a vector, which begins at 1 (TYPE_CLASH)`, ""},
		{"set", `s:insert_into("k", "a") print(s:get_index("k", "a"), s:get_index("k", "b"))`, "true false", ""},
		{"table", `s:insert_into("k", "a", 1) print(s:get_index("k", "a"), s:get_index("k", "b"))`, "1 nil", ""},
		{"anything else", `s:put("k", 7) print(s:get_index("k", "a"), s:get_index("z", "a"))`, "7 nil", ""},
	})
}

func TestEach(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"all", `s:put("a", 1) s:put(tuple("b", 2), 2) for k, v in s:each() do print(k, v) end`, "a 1 | [b, 2] 2", ""},
		{"a key is equal to what it was", `local t = tuple("b", 2) s:put(t, 2) for k in s:each() do print(k == t, k[2]) end`, "true 2", ""},
		{"none is a key", `s:put(types.none, 1) s:put("a", 2) for k, v in s:each() do print(k == types.none, v) end`, "true 1 | false 2", ""},
		{"what is erased and added meanwhile", `for i = 1, 4 do s:put(i, i) end
			for k, v in s:each() do print(k, v) s:erase(2) s:put(5, 5) s:put(3, "new") end`, "1 1 | 3 new | 4 4", ""},
		{"a set as key", `local a = set("count") a:add(1) s:put(a, 1) for k, v in s:each() do print(k, v, s:get(k)) end`, "{ | 1 | } 1 1", ""},
		{"not known", `fake("s", "stale") print(pcall(s.each, s))`, `false store:each: stale_data: store "s"`, ""},
		{"closed meanwhile", `s:put(1, 1) s:put(2, 2) print(pcall(function() for k in s:each() do print(k) s:close() end end))`,
			`1 | false test.lua:1: store:each: bad_member_function_call: store "s": invalid Broker store handle: it is closed`, ""},
	})
}

func TestWrites(t *testing.T) {
	t.Parallel()
	const told = `local function told(r) r:done(function(v, e) print(v, e and e.code) end) end `
	prints(t, []behaviour{
		{"outcomes", told + `told(s:put("k", 1)) told(s:put_unique("k", 2)) told(s:put_unique("l", 2)) told(s:erase("k")) told(s:erase("k")) told(s:clear()) print(s:size())`,
			"0 | true nil | false nil | true nil | true nil | true nil | true nil", ""},
		{"increment", `s:increment("k") s:increment("k", 5) s:decrement("k", 2) s:decrement("k") print(s:get("k"))`, "3", ""},
		{"kinds of increments", `s:increment("r", 1.5) s:increment("r", 0.25) s:increment("i", -3) s:increment("t", interval "5 s")
			print(s:get("r"), s:get("i"), s:get("t").sec)`, "1.75 -3 5", ""},
		{"append", `s:append("k", "a") s:append("k", "b") print(s:get("k"))`, "ab", ""},
		{"vector", `s:push("k", "a") s:push("k", 2) s:push("k", "c") s:pop("k") print(s:get("k"))`, "[a, 2]", ""},
		{"set", `s:insert_into("k", "a") s:insert_into("k", "b") s:insert_into("k", "a") s:remove_from("k", "b") print(s:get("k"))`, "{ | a | }", ""},
		{"table", `s:insert_into("k", "a", 1) s:insert_into("k", "b", 2) s:remove_from("k", "a") print(s:get("k"))`, "{ | [b] = 2 | }", ""},
		{"an error", told + `s:put("k", "x") told(s:increment("k")) told(s:pop("none"))`, "nil TYPE_CLASH | nil NO_SUCH_KEY", ""},
	})
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`s:get()`:                                `bad argument #1 to 'store:get' (expected a key, got nil)`,
		`s:get(0/0)`:                             `bad argument #1 to 'store:get' (NaN is no key)`,
		`s:get(print)`:                           `bad argument #1 to 'store:get' (invalid_data: a function has no place on the wire)`,
		`s.get("k")`:                             `expected a store, got string "k" (call with a colon: s:get(k))`,
		`s:gte("k")`:                             `store has no "gte" (did you mean get?)`,
		`s:put("k")`:                             `bad argument #2 to 'store:put' (expected a value, got nil (write types.none for an unset one; erase removes a key))`,
		`s:put("k", {1, nil, 3})`:                `bad argument #2 to 'store:put' (invalid_data: a list with a hole at [2] (write types.none for an unset element))`,
		`s:put("k", 1, {expires = 1})`:           `bad argument #3 to 'store:put' (unknown option "expires" (did you mean expire?) (there is only expire))`,
		`s:put("k", 1, {expire = "x"})`:          `bad argument #3 to 'store:put' (expire: expected an interval such as "5 min" or a number of seconds, got string "x": `,
		`s:put("k", 1, {expire = -1})`:           `bad argument #3 to 'store:put' (expire: -1 s is less than 0)`,
		`s:put("k", 1, 5)`:                       `bad argument #3 to 'store:put' (expected a table of options, got number 5)`,
		`s:increment("k", "5")`:                  `bad argument #2 to 'store:increment' (expected a number or an interval, got string "5")`,
		`s:append("k", 5)`:                       `bad argument #2 to 'store:append' (expected string, got number 5)`,
		`s:insert_into("k", "i", nil)`:           `bad argument #3 to 'store:insert_into' (expected a value, got nil`,
		`s:get_index("k")`:                       `bad argument #2 to 'store:get_index' (expected a value, got nil`,
		`s:on_change(5)`:                         `function expected, got number`,
		`store.master()`:                         `expected the name of a store, got no value`,
		`store.master("")`:                       `expected the name of a store, got string ""`,
		`store.master("m", {bakend = 1})`:        `bad argument #2 to 'store.master' (unknown option "bakend" (did you mean backend?) (there are backend, sync, expire, on_corrupt and max_bytes))`,
		`store.master("m", {backend = "peble"})`: `backend: expected "memory" or "pebble", got string "peble" (did you mean pebble?)`,
		`store.master("m", {sync = 1})`:          `sync: expected a boolean, got number 1`,
		`store.master("m", {max_bytes = 0})`:     `max_bytes: expected a number from 1 on, got number 0`,
		`store.master("m", {on_corrupt = 1})`:    `on_corrupt: expected "fail" or "quarantine", got number 1`,
		`store.clone("m", {resync = 0})`:         `resync: it must be more than 0`,
		`store.clone("m", {backend = "pebble"})`: `unknown option "backend" (there are resync, stale and mutation_buffer)`,
		`s.x = 1`:                                `store takes no assignment to "x"`,
	} {
		b := open(t, "")
		err := b.call(`local s = store.master "s" ` + src)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n\tgot  %v\n\twant %s", src, err, want)
		}
	}
}

func TestOpening(t *testing.T) {
	t.Parallel()
	b := open(t, `
		print(pcall(store.master, "s")) print(pcall(store.clone, "s")) print(store.find("s"))
		on("node_init", function()
			local s = store.master("s", { backend = "pebble", sync = false, expire = "1 min", on_corrupt = "quarantine", max_bytes = 100 })
			print(s == store.master("s"), s == store.clone("s", { stale = 0 }), s == store.find("s"), store.find("t"))
			store.clone("c", { resync = "5 s", stale = 0, mutation_buffer = 0 })
		end)`)
	if got, want := b.lines(), "false store.master: stores can't be created while the file is loaded (do it in node_init) | "+
		"false store.clone: stores can't be created while the file is loaded (do it in node_init) | nil | true true true nil"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := len(b.stores.masters); n != 1 {
		t.Fatalf("%d masters were opened", n)
	}
	o := b.stores.masters[0]
	if o.Backend != "pebble" || o.Sync == nil || *o.Sync || o.Expire != 60e9 || o.OnCorrupt != "quarantine" || o.MaxBytes != 100 {
		t.Errorf("options: %+v", o)
	}
	if c := b.stores.clones[0]; c.Resync != 5e9 || c.Stale != 1 || c.MutationBuffer != -1 {
		t.Errorf("options of the clone: %+v", c)
	}
	b.stores.fail = errExists
	b.run(`local s, err = store.master("x") print(s, err.code, err)`)
	if got, want := b.lines(), `nil MASTER_EXISTS store "x": elsewhere (MASTER_EXISTS)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestClosing(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"once", `print(s:close(), s:close(), s:name(), s:is_master(), s, store.find("s"))`, "true false s true store s (master, closed) nil", ""},
		{"operations", `s:close() local v, err = s:get("k") print(v, err) print(s:exists("k")) s:put("k", 1):done(print) print(s:on_change(print))
			async(function() print(s:size()) print(s:erase("k"):wait()) end)`,
			strings.ReplaceAll(`nil E | nil E | nil E | nil E | nil E | nil E`, "E", `store "s": invalid Broker store handle: it is closed (BAD_MEMBER_FUNCTION_CALL)`), ""},
		{"opened again", `s:put("k", 1) s:close() local t = store.master "s" print(t == s, t:get("k"), s:get("k"))`,
			`false nil nil store "s": invalid Broker store handle: it is closed (BAD_MEMBER_FUNCTION_CALL)`, ""},
		{"with writes under way", `fake("s", "slow") s:put("k", 1):done(function(v, err) print(v, err.code) end) s:close()`, "nil SHUTTING_DOWN", ""},
	})
}

func TestExpire(t *testing.T) {
	t.Parallel()
	b := open(t, "")
	b.run(`local s = store.master "s"
		s:put("put", 1, { expire = "5 s" }) s:put("none", 1, { expire = 0 }) s:put_unique("unique", 1, { expire = 5 })
		s:increment("inc", nil, { expire = 5 }) s:push("push", 1, { expire = 5 }) s:append("app", "x", { expire = 5 })
		s:insert_into("ins", 1, 2, { expire = 5 }) s:remove_from("ins", 1, { expire = 6 }) s:push("pop", 1) s:pop("pop", { expire = 7 })`)
	f := b.stores.all["s"].(*fake)
	var got []string
	for _, k := range f.order {
		if e, ok := f.expiry[k]; ok {
			got = append(got, fmt.Sprint(k[2:], " ", int64(e)/1e9))
		}
	}
	if text, want := strings.Join(got, ", "), "put 5, unique 5, inc 5, push 5, app 5, ins 6, pop 7"; text != want {
		t.Errorf("got %s", text)
	}
}
