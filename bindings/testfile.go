package bindings

import (
	"moonpeer/bindings/containerlib"
	"moonpeer/bindings/convert"
	"moonpeer/bindings/hashlib"
	"moonpeer/bindings/jsonlib"
	"moonpeer/bindings/namespacelib"
	"moonpeer/bindings/regexlib"
	"moonpeer/bindings/strlib"
	"moonpeer/bindings/testlib"
	"moonpeer/bindings/testlib/expectlib"
	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/luatest"
	"moonpeer/runtime/script"
)

// TestFile reads a test file and runs its body: a luatest.Loader, but for what the nodes of its tests are made of, which
// opts says. NewScripts of opts is set here.
func TestFile(path string, opts testlib.Options) (*luatest.File, error) {
	opts.NewScripts = func(tap func(topic string, payload []byte)) testlib.Scripts { return NewInside(tap) }
	m := &testVM{lib: &testlib.Lib{Options: opts, File: path}}
	d, err := script.New(script.Options{
		Modules: []script.Module{m}, Stdout: m.lib.Stdout(), Reports: script.NewReports(m.lib.Stdout()), Clock: m.lib.Clock,
		Path: opts.Path, Strict: true,
	})
	if err == nil {
		err = d.Load([]string{path})
	}
	if err == nil {
		err = m.lib.Loaded()
	}
	if err != nil {
		return nil, m.lib.Failed(err)
	}
	d.VM.SetBudget(0) // what ends a test that does not end is its timeout
	return m.lib.Tests(), nil
}

// testVM is what a test file has besides Lua's own: values, containers, functions on text, and the test library.
type testVM struct{ lib *testlib.Lib }

// Open implements script.Module.
func (m *testVM) Open(d *script.Domain) error {
	space := convert.NewSpace(d.L)
	m.lib.Space = space
	d.SetDefinitions(apidoc.Embedded)
	names := namespacelib.New(d) // of which a test can't reach any
	expectations := &expectlib.Lib{Space: space}
	m.lib.Idle = expectations.Idle
	for _, part := range []script.Module{
		&containerlib.Lib{Space: space, Names: names, Wall: m.lib.Clock},
		values{space},
		jsonlib.Lib{Space: space},
		strlib.Lib{}, regexlib.Lib{}, hashlib.Lib{Space: space},
		expectations,
		m.lib,
	} {
		if err := part.Open(d); err != nil {
			return err
		}
	}
	return nil
}
