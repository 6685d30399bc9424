package storelib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/script"
	"moonpeer/store"
)

// handle is a store as scripts have it, the same userdata for everybody until it is closed. It implements store.Watcher.
type handle struct {
	ud     lua.LUserData
	lib    *Lib
	s      store.Store // nil: closed
	name   string
	master bool
	hooks  []*script.Hook // on_change
	bound  []*binding     // containers that are kept in it
	told   changes        // that are queued
	next   func()         // tells the first of them
	whole  bool           // it has had all entries once: always, but for a clone that is new
	missed bool           // there was no room for a change; bound containers are compared again
	ledger *ledger
}

func (l *Lib) openHandles() {
	l.meta = l.d.Methods("store", map[string]lua.LGFunction{
		"close": l.close, "name": l.getName, "is_master": l.isMaster,
		"get": l.get, "exists": l.exists, "keys": l.keys, "size": l.size, "get_index": l.getIndex, "each": l.each,
		"put": l.put, "put_unique": l.putUnique, "erase": l.erase, "clear": l.clear, "backup": l.backup,
		"increment": l.increment, "decrement": l.decrement, "append": l.append,
		"insert_into": l.insertInto, "remove_from": l.removeFrom, "push": l.push, "pop": l.pop,
		"on_change": l.onChange,
	})
	l.meta.RawSetString("__tostring", l.d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString(l.self(L).String()))
		return 1
	}))
}

// handle returns the handle of a store, the same one each time.
func (l *Lib) handle(s store.Store) *handle {
	name := s.Name()
	if h := l.handles[name]; h != nil && h.s == s {
		return h
	}
	h := &handle{lib: l, s: s, name: name, master: s.IsMaster(), ledger: &ledger{lib: l, store: name}}
	h.ud = lua.LUserData{Value: h, Env: l.d.L.Env, Metatable: l.meta}
	h.next = h.tell
	l.handles[name] = h
	return h
}

// String is what tostring gives.
func (h *handle) String() string {
	what := "clone"
	if h.master {
		what = "master"
	}
	if h.s == nil {
		what += ", closed"
	}
	return fmt.Sprintf("store %s (%s)", script.Name(h.name), what)
}

// self returns the handle that a method is called on.
func (l *Lib) self(L *lua.LState) *handle {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if h, ok := ud.Value.(*handle); ok {
			return h
		}
	}
	L.RaiseError("expected a store, got %s (call with a colon: s:get(k))", convert.Describe(L.Get(1)))
	return nil
}

// closed is what is wrong with a handle that was closed; Zeek has the same words.
func (h *handle) closed() error {
	return &broker.Error{Code: broker.BadMemberFunctionCall, Context: fmt.Sprintf("store %q", h.name), Err: errors.New("invalid Broker store handle: it is closed")}
}

// close is s:close(): true if it was open. Writes under way end with an error.
func (l *Lib) close(L *lua.LState) int {
	h := l.self(L)
	l.effects(L, "store:close")
	s := h.s
	if s == nil {
		L.Push(lua.LFalse)
		return 1
	}
	h.s = nil
	if l.handles[h.name] == h {
		delete(l.handles, h.name)
	}
	for _, b := range h.bound {
		b.end(h.closed())
	}
	h.bound = nil
	if err := s.Close(); err != nil {
		l.d.Reports.Errorf("store %q: closing it: %v", h.name, err)
	}
	L.Push(lua.LTrue)
	return 1
}

// getName is s:name().
func (l *Lib) getName(L *lua.LState) int {
	L.Push(lua.LString(l.self(L).name))
	return 1
}

// isMaster is s:is_master().
func (l *Lib) isMaster(L *lua.LState) int {
	L.Push(lua.LBool(l.self(L).master))
	return 1
}
