package script

import (
	"errors"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// SetGlobal predefines a global that scripts can't assign.
func (d *Domain) SetGlobal(name string, v lua.LValue) {
	d.L.SetGlobal(name, v)
}

// SetModule predefines a global table of functions and constants that is also what require(name) returns. Scripts
// see it through a read-only view, so that one can't change it for the others.
func (d *Domain) SetModule(name string, fields map[string]lua.LValue) *lua.LTable {
	t := d.L.CreateTable(0, len(fields))
	for _, k := range sortedKeys(fields) {
		t.RawSetString(k, fields[k])
	}
	d.SetGlobal(name, t)
	return t
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// guardExit keeps a file from ending the process while it is loaded: whoever loads it may only want to know whether it
// would do, and have others to look after.
func (d *Domain) guardExit() {
	os, ok := d.L.GetGlobal("os").(*lua.LTable)
	if !ok {
		return
	}
	exit, ok := os.RawGetString("exit").(*lua.LFunction)
	if !ok || !exit.IsG {
		return
	}
	os.RawSetString("exit", d.VM.NewFunction("os.exit", func(L *lua.LState) int {
		if !d.ready {
			L.RaiseError("os.exit: not while the file is loaded (node.terminate ends a node, from node_init on)")
		}
		code := L.OptInt(1, 0) // gopher-lua closes the state before it looks, which an error does not survive
		if d.opts.Exit != nil {
			d.exit(L, code)
		}
		return exit.GFunction(L)
	}))
}

var errExit = errors.New("the node was ended by os.exit")

// exit ends the domain as os.exit does a process: nothing catches it, and nothing of its Lua runs any more.
func (d *Domain) exit(L *lua.LState, code int) {
	where := ""
	for level := 1; where == "" && level < 100; level++ { // pcall(os.exit) has no place of its own
		where = d.VM.Where(L, level)
	}
	d.exited = true
	d.Reports.Errorf("os.exit(%d) called at %s", code, where)
	d.opts.Exit(code)
	d.VM.Halt(errExit)
	d.VM.RaiseHalted(L)
}

// Exited tells whether a script has called os.exit, and Options.Exit has been told.
func (d *Domain) Exited() bool { return d.exited }

// protectGlobals makes the globals strict: what is there now is predefined; anything else is an error that names
// it, for reading and writing. Tables become read-only views.
func (d *Domain) protectGlobals() {
	g := d.L.G.Global
	ld := &d.loader
	var tables []string
	g.ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		if !ok {
			return
		}
		ld.known[string(name)] = true
		ld.globals = append(ld.globals, string(name))
		if _, ok := v.(*lua.LTable); ok && name != "_G" {
			tables = append(tables, string(name))
		}
	})
	for name := range ld.lazy {
		ld.known[name] = true
		ld.globals = append(ld.globals, name)
	}
	slices.Sort(ld.globals)
	slices.Sort(tables)
	for _, name := range tables {
		t := g.RawGetString(name).(*lua.LTable)
		if !standard[name] {
			t.ForEach(func(k, _ lua.LValue) { ld.fields[name] = append(ld.fields[name], k.String()) })
			slices.Sort(ld.fields[name])
		}
		view := d.readOnly(name, t, standard[name])
		g.RawSetString(name, view)
		ld.modules[name] = view
	}
	mt := d.L.CreateTable(0, 3)
	mt.RawSetString("__index", d.VM.NewFunction("global", func(L *lua.LState) int {
		name := L.Get(2).String()
		if lib := ld.lazy[name]; lib != nil {
			L.Push(ld.open(L, lib))
			return 1
		}
		L.RaiseError("undeclared global %q%s", name, DidYouMean(name, ld.globals))
		return 0
	}))
	mt.RawSetString("__newindex", d.VM.NewFunction("global", func(L *lua.LState) int {
		L.RaiseError("assignment to undeclared global %q (write local %s = …)", L.Get(2).String(), L.Get(2).String())
		return 0
	}))
	mt.RawSetString("__metatable", lua.LFalse)
	g.Metatable = mt
	view := d.L.CreateTable(0, 0) // _G["x"] = v must not get around the rules for x = v
	vmt := d.L.CreateTable(0, 3)
	vmt.RawSetString("__index", g)
	vmt.RawSetString("__newindex", mt.RawGetString("__newindex"))
	vmt.RawSetString("__metatable", lua.LFalse)
	view.Metatable = vmt
	g.RawSetString("_G", view)
}

// standard are Lua's own tables, where asking for what is not there is an idiom (table.unpack or unpack).
var standard = map[string]bool{
	"string": true, "table": true, "math": true, "os": true, "io": true, "coroutine": true, "debug": true, "package": true,
}

// readOnly returns a view of t: reads go through, writes raise, and a name that is not there raises with a
// suggestion unless lenient.
func (d *Domain) readOnly(name string, t *lua.LTable, lenient bool) *lua.LTable {
	own, _ := t.Metatable.(*lua.LTable)
	view := d.L.CreateTable(0, 0)
	mt := d.L.CreateTable(0, 4)
	if own == nil && !lenient {
		missing := d.L.CreateTable(0, 1)
		missing.RawSetString("__index", d.VM.NewFunction(name, func(L *lua.LState) int {
			key := L.Get(2).String()
			var names []string
			t.ForEach(func(k, _ lua.LValue) { names = append(names, k.String()) })
			L.RaiseError("%s has no %q%s", name, key, DidYouMean(key, names))
			return 0
		}))
		t.Metatable = missing
	}
	mt.RawSetString("__index", t)
	mt.RawSetString("__newindex", d.VM.NewFunction(name, func(L *lua.LState) int {
		L.RaiseError("%s.%s is predefined and can't be assigned", name, L.Get(2).String())
		return 0
	}))
	mt.RawSetString("__pairs", d.VM.NewFunction("pairs", func(L *lua.LState) int {
		L.Push(L.GetGlobal("next"))
		L.Push(t)
		L.Push(lua.LNil)
		return 3
	}))
	mt.RawSetString("__metatable", lua.LFalse)
	view.Metatable = mt
	return view
}

// Methods returns the metatable of an object with methods: a name that it lacks raises with a suggestion, and
// scripts can neither change the metatable nor assign to the object.
func (d *Domain) Methods(what string, methods map[string]lua.LGFunction) *lua.LTable {
	t := d.L.CreateTable(0, len(methods))
	names := sortedKeys(methods)
	for _, name := range names {
		t.RawSetString(name, d.VM.NewFunction(what+":"+name, methods[name]))
	}
	missing := d.L.CreateTable(0, 1)
	missing.RawSetString("__index", d.VM.NewFunction(what, func(L *lua.LState) int {
		key := L.Get(2).String()
		L.RaiseError("%s has no %q%s", what, key, DidYouMean(key, names))
		return 0
	}))
	t.Metatable = missing
	mt := d.L.CreateTable(0, 3)
	mt.RawSetString("__index", t)
	mt.RawSetString("__newindex", d.VM.NewFunction(what, func(L *lua.LState) int {
		L.RaiseError("%s takes no assignment to %q", what, L.Get(2).String())
		return 0
	}))
	mt.RawSetString("__metatable", lua.LFalse)
	return mt
}
