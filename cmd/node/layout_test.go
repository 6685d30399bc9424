package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/cluster"
)

// layoutFrom reads a layout from text.
func layoutFrom(t *testing.T, text string) (*layoutFile, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "layout.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return loadLayout(file)
}

// TestLayoutNodes: counts, addresses, and both.
func TestLayoutNodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"counts":           {"workers = 2\nproxies = 1", "logger manager proxy-1 worker-1 worker-2"},
		"nothing":          {"", "logger manager"},
		"no logger":        {"loggers = 0\nworkers = 1", "manager worker-1"},
		"loggers":          {"loggers = 2", "logger-1 logger-2 manager"},
		"many":             {"workers = 11", "logger manager worker-1 worker-2 worker-3 worker-4 worker-5 worker-6 worker-7 worker-8 worker-9 worker-10 worker-11"},
		"addresses":        {"[nodes]\nmanager = \"10.0.0.1:9999\"\nworker-1 = \"10.0.0.2\"", "logger manager@10.0.0.1:9999 worker-1@10.0.0.2"},
		"named logger":     {"[nodes]\nlogger-7 = \"10.0.0.1:1\"", "logger-7@10.0.0.1:1 manager"},
		"counted, named":   {"workers = 2\n[nodes]\nworker-2 = \"10.0.0.2\"", "logger manager worker-1 worker-2@10.0.0.2"},
		"beyond the count": {"workers = 1\n[nodes]\nworker-east = \"10.0.0.2\"", "logger manager worker-1 worker-east@10.0.0.2"},
		"only names":       {"[nodes]\nproxy-1 = \"10.0.0.2:1\"", "logger manager proxy-1@10.0.0.2:1"},
		"IPv6":             {"[nodes]\nmanager = \"[::1]:9999\"\nworker-1 = \"2001:db8::1\"", "logger manager@[::1]:9999 worker-1@2001:db8::1"},
	} {
		f, err := layoutFrom(t, c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		nodes, err := f.nodes()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		slices.SortFunc(nodes, cluster.Compare)
		var got []string
		for _, n := range nodes {
			switch {
			case n.Port != 0:
				n.Name += "@" + n.Address()
			case n.Host != "":
				n.Name += "@" + n.Host
			}
			got = append(got, n.Name)
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: got  %s\nwant %s", name, text, c.want)
		}
	}
}

// TestLayoutRefuses: what is wrong is named, with its place where it has one.
func TestLayoutRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"workers = -1":                                 "-1 nodes of role worker: want 0 to 10000",
		"workers = 10001":                              "10001 nodes of role worker",
		"workers = \"four\"":                           "layout.toml:1:11: ",
		"workers = 1\nworkers = 2":                     "layout.toml:2:1: ",
		"[nodes]\nworker = 1":                          "layout.toml:2:10: ",
		"[nodes]\nnobody = \"10.0.0.1\"":               "[nodes] nobody: the name says the role: manager, logger, proxy, worker, control",
		"[nodes]\nmanager = \"10.0.0.1:0\"":            `[nodes] manager: address "10.0.0.1:0": want host:port`,
		"[nodes]\nmanager = \"10.0.0.1:70000\"":        `address "10.0.0.1:70000": want host:port`,
		"[nodes]\nmanager = \":9999\"":                 `address ":9999": want host:port`,
		"[nodes]\nmanager = \"\"":                      `address "": want host:port`,
		"[nodes]\nmanager = \"a b\"":                   `address "a b": want host:port`,
		"[nodes]\nmanager = \"http://10.0.0.1\"":       "want host:port",
		"[nodes]\nwork-1 = \"a:x\"\nmanager = \"b:y\"": "work-1: the name says the role",
		"[limits.worker]\nmemory = \"-1\"":             `"-1" is no amount of memory, such as 200 MB`,
		"[limits.worker]\nmemory = 500":                `500 of what? Write the unit, such as "500 MB"`,
		"[limits.worker]\nmemory = [1]":                `[limits] worker.memory: got array, want an amount with its unit, such as "200 MB"`,
		"[limits.worker]\nmemory = \"500\"":            `500 of what? Write the unit, such as "500 MB"`,
		"[limits.worker]\nmemory = \"1 MB\"":           "1 MB is less than a node needs for itself: want 32 MB at least",
		"[limits.worker]\nfiles = 63":                  "layout.toml: [limits.worker] files = 63: want 64 at least",
		"[limits.worker]\nmemry = \"1 MB\"":            "layout.toml:2:1: ",
		"[limits]\nhandler_seconds = 5":                `[limits] has no key "handler_seconds" (it belongs below [limits] of a file for --config, not into a layout)`,
		"[limits.worker]\nhandler_seconds = 5":         `[limits.worker] has no key "handler_seconds" (it belongs below [limits] of a file for --config, not into a layout)`,
		"[limits.workers]\nmemory = \"1 MB\"":          "layout.toml:1:",
		"[limits.worker]\ncpus = -1":                   "layout.toml:2:8: ",
	} {
		f, err := layoutFrom(t, text)
		if err == nil {
			_, err = f.nodes()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestLayoutIsReadAsItWasWritten: what the supervisor writes is what the nodes read.
func TestLayoutIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	l, err := cluster.NewLayout([]cluster.Node{
		{Name: "manager", Role: cluster.Manager, Host: "::1", Port: 1},
		{Name: "proxy-1", Role: cluster.Proxy, Host: "10.0.0.1", Port: 65535},
		{Name: "worker-1", Role: cluster.Worker, Host: "2001:db8::1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := appendLayout("moonpeer", "my\n.toml", l, tlsTable{Certificate: "/c", Keyfile: "/k", CAFile: "/ca"}, map[string]any{"EX": map[string]any{"limit": int64(3)}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "# Written by moonpeer cluster from my\\x0a.toml and its flags, for the nodes; what is changed here is lost.\n"; !strings.HasPrefix(string(text), want) {
		t.Errorf("got\n%s, want it to begin with\n%s", text, want)
	}
	f, err := layoutFrom(t, string(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if f.From != "my\n.toml" {
		t.Errorf("it is said to be from %q", f.From)
	}
	nodes, err := f.nodes()
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(nodes, cluster.Compare)
	if !slices.Equal(nodes, l.Nodes()) {
		t.Errorf("got %v, want %v", nodes, l.Nodes())
	}
	if f.TLS.Certificate != "/c" || f.TLS.Keyfile != "/k" || f.TLS.CAFile != "/ca" {
		t.Errorf("got %+v", f.TLS)
	}
	if ex, ok := f.Options["EX"].(map[string]any); !ok || ex["limit"] != int64(3) {
		t.Errorf("got options %v", f.Options)
	}
}

// TestReachable: a layout whose nodes other machines reach needs certificates.
func TestReachable(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{"": false, "127.0.0.1": false, "::1": false, "localhost": false, "10.0.0.1": true, "sensor.example": true} {
		l, err := cluster.NewLayout([]cluster.Node{{Name: "manager", Role: cluster.Manager, Host: host}})
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(l); got != want {
			t.Errorf("%q: got %v", host, got)
		}
	}
}
