package containerlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/runtime/container"
)

// This file is what a reload does to containers: those with a name keep their contents.

// Lost lists the containers of the domain before that have no heir here.
func (l *Lib) Lost() (lost []string) {
	l.Before.Names.Each(func(e *namespacelib.Export) {
		old, ok := e.Go.(anyContainer)
		if !ok {
			return
		}
		why := l.Names.Unfit(e)
		if why != "" && old.base().named.library {
			return
		}
		if stays := old.ContainerType().Stays(convert.Stored{Ref: old}); why == "" && stays != "" {
			why = "there is " + stays + ", which stays behind"
		}
		if why != "" {
			lost = append(lost, fmt.Sprintf("%s: %s with %d entries (%s): %s", e.ID, e.Kind, old.Len(), e.Place, why))
		}
	})
	return lost
}

// TakeOver gives the containers declared here the contents of those that had their names. What the bodies of the files
// have put in is added where the key is missing.
func (l *Lib) TakeOver() {
	l.intervals = map[*lifetime]interval{}
	l.d.Defer(func() { l.intervals = nil }) // when variables and events have handed over their containers, too
	var heirs []anyContainer
	l.Before.Names.Each(func(e *namespacelib.Export) {
		old, ok := e.Go.(anyContainer)
		if !ok || l.Names.Unfit(e) != "" {
			return
		}
		c := l.Names.Lookup(e.ID).Go.(anyContainer)
		c.inherit(old)
		heirs = append(heirs, c)
	})
	for _, c := range heirs { // only now: one may lie in another one
		l.Space.AdoptContents(c)
	}
	l.Before.Names.Each(func(e *namespacelib.Export) {
		if old, ok := e.Go.(anyContainer); ok && l.Names.Unfit(e) != "" {
			library := old.base().named.library
			old.base().named = nil
			if library {
				return // nobody asks for it
			}
			l.Names.Leave(e, old.base().Current())
			l.Space.Adopt(convert.Stored{Ref: old})
		}
	})
	l.Before = nil
}

// take is the hook of convert.Space: it makes a container of the domain before one of this domain. It keeps its
// expiry and its bound; its hooks were functions of the old scripts and are gone. One that is another view of a
// container with a name becomes a view of its heir.
func (l *Lib) take(c convert.Container) bool {
	a, ok := c.(anyContainer)
	if !ok || a.base().lib == l {
		return false
	}
	o := a.base()
	if o.named != nil {
		if e := l.Names.Lookup(o.named.id); e != nil {
			heir, _ := e.Go.(anyContainer)
			if heir != nil && wordOf(heir) == wordOf(a) && heir.ContainerType().Equal(o.typ) {
				a.view(heir)
				return false
			}
		}
	}
	from := o.lib
	o.move(l)
	o.named = nil
	if k, ok := a.(interface{ rehome(from *Lib) }); ok {
		k.rehome(from)
	}
	return true
}

// move makes the userdata one of l.
func (o *object) move(l *Lib) {
	o.lib = l
	o.ud.Env = l.d.L.Env
	o.ud.Metatable = map[string]*lua.LTable{
		"set": l.setMeta, "map": l.mapMeta, "vector": l.vecMeta, "subnet_map": l.subMeta,
	}[wordOf(o.ud.Value)]
}

// rehome gives the table the same options anew, without hooks and with the sweep of this domain.
func (k *keyed) rehome(from *Lib) {
	was := k.t.Options()
	if k.hooks == nil && was.Expiry == container.NoExpiry {
		return
	}
	o := &options{expiry: was.Expiry, maxSize: was.MaxSize}
	switch i := was.Interval.(type) {
	case container.Fixed:
		o.interval.fixed = int64(i)
	case *lifetime:
		o.interval = k.lib.sameInterval(from, i)
	}
	k.hooks = nil
	k.reopen(o)
}

// sameInterval returns the interval that a lifetime of the domain before has here: the option of the same name, or what
// the option said last.
func (l *Lib) sameInterval(from *Lib, t *lifetime) (i interval) {
	if t.option == nil {
		return interval{fixed: t.fixed}
	}
	if i, known := l.intervals[t]; known { // many containers share one
		return i
	}
	defer func() { l.intervals[t] = i }()
	from.Names.Each(func(e *namespacelib.Export) {
		if e.Go == any(t.option) && l.Names.Unfit(e) == "" {
			i.option = l.Names.Lookup(e.ID).Go.(namespacelib.Holder)
		}
	})
	if i.option == nil {
		i.fixed = t.Nanoseconds()
	}
	return i
}

// inherit takes the contents of the set or map that had this one's name.
func (k *keyed) inherit(old *keyed) {
	was := k.t.Options()
	mine, err := container.NewTable(container.Options{KeyWidth: was.KeyWidth, Values: was.Values})
	if err == nil {
		err = mine.Swap(k.t, k.lib.d.Now())
	}
	if err == nil {
		err = k.t.Swap(old.t, k.lib.d.Now())
	}
	if err != nil {
		panic(fmt.Sprintf("containerlib: %v", err)) // they are of one type
	}
	k.filled()
	if mine.Len(0) > 0 {
		k.lib.d.Defer(func() { k.merge(mine) }) // in its turn, as it may end entries and so call hooks
	}
}

// merge adds what is missing of the entries that the bodies of the files have made. on_change was told of them then.
func (k *keyed) merge(mine *container.Table) {
	if k.hooks != nil {
		k.hooks.quiet = true
		defer func() { k.hooks.quiet = false }()
	}
	for key, v := range mine.All(0) {
		k.Put(key, convert.Stored(v))
	}
}

// view makes k another view of a set or map of this domain.
func (k *keyed) view(of *keyed) {
	k.move(of.lib)
	k.named, k.t, k.hooks, k.expires = of.named, of.t, of.hooks, of.expires
}

func (s *Set) inherit(old anyContainer) { s.keyed.inherit(&old.(*Set).keyed) }

func (s *Set) view(of anyContainer) { s.keyed.view(&of.(*Set).keyed) }

func (m *Map) inherit(old anyContainer) { m.keyed.inherit(&old.(*Map).keyed) }

func (m *Map) view(of anyContainer) { m.keyed.view(&of.(*Map).keyed) }

// inherit implements anyContainer. The old elements are all there is: nobody knows which of the others they replace.
func (v *Vector) inherit(old anyContainer) { v.v = old.(*Vector).v }

func (v *Vector) view(of anyContainer) {
	v.move(of.base().lib)
	v.named, v.v = of.base().named, of.(*Vector).v
}

// inherit implements anyContainer.
func (m *SubnetMap) inherit(old anyContainer) {
	mine := m.m
	m.m = old.(*SubnetMap).m
	for it := mine.Iter(); it.Next(); {
		if _, found := m.m.Get(it.Subnet()); found {
			continue
		}
		if _, _, err := m.m.Set(it.Subnet(), it.Value()); err != nil {
			m.lib.d.Reports.Warnf("%s: %v", m.name(), err) // it is full
		}
	}
}

func (m *SubnetMap) view(of anyContainer) {
	m.move(of.base().lib)
	m.named, m.m = of.base().named, of.(*SubnetMap).m
}
