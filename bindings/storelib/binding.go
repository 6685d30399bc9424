package storelib

import (
	"bytes"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/containerlib"
	"moonpeer/net/broker"
	"moonpeer/runtime/container"
	"moonpeer/runtime/script"
	"moonpeer/store"
)

// binding keeps a named set or map equal to a store. One that leads is changed by scripts at once, and what it has then
// goes to the store; one that follows asks the store for changes, and is changed by what comes back. Either way the
// container takes what others have done: not the change that it is told of, but what the store has for that key by then. So it
// never goes back to what is outdated. While a key of a container that leads has still to be written it is left alone.
//
// It implements containerlib.Keeper.
type binding struct {
	lib    *Lib
	c      containerlib.Kept
	name   string // of the store
	follow bool
	open   func() *handle // opens the store; nil: it could not, which was reported
	script *script.Script
	h      *handle // nil: it has not begun, or is over
	over   error   // why it is over
	out    *outbox
	filled bool // the entries of the beginning are there
	misfit bool // one was reported
}

// bind declares a binding. While files are loaded it begins with node_init, or with what the one before the reload had; else
// now.
func (l *Lib) bind(b *binding) error {
	b.lib, b.script = l, l.d.Script()
	b.out = &outbox{b: b, leads: !b.follow}
	var ask *lua.LFunction
	if b.follow {
		ask = l.d.VM.NewFunction("sync.stored", b.ask)
	}
	b.c.SetKeeper(b, ask)
	l.bindings = append(l.bindings, b)
	if !l.d.Ready() {
		l.beginLater()
		return nil
	}
	return b.begin()
}

// first is the priority with which bindings begin, before what policies do.
const first = 1 << 20

// beginLater has the bindings that files declare begin with the first event.
func (l *Lib) beginLater() {
	if l.beginning {
		return
	}
	l.beginning = true
	begin := l.d.VM.NewFunction("store.bind", func(*lua.LState) int {
		for _, b := range l.bindings {
			if b.h == nil && b.over == nil {
				if err := b.begin(); err != nil {
					l.d.Reports.Errorf("%s is not kept: %v", b.c.ID(), err)
				}
			}
		}
		return 0
	})
	l.d.On("node_init", begin, first)
	l.d.On("node_reloaded", begin, first)
}

// begin opens the store and fills the container. The error says why it is over.
func (b *binding) begin() error {
	h := b.open()
	if h == nil || h.s == nil {
		why := b.over
		if why == nil {
			why = fmt.Errorf("store %q could not be opened", b.name) // what it was has been reported
		}
		b.end(why)
		return why
	}
	b.attach(h)
	b.fill()
	return nil
}

// attach has the binding hear of the store.
func (b *binding) attach(h *handle) {
	b.h, b.filled = h, false
	h.bound = append(h.bound, b)
	h.watch()
	b.out.attach(h.s)
}

// end ends it. The container is an ordinary one from then on, if it leads; one that follows can't be changed any more.
func (b *binding) end(why error) {
	b.over = why
	b.h = nil
	b.out.abandon()
	if !b.follow {
		b.c.SetKeeper(nil, nil)
	}
}

// expiring is a store that knows when its keys expire, ns since 1970; 0: never. A clone does not.
type expiring interface {
	EachExpiring(fn func(key, value []byte, expiry int64) bool) error
}

// fill takes the store's entries, quietly, as soon as all are there. What a container that leads has besides is new to the store.
func (b *binding) fill() {
	if b.filled || b.h == nil || !b.h.isWhole() {
		return
	}
	b.filled = true
	each := func(key, value []byte, expiry int64) bool {
		if !b.out.holds(key, false) {
			b.take(key, value, b.remaining(expiry), false, true)
		}
		return true
	}
	err := error(nil)
	if s, ok := b.h.s.(expiring); ok {
		err = s.EachExpiring(each)
	} else {
		err = b.h.s.Each(func(key, value []byte) bool { return each(key, value, 0) })
	}
	if err != nil { // between two looks
		b.filled = false
		return
	}
	b.eachMissing(func(key, own []byte) {
		if b.follow {
			b.c.End(own, false, true)
		} else {
			b.Touched(own)
		}
	})
	if b.c.Bounded() && !b.follow {
		b.eraseDropped()
	}
}

// remaining is how long an entry is still to live, if it expires.
func (b *binding) remaining(expiry int64) broker.Timespan {
	if expiry == 0 {
		return 0
	}
	return broker.Timespan(max(expiry-b.lib.d.Now(), 1))
}

