package rewrite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

func parsed(t *testing.T, src string) []ast.Stmt {
	t.Helper()
	chunk, err := parse.Parse(strings.NewReader(src), "test")
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return chunk
}

// TestLeavesAlone has what is compiled correctly, in particular what is hot.
func TestLeavesAlone(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"local n = 0 n = n + 1", "local a = f() and g() or 1", "local a, b = b, a", "local t t = {1, 2, k = 3}", "local x x = -x x = #x x = not x x = y x = a.b[c]",
		"x = f() and y", "t.k = f() and y", "return f() and y", "f(a and b, c or d)", "if f() and y then end", "local x x = f()", "local x x = f", "local x x = function() return x end",
		"for i = 1, 10 do f(i) end", "for i = 1, 10 do if false then f() end end", "for k, v in pairs(t) do f(k) end", "while x do f() end", "while true do f() end", "while 1 do local x end", "repeat f() until true and x",
		"local function f() return f() end", "local f = function() return g() end", "local f = function(f) return f end", "return f()", "return (x)", "return (f()), 1",
		"for i = 1, 2 do local y local g = function() return y end end", "while x do local y if y then break end end", "function t.a.b:c() end", "local t = {f(), g()}", "local t = {f(), k = 1, g()}",
		"local function f(a, b) a = (g(a)) end", "f()\n::a::", "do goto a end ::a:: f()",
	} {
		before := parse.Dump(parsed(t, src))
		r, err := Chunk(parsed(t, src))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if after := parse.Dump(r.Stmts); after != before {
			t.Errorf("%s became\n%s", src, after)
		}
	}
}

// TestRewrites looks for what the rewritten tree must have.
func TestRewrites(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string
		want []string
	}{
		{"local a, b a, b = b, a", []string{"(1)", "(2)"}},
		{"local x x = f() and y", []string{"(1)"}},
		{"local x x = y or 1", []string{"(1)"}},
		{"local function f(a) a = (g(a)) end", []string{"(1)"}},
		{"local function f(...) local x x = (...) end", []string{"(1)"}},
		{"t[i], x = 1, 2", []string{"(1)", "(2)", "(3)", "(4)"}},
		{"local i, t i, t[i] = 1, 2", []string{"(1)", "(2)", "(3)"}},
		{"x = 1, 2", []string{"(1)"}},
		{`("x").y = 1`, []string{"(1)", "(2)"}},
		{"for k in next, t do f() end", []string{"IdentExpr: t\n      <empty>"}},
		{"for k in f, g() do f() end", []string{"(f)", "(s)", "(c)"}},
		{"for k in f, s, (g()) do f() end", []string{"(f)", "(s)", "(c)"}},
		{"for k in a, b, c, d do f() end", []string{"(f)", "(s)", "(c)"}},
		{"for k in pairs(t) do break end", []string{"(nop)"}},
		{"for k in pairs(t) do if false then f() end end", []string{"(nop)"}},
		{"while x do local y = true and z end", []string{"(nop)"}},
		{"while (false and x) or y do f() end", []string{"(nop)", "NodeUnaryNotOpExpr"}},
		{"while nil do f() end", []string{"(nop)"}},
		{"repeat until (false and x) or y", []string{"(nop)"}},
		{"repeat do end until x", []string{"(nop)"}},
		{"::a:: if false then end goto a", []string{"(nop)"}},
		{"::a:: ::b:: if false then end goto a", []string{"(nop)"}},
		{"local f = function() return f end", []string{"\n      <empty>"}},
		{"return (f())", []string{"(1)"}},
		{"while x do if y then local z g(function() return z end) break end end", []string{"(close)", "(dead)"}},
		{"for i = 1, 2 do do local z g(function() return z end) break end end", []string{"(dead)"}},
		{"return a .. b .. c", []string{":concat"}},
		{"t = {" + strings.Repeat("1,", 50) + "k = 1}", []string{":constructor"}},
		{"t = {" + strings.Repeat("1,", 50) + "f()}", []string{":constructor"}},
		{"x = 0010 + 0xFF + 3. + .5", []string{"Value: 10", "Value: 255", "Value: 3", "Value: 0.5"}},
	} {
		r, err := Chunk(parsed(t, c.src))
		if err != nil {
			t.Errorf("%.60s: %v", c.src, err)
			continue
		}
		dump := strings.ReplaceAll(strings.ReplaceAll(parse.Dump(r.Stmts), "$", ""), "NumberExpr: ", "NumberExpr: Value: ")
		for _, w := range c.want {
			if !strings.Contains(dump, w) {
				t.Errorf("%.60s lacks %q\n%.2000s", c.src, w, dump)
			}
		}
	}
}

