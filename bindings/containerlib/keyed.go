package containerlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
)

// keyed is what sets and maps share: a table of entries with keys that may expire.
type keyed struct {
	object
	t       *container.Table
	expires bool
	hooks   *hooks         // nil: none
	divert  *lua.LFunction // asked before scripts change anything; nil: nobody is, see intercept
	told    bool           // the keeper is to hear what max_size drops
	dropped uint64         // what it has heard of
}

// open makes the table.
func (k *keyed) open(o *options) {
	opts := container.Options{Values: k.typ.Elem != nil, Expiry: o.expiry, MaxSize: o.maxSize}
	if w := k.typ.Key.KeyWidth(); w <= maxFixedKey {
		opts.KeyWidth = w
	}
	if o.onExpire != nil || o.onChange != nil || k.told {
		k.hooks = &hooks{expire: o.onExpire, change: o.onChange, script: k.lib.d.Script()}
	}
	if o.onChange != nil || k.told {
		opts.OnChange = k.onChange
	}
	if o.expiry != container.NoExpiry {
		k.expire(o, &opts)
	}
	t, err := container.NewTable(opts)
	if err != nil {
		panic(fmt.Sprintf("containerlib: %v", err)) // what comes from scripts was checked
	}
	k.t = t
}

// reopen gives a table that has no options some, with its contents in it. What begins to expire counts from now.
func (k *keyed) reopen(o *options) {
	before := k.t
	k.open(o)
	if err := k.t.Swap(before, k.lib.d.Now()); err != nil {
		panic(fmt.Sprintf("containerlib: %v", err)) // they are of one shape
	}
	k.filled()
}

// maxFixedKey is the widest key that tables store without its length; wider ones are stored like strings.
const maxFixedKey = 32

// expire fills in what makes entries expire.
func (k *keyed) expire(o *options, opts *container.Options) {
	k.expires = true
	opts.Sweeper = &k.lib.sweep.Sweeper
	opts.Interval = container.Fixed(o.interval.fixed)
	if o.interval.option != nil {
		k.lib.sweep.Polls()
		opts.Interval = k.lib.lifetime(o.interval)
	}
	if k.hooks != nil {
		k.lib.sweep.Hooks()
		k.hooks.life = k.lib.lifetime(o.interval)
		opts.Interval, opts.OnExpire = k.hooks.life, k.onExpire
	}
}

// key appends the element or key at index i of a call. dst is on the caller's stack, so that hooks may call methods
// while it is in use.
func (k *keyed) key(L *lua.LState, dst []byte, i int, method string) []byte {
	key, err := k.lib.Space.AppendKey(k.lib.scratch[:0], k.typ.Key, L.Get(i))
	if err != nil {
		k.refuse(L, method, i-1, err)
	}
	if cap(key) <= maxScratch {
		k.lib.scratch = key
	}
	return append(dst, key...)
}

// filled is called when an entry was made.
func (k *keyed) filled() {
	if k.expires {
		k.lib.sweep.Filled(k.t)
	}
}

// lenSteps bounds what one look at the length lets go: 100 times 1,000 entries.
const (
	lenSteps = 100
	lenStep  = 1000
)

func (k *keyed) length() int {
	now := k.lib.d.Now()
	if k.expires {
		for n := 0; n < lenSteps && k.t.Expire(now, lenStep); n++ {
		}
	}
	return k.t.Len(now)
}

// Len implements convert.Container. It calls no hooks.
func (k *keyed) Len() (n int) {
	if k.hooks == nil || k.hooks.life == nil {
		return k.length()
	}
	k.walk(func([]byte, container.Value) bool {
		n++
		return true
	})
	return n
}

// Each implements convert.Container. It calls no hooks.
func (k *keyed) Each(fn func(key []byte, v convert.Stored) bool) {
	k.walk(func(key []byte, v container.Value) bool { return fn(key, convert.Stored(v)) })
}

// Put implements convert.Container.
func (k *keyed) Put(key []byte, v convert.Stored) bool {
	now := k.lib.d.Now()
	if k.t.Has(key, now) {
		return false
	}
	k.t.Set(key, container.Value(v), now)
	k.filled()
	k.touched(key)
	return true
}

func (k *keyed) clear() {
	k.t.Clear()
	if n := k.object.named; n != nil && n.keeper != nil {
		n.keeper.Replaced()
	}
}

// swap exchanges the contents with those of a container that was made without options.
func (k *keyed) swap(o *keyed) error {
	if k.divert != nil {
		return fmt.Errorf("%s: it can't be replaced, %w", k.name(), errWhole)
	}
	if err := k.t.Swap(o.t, k.lib.d.Now()); err != nil {
		return fmt.Errorf("%s: %w", k.name(), err)
	}
	k.filled()
	if n := k.object.named; n != nil && n.keeper != nil {
		n.keeper.Replaced()
	}
	return nil
}
