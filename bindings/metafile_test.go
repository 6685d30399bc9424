package bindings_test

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"testing"
	"testing/fstest"

	"moonpeer/runtime/apidoc"
	"moonpeer/scripts"
)

// definitions are the editor definitions in scripts/meta, which these tests compare with what is really there. That
// they are well-formed is what package apidoc tests.
type definitions struct{ *apidoc.Docs }

// ofTests are the files about what NAME_test.lua has and a policy has not: nothing of that is there for these tests.
var ofTests = []string{"test.d.lua", "expect.d.lua"}

func readDefinitions(t *testing.T) definitions {
	t.Helper()
	names, err := fs.Glob(scripts.Meta, "meta/*.d.lua")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range names {
		src, err := scripts.Meta.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if base := path.Base(name); !slices.Contains(ofTests, base) {
			files[base] = &fstest.MapFile{Data: src}
		}
	}
	d, err := apidoc.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return definitions{d}
}

// members returns the entries of a class and its parent by name; of the globals, that is functions, for "".
func (d definitions) members(class string) map[string]*apidoc.Entry {
	found := map[string]*apidoc.Entry{}
	for _, e := range d.Members(class) {
		found[e.Short] = e
	}
	return found
}

// sortedClasses returns the names of classes and modules.
func (d definitions) sortedClasses() []string { return slices.Sorted(maps.Keys(d.Classes())) }
