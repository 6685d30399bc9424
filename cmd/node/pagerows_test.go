package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

const (
	inBody    = "Lua, in the body"
	inHandler = "Lua, in a handler"
)

// pageRows FOLDER makes policies and tests of the page's tables whose last column is inBody or inHandler. Each piece of code
// there becomes a policy, behind the page's first Lua block, for node check; and a test in rows_test.lua, which runs it and
// wants neither errors nor warnings.
func pageRows(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: page-rows FOLDER")
	}
	text, err := os.ReadFile(pageFile(ts))
	ts.Check(err)
	folder := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(folder, 0o700))
	write := func(name, text string) {
		ts.Check(os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	given := firstLua(string(text))
	tests := rowsPrelude
	for _, row := range tableRows(string(text), inBody, inHandler) {
		for i, code := range row.code {
			name := fmt.Sprintf("line_%d_%d", row.line, i+1)
			code = given + statements(code) + "\n"
			tests += fmt.Sprintf("it(%q, function() try(%t, [==[\n%s]==]) end)\n", name, row.column == inBody, code)
			if row.column == inHandler {
				code = given + "on(\"node_init\", function()\n" + strings.TrimPrefix(code, given) + "end)\n"
			}
			write(name+".lua", code)
		}
	}
	if tests == rowsPrelude {
		ts.Fatalf("%s has no table whose last column is %q or %q", pageName(ts), inBody, inHandler)
	}
	write("rows_test.lua", tests)
}

func firstLua(page string) string {
	for _, b := range blocks(page) {
		if b.language == "lua" {
			return strings.Join(b.lines, "\n") + "\n"
		}
	}
	return ""
}

// statement is what code begins with that is none of Lua's expressions.
var statement = regexp.MustCompile(`^(local|if|for|while)\b|^[\w.]+ = |; `)

// statements makes statements of code that may be an expression.
func statements(code string) string {
	if statement.MatchString(code) {
		return code
	}
	return "local _ = " + code
}

// rowsPrelude is what rows_test.lua begins with.
const rowsPrelude = `local function try(in_body, code)
  local n = sim.node { lua = in_body and code or "" }
  if not in_body then n:eval(code) end
  n:run()
  expect(n:warnings()):to_be_empty()
end

`

func TestStatements(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"known:has(a)":                    "local _ = known:has(a)",
		"n == 5":                          "local _ = n == 5",
		"n = n + 1":                       "n = n + 1",
		"local x = 1":                     "local x = 1",
		"if n then print(n) end":          "if n then print(n) end",
		"f(a); g(a)":                      "f(a); g(a)",
		"iffy(a)":                         "local _ = iffy(a)",
		"map(\"addr\", { a = 1 }):get(a)": "local _ = map(\"addr\", { a = 1 }):get(a)",
	} {
		if got := statements(code); got != want {
			t.Errorf("%s became %s, want %s", code, got, want)
		}
	}
}
