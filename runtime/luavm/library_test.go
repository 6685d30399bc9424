package luavm

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// TestExtensions is what differs from 5.1 on purpose, and what no reference can tell.
func TestExtensions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ program, want string }{
		{`local t = setmetatable({}, {__pairs = function(t) return function(_, k) if not k then return 1, 2 end end, t, nil end}) local o = 0 for k, v in pairs(t) do o = o + k + v end return o`, "3"},
		{`return (pcall(pairs, setmetatable({}, {__pairs = 1})))`, "true"},
		{`return load("return 1 + 1")()`, "2"},
		{`local ok, e = pcall(assert, nil, {code = 5}) return e.code`, "5"},
		{`return string.format("%s %s", {} ~= nil, nil)`, "true nil"},
		{`return getmetatable("")`, "false"},
		{`return (pcall(setmetatable, "x", {}))`, "false"},
		{`string.trim = function(s) return (s:gsub("^%s+", "")) end return ("  x"):trim()`, "x"},
		{`return string.__index, string.__add`, "nil nil"},
		{`return tostring(1e15), 1e15 .. "", 0.1, 1e100`, "1000000000000000 1000000000000000 0.1 1e+100"},
		{`return ("a\0b"):find("\0"), ("a\0b"):find("%z")`, "2 2 2"},
		{`return (pcall(string.rep, "x", 1e9)), (pcall(string.rep, "x", 1e300))`, "false false"},
		{`return #(""):rep(1e9)`, "0"},
		{`return (pcall(string.format, "%99999d", 1))`, "false"},
		{`return require, module, newproxy, package, channel, _printregs`, "nil nil nil nil nil nil"},
		{`return _VERSION, _G._G == _G, type(_G.print)`, "Lua 5.1 true function"},
		{`local t = {} t[2^23] = 1 return t[2^23], #t, next(t)`, "1 0 8388608 1"},
		{`return collectgarbage("count") > 0, collectgarbage("step"), collectgarbage("stop"), gcinfo() > 0`, "true true 0 true"},
		{`return pcall(function() local t = setmetatable({}, {__index = function(t, k) return k end}) return t.x .. t[5] end)`, "true x5"},
		{`return debug.getinfo(1, "S").source, debug.getinfo(1, "S").short_src, debug.getinfo(1, "S").what`, "@t.lua t.lua main"},
		{`local function f() return debug.getinfo(1, "n").name end local x = f() return x, (function() local t = {m = function() return debug.getinfo(1, "n") end} local i = t:m() return i.namewhat end)()`, "f method"},
		{`local a, b = 1, 2 return debug.getlocal(1, 2)`, "b 2"},
		{`local x = 5 debug.setlocal(1, 1, 6) return x`, "6"},
		{`local t = setmetatable({}, {__metatable = "hidden"}) return type(debug.getmetatable(t)), getmetatable(t)`, "table hidden"},
		{`return (pcall(setfenv, 0, {}))`, "false"},
		{`local function f() return x end setfenv(f, {x = 3}) return f(), getfenv(f).x`, "3 3"},
		{`return pcall(function() setfenv(1, {y = 2}) return y end)`, "true 2"},
	} {
		if got := runIn(t, New(Options{}), c.program); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.program, got, c.want)
		}
	}
}

func TestStringLimits(t *testing.T) {
	t.Parallel()
	vm := New(Options{MaxString: 1000})
	for _, program := range []string{
		`("x"):rep(1001)`, `("x"):rep(501 * 2)`, `local s = ("x"):rep(501) local r = s .. s`, `local s = ("x"):rep(400) local r = s .. s .. s`,
		`("x"):rep(600):gsub("x", "yy")`, `("x"):rep(600):gsub("x", function() return "yy" end)`, `table.concat({("x"):rep(999), "yy"})`,
		`local t = {} for i = 1, 600 do t[i] = "x" end table.concat(t, ",")`, `string.format("%s%s", ("x"):rep(600), ("x"):rep(600))`,
	} {
		if err := runChunk(vm, "t.lua", program); err == nil || !strings.Contains(err.Error(), "resulting string too large (more than 1000 bytes)") {
			t.Errorf("%s: got %v, want an error about the size", program, err)
		}
	}
	if got := runIn(t, vm, `local s = ("x"):rep(500) return #(s .. s), #("x"):rep(1000), #(("x"):rep(500):gsub("x", "yy"))`); got != "1000 1000 1000" {
		t.Errorf("at the limit: got %s", got)
	}
}

