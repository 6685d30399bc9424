package containerlib

import (
	"bytes"
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/wire"
	"moonpeer/runtime/container"
)

// Kept is a named set or map of which somebody keeps a copy elsewhere, as that somebody sees it: package storelib. Keys
// and values are as on the wire. What is changed through it asks and tells nobody but on_change.
type Kept struct {
	k *keyed
}

// Keeper hears what happens to a container of which it keeps a copy. It must change nothing and run no script.
type Keeper interface {
	// Touched says that an entry was made, changed or removed by a script, or dropped for max_size; not that its time was
	// over. The key is the container's own form of it, to keep.
	Touched(key []byte)
	// Replaced says that all entries may have changed.
	Replaced()
}

// Keep returns the named set or map that is argument i of a call; it raises for anything else.
func (l *Lib) Keep(L *lua.LState, i int) Kept {
	k, err := l.namedAt(L, i)
	if err != nil {
		L.ArgError(i, err.Error())
	}
	return Kept{k}
}

// touched tells the keeper of a change.
func (k *keyed) touched(key []byte) {
	if n := k.object.named; n != nil && n.keeper != nil {
		n.keeper.Touched(bytes.Clone(key)) // a copy, so that the caller's may lie on its stack
	}
}

// renewed tells the keeper that an element was added which is there: that counts where it begins to live anew.
func (k *keyed) renewed(key []byte) {
	if k.t.Options().Expiry == container.OnWrite {
		k.touched(key)
	}
}

// ID is the container's full name.
func (c Kept) ID() string { return c.k.object.named.id }

// Type is the container's.
func (c Kept) Type() *convert.Type { return c.k.typ }

// Expiry says what entries' lives are counted from, and how long they are now, in nanoseconds; negative: for ever.
func (c Kept) Expiry() (container.Expiry, int64) {
	o := c.k.t.Options()
	if o.Interval == nil {
		return o.Expiry, -1
	}
	return o.Expiry, o.Interval.Nanoseconds()
}

// Unfit says why the container can't be kept elsewhere; nil if it can.
func (c Kept) Unfit() error {
	o := &c.k.object.named.opts
	switch {
	case o.expiry == container.OnRead:
		return errors.New("it has read_expire: what is read is not told to the store, so only create_expire and write_expire end entries")
	case o.onExpire != nil:
		return errors.New("it has on_expire, which keeps entries here that the store lets go")
	case c.k.typ.Elem != nil && c.k.typ.Elem.Kind >= convert.KindSet:
		return fmt.Errorf("its values are of type %s: what is changed within them is not seen, so a store keeps single values only", c.k.typ.Elem)
	case c.k.divert != nil:
		return errors.New("it is shared in another way already")
	}
	return nil
}

// Bounded reports whether there is a max_size.
func (c Kept) Bounded() bool { return c.k.object.named.opts.maxSize > 0 }

// Keeper is who keeps it; nil: nobody.
func (c Kept) Keeper() Keeper { return c.k.object.named.keeper }

// SetKeeper says who keeps it; nil: nobody. With ask, scripts' changes are not made but asked of ask(op, key, value),
// as a library's are that intercept has, and then clear and ensure are refused.
func (c Kept) SetKeeper(p Keeper, ask *lua.LFunction) {
	n := c.k.object.named
	n.keeper = p
	c.k.divert = ask
	if p == nil || n.opts.maxSize == 0 || c.k.told {
		return
	}
	s := c.k.lib.d.Script()
	if c.k.hooks != nil {
		s = c.k.hooks.script
	}
	c.k.told, c.k.dropped = true, 0
	c.k.reopen(&n.opts)
	c.k.hooks.script = s
}

// AppendKey appends what a key of the container is on the wire.
func (c Kept) AppendKey(dst, key []byte) ([]byte, error) {
	dst, ok := convert.AppendKeyWire(dst, c.k.typ.Key, key)
	if !ok {
		return dst, fmt.Errorf("%s: a key that can't be encoded", c.k.name())
	}
	return dst, nil
}

// ReadKey appends the container's own form of a key.
func (c Kept) ReadKey(dst, key []byte) ([]byte, error) {
	r := wire.NewReader(key)
	return c.k.lib.Space.ReadKey(dst, &r, c.k.typ.Key)
}

// AppendValue appends an entry's value: none for a set's. It reports false if there is no such entry. It is no read.
func (c Kept) AppendValue(dst, key []byte) (_ []byte, age int64, there bool, err error) {
	now := c.k.lib.d.Now()
	age, there = c.k.t.Age(key, now)
	switch {
	case !there:
		return dst, 0, false, nil
	case c.k.typ.Elem == nil:
		return wire.AppendNone(dst), age, true, nil
	}
	v, _ := c.k.t.Get(key, now)
	dst, err = c.k.lib.Space.AppendStored(dst, c.k.typ.Elem, convert.Stored(v))
	return dst, age, true, err
}

// Put makes or changes an entry. A new one counts as made age nanoseconds ago.
func (c Kept) Put(key, value []byte, age int64, quiet bool) error {
	var v convert.Stored
	if c.k.typ.Elem != nil {
		r := wire.NewReader(value)
		var err error
		if v, err = c.k.lib.Space.DecodeStored(&r, c.k.typ.Elem); err != nil {
			return err
		}
	}
	defer c.hush(quiet)()
	c.k.t.SetAged(key, container.Value(v), age, c.k.lib.d.Now())
	c.k.filled()
	return nil
}

// End removes an entry: expired, or else removed.
func (c Kept) End(key []byte, expired, quiet bool) {
	defer c.hush(quiet)()
	now := c.k.lib.d.Now()
	if expired {
		c.k.t.End(key, now)
	} else {
		c.k.t.Remove(key, now)
	}
}

// hush keeps on_change from being called until the function that it returns is.
func (c Kept) hush(quiet bool) func() {
	h := c.k.hooks
	if h == nil || h.quiet == quiet {
		return func() {}
	}
	before := h.quiet
	h.quiet = quiet
	return func() { h.quiet = before }
}

// Keys returns the keys of all entries, in the container's own form. They may be kept.
func (c Kept) Keys() (keys [][]byte) {
	for key := range c.k.t.All(c.k.lib.d.Now()) {
		keys = append(keys, key)
	}
	return keys
}
