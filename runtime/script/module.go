package script

import lua "github.com/yuin/gopher-lua"

// Module is a piece of the Lua API that is written in Go. Bindings implement it; the domain opens each one
// before it loads the first script.
type Module interface {
	// Open registers the module's globals and built-in events with d. It is called once per domain, on the
	// loop's goroutine, and must not keep Lua values beyond d's life.
	Open(d *Domain) error
}

// Converter makes Lua values of what is queued as something else. Bindings provide it: this package knows
// events, not values.
type Converter interface {
	// DecodeEvent appends the arguments of the event whose bytes are payload (Zeek's event message) to out,
	// checked against ev.Sig where there is one.
	DecodeEvent(ev *Event, payload []byte, out []lua.LValue) ([]lua.LValue, error)
	// CheckArgs returns the arguments of a local event in the form that ev.Sig wants, or what is wrong with them.
	CheckArgs(ev *Event, args []lua.LValue) ([]lua.LValue, error)
	// FromGo appends the arguments that a Go value raised by the core stands for to out: one connection, the
	// decoded arguments of a line.
	FromGo(ev *Event, v any, out []lua.LValue) ([]lua.LValue, error)
}
