package luals_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"moonpeer/cmd/node/internal/luals"
	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/node"
)

var definitions = fstest.MapFS{
	"meta/a.d.lua": {Data: []byte("---@meta a\n\n-- All about a.\n")},
	"meta/b.d.lua": {Data: []byte("---@meta b\n")},
}

// setUp does what the command does, and returns the states of the files as text.
func setUp(dir string) (string, error) {
	w := &luals.Folder{Dir: dir}
	err := w.Definitions(definitions, "meta")
	w.KeepDeclared()
	if settings := w.Settings(); err == nil {
		err = settings
	}
	var states []string
	for _, f := range w.Files {
		states = append(states, strings.TrimPrefix(f.Path, ".luatypes/")+" "+string(f.State))
	}
	return strings.Join(states, ", "), err
}

func TestFolder(t *testing.T) {
	t.Parallel()
	const mark = "---@meta x\n-- Written by moonpeer types, which writes it anew: changes are lost.\n"
	dir := filepath.Join(t.TempDir(), "new")
	put := func(name, text string) func() error {
		return func() error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
	}
	steps := []struct {
		name   string
		before func() error
		states string
		err    string // "" for none
	}{
		{"a new folder", func() error { return nil }, "a.d.lua written, b.d.lua written, .luarc.json written", ""},
		{"again", func() error { return nil }, "a.d.lua unchanged, b.d.lua unchanged, .luarc.json unchanged", ""},
		{"changed by somebody", put(".luatypes/a.d.lua", mark+"x = 1"), "a.d.lua written, b.d.lua unchanged, .luarc.json unchanged", ""},
		{"of an earlier version", put(".luatypes/old.d.lua", mark), "a.d.lua unchanged, b.d.lua unchanged, old.d.lua removed, .luarc.json unchanged", ""},
		{"somebody's own beside them", put(".luatypes/mine.d.lua", "---@meta mine\n"), "a.d.lua unchanged, b.d.lua unchanged, .luarc.json unchanged", ""},
		{"what policies declare", put(".luatypes/declared.d.lua", mark), "a.d.lua unchanged, b.d.lua unchanged, declared.d.lua kept, .luarc.json unchanged", ""},
		{"somebody's own in their place", put(".luatypes/b.d.lua", "---@meta b\nmine = 1\n"),
			"a.d.lua unchanged, b.d.lua kept, declared.d.lua kept, .luarc.json unchanged", "b.d.lua is not ours, so it stays as it is: move it elsewhere"},
	}
	for _, s := range steps {
		if s.name != "a new folder" {
			if err := s.before(); err != nil {
				t.Fatal(err)
			}
		}
		states, err := setUp(dir)
		if states != s.states {
			t.Errorf("%s: got %s, want %s", s.name, states, s.states)
		}
		if (err == nil) != (s.err == "") || err != nil && !strings.Contains(err.Error(), s.err) {
			t.Errorf("%s: error %v, want %q", s.name, err, s.err)
		}
	}
	for name, want := range map[string]string{"mine.d.lua": "---@meta mine\n", "b.d.lua": "---@meta b\nmine = 1\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, ".luatypes", name)); string(got) != want {
			t.Errorf("%s is %q now (%v)", name, got, err)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	const version, library = `"runtime.version": "Lua 5.1"`, `"workspace.library": [".luatypes"]`
	tests := []struct{ name, file, err string }{
		{"enough", `{` + version + `, ` + library + `, "hint.enable": true}`, ""},
		{"enough, another way of saying it", `{"Lua.runtime.version": "Lua 5.1", "Lua": {"workspace": {"library": ["x", "./.luatypes/"]}}}`, ""},
		{"enough, nested", `{"runtime": {"version": "Lua 5.1"}, "workspace": {"library": ["${workspaceFolder}/.luatypes"]}}`, ""},
		{"another version", `{"runtime.version": "Lua 5.4", ` + library + `}`, "is not ours, so it stays as it is: add " + version},
		{"another library", `{` + version + `, "workspace.library": ["x"]}`, "add " + library},
		{"neither", `{}`, "add " + version + " and " + library},
		{"kinds that nobody expects", `{"runtime.version": 5, "workspace": 3, "Lua": []}`, "add " + version + " and " + library},
		{"a list", `[]`, "can't be read as JSON"},
		{"with comments", "// mine\n{}", "can't be read as JSON"},
		{"empty", "", "can't be read as JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, ".luarc.json"), []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			states, err := setUp(dir)
			if want := "a.d.lua written, b.d.lua written, .luarc.json kept"; states != want {
				t.Errorf("got %s, want %s", states, want)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, ".luarc.json")); string(got) != tt.file {
				t.Errorf("it is %q now (%v)", got, err)
			}
		})
	}
}

