package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm"
)

// fakeModule predefines what a prompt can look at.
type fakeModule struct{}

func (fakeModule) Open(d *Domain) error {
	fn := d.VM.NewFunction("fn", func(*lua.LState) int { return 0 })
	d.SetModule("clock", map[string]lua.LValue{"after": fn, "every": fn, "UNIT": lua.LString("s")})
	ud := d.L.NewUserData()
	ud.Metatable = d.Methods("thing", map[string]lua.LGFunction{"add": fn.GFunction, "drop": fn.GFunction})
	d.SetGlobal("thing", ud)
	odd := d.L.NewUserData()
	odd.Value = "odd"
	d.SetGlobal("odd", odd)
	return d.SetLibraries(fstest.MapFS{"base/lib/init.lua": {Data: []byte("local M = {}\nfunction M.one() end\nfunction M.two() end\nerror 'it runs'\nreturn M\n")}})
}

func newPrompt(t *testing.T, src string) *Prompt {
	t.Helper()
	d, err := New(Options{Modules: []Module{fakeModule{}}, Instructions: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	d.ready = true
	p := d.NewPrompt()
	p.Members = func(ud *lua.LUserData) (fields, methods []string) {
		if ud.Value == "odd" {
			return []string{"width"}, []string{"contains"}
		}
		return nil, nil
	}
	if src != "" {
		p.eval(t, src)
	}
	return p
}

// eval returns what a text gives, its values or its error, as one text.
func (p *Prompt) eval(t *testing.T, src string) string {
	t.Helper()
	values, err := p.Eval("prompt", 1, src)
	if err != nil {
		return "error: " + err.Error()
	}
	var texts []string
	for _, v := range values {
		texts = append(texts, v.String())
	}
	return strings.Join(texts, " ")
}

func TestPromptScope(t *testing.T) {
	t.Parallel()
	p := newPrompt(t, "")
	for _, tt := range []struct{ src, want string }{
		{"1 + 1", "2"},
		{"=1, 'a'", "1 a"},
		{"  = 3", "3"},
		{"x = 5", ""},
		{"x", "5"},
		{"function twice(n) return 2 * n end", ""},
		{"twice(x)", "10"},
		{"(function() y = x + 1 return y end)()", "6"},
		{"y", "6"},
		{"x = nil", ""},
		{"x", `error: prompt:1: undeclared global "x"`},
		{"local z = 1", ""},
		{"z", `error: prompt:1: undeclared global "z"`},
		{"clock = 1", `error: prompt:1: "clock" is predefined and can't be assigned (use another name)`},
		{"lib = 1", `error: prompt:1: "lib" is predefined and can't be assigned (use another name)`},
		{"_G.q = 1", `error: prompt:1: assignment to undeclared global "q" (write local q = …)`},
		{"getfenv(1)[nil] = 1", "error: prompt:1: table index is nil"},
		{"setmetatable(getfenv(1), nil)", "error: prompt:1: cannot change a protected metatable"},
		{"for", "error: prompt:1: syntax error near <eof> ('end' expected to close 'for' at line 1)"},
		{"1 2", "error: prompt:1: syntax error near '2'"},
		{"= 1 2", "error: prompt:1: syntax error near '2'"},
		{"1 +", "error: prompt:1: syntax error near <eof>"},
		{"1" + strings.Repeat(" + 1", 2000), "error: prompt:1: expression has more than 1000 levels"},
		{"1) + (2", "error: prompt:1: syntax error near ')'"},
		{"f( -- a comment", "error: prompt:1: syntax error near <eof> (')' expected to close '(' at line 1)"},
		{"1 -- a comment", "1"},
		{"select('#', nil, nil), nil", "2 nil"},
		{"", ""},
		{"-- nothing", ""},
	} {
		if got := p.eval(t, tt.src); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.src, got, tt.want)
		}
	}
	if got := p.d.L.G.Global.RawGetString("y"); got != lua.LNil {
		t.Errorf("y has reached the scripts: %v", got)
	}
	if got := p.d.NewPrompt().eval(t, "y"); !strings.Contains(got, "undeclared") {
		t.Errorf("y has reached another prompt: %s", got)
	}
	if got := p.eval(t, "while true do end"); !strings.Contains(got, "budget used up") {
		t.Errorf("endless loop: got %s", got)
	}
	if got := p.eval(t, "y"); got != "6" {
		t.Errorf("after it: got %s", got)
	}
}

