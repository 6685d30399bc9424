package script

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	lua "github.com/yuin/gopher-lua"
)

// libraries are what the tests' scripts find.
var libraries = fstest.MapFS{
	"base/greet/init.lua": {Data: []byte(`
print "greet runs"
local words = require "words"
local M = { unseen = 1 }
M.word = words.hello
function M.hello(name) return M.word .. " " .. name end
return M`)},
	"base/greet/words.lua":    {Data: []byte(`return { hello = require("internal.text").hello }`)},
	"base/twice/init.lua":     {Data: []byte(`local M = {} M.twice = greet.hello return M`)},
	"base/broken/init.lua":    {Data: []byte(`error "it is broken"`)},
	"base/selfish/init.lua":   {Data: []byte(`local M = {} M.x = selfish.x return M`)},
	"base/text/init.lua":      {Data: []byte(`return "text"`)},
	"base/owner/init.lua":     {Data: []byte(`handle() local M = {} M.x = 1 return M`)},
	"base/not_one/readme.txt": {},
}

// libraryModule opens the libraries, as bindings do.
type libraryModule struct{}

func (libraryModule) Open(d *Domain) error {
	d.SetGlobal("handle", d.VM.NewFunction("handle", func(*lua.LState) int {
		d.On("event", nil, 0)
		return 0
	}))
	d.SetPrivate("internal.text", map[string]lua.LValue{"hello": lua.LString("hello")})
	return d.SetLibraries(libraries)
}

// loadText loads one script and returns what it printed and what it reported or failed with.
func loadText(t *testing.T, src string, check bool) (d *Domain, out, said string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	d, err := New(Options{Modules: []Module{libraryModule{}}, Stdout: &stdout, Reports: NewReports(&stderr), Check: check})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Load([]string{file}); err != nil {
		stderr.WriteString(err.Error())
	}
	return d, stdout.String(), stderr.String()
}

func TestLibraries(t *testing.T) {
	tests := []struct {
		name, src string
		out       string
		said      string // part of it; "" for nothing
	}{
		{"not used, not run", `print(1)`, "1\n", ""},
		{"by its name", `print(greet.hello "you", greet.word)`, "greet runs\nhello you\thello\n", ""},
		{"once, by require and by name", `print(require "greet" == greet, greet.hello "me")`, "greet runs\ntrue\thello me\n", ""},
		{"one uses another", `print(twice.twice "x")`, "greet runs\nhello x\n", ""},
		{"a function that it does not have", `local f = function() return greet.helo end`, "", `p.lua:1: greet has no "helo" (did you mean hello?)`},
		{"at run time, too", `local name = "helo" print(greet[name])`, "greet runs\n", `p.lua:1: greet has no "helo" (did you mean hello?)`},
		{"read-only", `local g = greet g.hello = 1`, "greet runs\n", "greet.hello is predefined and can't be assigned"},
		{"not assigned", `greet = 1`, "", `"greet" is predefined`},
		{"a misspelt name", `print(gret.hello)`, "", "did you mean greet?"},
		{"an error in it", `print((pcall(function() return broken.x end))) print(broken.x)`, "false\n", "it is broken"},
		{"it needs itself", `print(selfish.x)`, "", `library "selfish" requires itself`},
		{"no table", `print(text.x)`, "", "returns a string, want the library's table"},
		{"its parts are its own", `require "greet.words"`, "", `module "greet.words" not found`},
		{"so are private modules", `require "internal.text"`, "", `module "internal.text" not found`},
		{"a folder without init.lua", `print(not_one)`, "", `undeclared global "not_one"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, out, said := loadText(t, tt.src, false)
			if out != tt.out {
				t.Errorf("printed %q, want %q", out, tt.out)
			}
			if (said == "") != (tt.said == "") || !strings.Contains(said, tt.said) {
				t.Errorf("said %q, want %q", said, tt.said)
			}
		})
	}
}

// TestLibraryOwnsItsHandlers: what a library registers is not the script's that happens to use it first.
func TestLibraryOwnsItsHandlers(t *testing.T) {
	d, _, _ := loadText(t, `local x = owner.x handle() print(x)`, false)
	if got := d.Libraries(); !slices.Contains(got, "greet") || !slices.IsSorted(got) {
		t.Errorf("libraries %q", got)
	}
	var names []string
	d.Events(func(ev *Event) {
		for _, h := range ev.Handlers() {
			names = append(names, h.Script.Name)
		}
	})
	if len(names) != 2 || names[0] != "owner" || filepath.Base(names[1]) != "p.lua" {
		t.Errorf("the handlers' scripts are %q", names)
	}
}

// TestCheckKnowsLibraries: what is a warning for a run is an error for a check.
func TestCheckKnowsLibraries(t *testing.T) {
	_, _, said := loadText(t, `local function f() return greet.helo end`, true)
	if !strings.Contains(said, `greet has no "helo"`) {
		t.Errorf("said %q", said)
	}
}
