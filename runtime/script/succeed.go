package script

// Heir is a Module that takes something over from the one before it when scripts are loaded anew (DESIGN.md,
// decision 7). Its methods are called in the order in which they stand here.
type Heir interface {
	Module
	// Follow names the module of the same place in the domain that is to end. It is called before Open. Until
	// TakeOver, that domain is as it was, and nothing may be changed in it or outside of the VM.
	Follow(before Module)
	// Lost lists what the domain before holds and this one can't take, a line each. All scripts are loaded.
	Lost() []string
	// TakeOver takes the rest. From then on this is the node's domain and the other one is never used again, so
	// nothing may keep it alive. It can't fail.
	TakeOver()
}

// follow tells module i whom it follows.
func (d *Domain) follow(i int) {
	heir, ok := d.opts.Modules[i].(Heir)
	if ok && d.opts.Before != nil {
		heir.Follow(d.opts.Before.opts.Modules[i])
	}
}

// Lost lists what Options.Before holds and this domain, whose scripts are loaded, can't take.
func (d *Domain) Lost() (lost []string) {
	d.heirs(func(h Heir) { lost = append(lost, h.Lost()...) })
	return lost
}

// TakeOver makes this domain the successor of Options.Before, whose queue is empty: what its modules can take, and
// what it has counted. Its timers and the functions in them end with it.
func (d *Domain) TakeOver() {
	before := d.opts.Before
	d.opts.Before = nil
	d.Counters.add(&before.Counters)
	for _, s := range d.scripts {
		for _, old := range before.scripts {
			if old.Name == s.Name {
				s.Errors += old.Errors
				break
			}
		}
	}
	d.Events(func(ev *Event) {
		if old := before.events[ev.Name]; old != nil {
			ev.Raised += old.Raised
			ev.Handled += old.Handled
			ev.Dropped += old.Dropped
			ev.warned = ev.warned || old.warned && sameSignature(ev, old)
		}
	})
	d.heirs(Heir.TakeOver)
}

// sameSignature tells whether what did not fit before does not fit now either.
func sameSignature(a, b *Event) bool {
	if a.Sig == nil || b.Sig == nil {
		return a.Sig == b.Sig
	}
	return a.Sig.String() == b.Sig.String()
}

func (d *Domain) heirs(fn func(Heir)) {
	for _, m := range d.opts.Modules {
		if h, ok := m.(Heir); ok {
			fn(h)
		}
	}
}

func (c *Counters) add(o *Counters) {
	c.Raised += o.Raised
	c.Received += o.Received
	c.Dispatched += o.Dispatched
	c.Unhandled += o.Unhandled
	c.Misfits += o.Misfits
	c.Refused += o.Refused
	c.Errors += o.Errors
}
