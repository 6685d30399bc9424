package luavm

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func mustFail(t *testing.T, vm *VM, src string) *Error {
	t.Helper()
	err := runChunk(vm, "policy.lua", src)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: got %v, want an *Error", src, err)
	}
	return e
}

func TestErrorValuesAndMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ program, message, kind string }{
		{`error("x")`, "policy.lua:1: x", "string"},
		{"\n\nerror('x')", "policy.lua:3: x", "string"},
		{`error("x", 0)`, "x", "string"},
		{`error(" x", 0)`, " x", "string"},
		{`error()`, "(error object is a nil value)", "nil"},
		{`error({})`, "(error object is a table value)", "table"},
		{`error(12)`, "policy.lua:1: 12", "string"},
		{`error(12, 0)`, "12", "number"},
		{`error(setmetatable({}, {__tostring = function() return "told" end}))`, "told", "table"},
		{`error(setmetatable({}, {__tostring = function() error("no") end}))`, "(error object is a table value)", "table"},
		{`local s = ("x"):rep({})`, "policy.lua:1: bad argument #1 to 'rep' (number expected, got table)", "string"},
		{`string.rep()`, "policy.lua:1: bad argument #1 to 'rep' (string expected, got no value)", "string"},
		{`local s = "x" s.rep(nil, 1)`, "policy.lua:1: bad argument #1 to 'rep' (string expected, got nil)", "string"},
		{`assert(false)`, "policy.lua:1: assertion failed!", "string"},
		{`assert(nil, {})`, "(error object is a table value)", "table"},
	} {
		e := mustFail(t, New(Options{}), c.program)
		if e.Message != c.message || e.Value.Type().String() != c.kind || e.Error() != e.Message {
			t.Errorf("%s\ngot  %q, a %s\nwant %q, a %s", c.program, e.Message, e.Value.Type(), c.message, c.kind)
		}
	}
}

func TestErrorTraceback(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	handler := loadFunction(t, vm, `
local function inner(t) return t.a.b.c end
local t = {}
function t:method() local x = inner(self) return x end
return function(n)
  t[n](t)
end`)
	err := vm.CallLabeled("handler EX::found", handler, []lua.LValue{lua.LString("method")})
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	want := `stack traceback:
	test.lua:2: in function 'inner'
	test.lua:4: in function '?'
	test.lua:6: in handler EX::found`
	if e.Traceback != want {
		t.Errorf("got\n%s\nwant\n%s", e.Traceback, want)
	}
}

// TestNestedTraceback goes through a Go function that calls Lua again.
func TestNestedTraceback(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	inner := loadFunction(t, vm, `return function() error("deep") end`)
	var got *Error
	vm.State().SetGlobal("raise", vm.NewFunction("raise", func(*lua.LState) int {
		errors.As(vm.CallLabeled("handler EX::inner", inner, nil), &got)
		return 0
	}))
	outer := loadFunction(t, vm, "return function()\n pcall(function() raise() end)\nend")
	if err := vm.CallLabeled("handler EX::outer", outer, nil); err != nil {
		t.Fatal(err)
	}
	want := `stack traceback:
	[G]: in function 'error'
	test.lua:1: in handler EX::inner
	[G]: in function 'raise'
	test.lua:2: in function <test.lua:2>
	[G]: in function 'pcall'
	test.lua:2: in handler EX::outer`
	if got == nil || got.Traceback != want {
		t.Errorf("got %v\nwant\n%s", got, want)
	}
}

func TestGoErrorAsValue(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	cause := errors.New("no such key")
	vm.State().SetGlobal("fail", vm.NewFunction("fail", func(L *lua.LState) int {
		ud := L.NewUserData()
		ud.Value = fmt.Errorf("store: %w", cause)
		L.Error(ud, 0)
		return 0
	}))
	if e := mustFail(t, vm, `fail()`); !errors.Is(e, cause) {
		t.Errorf("got %v, which does not unwrap to the Go error", e)
	}
}

