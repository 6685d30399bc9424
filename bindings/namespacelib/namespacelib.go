package namespacelib

import (
	"fmt"
	"regexp"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/script"
)

// Export is one thing with a name.
type Export struct {
	ID    string // full name, "EX::known_clients"
	Kind  string // the method that made it: "event", "set", "option", …
	Type  string // its declared type in canonical text
	Place string // file:line of the first declaration
	Value lua.LValue
	Go    any // what Go code works on; the kind's owner knows its type

	late bool // declared when the scripts were loaded
}

// Registry holds the exports of one domain.
type Registry struct {
	d       *script.Domain
	byID    map[string]*Export
	order   []*Export
	left    []Left // by a reload
	methods *lua.LTable
	meta    *lua.LTable
}

// New returns an empty registry for d; Open must be called once.
func New(d *script.Domain) *Registry {
	return &Registry{d: d, byID: map[string]*Export{}, methods: d.L.NewTable()}
}

// Namespace is what the methods of a namespace object are called with.
type Namespace struct {
	Name string // "" is the global module
}

// ID returns the full name of something called name in the namespace.
func (n *Namespace) ID(name string) string {
	if n.Name == "" {
		return name
	}
	return n.Name + "::" + name
}

var (
	namespaceName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_][A-Za-z0-9_]*)*$`)
	exportName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// Open predefines the global `namespace`.
func (r *Registry) Open() {
	r.meta = r.d.L.NewTable()
	r.meta.RawSetString("__index", r.d.VM.NewFunction("namespace", r.index))
	r.meta.RawSetString("__newindex", r.d.VM.NewFunction("namespace", func(L *lua.LState) int {
		L.RaiseError("nothing is named by assignment: write local %s = %s:var(%q, …)", L.Get(2), self(L).Name, L.Get(2).String())
		return 0
	}))
	r.meta.RawSetString("__tostring", r.d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString("namespace " + self(L).Name))
		return 1
	}))
	r.meta.RawSetString("__metatable", lua.LFalse)
	r.d.SetGlobal("namespace", r.d.VM.NewFunction("namespace", r.namespace))
}

// namespace(name) returns the namespace of that name; without a name it is the global module.
func (r *Registry) namespace(L *lua.LState) int {
	name := L.OptString(1, "")
	if name != "" && !namespaceName.MatchString(name) {
		L.ArgError(1, fmt.Sprintf("%q is no name for a namespace (letters, digits and _, parts joined by ::)", name))
	}
	ud := L.NewUserData()
	ud.Value = &Namespace{Name: name}
	ud.Metatable = r.meta
	L.Push(ud)
	return 1
}

func (r *Registry) index(L *lua.LState) int {
	key := L.Get(2).String()
	if fn := r.methods.RawGetString(key); fn != lua.LNil {
		L.Push(fn)
		return 1
	}
	var names []string
	r.methods.ForEach(func(k, _ lua.LValue) { names = append(names, k.String()) })
	L.RaiseError("a namespace has no %q%s: what it holds is kept in locals", key, script.DidYouMean(key, names))
	return 0
}

// Methods returns the names of what a namespace can do, if that is what ud is.
func (r *Registry) Methods(ud *lua.LUserData) (names []string) {
	if _, ok := ud.Value.(*Namespace); ok {
		r.methods.ForEach(func(k, _ lua.LValue) { names = append(names, k.String()) })
	}
	return names
}

func self(L *lua.LState) *Namespace {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if n, ok := ud.Value.(*Namespace); ok {
			return n
		}
	}
	L.ArgError(1, "expected a namespace (call with a colon: EX:event(…))")
	return nil
}

// Method adds a method to every namespace object. fn finds its own arguments from index 2 on.
func (r *Registry) Method(name string, fn func(L *lua.LState, ns *Namespace) int) {
	r.methods.RawSetString(name, r.d.VM.NewFunction(name, func(L *lua.LState) int { return fn(L, self(L)) }))
}

// CheckName returns the full name for argument 2 of a namespace method, and raises when it is no name.
func (r *Registry) CheckName(L *lua.LState, ns *Namespace) string {
	name := L.CheckString(2)
	if !exportName.MatchString(name) {
		L.ArgError(2, fmt.Sprintf("%q is no name (letters, digits and _ only; the namespace is put in front)", name))
	}
	return ns.ID(name)
}

// ValidID tells whether id could be a full name.
func (r *Registry) ValidID(id string) bool { return namespaceName.MatchString(id) }

// Declare returns the export called id. When it is new, create makes it; when it is there with the same kind and
// type, it is the old one with its contents; otherwise Declare raises and names both places.
func (r *Registry) Declare(L *lua.LState, id, kind, typ string, create func() (lua.LValue, any)) *Export {
	place := r.d.VM.Where(L, 1)
	if e, ok := r.byID[id]; ok {
		if e.Kind != kind || e.Type != typ {
			L.RaiseError("%s is declared as %s %s here and as %s %s at %s", id, kind, typ, e.Kind, e.Type, e.Place)
		}
		return e
	}
	e := &Export{ID: id, Kind: kind, Type: typ, Place: place, late: r.d.Ready()}
	e.Value, e.Go = create()
	r.byID[id] = e
	r.order = append(r.order, e)
	return e
}

// Lookup returns the export called id, or nil.
func (r *Registry) Lookup(id string) *Export { return r.byID[id] }

// Names returns the full names of all exports in the order of their declaration.
func (r *Registry) Names() []string {
	names := make([]string, len(r.order))
	for i, e := range r.order {
		names[i] = e.ID
	}
	return names
}

// Each calls fn for each export in the order of declaration.
func (r *Registry) Each(fn func(*Export)) {
	for _, e := range r.order {
		fn(e)
	}
}
