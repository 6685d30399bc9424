package bindings

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/script"
)

// Follow implements script.Heir.
func (a *all) Follow(before script.Module) { a.before = before.(*all) }

// introduce tells each part whom it takes over from.
func (a *all) introduce() {
	if b := a.before; b != nil {
		a.events.Before, a.containers.Before, a.vars.Before = b.events, b.containers, b.vars
		a.options.Before, a.reports.Before, a.brokers.Before = b.options, b.reports, b.brokers
		a.async.Before, a.stores.Before = b.async, b.stores
	}
}

// Lost implements script.Heir.
func (a *all) Lost() []string {
	lost := append(a.containers.Lost(), a.vars.Lost()...)
	lost = append(lost, a.options.Lost()...)
	return append(lost, a.events.Lost()...)
}

// TakeOver implements script.Heir. The event node_reloaded tells scripts of what has been dropped; it comes behind what
// the bodies of the files have raised.
func (a *all) TakeOver() {
	a.hub.succeed(a.before.hub)
	a.net = a.before.net // links ask it for their settings
	a.net.options, a.brokers.Net = a.brokers, a.net
	a.before = nil
	a.containers.TakeOver()
	a.vars.TakeOver()
	a.options.TakeOver()
	a.events.TakeOver()
	a.reports.TakeOver()
	a.brokers.TakeOver()
	a.stores.TakeOver()
	a.async.TakeOver()
	a.n.Connections(a.inputs.Adopt)
	a.connect()
	old, now := a.left()
	a.events.Reloaded(old, now)
}

// left returns the arguments of node_reloaded: what was dropped, by its name, and what has that name now.
func (a *all) left() (old, now *lua.LTable) {
	old, now = &lua.LTable{Metatable: lua.LNil}, &lua.LTable{Metatable: lua.LNil}
	for _, l := range a.names.TakeLeft() {
		old.RawSetString(l.ID, l.Value)
		if l.Now != nil {
			now.RawSetString(l.ID, l.Now.Value)
		}
	}
	return old, now
}

var _ script.Heir = (*all)(nil)
