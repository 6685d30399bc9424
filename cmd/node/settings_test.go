package main

import (
	"errors"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor/limits"
)

// parseRun gives the command that "node run args…" means.
func parseRun(t *testing.T, args ...string) *runCommand {
	t.Helper()
	grammar := &commands{}
	parser, err := kong.New(grammar)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"run"}, args...)); err != nil {
		t.Fatal(err)
	}
	return &grammar.Run
}

// TestPrecedence sets the same thing in more and more places; the strongest wins each time.
func TestPrecedence(t *testing.T) {
	file := writeConfig(t, "[node]\nname = 'file'\nstate = '/file'\ndebug = ['file']\n[options]\n'EX::a' = 1\n'EX::b' = 2")
	type settings struct {
		name, state string
		debug, set  []string
	}
	tests := []struct {
		name string
		env  map[string]string
		args []string
		want settings
	}{
		{"defaults", nil, nil, settings{}},
		{"file", map[string]string{"MOONPEER_CONFIG": file}, nil,
			settings{"file", "/file", []string{"file"}, []string{"EX::a=1", "EX::b=2"}}},
		{"environment over file", map[string]string{"MOONPEER_CONFIG": file, "MOONPEER_NAME": "env", "MOONPEER_DEBUG": "a,b"}, nil,
			settings{"env", "/file", []string{"a", "b"}, []string{"EX::a=1", "EX::b=2"}}},
		{"flag over environment", map[string]string{"MOONPEER_CONFIG": "/none.toml", "MOONPEER_NAME": "env", "MOONPEER_STATE": "/env"},
			[]string{"--config", file, "--name", "flag", "--debug", "c", "--set", "EX::b=x,y", "--set", "EX::b=z"},
			settings{"flag", "/env", []string{"c"}, []string{"EX::a=1", "EX::b=x,y", "EX::b=z"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			opts, err := parseRun(t, append(tt.args, "x.lua")...).options()
			if err != nil {
				t.Fatal(err)
			}
			got := settings{opts.Name, filepath.ToSlash(strings.TrimPrefix(opts.StateDir, filepath.VolumeName(opts.StateDir))), opts.Debug, assignments(opts.Set)}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// TestLayoutOfOneNode: a node that a layout describes has its role's limits, and its options under the name of the file that the
// operator has written.
func TestLayoutOfOneNode(t *testing.T) {
	t.Parallel()
	file := writeConfig(t, "from = 'mine.toml'\ncontrol = true\n[nodes]\nmanager = '127.0.0.1:9999'\nworker-1 = '127.0.0.1'\nlogger = '127.0.0.1:9998'\n"+
		"[limits.worker]\nmemory = '100 MB'\ncpus = 2\nfiles = 70\n[options]\n'EX::a' = 1")
	c := parseRun(t, "--layout", file, "--name", "worker-1", "x.lua")
	opts, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	if want := (limits.Limits{Memory: 100_000_000, CPUs: 2, Files: 70}); c.roleLimits != want {
		t.Errorf("got %+v, want %+v", c.roleLimits, want)
	}
	if want := (node.Setting{Assignment: "EX::a=1", From: "mine.toml"}); !slices.Contains(opts.Set, want) || !opts.Control {
		t.Errorf("got %v and control %v", opts.Set, opts.Control)
	}
	for name, want := range map[string]string{
		"":         "'node' is not a valid node in the Cluster::nodes configuration; --name says which one it is to be (there are: logger, manager, worker-1)",
		"worker-2": "'worker-2' is not a valid node in the Cluster::nodes configuration (did you mean worker-1?)",
		"x":        "'x' is not a valid node in the Cluster::nodes configuration (there are: logger, manager, worker-1)",
	} {
		c := parseRun(t, "--layout", file, "x.lua")
		c.Name = name
		if _, err := c.options(); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
}

func assignments(set []node.Setting) (out []string) {
	for _, s := range set {
		out = append(out, s.Assignment)
	}
	return out
}

func TestOptions(t *testing.T) {
	t.Parallel()
	file := writeConfig(t, "[node]\npath = ['/lua']\n[limits]\nhandler_instructions = 1\nhandler_seconds = 2\nqueued_events = 3\nconnections = 4")
	c := parseRun(t, "a.lua", "b", "--zeek-log", "conn.log", "--follow", "--pace", "real", "--print", "EX::a", "--print", "EX::b", "--json", "--config", file)
	opts, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.lua", "b"}; !slices.Equal(opts.Scripts, want) {
		t.Errorf("scripts: got %q, want %q", opts.Scripts, want)
	}
	if want := (node.Inputs{ZeekLog: "conn.log", Follow: true, PaceReal: true, MaxFlows: 4}); !reflect.DeepEqual(opts.Inputs, want) {
		t.Errorf("inputs: got %+v, want %+v", opts.Inputs, want)
	}
	if want := (node.Limits{Instructions: 1, Seconds: 2, MaxQueued: 3}); opts.Limits != want {
		t.Errorf("limits: got %+v, want %+v", opts.Limits, want)
	}
	if want := []string{"EX::a", "EX::b"}; !slices.Equal(opts.Print, want) || !opts.PrintJSON {
		t.Errorf("print: got %q, JSON %v", opts.Print, opts.PrintJSON)
	}
	if len(opts.Path) != 1 || opts.Modules == nil || opts.Bundled == nil {
		t.Errorf("path, modules or bundled policies are missing: %+v", opts)
	}
}

// TestInputs: a comma belongs to a file's name, and shares are counted from 1.
func TestInputs(t *testing.T) {
	t.Parallel()
	c := parseRun(t, "a.lua", "--pcap", "a,b.pcap", "--pcap", "c.pcap", "--shard", "2/4")
	opts, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	if want := (node.Inputs{Pcap: []string{"a,b.pcap", "c.pcap"}, Shard: 1, Shards: 4}); !reflect.DeepEqual(opts.Inputs, want) {
		t.Errorf("got %+v, want %+v", opts.Inputs, want)
	}
	for _, names := range [][]string{{"2 captures"}, {"one.pcap", "--pcap", "one.pcap"}, {"conn.log", "--zeek-log", "conn.log"}} {
		if len(names) > 1 {
			c = parseRun(t, append([]string{"a.lua"}, names[1:]...)...)
		}
		if got := c.inputName(); got != names[0] {
			t.Errorf("%q: got %q", names, got)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		want string // in the message; "": valid
	}{
		{"a script", []string{"x.lua"}, ""},
		{"no script", nil, "no script given"},
		{"follow a log", []string{"x", "--follow", "--zeek-log", "f"}, ""},
		{"follow a capture", []string{"x", "--follow", "--pcap", "f"}, "--follow needs --zeek-log"},
		{"pace", []string{"x", "--pace", "real", "--pcap", "f"}, ""},
		{"pace of stdin", []string{"x", "--pace", "real", "--stdin"}, "--pace needs --pcap FILE or --zeek-log FILE"},
		{"unknown pace", []string{"x", "--pace", "fast", "--pcap", "f"}, `--pace "fast": only real`},
		{"captures", []string{"x", "--pcap", "f", "--pcap", "g,h"}, ""},
		{"a capture twice", []string{"x", "--pcap", "f", "--pcap", "g", "--pcap", "f"}, "--pcap f is given twice"},
		{"a shard", []string{"x", "--shard", "2/4", "--pcap", "f"}, ""},
		{"a shard of a log", []string{"x", "--shard", "2/4", "--zeek-log", "f"}, "--shard needs --pcap FILE"},
		{"JSON of nothing", []string{"x", "--json"}, "there is no --print"},
		{"empty value", []string{"x", "--set", "EX::a="}, ""},
		{"no value", []string{"x", "--set", "EX::a"}, `--set "EX::a": want OPTION=VALUE`},
		{"no name", []string{"x", "--set", "=1"}, "want OPTION=VALUE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := parseRun(t, tt.args...).validate()
			var usage *usageError
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tt.want != "" && (!errors.As(err, &usage) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want a usage error with %q", err, tt.want)
			}
		})
	}
}

func TestLogLevel(t *testing.T) {
	t.Parallel()
	if got := logLevel(nil); got != slog.LevelInfo {
		t.Errorf("got %v", got)
	}
	if got := logLevel([]string{"script"}); got != slog.LevelDebug {
		t.Errorf("with a stream: got %v", got)
	}
}

func TestNodeName(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"", "worker-1", "a", "10.0.0.1", "Node_2"} {
		if err := checkName(good); err != nil {
			t.Errorf("%q: got %v", good, err)
		}
	}
	for _, bad := range []string{"..", "../x", "a/b", `a\b`, "-x", "a b", "ä", "a\n"} {
		if err := checkName(bad); err == nil {
			t.Errorf("%q: got no error", bad)
		}
	}
}
