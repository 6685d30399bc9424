package script

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// Signature is what an event's declaration says about its arguments. The script domain only stores and
// compares it; bindings give it meaning.
type Signature interface {
	String() string
}

// Event is a named message with its handlers. There is one per name and domain, made on first mention, so
// that a handler may be registered before the declaration is read.
type Event struct {
	Name   string
	Sig    Signature // nil until declared
	Place  string    // file:line of the declaration, for messages
	Topics []string  // auto_publish: where a local dispatch is published first

	// Own is set for what only the node itself raises, such as node_init: one that comes from another node is refused.
	Own bool

	handlers []*Handler // highest priority first; replaced, never modified, when handlers come and go
	early    int        // queued before it was declared: to be checked when it is their turn
	warned   bool       // a remote event that could not be raised was reported once

	Raised  uint64 // queued on this node
	Handled uint64 // dispatched to at least one handler
	Dropped uint64 // no handler, or arguments that do not fit
}

// Wanted tells whether anything on this node would run if the event were raised.
func (e *Event) Wanted() bool { return len(e.handlers) > 0 || len(e.Topics) > 0 }

// Declared tells whether a script or the core has said what the event's arguments are.
func (e *Event) Declared() bool { return e.Sig != nil }

// Handlers returns the handlers in the order in which they run. The slice must not be modified.
func (e *Event) Handlers() []*Handler { return e.handlers }

// WarnOnce returns true the first time it is called: a remote event that does not fit is reported once per name.
func (e *Event) WarnOnce() bool {
	first := !e.warned
	e.warned = true
	return first
}

// Handler is one Lua function registered for one event.
type Handler struct {
	Event    *Event
	Fn       *lua.LFunction
	Priority int
	Script   *Script
	Place    string // file:line of the function

	Calls  uint64
	Errors uint64

	off     bool
	runaway runaway
	label   string // for tracebacks and reports: "handler EX::found"
}

// Off ends the registration. A handler that is off does not run again, not even for the event being
// dispatched. It returns false when it was off already.
func (h *Handler) Off() bool {
	if h.off {
		return false
	}
	h.off = true
	kept := make([]*Handler, 0, len(h.Event.handlers))
	for _, o := range h.Event.handlers {
		if o != h {
			kept = append(kept, o)
		}
	}
	h.Event.handlers = kept
	return true
}

// add puts h behind the handlers of the same or a higher priority.
func (e *Event) add(h *Handler) {
	n := len(e.handlers)
	if n == 0 || e.handlers[n-1].Priority >= h.Priority {
		e.handlers = append(e.handlers, h) // a dispatch under way sees its own length
		return
	}
	at := slices.IndexFunc(e.handlers, func(o *Handler) bool { return o.Priority < h.Priority })
	e.handlers = slices.Insert(slices.Clone(e.handlers), at, h)
}