// TestSites has what is counted, in the order of the numbers of sites; 0 is a function that begins with nothing to count.
func TestSites(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"x = 1\n\nf()\nlocal y", "[1 3 4] []"},
		{"if a then\nb()\nelseif c then\nd()\nelse\ne()\nend", "[1 2 3 4 6] []"},
		{"repeat\nf()\nuntil g(function() return 1 end)", "[1 2 3 3] [{ 3 3}]"},
		{"repeat\nbreak until x repeat ::a:: until\ny", "[1 2 2 3] []"},
		{"while a do\nb() break end for i = 1, 2 do\nend for k in p do end", "[1 2 2 2 3] []"},
		{"do ::a::\ngoto a end", "[2] []"},
		{"function a.b:c()\nend local function d()\nreturn 1 end", "[1 0 2 3] [{a.b:c 1 1} {d 2 3}]"},
		{"f(function() ::a:: x() end, { k = function() y() end })", "[1 1 0 1] [{ 1 2} {k 1 3}]"},
	} {
		r, err := Counted(parsed(t, c.src))
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if got := fmt.Sprint(r.Sites.Lines, r.Sites.Functions); got != c.want {
			t.Errorf("%q: got %s, want %s", c.src, got, c.want)
		}
		marks := 2 * len(r.Sites.Lines)
		if n := strings.Count(parse.Dump(r.Stmts), "NodeTrueExpr"); n > 0 && n != marks {
			t.Errorf("%q: got %d statements that mark, want %d", c.src, n, marks)
		}
	}
}

// TestMarkIsUnique gives the chunk strings that look like the mark.
func TestMarkIsUnique(t *testing.T) {
	t.Parallel()
	mark := "\x00luavm:"
	for _, src := range [][]string{{mark}, {mark + "concat"}, {mark + "a", mark + "a\x00b", mark + "zz"}, {mark + "a\x00b\x00", mark + "a", mark}} {
		stmt := &ast.LocalAssignStmt{Names: []string{"x"}}
		for _, s := range src {
			stmt.Exprs = append(stmt.Exprs, &ast.StringExpr{Value: s})
		}
		r, err := Chunk([]ast.Stmt{stmt})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range src {
			if strings.HasPrefix(s, r.Mark) {
				t.Errorf("%q begins with the mark %q", s, r.Mark)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"local x\nlocal f = function() return x end\ngoto a ::a::":        "line 3: goto is not supported in a function whose locals are captured by closures",
		"function f(x)\n::a::\nreturn function() return x end end":        "line 2: goto is not supported in a function whose locals are captured by closures",
		"x = y" + strings.Repeat("*y", 1200):                              "line 1: expression has more than 1000 levels",
		strings.Repeat("if x then ", 2100) + strings.Repeat("end ", 2100): "line 1: statements are nested more than 2000 levels deep",
		"if x then " + strings.Repeat("elseif y then ", 2100) + "end":     "line 1: statements are nested more than 2000 levels deep",
	} {
		_, err := Chunk(parsed(t, src))
		var e *Error
		if !errors.As(err, &e) || e.Error() != want {
			t.Errorf("%.60s: got %v, want %s", src, err, want)
		}
	}
}
