package bindings_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"moonpeer/bindings"
	"moonpeer/net/step"
	"moonpeer/policies"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// checked returns what node check finds in scripts, errors first. What has no code is no finding about a file.
func checked(t *testing.T, specs ...string) (found []script.Finding) {
	t.Helper()
	opts := node.Options{Scripts: specs, Stdout: io.Discard, Stderr: io.Discard, Modules: bindings.Modules, Bundled: policies.FS}
	warnings, err := node.Check(opts, node.System{
		Now: func() step.Time { return 1 }, Wall: func() int64 { return 1_700_000_000e9 }, Rand: rand.New(rand.NewPCG(1, 1)),
	})
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	for _, e := range errs {
		var f script.Finding
		if e != nil && !errors.As(e, &f) {
			f.Text = e.Error()
		}
		if e != nil {
			found = append(found, f)
		}
	}
	return append(found, warnings...)
}

// checkedText is checked for the text of a script.
func checkedText(t *testing.T, src string) []script.Finding {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("p.lua", []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return checked(t, "p.lua")
}

// TestBundledPoliciesCheck: nothing is found in what comes with the program.
func TestBundledPoliciesCheck(t *testing.T) {
	files, err := filepath.Glob("../policies/*/init.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies: %v", err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			for _, f := range checked(t, name) {
				t.Error(f)
			}
		})
	}
}

// TestExamplesCheck: nothing is found in the examples of the definitions.
func TestExamplesCheck(t *testing.T) {
	for _, e := range readDefinitions(t).Entries {
		for _, ex := range e.Examples {
			t.Run(e.Name, func(t *testing.T) {
				for _, f := range checkedText(t, ex.Code) {
					if f.Code != "" {
						t.Errorf("%s:%d: %s (%s)", e.File, ex.Line, f, f.Code)
					}
				}
			})
		}
	}
}

// TestLibrariesCheck: nothing is found in the libraries that come with the program, which are looked at when a policy
// uses them.
func TestLibrariesCheck(t *testing.T) {
	found := checkedText(t, `
local EX = namespace "EX"
sync.to_manager(EX:set("a", "addr"))
sync.sharded(EX:map("b", "addr", "count"))
sync.replicated(EX:set("c", "addr"))
sync.stored(EX:map("d", "addr", "count"))
print(sync.replicatd)`)
	if len(found) != 1 || found[0].Code != "unknown-member" || found[0].Line != 7 {
		t.Errorf("got %v, want what is wrong in line 7", found)
	}
}