// eachMissing calls fn for the keys of the container that the store does not have, on the wire and as its own.
func (b *binding) eachMissing(fn func(key, own []byte)) {
	for _, own := range b.c.Keys() {
		key, err := b.wireKey(own)
		if err != nil {
			continue
		}
		if _, err := b.h.s.Get(key); isMissing(err) && !b.out.holds(key, false) {
			fn(key, own)
		}
	}
}

// eraseDropped erases what the container had no room for.
func (b *binding) eraseDropped() {
	var gone [][]byte
	_ = b.h.s.Each(func(key, _ []byte) bool {
		if own, err := b.c.ReadKey(nil, key); err == nil {
			if _, _, there, _ := b.c.AppendValue(nil, own); !there {
				gone = append(gone, own)
			}
		}
		return true
	})
	for _, own := range gone {
		b.Touched(own)
	}
}

// compare makes the container what the store is, after changes were missed.
func (b *binding) compare() {
	if b.h == nil || !b.filled {
		return
	}
	keys, err := b.h.keysNow()
	if err != nil {
		return
	}
	for _, key := range keys {
		b.happened(&told{kind: store.Update, late: true, key: key})
	}
	if b.h == nil {
		return
	}
	b.eachMissing(func(key, _ []byte) { b.happened(&told{kind: store.Erase, late: true, key: key}) })
}

// happened takes what the store has for a key that something has happened to.
func (b *binding) happened(t *told) {
	if b.h == nil || b.out.holds(t.key, true) {
		return
	}
	v, err := b.h.s.Get(t.key)
	switch {
	case err == nil:
		if !bytes.Equal(v, t.now) {
			t.expiry = 0 // it is another one's by now
		}
		b.take(t.key, v, t.expiry, b.follow && t.now != nil, !t.late)
	case isMissing(err) && (b.follow || t.kind != store.Expire): // one that leads lets its entries go by itself
		if own, err := b.c.ReadKey(nil, t.key); err == nil {
			b.c.End(own, t.kind == store.Expire, !t.late)
		}
	}
}

// take makes an entry what the store has. An assignment counts also if it is no change.
func (b *binding) take(key, value []byte, remaining broker.Timespan, assigned, quiet bool) {
	own, err := b.c.ReadKey(nil, key)
	if err == nil {
		had, _, there, _ := b.c.AppendValue(nil, own)
		if there && !assigned && (b.c.Type().Elem == nil || bytes.Equal(had, value)) {
			return
		}
		age := int64(0)
		if _, life := b.c.Expiry(); life >= 0 && remaining > 0 {
			age = max(life-int64(remaining), 0)
		}
		err = b.c.Put(own, value, age, quiet)
	}
	if err != nil && !b.misfit {
		b.misfit = true
		b.lib.d.Reports.Warnf("%s: store %q has an entry that does not fit, which is left out, as are others: %s: %v", b.c.ID(), b.name, b.lib.keyText(key), err)
	}
}

// lifetime returns how long the store is to keep an entry of some age.
func (b *binding) lifetime(age int64) (left broker.Timespan, ends bool) {
	expiry, life := b.c.Expiry()
	if expiry == container.NoExpiry || life < 0 {
		return 0, false
	}
	return broker.Timespan(max(life-age, 1)), true
}

// wireKey is a key of the container's own form as the store has it.
func (b *binding) wireKey(own []byte) ([]byte, error) {
	key, err := b.c.AppendKey(nil, own)
	if err != nil {
		return nil, err
	}
	return canonicalKey(key)
}

// Touched implements containerlib.Keeper. What the bodies of files change before it has begun gives way to what the store has.
func (b *binding) Touched(own []byte) {
	if b.follow || b.h == nil {
		return
	}
	key, err := b.wireKey(own)
	if err != nil {
		b.lib.d.Reports.Warnf("%s: an entry is not kept: %v", b.c.ID(), err)
		return
	}
	value, age, there, err := b.c.AppendValue(nil, own)
	if err != nil {
		b.lib.d.Reports.Warnf("%s: %s is not kept: %v", b.c.ID(), b.lib.keyText(key), err)
		return
	}
	if !there {
		b.out.erase(key)
		return
	}
	left, ends := b.lifetime(age)
	b.out.put(key, value, left, ends)
}

// Replaced implements containerlib.Keeper.
func (b *binding) Replaced() {
	if b.follow || b.h == nil {
		return
	}
	b.out.clear()
	for _, own := range b.c.Keys() {
		b.Touched(own)
	}
}
