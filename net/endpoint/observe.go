package endpoint

import "slices"

// observer is somebody who looks at every message.
type observer struct{ see func(TraceEvent) }

// Observe has see called for every step of every message, until stop is called, which may be from within see. Several may
// look at once, in the order in which they came. See must not call the hub, but for reading.
//
// While somebody looks, Local.Wanted is true for every topic: a message that nobody gets is what is most looked for, and
// must be encoded and published to be seen. Nobody looking costs a comparison a step.
func (h *Hub) Observe(see func(TraceEvent)) (stop func()) {
	o := &observer{see}
	h.observers = append(slices.Clip(h.observers), o) // replaced, never changed: somebody may be walking it
	return func() {
		h.observers = slices.DeleteFunc(slices.Clone(h.observers), func(x *observer) bool { return x == o })
	}
}

// observed tells whether anybody looks.
func (h *Hub) observed() bool { return len(h.observers) > 0 }

func (h *Hub) trace(e TraceEvent) {
	for _, o := range h.observers {
		o.see(e)
	}
}
