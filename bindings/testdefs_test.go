package bindings_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/bindings/testlib/expectlib"
	"moonpeer/policies"
	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/luatest"
	"moonpeer/scripts"
)

// testDefinitions are the definitions of what test files have.
func testDefinitions(t *testing.T) definitions {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range ofTests {
		src, err := scripts.Meta.ReadFile("meta/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: src}
	}
	d, err := apidoc.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return definitions{d}
}

// TestDefinitionsOfTests compares the names of functions and methods with those that test files have, both ways.
func TestDefinitionsOfTests(t *testing.T) {
	d := testDefinitions(t)
	want := testlib.Names()
	for _, m := range expectlib.Matchers() {
		want["expectation"] = append(want["expectation"], m, "never_"+m)
	}
	want[""] = []string{"after_each", "before_each", "describe", "expect", "it", "pending", "spy"}
	for class, names := range want {
		var documented []string
		for name, e := range d.members(class) {
			if e.Callable() {
				documented = append(documented, name)
			}
		}
		slices.Sort(documented)
		slices.Sort(names)
		if !slices.Equal(documented, names) {
			t.Errorf("%q: documented are\n\t%q\nthere are\n\t%q", class, documented, names)
		}
	}
}

// TestExamplesOfTests runs the examples of the definitions that are test files: their tests pass, and print what they say.
func TestExamplesOfTests(t *testing.T) {
	t.Parallel()
	const mark = "-- moonpeer test example_test.lua\n"
	for _, e := range testDefinitions(t).Entries {
		if e.Callable() && len(e.Examples) == 0 && !strings.HasPrefix(e.Short, "never_") {
			t.Errorf("%s: %s has no example", e.Place(), e.Name)
		}
		for _, src := range e.Examples {
			t.Run(e.Name, func(t *testing.T) {
				t.Parallel()
				if !strings.HasPrefix(src.Code, mark) {
					t.Fatalf("%s:%d: its first line is not %s", e.File, src.Line, mark)
				}
				prints := runTestFile(t, src.Code)
				if want := newExample(e, src).prints; !slices.Equal(prints, want) {
					t.Errorf("%s:%d: printed\n\t%s\nwant\n\t%s", e.File, src.Line, strings.Join(prints, "\n\t"), strings.Join(want, "\n\t"))
				}
			})
		}
	}
}

// runTestFile runs the tests of a text, which are to pass, and returns the lines that they print.
func runTestFile(t *testing.T, src string) (prints []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "example_test.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := bindings.TestFile(file, testlib.Options{Bundled: policies.FS})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range f.Broken {
		t.Errorf("line %d: %s", r.Line, r.Failure.Message)
	}
	for i := range f.Tests {
		if f.Tests[i].Pending {
			continue
		}
		r := f.Run(&f.Tests[i], 1, false)
		if r.Outcome == luatest.Failed {
			t.Errorf("line %d: %s", r.Failure.Line, r.Failure.Message)
		}
		for line := range strings.Lines(r.Output) {
			prints = append(prints, strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "  "))
		}
	}
	return prints
}
