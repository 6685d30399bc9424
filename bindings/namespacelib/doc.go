// Package namespacelib is the Lua global `namespace` and the registry behind it: everything that has a name
// outside its file.
//
// A namespace is an object with methods that make named things: `EX:event(…)`, `EX:set(…)`, `EX:option(…)`. Each
// method belongs to the module that knows the thing and is added with [Registry.Method]; each thing is entered
// with [Registry.Declare], which gives back the one that is there when the same declaration is met again and
// raises, naming both places, when another type asks for the same name.
//
// Everything here runs on the node's loop.
package namespacelib
