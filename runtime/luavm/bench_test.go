package luavm

import (
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// BenchmarkHandler calls an empty function of three parameters from Go: on a pooled thread, as CallHandler does, and
// directly, which is wrong while Lua is running.
func BenchmarkHandler(b *testing.B) {
	args := []lua.LValue{lua.LTrue, lua.LString("x"), lua.LNumber(3)}
	vm := New(Options{Budget: 1 << 40})
	fn := loadFunction(b, vm, "return function(a, b, c) end")
	direct := func(L *lua.LState) func() error {
		return func() error {
			L.Push(fn)
			for _, a := range args {
				L.Push(a)
			}
			return L.PCall(len(args), 0, nil)
		}
	}
	for _, c := range []struct {
		name string
		call func() error
	}{
		{"pooled", func() error { return vm.CallHandler(fn, args) }},
		{"labeled", func() error { return vm.CallLabeled("handler EX::e", fn, args) }},
		{"value", func() error { _, err := vm.CallValue(fn, args); return err }},
		{"direct", direct(vm.State())},
		{"direct without counting", direct(lua.NewState())},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLua runs loops of 1000 steps, in our VM and, where that computes the same, in plain gopher-lua, which
// neither counts nor corrects. Divide by 1000 for a step.
func BenchmarkLua(b *testing.B) {
	for _, c := range []struct {
		name, setup, step string
		plain             bool
	}{
		{"loop", "local s = 0", "s = s + i", true},
		{"fib call", "local function f(n) return n end", "f(i)", true},
		{"or default", "local x = 1", "x = x or i", true},
		{"swap", "local a, b = 1, 2", "a, b = b, a", false},
		{"table", "", "local t = {a = i, b = 2, c = 3}", true},
		{"concat 2", "local a, b = 'abc', 'def'", "local s = a .. b", true},
		{"concat 4", "local a, b = 'abc', 'def'", "local s = a .. ':' .. b .. i", true},
		{"string arithmetic", "local s = '10'", "local x = s + 1", true},
		{"pcall", "local function f() end", "pcall(f)", true},
		{"pcall failing", "local function f() error('x', 0) end", "pcall(f)", true},
		{"xpcall", "local function f() end", "xpcall(f, print)", true},
		{"coroutine", "local w = coroutine.wrap(function() while true do coroutine.yield(1) end end)", "w()", true},
		{"find plain", "local s = ('x'):rep(100) .. 'key=value'", "local a = s:find('key', 1, true)", true},
		{"find", "local s = 'the quick brown fox'", "local a = s:find('br%a+')", true},
		{"match captures", "local s = 'key=value'", "local k, v = s:match('^(%w+)=(%w+)$')", true},
		{"format", "", "local s = string.format('%d %s', i, 'x')", true},
		{"ipairs of 10", "local t = {1,2,3,4,5,6,7,8,9,10}", "for k, v in ipairs(t) do end", true},
		{"pairs of 10", "local t = {a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1}", "for k, v in pairs(t) do end", true},
	} {
		src := c.setup + " return function() for i = 1, 1000 do " + c.step + " end end"
		b.Run(c.name+"/ours", func(b *testing.B) {
			vm := New(Options{Budget: 1 << 40})
			fn := loadFunction(b, vm, src)
			b.ReportAllocs()
			for b.Loop() {
				if err := vm.CallHandler(fn, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		if !c.plain {
			continue
		}
		b.Run(c.name+"/plain", func(b *testing.B) {
			L := lua.NewState()
			if err := L.DoString(src); err != nil {
				b.Fatal(err)
			}
			fn := L.Get(-1)
			L.SetTop(0)
			b.ReportAllocs()
			for b.Loop() {
				L.Push(fn)
				if err := L.PCall(0, 0, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompile compiles 400 lines that are dense in what is rewritten.
func BenchmarkCompile(b *testing.B) {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "local function f%d(a, b, ...)\n local t = {a = 1, b = 2}\n a, b = b, a\n for k, v in pairs(t) do\n"+
			" if v then t[k] = nil end\n end\n a = a and b or %d\n local s = 'x' .. a\n return a, b\nend\n", i, i)
	}
	src := text.String()
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, err := Compile("b.lua", src); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			chunk, err := parse.Parse(strings.NewReader(src), "b.lua")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := lua.Compile(chunk, "b.lua"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Options{})
	}
}