func TestClockAndSeed(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000_000, 0)
	options := Options{Now: func() time.Time { return now }, Seed: 7, Location: time.FixedZone("X", 3600)}
	vm := New(options)
	now = now.Add(1500 * time.Millisecond)
	const program = `return os.time(), os.clock(), os.date("%H:%M:%S %Z"), os.date("!%H:%M:%S"), math.random(), math.random(10), math.random(5, 6)`
	first := runIn(t, vm, program)
	if !strings.HasPrefix(first, "1000000001 1.5 02:46:41 X 01:46:41 ") {
		t.Errorf("got %s", first)
	}
	now = now.Add(-1500 * time.Millisecond)
	other := New(options)
	now = now.Add(1500 * time.Millisecond)
	if second := runIn(t, other, program); second != first {
		t.Errorf("the same seed and clock: got %s and %s", first, second)
	}
	a := runIn(t, vm, `math.randomseed(5) return math.random(1000), math.random(1000)`)
	if b := runIn(t, New(Options{}), `math.randomseed(5) return math.random(1000), math.random(1000)`); a != b {
		t.Errorf("randomseed(5): got %s and %s", a, b)
	}
	if got := runIn(t, New(Options{}), `return os.time(), os.date("%c")`); got != "0 Thu Jan  1 00:00:00 1970" {
		t.Errorf("without a clock: got %s", got)
	}
}

// TestOrder checks that nothing a script sees depends on the order of Go maps.
func TestOrder(t *testing.T) {
	t.Parallel()
	const program = `local o = {} for _, lib in ipairs{_G, string, table, math, os, io, debug, coroutine, os.date("*t")} do
for k in pairs(lib) do o[#o + 1] = k end end return table.concat(o, " ")`
	first := runIn(t, New(Options{}), program)
	if !strings.Contains(first, "abs acos asin atan") {
		t.Errorf("names are not in order: %s", first)
	}
	for range 5 {
		if other := runIn(t, New(Options{}), program); other != first {
			t.Errorf("got\n%s\nand\n%s", first, other)
		}
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	vm := New(Options{Stdout: &out})
	runIn(t, vm, `print(1, "x", nil, true, setmetatable({}, {__tostring = function() return "T" end})) print()`)
	if got, want := out.String(), "1\tx\tnil\ttrue\tT\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	vm := New(Options{Sandbox: true})
	for name, want := range map[string]string{
		"io": "nil", "dofile": "nil", "loadfile": "nil", "os.execute": "nil", "os.exit": "nil", "os.getenv": "nil", "os.remove": "nil", "os.rename": "nil",
		"os.tmpname": "nil", "os.setlocale": "nil", "os.time": "function", "os.date": "function", "debug.getinfo": "nil", "debug.traceback": "function",
		"debug.setmetatable": "nil", "loadstring": "function",
	} {
		if got := runIn(t, vm, "return type("+name+")"); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	vm := New(Options{MaxSource: 100})
	good := file("good.lua", "#!/usr/bin/lua\nlocal a, b = 1, 2 a, b = b, a return a, b, debug.getinfo(1, 'l').currentline")
	vm.State().SetGlobal("good", lua.LString(good))
	vm.State().SetGlobal("bad", lua.LString(file("bad.lua", "x = =")))
	vm.State().SetGlobal("large", lua.LString(file("large.lua", strings.Repeat("-- x\n", 50))))
	vm.State().SetGlobal("missing", lua.LString(filepath.Join(dir, "missing.lua")))
	if got := runIn(t, vm, `return dofile(good)`); got != "2 1 2" {
		t.Errorf("dofile: got %s", got)
	}
	for _, c := range []struct{ program, want string }{
		{`return loadfile(bad)`, "nil " + dir + "/bad.lua:1: syntax error near '='"},
		{`return dofile(bad)`, "ERROR " + dir + "/bad.lua:1: syntax error near '='"},
		{`return loadfile(missing)`, "nil cannot open " + dir + "/missing.lua: no such file or directory"},
		{`return dofile(missing)`, "ERROR cannot open " + dir + "/missing.lua: no such file or directory"},
		{`return loadfile(large)`, "nil " + dir + "/large.lua:1: chunk has 101 bytes, more than 100; put large data into a data file"},
	} {
		if got := runIn(t, vm, c.program); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.program, got, c.want)
		}
	}
}

func TestChunkNames(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	for _, c := range []struct{ program, want string }{
		{`return select(2, loadstring("x ="))`, `[string "x ="]:1: syntax error near <eof>`},
		{`return select(2, loadstring("x =\n"))`, `[string "x =..."]:2: syntax error near <eof>`},
		{`return select(2, loadstring("x =", "=name"))`, `name:1: syntax error near <eof>`},
		{`return select(2, loadstring("x =", "@file.lua"))`, `file.lua:1: syntax error near <eof>`},
		{`return select(2, load(function() return nil end, "=x"))`, `nil`},
		{`return select(2, load(function() return {} end))`, `reader function must return a string`},
		{`return select(2, loadstring(("x"):rep(50)))`, `[string "` + strings.Repeat("x", 40) + `..."]:1: syntax error near <eof>`},
	} {
		if got := runIn(t, vm, c.program); got != c.want && !(c.want == "nil" && got == "") {
			t.Errorf("%s\ngot  %s\nwant %s", c.program, got, c.want)
		}
	}
}
