package storelib

// TakeOver gives the handles that the new code has or will ask for the stores of the node. Functions of on_change were the
// old code's; those that the bodies of the new files have registered begin to hear now.
func (l *Lib) TakeOver() {
	b := l.Before
	l.Before = nil
	for name, old := range b.handles {
		if old.s == nil {
			continue
		}
		h := l.handles[name]
		if h == nil || h.s != old.s {
			h = l.handle(old.s)
		}
		h.ledger, h.whole = old.ledger, old.whole
		old.ledger.move(l)
		if len(old.hooks) > 0 || len(old.bound) > 0 {
			old.s.SetWatcher(nil)
		}
		old.s = nil
	}
	l.takeBindings(b)
	for _, h := range l.handles {
		h.watch()
	}
}

// takeBindings has bindings that were declared again go on, without a look at all entries: the container has kept what was
// in it. What others have still to write is written. New ones begin with node_reloaded.
func (l *Lib) takeBindings(before *Lib) {
	l.orphans = before.orphans
	for _, o := range l.orphans {
		o.b.lib = l
	}
	for _, old := range before.bindings {
		if old.h == nil {
			continue
		}
		if b := l.heir(old); b != nil {
			b.inherit(old)
			continue
		}
		old.lib, old.h = l, nil
		l.orphans = append(l.orphans, old.out)
		old.out.wake()
	}
	before.bindings, before.orphans = nil, nil
}

// heir returns the binding that is what old was.
func (l *Lib) heir(old *binding) *binding {
	for _, b := range l.bindings {
		if b.c.ID() == old.c.ID() && b.name == old.name && b.follow == old.follow && b.h == nil {
			return b
		}
	}
	return nil
}

// inherit goes on where old was, and then writes what the bodies of the files have changed.
func (b *binding) inherit(old *binding) {
	h := b.lib.handles[b.name]
	if h == nil {
		return
	}
	early := b.out
	b.h, b.filled, b.out = h, old.filled, old.out
	b.out.b = b
	h.bound = append(h.bound, b)
	for _, w := range early.queue[early.head:] {
		if b.follow {
			b.out.add(w.cmd)
		} // what leads has been told of it by the container that takes over
	}
	b.out.wake()
	if old.h.missed {
		b.compareLater()
	}
}

// move has the ledger report by another domain, whose timers run.
func (g *ledger) move(l *Lib) {
	g.lib = l
	if g.timer == nil {
		return
	}
	g.timer = nil
	if g.more > 0 {
		more := g.more
		g.more = 0
		l.d.Reports.Warnf("%s (%d writes to this store have failed since the last report)", g.last, more)
	}
}
