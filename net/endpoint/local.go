package endpoint

import (
	"slices"

	"moonpeer/net/prefix"
)

// Local is a party inside the node: it subscribes, is offered what matches, and publishes.
type Local struct {
	hub     *Hub
	name    string
	recv    Receiver
	first   prefix.ID
	targets [numInterests]*target // by interest
	subs    map[string]interest
	closed  bool
}

// SubscribeOptions say how a prefix is subscribed to.
type SubscribeOptions struct {
	// Self brings the party its own messages, too.
	Self bool
}

// Join adds a party. Its name is for traces only.
func (h *Hub) Join(name string, r Receiver) *Local {
	l := &Local{hub: h, name: name, recv: r, first: h.nextParty(), subs: map[string]interest{}}
	for _, how := range [...]interest{plain, self, forward} {
		l.targets[how] = &target{local: l, how: how}
	}
	return l
}

// Name returns the name given to Join.
func (l *Local) Name() string { return l.name }

// Subscribe asks for everything under prefix, at once here and at peers once they have the routing update. It
// returns true if the prefix was not subscribed to before; otherwise only its options are changed.
func (l *Local) Subscribe(prefix string, opts SubscribeOptions) bool {
	if l.closed {
		return false
	}
	was := l.subs[prefix]
	how := plain
	if opts.Self {
		how = self
	}
	l.set(prefix, was&forward|how)
	return was&(plain|self) == 0
}

// Forward has peers send what is under prefix without raising its events here: a node that forwards needs that.
// It wins over a subscription that matches too. It returns false if the same prefix is forwarded already.
func (l *Local) Forward(prefix string) bool {
	was := l.subs[prefix]
	if l.closed || was&forward != 0 {
		return false
	}
	l.set(prefix, was|forward)
	return true
}

// Unsubscribe ends Subscribe and Forward of exactly this prefix. It returns false if there was neither.
func (l *Local) Unsubscribe(prefix string) bool {
	if l.subs[prefix] == 0 {
		return false
	}
	l.set(prefix, 0)
	return true
}

// Subscriptions returns the prefixes subscribed to, sorted, without those that are forwarded only.
func (l *Local) Subscriptions() []string { return l.prefixes(plain | self) }

// Forwards returns the prefixes forwarded, sorted.
func (l *Local) Forwards() []string { return l.prefixes(forward) }

func (l *Local) prefixes(how interest) []string {
	var out []string
	for p, has := range l.subs {
		if has&how != 0 {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// Close ends all subscriptions. The party is not offered anything any more, and can't publish.
func (l *Local) Close() {
	for p := range l.subs {
		l.set(p, 0)
	}
	l.closed = true
}

// set makes how the party's whole interest in prefix.
func (l *Local) set(prefix string, how interest) {
	was := l.subs[prefix]
	for _, k := range [...]interest{plain, self, forward} {
		switch {
		case how&k != 0 && was&k == 0:
			l.hub.tree.Insert(prefix, l.treeID(k), l.targets[k])
		case how&k == 0 && was&k != 0:
			l.hub.tree.Remove(prefix, l.treeID(k))
		}
	}
	switch {
	case how == 0:
		delete(l.subs, prefix)
		l.hub.want(prefix, -1)
	case was == 0:
		l.hub.want(prefix, 1)
	}
	if how != 0 {
		l.subs[prefix] = how
	}
}

func (l *Local) treeID(how interest) prefix.ID {
	switch how {
	case plain:
		return l.first
	case self:
		return l.first + 1
	default:
		return l.first + 2
	}
}

// offer brings e to the party, whose interest in its topic is how. It reports whether the party took it.
func (l *Local) offer(e *Envelope, how interest) bool {
	h := l.hub
	if l.closed {
		return false
	}
	e.Forwarded = how&forward != 0
	if h.observed() {
		h.trace(TraceEvent{Kind: TraceDeliver, Local: l, Envelope: e})
	}
	if !l.recv.Offer(e) {
		return false
	}
	h.stats.Delivered++
	return true
}