// TestSyntaxHints: what other languages have is told in Lua, and what is open at the end.
func TestSyntaxHints(t *testing.T) {
	t.Parallel()
	const eof = "syntax error near <eof> "
	for _, c := range []struct{ name, src, want string }{
		{"not equal", "if x != 3 then end", "1: Invalid token near '!' (write ~= for not equal)"},
		{"not", "\nif !x then end", "2: Invalid token near '!' (write not)"},
		{"and", "if a && b then end", "1: Invalid token near '&' (write and)"},
		{"or", "if a || b then end", "1: Invalid token near '|' (write or)"},
		{"a single one", "if a | b then end", "1: Invalid token near '|'"},
		{"add", "  x += 1 -- more", "1: syntax error near '+' (write x = x + 1)"},
		{"subtract", "t.n[1] -= t.m", "1: syntax error near '-' (write t.n[1] = t.n[1] - t.m)"},
		{"something long", "x *= f(1, 2)", "1: syntax error near '*' (write x = x * …)"},
		{"a call", "x /= (1)", "1: syntax error near '/' (write x = x / …)"},
		{"increment", "x++", "1: syntax error near '+' (write x = x + 1)"},
		{"nothing assigned", "local = 1 +", "1: syntax error near '='"},
		{"module", "module EX;", "1: syntax error near 'EX' (write local EX = namespace \"EX\")"},
		{"export", "x = 'module EX'\ny = = 'x != 3'", "2: syntax error near '='"},
		{"function", "function f()\n  if x then\n  end\n", "4: " + eof + "('end' expected to close 'function' at line 1)"},
		{"by how it is indented", "function f()\n  if x then\n    g()\nend\n", "5: " + eof + "('end' expected to close 'if' at line 2)"},
		{"the innermost", "on('e', function()\n  for i = 1, 2 do", "2: " + eof + "('end' expected to close 'for' at line 2)"},
		{"while and do", "while x do do end", "1: " + eof + "('end' expected to close 'while' at line 1)"},
		{"else if", "if a then\n  b()\nelse if c then\n  d()\nend\n", "6: " + eof + "('end' expected to close 'if' at line 1)"},
		{"repeat", "repeat x()", "1: " + eof + "('until' expected to close 'repeat' at line 1)"},
		{"table", "local t = {\n  1,\n", "3: " + eof + "('}' expected to close '{' at line 1)"},
		{"call", "f(1,\n g(2)", "2: " + eof + "(')' expected to close '(' at line 1)"},
		{"words in texts", "x = '(' -- do\ny = [[ if ]] +", "2: syntax error near <eof>"},
	} {
		var e *SyntaxError
		if _, err := Compile("p.lua", c.src); !errors.As(err, &e) || e.Error() != "p.lua:"+c.want {
			t.Errorf("%s: got %v, want p.lua:%s", c.name, err, c.want)
		}
	}
	vm := New(Options{})
	_, err := vm.LoadFrom("prompt", 7, "do\nif x then")
	if want := "prompt:8: " + eof + "('end' expected to close 'if' at line 8)"; err == nil || err.Error() != want {
		t.Errorf("in the middle of something: got %v, want %s", err, want)
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 20)
	for _, c := range []struct {
		name, src, message string
		line               int
	}{
		{"token", "local x\nx = = 1", "syntax error near '='", 2},
		{"end of file", "x =\n\n", "syntax error near <eof>", 3},
		{"string", "x = 'abc", "unterminated string near <eof>", 1},
		{"number", "x = 3 y = 1e", "malformed number near '1e'", 1},
		{"break", "x = 1\nbreak", "no loop to break", 2},
		{"varargs", "\nfunction f() return ... end", "cannot use '...' outside a vararg function", 2},
		{"label", "goto nowhere", "no visible label 'nowhere' for <goto> at line 1", 0},
		{"goto and closures", "local x\nlocal f = function() return x end\ngoto e\n::e::", "goto is not supported in a function whose locals are captured by closures", 0},
		{"locals", strings.Repeat("local "+long+" ", 201), "too many local variables", 0},
		{"upvalues", manyUpvalues(256), "function refers to more than 255 local variables of the functions around it", 0},
		{"depth", "x = " + strings.Repeat("(", 1100) + "1" + strings.Repeat(")", 1100), "", 0},
		{"operators", "x = y" + strings.Repeat("+y", 1100), "expression has more than 1000 levels", 1},
		{"blocks", strings.Repeat("do ", 2100) + strings.Repeat("end ", 2100), "statements are nested more than 2000 levels deep", 1},
		{"constants", manyConstants(17000), "function has more than 16384 constants; put large data into a data file", 0},
		{"bytecode", "\x1bLuaQ", "compiled chunks are not supported", 1},
	} {
		_, err := Compile("policy.lua", c.src)
		if c.message == "" {
			continue // either is right; that it ends is what is tested
		}
		var e *SyntaxError
		if !errors.As(err, &e) || e.Message != c.message || e.File != "policy.lua" || c.line > 0 && e.Line != c.line {
			t.Errorf("%s: got %v, want %q in line %d", c.name, err, c.message, c.line)
			continue
		}
		if want := fmt.Sprintf("policy.lua:%d: %s", e.Line, e.Message); e.Error() != want {
			t.Errorf("%s: got %q, want %q", c.name, e.Error(), want)
		}
	}
}

// manyUpvalues is a function that refers to n locals of two functions around it.
func manyUpvalues(n int) string {
	var outer, inner, use strings.Builder
	for i := range n {
		b := &outer
		if i >= n/2 {
			b = &inner
		}
		fmt.Fprintf(b, "local v%d=%d ", i, i)
		fmt.Fprintf(&use, "x=v%d ", i)
	}
	return outer.String() + "function f() " + inner.String() + "return function() " + use.String() + "end end"
}

func manyConstants(n int) string {
	var b strings.Builder
	b.WriteString("x={")
	for i := range n {
		fmt.Fprintf(&b, "%d.5,", i)
	}
	b.WriteString("}")
	return b.String()
}

func TestSourceLimit(t *testing.T) {
	t.Parallel()
	comment := "--" + strings.Repeat("x", defaultMaxSource-2)
	if _, err := Compile("c", comment); err != nil {
		t.Errorf("%d bytes: %v", len(comment), err)
	}
	if _, err := Compile("c", comment+"x"); err == nil {
		t.Errorf("%d bytes: got no error", len(comment)+1)
	}
	vm := New(Options{MaxSource: 10})
	if _, err := vm.Load("c", "local x = 1"); err == nil {
		t.Error("11 bytes with a limit of 10: got no error")
	}
	if _, err := vm.Load("c", "local x=1 "); err != nil {
		t.Errorf("10 bytes with a limit of 10: %v", err)
	}
}
