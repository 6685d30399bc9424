// Package bindings is the one list of Lua modules: what a script finds predefined, and in which order it is made.
//
// Each module lives in a package of its own below this one and is given the few things that it shares with others:
// the space of values (convert), the registry of names (namespacelib), events (eventlib). [Modules] is handed to
// the node as an option, so that lower layers never call up.
package bindings
