package bindings_test

import (
	"maps"
	"slices"
	"testing"

	"moonpeer/runtime/apidoc"
)

// definitions are the editor definitions in scripts/meta, which these tests compare with what is really there. That
// they are well-formed is what package apidoc tests.
type definitions struct{ *apidoc.Docs }

func readDefinitions(t *testing.T) definitions {
	t.Helper()
	d, err := apidoc.Embedded()
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
