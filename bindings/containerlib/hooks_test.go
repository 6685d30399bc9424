package containerlib

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
)

func TestOnExpire(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"gets key and value", `local m = map("addr", "count", { create_expire = "1 s", on_expire = function(...) print(...) end }) m:set(A, 5) advance "2 s"`, "10.0.0.1\t5"},
		{"gets a set's element only", `local s = set("addr", { create_expire = "1 s", on_expire = function(...) print(select("#", ...), ...) end }) s:add(A) advance "2 s"`, "1\t10.0.0.1"},
		{"gets a tuple for a composite key", `local s = set("addr, port", { create_expire = "1 s", on_expire = function(k) print(k[1], k[2]) end })
			s:add(tuple(A, port "80/tcp")) advance "2 s"`, "10.0.0.1\t80/tcp"},
		{"a read calls it, too", `local s = set("addr", { create_expire = "1 s", on_expire = function(v) print(v) end }) s:add(A) jump "2 s" print(s:has(A))`, "10.0.0.1 | false"},
		{"the entry is still there for it", `local m m = map("addr", "count", { create_expire = "1 s", on_expire = function(k) print(m:get(k), m:has(k)) end }) m:set(A, 5) advance "2 s" print(#m)`, "5\ttrue | 0"},
		{"what it returns is how much longer", `local s = set("addr", { create_expire = "10 s", on_expire = function() return "3 s" end }) s:add(A) jump "11 s" print(s:has(A))
			jump "3 s" print(s:has(A))`, "true | true"},
		{"a number is seconds", `local n = 0 local s = set("addr", { create_expire = "1 s", on_expire = function() n = n + 1 return 2.5 end }) s:add(A) advance "2 s" print(n) advance "2400 ms" print(n)`, "1 | 2"},
		{"an interval value", `local s = set("addr", { create_expire = "1 s", on_expire = function() return interval "1 hr" end }) s:add(A) advance "1 min" print(#s)`, "1"},
		{"nil, 0 and less let it go", `for _, keep in ipairs { "nil", 0, -5 } do
			local s = set("addr", { create_expire = "1 s", on_expire = function() if keep ~= "nil" then return keep end end }) s:add(A) advance "2 s" print(#s) end`, "0 | 0 | 0"},
		{"it may remove the entry itself", `local s s = set("count", { create_expire = "1 s", on_expire = function(v) s:remove(v) return "1 hr" end }) s:add(1, 2) advance "2 s" print(#s)`, "0"},
		{"it may clear all", `local s s = set("count", { create_expire = "1 s", on_expire = function(v) print(v) s:clear() end }) s:add(1, 2) advance "2 s" print(#s)`, "1 | 0"},
		{"it may add others", `local s s = set("count", { create_expire = "1 s", on_expire = function(v) if v < 3 then s:add(v + 1) end end }) s:add(1) advance "1500 ms" print(s:has(2)) advance "5 s" print(#s)`, "true | 0"},
		{"it may use other containers with keys of the same size", `local log = map("addr", "count") local s s = set("addr", { create_expire = "1 s", on_expire = function(v) log:incr(v) log:incr(C) end })
			s:add(A) jump "2 s" print(s:add(A)) print(log:get(A), log:get(C), s:has(A), s:has(C))`, "true | 1\t1\ttrue\tfalse"},
		{"removing calls it not", `local s = set("count", { create_expire = "1 s", on_expire = print }) s:add(1) s:remove(1) s:add(2) s:clear() advance "5 s"`, ""},
	})
}

func TestOnChange(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"a set's", `local s = set("addr", { create_expire = "1 s", on_change = function(...) print(select("#", ...), ...) end }) s:add(A) s:add(A) s:add(B) s:remove(A) s:remove(A) advance "2 s"`,
			"2\tnew\t10.0.0.1 | 2\tnew\t10.0.0.2 | 2\tremoved\t10.0.0.1 | 2\texpired\t10.0.0.2"},
		{"a map's: the new value, else the lost one", `local m = map("addr", "count", { create_expire = "1 s", on_change = function(...) print(...) end })
			m:set(A, 1) m:set(A, 2) m:incr(A) m:remove(A) m:incr(B, 7) advance "2 s"`,
			"new\t10.0.0.1\t1 | changed\t10.0.0.1\t1 | changed\t10.0.0.1\t2 | removed\t10.0.0.1\t3 | new\t10.0.0.2\t7 | expired\t10.0.0.2\t7"},
		{"a composite key is a tuple", `local s = set("addr, port", { on_change = function(_, k) print(k:unpack()) end }) s:add(tuple(A, port "80/tcp"))`, "10.0.0.1\t80/tcp"},
		{"ensure is one", `local m = map("addr", "count", { on_change = function(...) print(...) end }) m:ensure(A, function() return 1 end) m:ensure(A, print)`, "new\t10.0.0.1\t1"},
		{"after on_expire", `local s = set("count", { create_expire = "1 s", on_expire = function() print "expire" end, on_change = function(what) print(what) end }) s:add(1) advance "2 s"`, "new | expire | expired"},
		{"not when on_expire keeps it", `local s = set("count", { create_expire = "1 s", on_expire = function() return 100 end, on_change = function(what) print(what) end }) s:add(1) advance "2 s"`, "new"},
		{"not from within itself", `local s s = set("count", { on_change = function(what, v) print(what, v) s:add(v + 1) end }) s:add(1) print(#s)`, "new\t1 | 2"},
		{"the value now is in the map", `local m m = map("addr", "count", { on_change = function(what, k, v) print(what, v, m:get(k)) end }) m:set(A, 1) m:set(A, 2)`, "new\t1\t1 | changed\t1\t2"},
		{"clear calls it not", `local s = set("count", { on_change = function(...) print(...) end }) s:add(1) s:clear()`, "new\t1"},
	})
}

