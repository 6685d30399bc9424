package convert

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestPlain: containers and records become plain tables, and what is one value stays one.
func TestPlain(t *testing.T) {
	v, w := luaVM(t), newVM(t)
	v.L.SetGlobal("rec", remoteRecord(t, v))
	v.L.SetGlobal("ports", v.bagOf(t, "set[port]", v.parse(t, KindPort, "80/tcp"), v.parse(t, KindPort, "22/tcp")))
	v.L.SetGlobal("hits", v.bagOf(t, "table[addr] of count", v.parse(t, KindAddr, "::1"), lua.LNumber(3)))
	v.L.SetGlobal("words", v.bagOf(t, "vector of string", lua.LString("a"), lua.LString("b")))
	v.L.SetGlobal("sets", v.bagOf(t, "vector of set[port]", v.L.GetGlobal("ports")))
	for _, tt := range []struct{ expr, want string }{
		{`nil`, `nil`}, {`1.5`, `1.5`}, {`"x"`, `"x"`},
		{`addr "10.0.0.1"`, `addr "10.0.0.1"`},
		{`tuple(addr "::1", 1)`, `tuple(addr "::1", 1)`},
		{`ports`, `{ port "80/tcp", port "22/tcp" }`},
		{`words`, `{ "a", "b" }`},
		{`hits`, `{ [addr "::1"] = 3 }`},
		{`sets`, `{ { port "80/tcp", port "22/tcp" } }`},
		{`{ 1, { s = ports } }`, `{ 1, { s = { port "80/tcp", port "22/tcp" } } }`},
		{`rec`, `{ id = { orig_h = addr "10.0.0.1", orig_p = port "1024/tcp", resp_h = addr "10.0.0.2", resp_p = port "80/tcp" }, ` +
			`kind = types.enum "A::B", n = 7, tags = { "t" }, uid = "C1", x = 1.5 }`},
	} {
		own, err := w.Plain(v.luaValue(t, tt.expr))
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		if got := string(w.AppendLua(nil, own, 1000)); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.expr, got, tt.want)
		}
	}
}

// TestPlainIsOwn: values of the other VM are the same values here, and what is done to the copy is not done to the original.
func TestPlainIsOwn(t *testing.T) {
	v, w := luaVM(t), newVM(t)
	val := v.luaValue(t, `{ [addr "10.0.0.1"] = { 1 } }`)
	own, err := w.Plain(val)
	if err != nil {
		t.Fatal(err)
	}
	inner, ok := own.(*lua.LTable).RawGet(w.parse(t, KindAddr, "10.0.0.1")).(*lua.LTable)
	if !ok {
		t.Fatal("the key is another one")
	}
	inner.RawSetInt(1, lua.LNumber(2))
	if got := string(v.AppendLua(nil, val, 80)); got != `{ [addr "10.0.0.1"] = { 1 } }` {
		t.Errorf("the original is %s", got)
	}
}

// TestCarry: containers stay containers, with their types, and records become tables.
func TestCarry(t *testing.T) {
	v, w := luaVM(t), newVM(t)
	ports := v.bagOf(t, "set[port]", v.parse(t, KindPort, "80/tcp"))
	v.L.SetGlobal("ports", ports)
	v.L.SetGlobal("rec", remoteRecord(t, v))
	for _, tt := range []struct{ expr, want string }{
		{`ports`, `set("port"):add(port "80/tcp")`},
		{`{ { ports } }`, `{ { set("port"):add(port "80/tcp") } }`},
		{`rec.id`, `{ orig_h = addr "10.0.0.1", orig_p = port "1024/tcp", resp_h = addr "10.0.0.2", resp_p = port "80/tcp" }`},
		{`{ a = addr "::1", [1] = none }`, `{ types.none, a = addr "::1" }`},
	} {
		own, err := w.Carry(v.luaValue(t, tt.expr), v.Space)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		if got := string(w.AppendLua(nil, own, 1000)); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.expr, got, tt.want)
		}
	}
	own, err := w.Carry(ports, v.Space)
	if err != nil {
		t.Fatal(err)
	}
	mine, _ := AsContainer(own)
	if mine == ports.Value.(Container) {
		t.Error("it is the same container")
	}
}

// TestNotPlain: what can't be copied says so, and values that lie in themselves end.
func TestNotPlain(t *testing.T) {
	v, w := luaVM(t), newVM(t)
	for _, tt := range []struct{ expr, want string }{
		{`print`, "function can't be copied"},
		{`{ f = { print } }`, "function can't be copied"},
		{`{ [print] = 1 }`, "function can't be copied"},
		{`coroutine.create(print)`, "can't be copied"},
		{`(function() local t = {} t.t = t return t end)()`, "a value that lies more than 100 deep in others, or in itself"},
		{`(function() local t = {} for i = 1, 101 do t = { t } end return t end)()`, "a value that lies more than 100 deep"},
	} {
		val := v.luaValue(t, tt.expr)
		for name, copied := range map[string]func() (lua.LValue, error){
			"plain": func() (lua.LValue, error) { return w.Plain(val) },
			"carry": func() (lua.LValue, error) { return w.Carry(val, v.Space) },
		} {
			if _, err := copied(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s of %s: %v, want %s", name, tt.expr, err, tt.want)
			}
		}
	}
}
