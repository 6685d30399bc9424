package storelib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/runtime/container"
	"moonpeer/store"
)

// Private is the name under which libraries require what scripts do not find:
//
//	tie(c, name, follow, open)  binds a container to the store of that name, which open() returns
const Private = "internal.stores"

// Prefix is what Zeek puts in front of a table's full name to name its store.
const Prefix = "___sync_store_"

var bindNames = []string{"store", "backend", "sync", "on_corrupt", "max_bytes"}

// luaBind is store.bind(c, {store=, backend=, sync=, on_corrupt=, max_bytes=}): c, or nil and why it is not kept.
func (l *Lib) luaBind(L *lua.LState) int {
	c := l.Containers.Keep(L, 1)
	name, o, err := l.bindOptions(L.Get(2))
	if err != nil {
		convert.ArgRaise(L, "store.bind", 2, err)
	}
	if name == "" {
		name = Prefix + c.ID() + l.Suffix
	}
	old, _ := c.Keeper().(*binding)
	switch err := c.Unfit(); {
	case old != nil && old.name == name && !old.follow:
		L.Push(L.Get(1))
		return 1
	case old != nil:
		L.RaiseError("store.bind: %s is kept in store %q already", c.ID(), old.name)
	case err != nil:
		L.RaiseError("store.bind: %s: %s", c.ID(), err.Error())
	}
	for _, other := range l.bindings {
		if other.name == name && other.c.ID() != c.ID() {
			L.RaiseError("store.bind: %s: store %q keeps %s already", c.ID(), name, other.c.ID())
		}
	}
	b := &binding{c: c, name: name}
	b.open = func() *handle {
		s := l.Stores.Find(name)
		if s == nil {
			if s, err = l.Stores.Master(name, o); err != nil {
				b.over = err
				return nil
			}
		}
		return l.handle(s)
	}
	if err := l.bind(b); err != nil {
		return l.Space.Fail(L, err)
	}
	L.Push(L.Get(1))
	return 1
}

// bindOptions reads what store.bind is given: the name of the store, "" without one, and what it is opened with.
func (l *Lib) bindOptions(v lua.LValue) (name string, o MasterOptions, err error) {
	o.Backend = "pebble"
	err = eachOption(v, bindNames, func(option string, v lua.LValue) error {
		if option != "store" {
			return masterOption(&o, option, v)
		}
		if s, ok := v.(lua.LString); ok && s != "" {
			name = string(s)
			return nil
		}
		if ud, ok := v.(*lua.LUserData); ok {
			if h, ok := ud.Value.(*handle); ok {
				name = h.name
				return nil
			}
		}
		return fmt.Errorf("expected a store or its name, got %s", convert.Describe(v))
	})
	return name, o, err
}

// tie is tie(c, name, follow, open).
func (l *Lib) tie(L *lua.LState) int {
	c := l.Containers.Keep(L, 1)
	name, follow, fn := L.CheckString(2), L.ToBool(3), L.CheckFunction(4)
	err := c.Unfit()
	switch {
	case c.Keeper() != nil:
		err = fmt.Errorf("it is kept in a store already")
	case err == nil && follow && c.Bounded():
		err = fmt.Errorf("it has max_size: the store has no such bound, and each node would drop others")
	}
	if err != nil {
		L.Push(lua.LString(err.Error()))
		return 1
	}
	b := &binding{c: c, name: name, follow: follow}
	b.open = func() *handle {
		ret, ok := l.d.Call(b.script, "sync.stored", fn, 2)
		if !ok {
			return nil
		}
		if ud, ok := ret[0].(*lua.LUserData); ok {
			if h, ok := ud.Value.(*handle); ok {
				return h
			}
		}
		b.over = fmt.Errorf("%s", ret[1].String())
		return nil
	}
	_ = l.bind(b) // it begins with node_init
	return 0
}