// Errors of hooks are reported like a handler's and count as 0; the operation goes on.
func TestHookErrors(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.run(`
local s = namespace "EX":set("s", "count", { create_expire = "1 s", on_expire = function() error "boom" end })
local m = map("addr", "count", { on_change = function() error "bang" end })
local u = set("count", { create_expire = "1 s", on_expire = function() return "soon" end })
m:set(A, 5) print(m:get(A)) s:add(1) u:add(1) advance "2 s" print(#s, #u)`)
	if got := b.lines(); len(got) != 2 || got[0] != "5" || got[1] != "0\t0" {
		t.Errorf("printed %q", got)
	}
	b.reported("test.lua:3: bang (on_change of table[addr] of count)", "test.lua:2: boom (on_expire of EX::s)",
		`test.lua:4: it returned string "soon", expected nil or an interval; the entry goes (on_expire of set[count])`)
}

// Encoding and printing see no overdue entry and call no hook, and leave the entry to whoever comes next.
func TestEncodingCallsNoHooks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, hooks string }{
		{"on_expire", `on_expire = function(k) print("end of", k) end`},
		{"on_change", `on_change = function(what, k) if what == "expired" then print("end of", k) end end`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.run(`local s = namespace "EX":set("s", "count", { create_expire = "10 s", ` + tt.hooks + ` }) s:add(1) jump "5 s" s:add(2, 3) jump "6 s"`)
			s := b.lib.Names.Lookup("EX::s").Go.(*Set)
			for range 2 {
				if n := s.Len(); n != 2 {
					t.Errorf("Len is %d, want 2", n)
				}
				var seen []string
				s.Each(func(key []byte, _ convert.Stored) bool {
					seen = append(seen, b.s.KeyToLua(s.typ.Key, key).String())
					return true
				})
				if len(seen) != 2 || seen[0] != "2" || seen[1] != "3" {
					t.Errorf("Each showed %v, want 2 and 3", seen)
				}
			}
			if got := b.lines(); got != nil {
				t.Errorf("meanwhile a hook printed %q", got)
			}
			b.run(`print(namespace "EX":set("s", "count"):has(1))`)
			if got := b.lines(); len(got) != 2 || got[0] != "end of\t1" || got[1] != "false" {
				t.Errorf("then a read printed %q", got)
			}
		})
	}
}

// A hook that looks at its own container through convert sees what its methods see.
func TestEncodingWithinHook(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.run(`
local s s = namespace "EX":set("s", "count", { create_expire = "1 s", on_expire = function(v) print(v, s) end })
s:add(1, 2) jump "500 ms" s:add(3) jump "700 ms" s:has(1)`)
	want := []string{"1\t{", "1,", "3", "}"}
	got := b.lines()
	if len(got) != len(want) {
		t.Fatalf("printed %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("printed %q, want %q", got, want)
		}
	}
}

// A container is one Lua value, however often it is asked for.
func TestWrapIsTheSameUserdata(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, text := range []string{"set[addr]", "table[addr] of count", "vector of string"} {
		typ, err := b.s.ParseType(text)
		if err != nil {
			t.Fatal(err)
		}
		c := b.s.NewContainer(typ, 3)
		ud := b.s.WrapContainer(c)
		if ud != b.s.WrapContainer(c) {
			t.Errorf("%s: two userdata", text)
		}
		if got, ok := convert.AsContainer(ud); !ok || got != c {
			t.Errorf("%s: the userdata holds something else", text)
		}
		if !c.ContainerType().Equal(typ) || lua.LValue(ud).Type() != lua.LTUserData {
			t.Errorf("%s: is a %s", text, c.ContainerType())
		}
	}
}
