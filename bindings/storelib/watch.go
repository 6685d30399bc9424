package storelib

import (
	"encoding/binary"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/runtime/script"
	"moonpeer/store"
)

// openWatchers makes what on_change returns have a method off.
func (l *Lib) openWatchers() {
	l.watcher = l.d.Methods("store watcher", map[string]lua.LGFunction{"off": func(L *lua.LState) int {
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if h, ok := ud.Value.(*script.Hook); ok {
				L.Push(lua.LBool(h.Off()))
				return 1
			}
		}
		L.ArgError(1, "expected what on_change returned (call with a colon: w:off())")
		return 0
	}})
}

// onChange is s:on_change(fn): a watcher with :off(), or nil and why. In the body of a file it takes effect when the new
// code takes over.
func (l *Lib) onChange(L *lua.LState) int {
	h := l.self(L)
	fn := L.CheckFunction(2)
	if h.s == nil {
		return l.Space.Fail(L, h.closed())
	}
	hook := l.d.NewHook("on_change of store "+script.Name(h.name), fn)
	h.hooks = append(h.active(), hook)
	if l.d.Ready() {
		h.watch()
	}
	ud := L.NewUserData()
	ud.Value, ud.Metatable = hook, l.watcher
	L.Push(ud)
	return 1
}

// active are the hooks that are on, the others are forgotten. The slice is new where it is another one.
func (h *handle) active() []*script.Hook {
	off := func(k *script.Hook) bool { return !k.Active() }
	if slices.ContainsFunc(h.hooks, off) {
		h.hooks = slices.DeleteFunc(slices.Clone(h.hooks), off)
	}
	return h.hooks
}

// watch has the store tell the handle of changes, if anybody is there for whom it wants them.
func (h *handle) watch() {
	if len(h.hooks) > 0 || len(h.bound) > 0 {
		h.s.SetWatcher(h)
	}
}

// Wants implements store.Watcher.
func (h *handle) Wants() bool { return len(h.bound) > 0 || len(h.active()) > 0 }

// Changed implements store.Watcher: the change is copied and waits for its turn among the events.
func (h *handle) Changed(c *store.Change) {
	if h.lib.d.DeferBounded(len(c.Key)+len(c.Old)+len(c.New), h.next) {
		h.told.push(c, h.isWhole())
	} else {
		h.compareLater()
	}
}

// isWhole reports whether the entries of the beginning have arrived.
func (h *handle) isWhole() bool {
	if !h.whole && h.s != nil {
		_, err := h.s.Len()
		h.whole = err == nil
	}
	return h.whole
}

// tell calls the functions of on_change with the oldest change that waits, when containers have followed it.
func (h *handle) tell() {
	t := h.told.pop()
	for _, b := range h.bound {
		b.happened(&t)
	}
	if len(h.active()) > 0 {
		h.call(&t)
	}
	h.told.release()
}

func (h *handle) call(t *told) {
	kind, key, old, now := t.kind, t.key, t.old, t.now
	l := h.lib
	args := []lua.LValue{words[kind], nil, lua.LNil, lua.LNil}
	var err error
	if args[1], err = l.decodeKey(key); err == nil && (kind == store.Insert || kind == store.Update) {
		args[2], err = l.decode(now)
	}
	if err == nil && kind != store.Insert {
		args[3], err = l.decode(old)
	}
	if err != nil {
		l.d.Reports.Warnf("store %q: a change can't be read: %v", h.name, err)
		return
	}
	for _, hook := range h.active() {
		l.d.Ask(hook, args...)
	}
}

// words are the kinds of changes as scripts know them.
var words = [...]lua.LValue{
	store.Insert: lua.LString(store.Insert.String()), store.Update: lua.LString(store.Update.String()),
	store.Erase: lua.LString(store.Erase.String()), store.Expire: lua.LString(store.Expire.String()),
}

// told is a change that has waited.
type told struct {
	kind          store.ChangeKind
	late          bool // it came when the entries of the beginning had arrived
	key, old, now []byte
	expiry        broker.Timespan // how long the new value was to stay; 0: nobody said
}

// changes are copies of changes, one behind the other: kind, late, expiry, three lengths, key, old and new value.
type changes struct {
	bytes []byte
	read  int
}

const changeHead = 2 + 8 + 3*4

func (q *changes) push(c *store.Change, late bool) {
	b := append(q.bytes, byte(c.Kind), 0)
	if late {
		b[len(b)-1] = 1
	}
	expiry := broker.Timespan(0)
	if c.HasExpiry {
		expiry = max(c.Expiry, 1)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(expiry))
	for _, part := range [][]byte{c.Key, c.Old, c.New} {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
	}
	b = append(b, c.Key...)
	b = append(b, c.Old...)
	q.bytes = append(b, c.New...)
}

// pop returns the oldest; its slices are good until release.
func (q *changes) pop() told {
	b := q.bytes[q.read:]
	var parts [3][]byte
	at := changeHead
	for i := range parts {
		n := int(binary.LittleEndian.Uint32(b[10+4*i:]))
		parts[i] = b[at : at+n : at+n]
		at += n
	}
	q.read += at
	return told{store.ChangeKind(b[0]), b[1] == 1, parts[0], parts[1], parts[2], broker.Timespan(binary.LittleEndian.Uint64(b[2:]))}
}

// release gives back the memory of what was read, as soon as that costs less than what it gives.
func (q *changes) release() {
	switch rest := len(q.bytes) - q.read; {
	case rest == 0:
		q.bytes, q.read = take(q.bytes), 0
	case q.read > maxKept && q.read > rest:
		q.bytes = q.bytes[:copy(q.bytes, q.bytes[q.read:])]
		q.read = 0
	}
}