// ask is what a container that follows asks before a script changes it: nothing is changed here, the store is asked.
func (b *binding) ask(L *lua.LState) int {
	op := L.CheckString(1)
	own, err := b.lib.Space.AppendKey(nil, b.c.Type().Key, L.Get(2))
	var key []byte
	if err == nil {
		key, err = b.wireKey(own)
	}
	if err != nil {
		L.RaiseError("%s:%s: %s", b.c.ID(), op, err.Error())
	}
	if b.over != nil {
		L.RaiseError("%s:%s: %s", b.c.ID(), op, b.over.Error())
	}
	L.Push(lua.LFalse)
	_, age, there, _ := b.c.AppendValue(nil, own)
	expiry, _ := b.c.Expiry()
	cmd := wire.Command{Key: key}
	switch op {
	case "remove":
		cmd.Kind = wire.CmdErase
	case "add":
		if there && expiry != container.OnWrite && b.out.idle() {
			return 1
		}
		cmd.Kind, cmd.Value = wire.CmdPutUnique, wire.AppendNone(nil)
		if expiry == container.OnWrite {
			cmd.Kind = wire.CmdPut
		}
		cmd.Expiry, cmd.HasExpiry = b.lifetime(0)
	case "set":
		cmd.Kind = wire.CmdPut
		cmd.Value, err = b.lib.Space.AppendTyped(nil, b.c.Type().Elem, L.Get(3))
		if !there || expiry == container.OnWrite {
			age = 0
		}
		cmd.Expiry, cmd.HasExpiry = b.lifetime(age)
	case "incr":
		err = b.setAmount(&cmd, L.Get(3))
		if !there || expiry == container.OnWrite {
			cmd.Expiry, cmd.HasExpiry = b.lifetime(0)
		}
	}
	if err != nil {
		L.RaiseError("%s:%s: %s", b.c.ID(), op, err.Error())
	}
	if !b.out.add(cmd) {
		b.refused(&write{cmd: cmd}, &broker.Error{Code: broker.RequestTimeout, Context: fmt.Sprintf("%d changes wait for the store already", maxKeptBack)})
	}
	return 1
}

// setAmount makes c add n to a value.
func (b *binding) setAmount(c *wire.Command, n lua.LValue) (err error) {
	c.Kind = wire.CmdAdd
	switch b.c.Type().Elem.Kind {
	case convert.KindCount:
		if u, ok := convert.AsCount(n); ok {
			c.Value, c.Init = wire.AppendCount(nil, u), broker.KindCount
			return nil
		}
		if i, ok := convert.AsInt(n); ok {
			c.Kind, c.Value = wire.CmdSubtract, wire.AppendCount(nil, uint64(-i)) // i is negative; right for the least one, too
			return nil
		}
	case convert.KindInt:
		if i, ok := convert.AsInt(n); ok {
			c.Value, c.Init = wire.AppendInteger(nil, i), broker.KindInteger
			return nil
		}
	case convert.KindReal:
		if x, ok := convert.AsReal(n); ok {
			c.Value, c.Init = wire.AppendReal(nil, x), broker.KindReal
			return nil
		}
	default:
		return fmt.Errorf("the values are of type %s, only count, int and real can be added to", b.c.Type().Elem)
	}
	return &convert.MismatchError{Want: b.c.Type().Elem.String(), Got: convert.Describe(n)}
}

var opNames = map[wire.CommandKind]string{
	wire.CmdPut: "set", wire.CmdPutUnique: "add", wire.CmdErase: "remove", wire.CmdAdd: "incr", wire.CmdSubtract: "incr", wire.CmdClear: "clear",
}

// refused reports a change that the store has not taken and will not take. That of a store that is closed has been reported, or the
// node ends.
func (b *binding) refused(w *write, err error) {
	if b.h == nil || errors.Is(err, broker.ErrShuttingDown) {
		return
	}
	key := ""
	if len(w.cmd.Key) > 0 {
		key = " of " + b.lib.keyText(w.cmd.Key)
	}
	b.h.ledger.note(fmt.Sprintf("%s: %s%s is not kept in store %q: %v", b.c.ID(), opNames[w.cmd.Kind], key, b.name, reason(err)))
}

// lookLater has a binding take what the store has for a key, in its turn among the events.
func (b *binding) lookLater(key []byte) {
	b.lib.d.Defer(func() {
		if b.h != nil {
			b.happened(&told{kind: store.Update, late: true, key: key})
		}
	})
}

// compareLater has all entries compared with the store's.
func (b *binding) compareLater() {
	b.lib.d.Defer(func() { b.compare() })
}

// compareLater has the containers that are kept in this store compared with it, when there may be room for changes again.
func (h *handle) compareLater() {
	if h.missed || len(h.bound) == 0 {
		return
	}
	h.missed = true
	h.lib.d.After(second, func(int64) {
		h.missed = false
		for _, b := range h.bound {
			b.compare()
		}
	})
}

// keysNow returns copies of all keys.
func (h *handle) keysNow() (keys [][]byte, err error) {
	err = h.s.Each(func(key, _ []byte) bool {
		keys = append(keys, append([]byte(nil), key...))
		return true
	})
	return keys, err
}

// Unsaved is how many changes of containers have still to be written to stores. A node that ends waits for them.
func (l *Lib) Unsaved() (n int) {
	for _, b := range l.bindings {
		n += b.out.unsaved()
	}
	for _, o := range l.orphans {
		n += o.unsaved()
	}
	return n
}

func (o *outbox) unsaved() int {
	if o.s == nil {
		return 0
	}
	return o.waiting() + o.flying
}
