package containerlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/containerlib/sweep"
	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct {
	Space *convert.Space
	Names *namespacelib.Registry
	// Before is what this one takes over from when scripts are loaded anew; nil: nothing.
	Before *Lib
	// Wall is the wall clock, ns since 1970, for libraries whose nodes compare times.
	Wall func() int64

	d         *script.Domain
	sweep     *sweep.Sweep
	setMeta   *lua.LTable
	mapMeta   *lua.LTable
	vecMeta   *lua.LTable
	subMeta   *lua.LTable
	types     typeCache
	lifetimes map[any]*lifetime
	intervals map[*lifetime]interval // of the domain before, and what they are here
	scratch   []byte                 // for a key, as long as nothing else runs
}

// Open predefines the constructors and the namespace methods, and has decoded sets, tables and vectors be
// containers of ours.
func (l *Lib) Open(d *script.Domain) error {
	l.d, l.sweep = d, sweep.New(d)
	l.types = typeCache{space: l.Space}
	l.lifetimes = map[any]*lifetime{}
	l.setMeta = l.metatable("set", "s:has(v)", setMethods)
	l.mapMeta = l.metatable("map", "m:get(k)", mapMethods)
	l.vecMeta = l.metatable("vector", "v:get(i)", vectorMethods)
	l.subMeta = l.metatable("subnet_map", "m:lookup(addr)", subnetMapMethods)
	l.Space.NewContainer = l.newContainer
	l.Space.WrapContainer = wrap
	l.Space.TakeContainer = l.take
	for name, fn := range map[string]lua.LGFunction{
		"set": l.set, "map": l.makeMap, "vector": l.vector, "subnet_map": l.subnetMap,
	} {
		d.SetGlobal(name, d.VM.NewFunction(name, fn))
	}
	l.openPrivate()
	l.Names.Method("set", l.declareSet)
	l.Names.Method("map", l.declareMap)
	l.Names.Method("vector", l.declareVector)
	l.Names.Method("subnet_map", l.declareSubnetMap)
	return nil
}

// newContainer is the hook of convert.Space for what is decoded: no options, and no name until something is
// declared with it.
func (l *Lib) newContainer(t *convert.Type, _ int) convert.Container {
	switch t.Kind {
	case convert.KindSet:
		return l.newSet(t, &options{})
	case convert.KindTable:
		return l.newMap(t, &options{})
	}
	return l.newVector(t)
}

// wrap is the hook of convert.Space that returns the userdata of a container.
func wrap(c convert.Container) *lua.LUserData {
	return c.(interface{ userdata() *lua.LUserData }).userdata()
}

// userdata is the same for all views of a container with a name.
func (o *object) userdata() *lua.LUserData {
	if o.named != nil && o.named.self != nil {
		return &o.named.self.ud
	}
	return &o.ud
}

func (o *object) base() *object { return o }

// wordOf is what scripts call a container of that kind.
func wordOf(c any) string {
	switch c.(type) {
	case *Set:
		return "set"
	case *Map:
		return "map"
	case *Vector:
		return "vector"
	}
	return "subnet_map"
}

// metatable makes what all containers of a kind share. Methods are looked up in a table, which is fast; what is not
// there ends in a function that says so.
func (l *Lib) metatable(word, example string, methods map[string]lua.LGFunction) *lua.LTable {
	table, rest, mt := l.d.L.CreateTable(0, len(methods)), l.d.L.CreateTable(0, 1), l.d.L.CreateTable(0, 8)
	var names []string
	for name, fn := range methods {
		names = append(names, name)
		table.RawSetString(name, l.d.VM.NewFunction(word+":"+name, fn))
	}
	rest.RawSetString("__index", l.d.VM.NewFunction(word, func(L *lua.LState) int {
		name, ok := L.Get(2).(lua.LString)
		if !ok {
			L.RaiseError("a %s is not indexed with [ ]: write %s", word, example)
		}
		L.RaiseError("a %s has no method %q%s; elements are read with %s", word, string(name),
			script.DidYouMean(string(name), names), example)
		return 0
	}))
	table.Metatable = rest
	mt.RawSetString("__index", table)
	mt.RawSetString("__newindex", l.d.VM.NewFunction(word, func(L *lua.LState) int {
		L.RaiseError("a %s is not assigned to with [ ] or a dot: write %s", word, setters[word])
		return 0
	}))
	mt.RawSetString("__call", l.d.VM.NewFunction(word, func(L *lua.LState) int {
		L.RaiseError("a %s is no function: a loop over it is for … in x:each() do", word)
		return 0
	}))
	mt.RawSetString("__len", l.d.VM.NewFunction(word+" length", func(L *lua.LState) int {
		L.Push(lua.LNumber(self(L).length()))
		return 1
	}))
	mt.RawSetString("__tostring", l.d.VM.NewFunction("tostring", func(L *lua.LState) int {
		c := self(L)
		L.Push(lua.LString(c.base().text(c.length())))
		return 1
	}))
	mt.RawSetString("__metatable", lua.LFalse)
	return mt
}

var setters = map[string]string{
	"set": "s:add(v)", "map": "m:set(k, v)", "vector": "v:set(i, v) or v:push(v)", "subnet_map": "m:set(subnet, v)",
}

// anyContainer is one of ours, whichever.
type anyContainer interface {
	convert.Container
	base() *object
	length() int // as scripts count, which may call hooks
	clear()
	plain(depth int) (*lua.LTable, error)
	inherit(old anyContainer) // takes the contents of one of the same kind and type, from before a reload
	view(of anyContainer)     // becomes another view of one of the same kind and type
}

// self returns the container that a method common to all is called on.
func self(L *lua.LState) anyContainer {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if c, ok := ud.Value.(anyContainer); ok {
			return c
		}
	}
	wrongSelf(L, "container", "x:clear()")
	return nil
}

func wrongSelf(L *lua.LState, word, example string) {
	L.RaiseError("expected a %s, got %s (call with a colon: %s)", word, convert.Describe(L.Get(1)), example)
}

// common adds the methods that all containers have.
func common(methods map[string]lua.LGFunction) map[string]lua.LGFunction {
	methods["clear"] = func(L *lua.LState) int {
		c := self(L)
		if k, ok := c.(interface{ whole(*lua.LState, string) }); ok {
			k.whole(L, "clear")
		}
		c.clear()
		return 0
	}
	methods["to_table"] = func(L *lua.LState) int {
		t, err := self(L).plain(0)
		if err != nil {
			convert.Raise(L, err)
		}
		L.Push(t)
		return 1
	}
	methods["on_replaced"] = func(L *lua.LState) int { return self(L).base().onReplaced(L) }
	return methods
}

// maxDepth is how far to_table follows containers within containers.
const maxDepth = 100

// plainValue is a value as to_table gives it: a container within is a table, too.
func (o *object) plainValue(t *convert.Type, st convert.Stored, depth int) (lua.LValue, error) {
	c, ok := st.Ref.(anyContainer)
	if !ok {
		return o.lib.Space.FromStored(t, st), nil
	}
	if depth >= maxDepth {
		return nil, fmt.Errorf("%s:to_table: containers within each other, deeper than %d", o.name(), maxDepth)
	}
	return c.plain(depth + 1)
}
