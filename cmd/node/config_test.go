package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "node.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestConfig(t *testing.T) {
	t.Parallel()
	file := writeConfig(t, `
[node]
name  = "worker-1"
state = "state"
path  = ["lua", "/usr/share/lua"]
debug = ["script"]

[limits]
handler_instructions = 5_000_000_000
handler_seconds = 2
queued_events = 3
connections = 4

[options]
"EX::server"  = "10.0.0.1"
"EX::ratio"   = 2.5
"EX::enabled" = true
"EX::n"       = 7
"EX::ports"   = ["80/tcp", 443]
"EX::names"   = { a = "b" }
`)
	c, err := loadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(file)
	if got, want := c.Node.State, filepath.Join(dir, "state"); got != want {
		t.Errorf("state: got %q, want %q", got, want)
	}
	if got, want := c.Node.Path, []string{filepath.Join(dir, "lua"), below(dir, "/usr/share/lua")}; !slices.Equal(got, want) {
		t.Errorf("path: got %q, want %q", got, want)
	}
	if c.Node.Name != "worker-1" || !slices.Equal(c.Node.Debug, []string{"script"}) {
		t.Errorf("node: got %+v", c.Node)
	}
	if want := (limitsTable{HandlerInstructions: 5_000_000_000, HandlerSeconds: 2, QueuedEvents: 3, Connections: 4}); c.Limits != want {
		t.Errorf("limits: got %+v, want %+v", c.Limits, want)
	}
	got, err := optionTexts(c.Options, file)
	want := []string{
		"EX::enabled=true", "EX::n=7", `EX::names={"a":"b"}`, `EX::ports=["80/tcp",443]`, "EX::ratio=2.5", "EX::server=10.0.0.1",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("options: got %q, %v\nwant %q", got, err, want)
	}
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string // one line each, after the file's name
	}{
		{"unknown key", "[node]\nnmae = 'x'", []string{`:2:1: [node] has no key "nmae" (did you mean name?)`}},
		{"nothing near", "[node]\n  zzzzz = 1", []string{`:2:3: [node] has no key "zzzzz" (known: name, state, debug, control, path)`}},
		{"unknown table", "[nod]\nname = 'x'", []string{`:1:2: no table is called [nod] (did you mean node?)`}},
		{"key outside of a table", "name = 'x'", []string{`:1:1: no table is called [name] (the key name belongs below [node])`}},
		{"nothing known near", "zzzzz = 1", []string{`:1:1: no table is called [zzzzz] (known: node, peers, tls, options, limits)`}},
		{"all unknown keys", "[limits]\na = 1\nhandler_second = 1", []string{
			`:2:1: [limits] has no key "a" (known: handler_instructions, handler_seconds, queued_events, connections, peers, max_frame)`,
			`:3:1: [limits] has no key "handler_second" (did you mean handler_seconds?)`,
		}},
		{"table in a table", "[node.deep]\nx = 1", []string{`:1:2: [node] has no key "deep" (known: name, state, debug, control, path)`}},
		{"a layout's limits", "[limits.worker]\nmemory = '500 MB'", []string{`:1:2: [limits] has no key "worker" (it belongs below [limits.worker] and so on of a layout, not here)`}},
		{"a layout's limit", "[limits]\nmemory = '500 MB'", []string{`:2:1: [limits] has no key "memory" (it belongs below [limits.worker] and so on of a layout, not here)`}},
		{"a layout's count", "workers = 2", []string{`:1:1: no table is called [workers] (it belongs into a layout, not here)`}},
		{"syntax", "[node]\nname = ", []string{":2:7: expected value"}},
		{"wrong type", "[node]\nname = 5", []string{":2:8: [node] name: got integer, want a text in quotes"}},
		{"not a list", "[node]\npath = 'x'", []string{":2:8: [node] path: got string, want a list of texts"}},
		{"wrong type in a list", "[node]\ndebug = [1]", []string{":2:10: [node] debug: got integer, want a list of texts"}},
		{"not a number", "[limits]\nconnections = '5'", []string{":2:15: [limits] connections: got string, want a whole number"}},
		{"negative", "[limits]\nhandler_seconds = -1", []string{":2:19: [limits] handler_seconds: negative integer value -1 cannot be stored"}},
		{"too large", "[limits]\nqueued_events = 5_000_000_000", []string{":2:17: "}},
		{"too small", "[limits]\nmax_frame = 65_535", []string{": [limits] max_frame = 65535: want at least 65536"}},
		{"a value for a table", "limits = 5", []string{":1:10: [limits]: got integer, want a table"}},
		{"twice", "[node]\nname = 'a'\nname = 'b'", []string{":3:1: "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := writeConfig(t, tt.text)
			_, err := loadConfig(file)
			if err == nil {
				t.Fatal("got no error")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tt.want) {
				t.Fatalf("got %d lines, want %d:\n%v", len(lines), len(tt.want), err)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(lines[i], file+want) {
					t.Errorf("got  %s\nwant %s%s", lines[i], file, want)
				}
			}
			t.Log(err)
		})
	}
}

func TestConfigMissing(t *testing.T) {
	t.Parallel()
	_, err := loadConfig(filepath.Join(t.TempDir(), "none.toml"))
	if err == nil || !strings.Contains(err.Error(), "none.toml") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestOptionDate(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(writeConfig(t, "[options]\n'EX::since' = 2026-01-02"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := optionTexts(c.Options, "node.toml"); err == nil || !strings.Contains(err.Error(), `[options] "EX::since"`) {
		t.Errorf("got %v, want an error that names the option", err)
	}
}
