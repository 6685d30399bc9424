// Package tests holds what spans packages: the shape of the repository itself, and tests that need several packages
// together. The rules of the import graph are in archrules_test.go.
package tests

import (
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// stdNames asks the toolchain for the names that the standard library has taken.
func stdNames(t *testing.T) map[string]bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "std").Output()
	if err != nil {
		t.Fatalf("go list std: %v", err)
	}
	names := map[string]bool{}
	for _, p := range strings.Fields(string(out)) {
		if !strings.HasPrefix(p, "vendor/") && !strings.Contains("/"+p+"/", "/internal/") {
			names[path.Base(p)] = true
		}
	}
	return names
}

func TestArchitecture(t *testing.T) {
	t.Parallel()
	repo, err := loadTree(os.DirFS(".."), stdNames(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, problem := range rule(repo) {
				t.Error(problem)
			}
		})
	}
}

// TestRulesBite breaks each rule in a small repository of its own and wants to be told; a file that keeps all of them
// must pass all of them.
func TestRulesBite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rule string
		file, src  string
		want       string // "" when the rule is kept
	}{
		{"left is allowed", "import direction", "runtime/node/a.go", `package node; import _ "moonpeer/net/wire"`, ""},
		{"same layer is allowed", "import direction", "net/endpoint/a.go", `package endpoint; import _ "moonpeer/net/prefix"`, ""},
		{"net imports runtime", "import direction", "net/endpoint/a.go", `package endpoint; import _ "moonpeer/runtime/node"`, "imports point left"},
		{"store imports bindings", "import direction", "store/a.go", `package store; import _ "moonpeer/bindings"`, "imports point left"},
		{"a test points right", "import direction", "runtime/node/a_test.go", `package node; import _ "moonpeer/bindings"`, "imports point left"},
		{"runtime imports the command", "import direction", "runtime/node/a.go", `package node; import _ "moonpeer/cmd/node/internal/console"`, "imports point left"},
		{"a leaf imports", "import direction", "scripts/embed.go", `package scripts; import _ "moonpeer/net/broker"`, "a leaf imports nothing"},
		{"a leaf is imported", "import direction", "cmd/node/a.go", `package main; import _ "moonpeer/scripts"`, ""},
		{"the vocabulary imports", "import direction", "net/broker/a.go", `package broker; import _ "moonpeer/net/wire"`, "may import only []"},
		{"its own folder below", "import direction", "runtime/luavm/a.go", `package luavm; import _ "moonpeer/runtime/luavm/internal/rewrite"`, ""},
		{"product imports tests", "import direction", "runtime/node/a.go", `package node; import _ "moonpeer/tests/testnode"`, "tests is for tests"},
		{"tests see all", "import direction", "tests/testnode/a.go", `package testnode; import _ "moonpeer/cmd/node"`, ""},

		{"library at home", "third-party homes", "bindings/jsonlib/a.go", `package jsonlib; import _ "github.com/yuin/gopher-lua"`, ""},
		{"library's child away", "third-party homes", "net/wire/a.go", `package wire; import _ "github.com/yuin/gopher-lua/ast"`, "whose homes are [runtime/luavm runtime/script bindings]"},
		{"a folder that only starts alike", "third-party homes", "runtime/inputs/a.go", `package inputs; import _ "github.com/gopacket/gopacket/pcapgo"`, "whose homes are [runtime/input]"},
		{"library without a home", "third-party homes", "cmd/node/a.go", `package main; import _ "example.org/new"`, "whose homes are []"},
		{"test library in product code", "third-party homes", "store/a.go", `package store; import _ "pgregory.net/rapid"`, "for tests only"},
		{"test library in a test", "third-party homes", "store/a_test.go", `package store; import _ "go.uber.org/goleak"`, ""},

		{"named like the standard library", "package names", "runtime/log/a.go", `package log`, "named like one of the standard library"},
		{"named like its library", "package names", "cmd/node/internal/toml/a.go", `package toml; import _ "github.com/pelletier/go-toml/v2"`, "named like the library it imports"},
		{"folder and package differ", "package names", "net/wire/a.go", `package frames`, "its folder is wire"},
		{"an outside test", "package names", "net/wire/a_test.go", `package wire_test`, ""},
		{"a command", "package names", "cmd/node/a.go", `package main`, ""},

		{"a file in net", "where files lie", "net/a.go", `package net`, "holds folders only"},
		{"a file in runtime", "where files lie", "runtime/a_test.go", `package runtime`, "holds folders only"},
		{"an unknown folder", "where files lie", "internal/x/a.go", `package x`, "lies outside of"},
		{"a second command", "where files lie", "cmd/tool/a.go", `package main`, "lies outside of"},

		{"600 lines", "file size", "store/a.go", "package store" + strings.Repeat("\n", 600), ""},
		{"601 lines", "file size", "store/a.go", "package store" + strings.Repeat("\n", 601), "has 601 lines, over 600"},
		{"801 lines of tests", "file size", "store/a_test.go", "package store" + strings.Repeat("\n", 801), "over 800"},

		{"a sleeping test", "no sleeping tests", "store/a_test.go", "package store\nimport \"time\"\nfunc f() { time.Sleep(1) }", "store/a_test.go:3 sleeps"},
		{"asleep in a bubble", "no sleeping tests", "store/a_test.go", "package store\nimport (\"time\"; _ \"testing/synctest\")\nfunc f() { time.Sleep(1) }", ""},

		{"two files without a manual", "package manuals", "bindings/b.go", `package bindings`, "bindings has 2 files and no doc.go"},
		{"one file and its test", "package manuals", "bindings/a_test.go", `package bindings`, ""},

		{"docs at the top", "top level", "docs/a.md", ``, "docs does not belong"},
		{"a built binary", "top level", "node", ``, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			repo, err := loadTree(fstest.MapFS{
				".gitignore":    {Data: []byte("# what a build leaves\n/node\n")},
				"bindings/a.go": {Data: []byte(`package bindings`)},
				tt.file:         {Data: []byte(tt.src)},
			}, map[string]bool{"log": true, "net": true})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(rules[tt.rule](repo), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("%s:\n got %q\nwant %q", tt.rule, got, tt.want)
			}
		})
	}
}
