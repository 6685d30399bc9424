package policies

import (
	"path/filepath"
	"testing"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/policies"
	"moonpeer/runtime/luatest"
)

// TestLua runs the tests that lie beside the bundled policies and libraries, as the command test does.
func TestLua(t *testing.T) {
	t.Parallel()
	files, err := luatest.Find([]string{"../../policies", "../../scripts"})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			f, err := bindings.TestFile(file, testlib.Options{Bundled: policies.FS})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, r := range f.Broken {
				t.Errorf("%s:%d: %s: %s", file, r.Line, r.Name(), r.Failure.Message)
			}
			for i := range f.Tests {
				if f.Tests[i].Pending {
					continue
				}
				r := f.Run(&f.Tests[i], 1, false)
				if r.Outcome == luatest.Failed {
					t.Errorf("%s:%d: %s: %s", r.Failure.File, r.Failure.Line, luatest.FullName(f.Tests[i].Names), r.Failure.Message)
				}
			}
		})
	}
}
