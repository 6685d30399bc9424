package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNamespaceOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"known_clients": "KnownClients", "scan": "Scan", "a__b_": "AB", "x2_3d": "X23d", "DNS": "DNS"} {
		if got := namespaceOf(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestNewIsWhole: nothing is left of the names that the template has, and nothing at all of a policy that could not be
// written.
func TestNewIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m, err := makePolicy(dir, "known_clients", "prog")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, old := range []string{"NewPolicy", "new_policy", "FOLDER", "moonpeer"} {
			if strings.Contains(string(text), old) {
				t.Errorf("%s has %q in it", f, old)
			}
		}
	}
	if _, err := makePolicy(dir, strings.Repeat("x", 250), "prog"); err == nil { // its test's name is too long for a file
		t.Error("no error for files that can't be made")
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), "xxx") {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
