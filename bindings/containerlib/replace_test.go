package containerlib

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/net/wire"
)

// received is a value of a type as it arrives in an identifier update.
func (b *bare) received(typ *convert.Type, v lua.LValue) lua.LValue {
	b.t.Helper()
	bytes, err := b.s.AppendTyped(nil, typ, v)
	if err != nil {
		b.t.Fatal(err)
	}
	r := wire.NewReader(bytes)
	got, err := b.s.DecodeTyped(&r, typ)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// update replaces EX::x by a copy of EX::other, as publish_id does.
func (b *bare) update() error {
	b.t.Helper()
	to := b.lib.Names.Lookup("EX::x").Go.(namespacelib.Replacer)
	from := b.lib.Names.Lookup("EX::other").Go.(namespacelib.Holder)
	return to.Replace(b.received(to.ValueType(), from.Current()))
}

func TestReplace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, before, after, want string }{
		{"a set's contents, on all who hold it", `local x, o = EX:set("x", "count"), EX:set("other", "count") x:add(1, 2) o:add(2, 3)`,
			`local x = EX:set("x", "count") print(x:has(1), x:has(3), #x)`, "false\ttrue\t2"},
		{"on_replaced gets both", `local x, o = EX:set("x", "count"), EX:set("other", "count") x:add(1, 2) o:add(3)
			x:on_replaced(function(new, old) print(new == x, #new, #old, old:has(1), new:has(3)) end)`, ``, "true\t1\t2\ttrue\ttrue"},
		{"on_change is not called", `local x, o = EX:set("x", "count", { on_change = function(...) print(...) end }), EX:set("other", "count") x:add(1) o:add(3)`,
			``, "new\t1"},
		{"later changes are", `local x, o = EX:set("x", "count", { on_change = function(...) print(...) end }), EX:set("other", "count") o:add(3)`,
			`EX:set("x", "count"):remove(3)`, "removed\t3"},
		{"options stay, and what comes counts from now", `local x, o = EX:set("x", "count", { create_expire = "1 min", on_expire = function(v) print("end of", v) end }), EX:set("other", "count") o:add(3)`,
			`local x = EX:set("x", "count") advance "1 min" print(#x) advance "1 s" print(#x)`, "1 | end of\t3 | 0"},
		{"what was there does not end any more", `local x, o = EX:set("x", "count", { create_expire = "1 min", on_expire = print }), EX:set("other", "count") x:add(1)`,
			`advance "1 hr" print "-"`, "-"},
		{"a map", `local x, o = EX:map("x", "addr", "count"), EX:map("other", "addr", "count") x:incr(A) o:set(B, 5)
			x:on_replaced(function(new, old) print(new:get(B), old:get(A)) end)`, `print(EX:map("x", "addr", "count"):get(A))`, "5\t1 | nil"},
		{"a map of containers", `local x, o = EX:map("x", "addr", "set[addr]"), EX:map("other", "addr", "set[addr]") o:ensure(A, function() return set "addr" end):add(B)`,
			`local s = EX:map("x", "addr", "set[addr]"):get(A) print(s:has(B), s:add(C))`, "true\ttrue"},
		{"a vector", `local x, o = EX:vector("x", "string"), EX:vector("other", "string") x:push "a" o:push "b"
			x:on_replaced(function(new, old) print(new:get(1), old:get(1)) end)`, `print(#EX:vector("x", "string"))`, "b\ta | 1"},
		{"a subnet map", `local x, o = EX:subnet_map("x", "string"), EX:subnet_map("other", "string") x:set(subnet "::/0", "all") o:set(subnet "10.0.0.0/8", "ten")
			x:on_replaced(function(new, old) print(new:lookup(A), old:lookup(A)) end)`, `print(EX:subnet_map("x", "string"):covers(addr "::1"))`, "ten\tall\t::/0 | false"},
		{"a loop that is under way ends", `local x, o = EX:set("x", "count"), EX:set("other", "count") x:add(1, 2) o:add(3) next_of_x = x:each() print(next_of_x())`,
			`print(next_of_x())`, "1 | nil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.d.L.G.Global.Metatable = lua.LNil // for next_of_x
			b.run(`EX = namespace "EX" ` + tt.before)
			if err := b.update(); err != nil {
				t.Fatal(err)
			}
			b.run(tt.after)
			if got := strings.Join(b.lines(), " | "); got != tt.want {
				t.Errorf("printed %q, want %q", got, tt.want)
			}
			b.reported()
		})
	}
}

func TestReplaceRefuses(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.run(`local EX = namespace "EX" EX:set("x", "count"):add(1) EX:set("any", "any") EX:set("other", "addr")`)
	for _, tt := range []struct{ to, from, want string }{
		{"EX::x", "EX::other", "EX::x: expected set[count], got set[addr]"},
		{"EX::any", "EX::x", "EX::any: expected set[any], got set[count]"}, // its keys look different
	} {
		to := b.lib.Names.Lookup(tt.to).Go.(namespacelib.Replacer)
		err := to.Replace(b.lib.Names.Lookup(tt.from).Value)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s by %s: %v, want %s", tt.to, tt.from, err, tt.want)
		}
	}
	x := b.lib.Names.Lookup("EX::x").Go.(namespacelib.Replacer)
	if err := x.Replace(x.Current()); err != nil {
		t.Errorf("by itself: %v", err)
	}
	if err := x.Replace(b.d.L.NewTable()); err != nil {
		t.Errorf("by an empty table: %v", err)
	}
	b.run(`print(#namespace "EX":set("x", "count"))`)
	if got := b.lines(); got[0] != "0" {
		t.Errorf("%s elements after that, want 0", got[0])
	}
}

// What is decoded has the same methods as what a script has made.
func TestDecoded(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.run(`local m = namespace "EX":map("m", "addr, port", "vector of set[count]")
		local v = vector "set[count]" v:push(set "count") v:get(1):add(3, 1) m:set(tuple(A, port "80/tcp"), v)`)
	m := b.lib.Names.Lookup("EX::m").Go.(*Map)
	got := b.received(m.typ, m.Current())
	if got == m.Current() {
		t.Fatal("it is no copy")
	}
	fn, err := b.d.VM.Load("test.lua", `local m = ... local s = m:get(tuple(A, port "80/tcp")):get(1)
		print(#m, #s, s:has(3), s:add(5)) for v in s:each() do print(v) end`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.d.VM.Call(fn, 0, got); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(b.lines(), " | "); got != "1\t2\ttrue\ttrue | 1 | 3 | 5" { // Broker's order
		t.Errorf("printed %q", got)
	}
}