// TestPromptTraceback: what a text calls is seen below it.
func TestPromptTraceback(t *testing.T) {
	t.Parallel()
	p := newPrompt(t, "function fails() error 'no' end")
	_, err := p.Eval("prompt", 7, "fails()")
	var le *luavm.Error
	if !errors.As(err, &le) || !strings.Contains(le.Traceback, "prompt:1: in function 'fails'\n\tprompt:7: in main chunk") {
		t.Errorf("got %v\n%s", err, le.Traceback)
	}
}

func TestChunkLocals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src  string
		want []string
	}{
		{"local a, b = 1", []string{"a", "b"}},
		{"x = 1 local function f() local g end", []string{"f"}},
		{"do local a end", nil},
		{"local", nil},
	} {
		if got := ChunkLocals(tt.src); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.src, got, tt.want)
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	p := newPrompt(t, `
mine = { alpha = 1, beta = function() end, sub = { deep = "text" }, [1] = 2, ["no name"] = 3 }
trap = setmetatable({ seen = 1 }, { __index = function() error "called" end })
child = setmetatable({ own = 1 }, { __index = mine })
loop = {}; setmetatable(loop, { __index = loop })
many = {}; for i = 1, 20000 do many[i] = i; many["k" .. i] = i end
text = "abc"`)
	for _, tt := range []struct {
		text  string
		start int
		want  string
	}{
		{"mi", 0, "mine"},
		{"print(mi", 6, "mine"},
		{"x = clo", 4, "clock"},
		{"clock.", 6, "UNIT after every"},
		{"clock.a", 6, "after"},
		{"clock:", 6, "after every"},
		{"thing:", 6, "add drop"},
		{"thing:d", 6, "drop"},
		{"odd.", 4, "contains width"},
		{"odd:", 4, "contains"},
		{"mine.sub.", 9, "deep"},
		{"mine.sub.deep:up", 14, "upper"},
		{"text:rev", 5, "reverse"},
		{"string.rev", 7, "reverse"},
		{"child.a", 6, "alpha"},
		{"child:", 6, "beta"},
		{"trap.", 5, "seen"},
		{"trap.x.", 7, ""},
		{"nothing.", 8, ""},
		{"lib.", 4, "one two"},
		{"li", 0, "lib"},
		{"1 .. mi", 5, "mine"},
		{"mine.alpha..mi", 12, "mine"},
		{"f().a", 4, ""},
		{`print("mi`, 7, ""},
		{"whi", 0, "while"},
		{"loop.a", 5, ""},
		{"many.k1999", 5, "k1999 k19990 k19991 k19992 k19993 k19994 k19995 k19996 k19997 k19998 k19999"},
		{strings.Repeat("a.", 100_000), 200_000, ""},
		{"\xff\x00(", 3, ""},
	} {
		c := p.Complete(tt.text)
		got := strings.Join(c.Names, " ")
		if tt.text == "many.k1999" { // of so many only some are looked at
			if len(c.Names) > 11 {
				t.Errorf("%s: got %d names", tt.text, len(c.Names))
			}
			continue
		}
		if strings.HasSuffix(tt.text, "(") {
			continue // anything, but no panic
		}
		if got != tt.want || c.Start != tt.start {
			t.Errorf("%.20s: got %d %q, want %d %q", tt.text, c.Start, got, tt.start, tt.want)
		}
	}
	if lib := p.d.loader.lazy["lib"]; lib.opened {
		t.Error("completion has run a library's file")
	}
	if got := len(p.Complete("many.").Names); got != maxOffered {
		t.Errorf("many fields: %d names are offered, want %d", got, maxOffered)
	}
}

func TestModuleOf(t *testing.T) {
	t.Parallel()
	p := newPrompt(t, "own = {}")
	for _, tt := range []struct{ expr, want string }{
		{"clock", "clock [UNIT after every]"},
		{"own", " []"},
		{"1", " []"},
		{"coroutine", "coroutine [create resume running status wrap yield]"},
	} {
		values, err := p.Eval("prompt", 1, tt.expr)
		if err != nil {
			t.Fatal(err)
		}
		name, members := p.d.Module(values[0])
		if got := fmt.Sprint(name, " ", members); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.expr, got, tt.want)
		}
	}
}
