// Package luals sets a folder up for editors with the Lua language server: the definitions of the program's API, others
// of what policies declare, and the server's settings.
//
//	w := &luals.Folder{Dir: "policies"}
//	err := w.Definitions(scripts.Meta, "meta")   // policies/.luatypes/broker.d.lua, …
//	err = w.Declared(declarations)               // policies/.luatypes/declared.d.lua
//	err = w.Settings()                           // policies/.luarc.json
//	w.Files                                      // what was done with each
//
// Each file says in its first lines that the program has written it. One that does not say so is somebody's own and
// stays as it is: a definition in its place is an error, and settings are enough as they are or an error that says what to add.
// A file that would become the same is not touched, so that a second run changes nothing.
//
// # What declarations become
//
// For EX:event("found", "src: addr") the server has to know what that call returns. EX is of a class of its own, which
// has the method event once more for each name: the server takes the one whose literal fits best.
//
//	---@class EX.found: event
//	---@field raise fun(self: EX.found, src: addr)
//	---@field on fun(self: EX.found, fn: fun(src: addr), opts?: handler_opts): handler
//
//	---@class namespace_EX: namespace
//	---@field event fun(self: namespace_EX, name: "found", signature: string): EX.found
//
//	---@overload fun(name: "EX"): namespace_EX
//	function namespace(name) end
//
// What is declared in the global module is called global.NAME. Everything is a field: a file of Lua can't have more than
// 200 locals, and policies may declare more than that.
package luals
