package script

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// library is a module that is written in Lua and bundled. Its file runs when a script first uses its name.
type library struct {
	script *Script // to whom its handlers and errors belong
	names  []string
	value  lua.LValue // what scripts see of it; nil before it has run
	opened bool       // it runs or has run
}

// SetLibraries offers the libraries in fsys to scripts: each folder GROUP/NAME that has an init.lua is a predefined
// global called NAME, and what require(NAME) returns. The file runs when a script first uses the name, so a node pays
// only for what its policies use. It returns a table, which scripts see through a read-only view. A module calls this
// in Open.
func (d *Domain) SetLibraries(fsys fs.FS) error {
	ld := &d.loader
	ld.library = &tree{fsys}
	files, err := fs.Glob(fsys, "*/*/init.lua")
	if err != nil {
		return err
	}
	for _, file := range files {
		dir := path.Dir(file)
		name := path.Base(dir)
		src, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		if ld.lazy[name] != nil {
			return fmt.Errorf("two libraries are called %q", name)
		}
		ld.lazy[name] = &library{script: &Script{Name: name, File: "bundled/" + file, Dir: dir, src: src, tree: ld.library}}
	}
	return nil
}

// SetPrivate predefines a module that libraries can require, and nobody else.
func (d *Domain) SetPrivate(name string, fields map[string]lua.LValue) {
	t := d.L.CreateTable(0, len(fields))
	for _, k := range sortedKeys(fields) {
		t.RawSetString(k, fields[k])
	}
	d.loader.private[name] = d.readOnly(name, t, false)
}

// Libraries returns the names of the libraries in alphabetical order.
func (d *Domain) Libraries() []string { return sortedKeys(d.loader.lazy) }

// inLibrary tells whether the file that runs is a library's.
func (ld *loader) inLibrary() bool {
	n := len(ld.loading)
	return n > 0 && ld.library != nil && ld.loading[n-1].tree == ld.library
}

// open returns a library, which runs if it has not yet. What it declares and handles is its own, not that of the
// script which happens to be the first to use it.
func (ld *loader) open(L *lua.LState, lib *library) lua.LValue {
	if lib.value != nil {
		return lib.value
	}
	s := lib.script
	if lib.opened {
		L.RaiseError("library %q requires itself, by way of %s", s.Name, ld.chain())
	}
	lib.opened = true
	before := ld.d.script
	ld.d.script = s
	defer func() { // an error passes through: the next use tries again
		ld.d.script = before
		lib.opened = lib.value != nil
	}()
	v := ld.runModule(L, source{file: s.File, dir: s.Dir, src: s.src, tree: s.tree})
	t, ok := v.(*lua.LTable)
	if !ok {
		L.RaiseError("%s returns a %s, want the library's table", s.File, v.Type())
	}
	lib.value = ld.d.readOnly(s.Name, t, false)
	ld.d.L.G.Global.RawSetString(s.Name, lib.value)
	return lib.value
}

// members returns the names that the library's table gets, read off the file without running it: what its top level
// assigns to fields of the local that it returns.
func (lib *library) members() []string {
	if lib.names == nil {
		lib.names = tableFields(lib.script.File, string(lib.script.src))
	}
	return lib.names
}

// tableFields returns the fields of the table that a file returns; a file with an error in it has none.
func tableFields(file, src string) []string {
	names := []string{}
	chunk, err := parse.Parse(strings.NewReader(src), file)
	if err != nil || len(chunk) == 0 {
		return names
	}
	ret, ok := chunk[len(chunk)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Exprs) != 1 {
		return names
	}
	table, ok := ret.Exprs[0].(*ast.IdentExpr)
	if !ok {
		return names
	}
	add := func(e ast.Expr) {
		field, ok := e.(*ast.AttrGetExpr)
		if !ok {
			return
		}
		object, isName := field.Object.(*ast.IdentExpr)
		if key, isText := field.Key.(*ast.StringExpr); isName && isText && object.Value == table.Value {
			names = append(names, key.Value)
		}
	}
	for _, stmt := range chunk {
		switch s := stmt.(type) {
		case *ast.AssignStmt:
			for _, e := range s.Lhs {
				add(e)
			}
		case *ast.FuncDefStmt:
			add(s.Name.Func)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