// oneOfEach is a declaration of each kind.
func oneOfEach() (list []node.Declaration) {
	part := func(name, takes string) node.DeclaredPart {
		return node.DeclaredPart{Name: name, Takes: takes, Gives: takes}
	}
	for _, kind := range []string{"event", "record", "option", "var", "set", "map", "vector", "subnet_map", "enum"} {
		list = append(list, node.Declaration{ID: "EX::" + kind, Kind: kind, Place: "p.lua:1", Parts: []node.DeclaredPart{part("k", "addr"), part("v", "string")}})
	}
	return list
}

var (
	declaredField = regexp.MustCompile(`(?m)^---@field (\w+)\??(?: fun\(self: ([\w.]+))?`)
	declaredClass = regexp.MustCompile(`(?m)^---@class ([\w.]+)(?:: (\w+))?$`)
)

// TestDeclaredOverrides: what the classes of declared things have is there in the classes that they are made from, so
// that a method which is renamed there is not forgotten here.
func TestDeclaredOverrides(t *testing.T) {
	t.Parallel()
	docs, err := apidoc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	text := luals.Declared(oneOfEach())
	bases := map[string]string{}
	for _, m := range declaredClass.FindAllStringSubmatch(text, -1) {
		bases[m[1]] = m[2]
		if m[2] != "" && docs.Classes()[m[2]] == nil {
			t.Errorf("class %s is one of %s, which is not there", m[1], m[2])
		}
	}
	if len(bases) != 8+2 { // all but the enum; the record's type, the namespace
		t.Errorf("there are %d classes: %v", len(bases), bases)
	}
	for _, m := range declaredField.FindAllStringSubmatch(text, -1) {
		if m[2] == "" {
			continue // of a record
		}
		members := docs.Members(bases[m[2]])
		if !slices.ContainsFunc(members, func(e *apidoc.Entry) bool { return e.Short == m[1] && e.Kind == apidoc.Method }) {
			t.Errorf("%s has a method %s, which %s has not", m[2], m[1], bases[m[2]])
		}
	}
}

// TestDeclaredNames: names that can't be parameters, that are there twice or that nobody gave.
func TestDeclaredNames(t *testing.T) {
	t.Parallel()
	addr := func(name string, optional bool) node.DeclaredPart {
		return node.DeclaredPart{Name: name, Takes: "addr", Gives: "addr", Optional: optional}
	}
	text := luals.Declared([]node.Declaration{{ID: "ping", Kind: "event", Place: "p.lua:1", Parts: []node.DeclaredPart{
		addr("a", true), addr("end", false), addr("a", false), addr("", true),
	}}})
	for _, want := range []string{
		"---@class global.ping: event\n",
		"---@field raise fun(self: global.ping, a: addr|nil, end_2: addr, a_3: addr, arg4?: addr)\n",
		"fn: fun(a?: addr, end_2: addr, a_3: addr, arg4?: addr)",
		"---@overload fun(): namespace_global\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestManyDeclared: a file of Lua can't have more than 200 locals, so there are none.
func TestManyDeclared(t *testing.T) {
	t.Parallel()
	var list []node.Declaration
	for i := range 250 {
		list = append(list, node.Declaration{ID: fmt.Sprintf("EX::e%d", i), Kind: "event", Place: "p.lua:1"})
	}
	if _, err := luavm.Compile("declared.d.lua", luals.Declared(list)); err != nil {
		t.Error(err)
	}
}
