package storelib

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/asynclib"
	"moonpeer/bindings/containerlib"
	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
	"moonpeer/store"
)

// Stores are the node's. Master and Clone return what the node already has of that name, whatever the options, and an
// error if nothing can be opened. Closing a store has the node forget it.
type Stores interface {
	Master(name string, o MasterOptions) (store.Store, error)
	Clone(name string, o CloneOptions) (store.Store, error)
	// Find returns the store of that name; nil: there is none.
	Find(name string) store.Store
}

// MasterOptions are what scripts say of a master. Zero values mean that they have said nothing.
type MasterOptions struct {
	Backend   string // memory or pebble
	Sync      *bool
	Expire    broker.Timespan
	OnCorrupt string // fail or quarantine
	MaxBytes  int64
}

// CloneOptions are what scripts say of a clone. Zero means that they have said nothing, negative is as in store.CloneOptions.
type CloneOptions struct{ Resync, Stale, MutationBuffer time.Duration }

// Lib implements script.Module.
type Lib struct {
	Space      *convert.Space
	Async      *asynclib.Lib
	Containers *containerlib.Lib
	Stores     Stores
	// Suffix is behind the names of stores that store.bind makes up: nodes that are peers have no two masters of one name.
	Suffix string
	// Before is what this one takes over from when scripts are loaded anew; nil: nothing.
	Before *Lib

	d       *script.Domain
	meta    *lua.LTable // of handles
	watcher *lua.LTable // of what on_change returns
	handles map[string]*handle

	bindings  []*binding // in the order in which they were declared
	beginning bool       // they are to begin with the first event
	orphans   []*outbox  // of bindings that a reload has ended

	cmd        wire.Command // that is being made
	spare      *pending     // for a write whose outcome is not known at once
	key, value []byte       // being encoded
	canonical  []byte       // a key, in canonical form
}

// Open predefines `store`.
func (l *Lib) Open(d *script.Domain) error {
	l.d, l.handles = d, map[string]*handle{}
	l.openHandles()
	l.openWatchers()
	d.SetModule("store", map[string]lua.LValue{
		"master": d.VM.NewFunction("store.master", l.master),
		"clone":  d.VM.NewFunction("store.clone", l.clone),
		"find":   d.VM.NewFunction("store.find", l.find),
		"bind":   d.VM.NewFunction("store.bind", l.luaBind),
	})
	d.SetPrivate(Private, map[string]lua.LValue{"tie": d.VM.NewFunction(Private+".tie", l.tie)})
	return nil
}

// master is store.master(name, opts): a handle, or nil and why.
func (l *Lib) master(L *lua.LState) int {
	name := l.name(L)
	o, err := masterOptions(L.Get(2))
	if err != nil {
		convert.ArgRaise(L, "store.master", 2, err)
	}
	return l.open(L, "store.master", name, func() (store.Store, error) { return l.Stores.Master(name, o) })
}

// clone is store.clone(name, opts): a handle, or nil and why.
func (l *Lib) clone(L *lua.LState) int {
	name := l.name(L)
	o, err := cloneOptions(L.Get(2))
	if err != nil {
		convert.ArgRaise(L, "store.clone", 2, err)
	}
	return l.open(L, "store.clone", name, func() (store.Store, error) { return l.Stores.Clone(name, o) })
}

// open returns the handle of a store, which is opened unless the node has it.
func (l *Lib) open(L *lua.LState, fn, name string, open func() (store.Store, error)) int {
	s := l.Stores.Find(name)
	if s == nil {
		if !l.d.Ready() {
			L.RaiseError("%s: stores can't be created while the file is loaded (do it in node_init)", fn)
		}
		var err error
		if s, err = open(); err != nil {
			return l.Space.Fail(L, err)
		}
	}
	L.Push(&l.handle(s).ud)
	return 1
}

// OpenFor pushes the handle of a store whose name is argument 1, as store.master does, or as store.clone: for fn, a function
// of another module.
func (l *Lib) OpenFor(L *lua.LState, fn string, master bool, o MasterOptions) int {
	name := l.name(L)
	return l.open(L, fn, name, func() (store.Store, error) {
		if master {
			return l.Stores.Master(name, o)
		}
		return l.Stores.Clone(name, CloneOptions{})
	})
}

// find is store.find(name): the handle of a store that this node has, or nil.
func (l *Lib) find(L *lua.LState) int {
	if s := l.Stores.Find(l.name(L)); s != nil {
		L.Push(&l.handle(s).ud)
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

// name returns argument 1 as the name of a store.
func (l *Lib) name(L *lua.LState) string {
	name, ok := L.Get(1).(lua.LString)
	if !ok || name == "" {
		L.ArgError(1, fmt.Sprintf("expected the name of a store, got %s", convert.Describe(L.Get(1))))
	}
	return string(name)
}

// effects raises while files are loaded: what others see waits for node_init.
func (l *Lib) effects(L *lua.LState, method string) {
	if !l.d.Ready() {
		L.RaiseError("%s: not while the file is loaded (do it in node_init)", method)
	}
}
