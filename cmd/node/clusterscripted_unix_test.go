//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

// TestNodeNames: what is no folder of its own in the state directory is no name.
func TestNodeNames(t *testing.T) {
	for _, name := range []string{"grault", "worker-1", "ünï", "a.b", strings.Repeat("x", maxNodeName)} {
		if err := checkNodeName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"":                                 "node names must not be an empty string",
		"a b":                              "node names must not contain spaces: 'a b'",
		"a\nb":                             "node names must not contain spaces: 'a\nb'",
		".":                                "node names must not look like paths: '.'",
		"..":                               "node names must not look like paths: '..'",
		".hidden":                          "node names must not look like paths: '.hidden'",
		"a/b":                              "node names must not look like paths: 'a/b'",
		`a\b`:                              `node names must not look like paths: 'a\b'`,
		"h:1":                              "node names must not look like paths: 'h:1'",
		"supervisor":                       "node name 'supervisor' is the supervisor's own",
		"Supervisor":                       "node name 'Supervisor' is the supervisor's own",
		"--json":                           "node names must not begin with a dash: '--json'",
		"a\x1b":                            `node names must be printable: "a\x1b"`,
		"a\xff":                            `node names must be printable: "a\xff"`,
		strings.Repeat("x", maxNodeName+1): "node names must not be longer than 200 bytes",
	} {
		if err := checkNodeName(name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
}

// TestFromHere: which file a node is given that works elsewhere.
func TestFromHere(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, file := range []string{"here.lua", "-x"} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := node.NodeConfig{Directory: "work"}
	for _, tt := range []struct {
		c          node.NodeConfig
		path, want string
	}{
		{node.NodeConfig{}, "here.lua", "here.lua"},
		{node.NodeConfig{}, "-x", filepath.Join(".", "-x")},
		{elsewhere, "here.lua", filepath.Join(here, "here.lua")},
		{elsewhere, "known_clients", "known_clients"},
		{elsewhere, "-x", filepath.Join(here, "-x")},
	} {
		if got := fromHere(tt.c, tt.path); got != tt.want && got != "."+string(filepath.Separator)+tt.want {
			t.Errorf("%+v, %s: got %s, want %s", tt.c, tt.path, got, tt.want)
		}
	}
}

// TestDeployKeepsCreatedNodes: what no layout has is none of its business, whatever it is called, and can be asked.
func TestDeployKeepsCreatedNodes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := filepath.Join(dir, "parent.lua")
	text := `on("node_init", function()
  if supervisor.is_supervisor() then print(supervisor.create { name = "worker-2" }) end
end)`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "st")
	p := start(t, "cluster", "--supervisor", script, "--state", state, "--workers", "1", "--info", "known_clients")
	p.await(p.stderr, `^\[supervisor:STDERR\] \[worker-2\] ready$`)
	c, err := control.Find(t.Context(), filepath.Join(state, supervisorName))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Call(t.Context(), "supervisor.deploy", nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Relay(t.Context(), []string{"worker-2"}, "status", nil, 0, func(a control.Answer) {
		if a.Error != nil {
			t.Error(a.Error)
		}
	}); err != nil {
		t.Error(err)
	}
}
