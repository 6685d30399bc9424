// Package apidoc reads the editor definitions in scripts/meta, so that the program knows what its Lua API is: names,
// parameters, results, documentation, examples. The command doc prints them, scripts are checked against them when they
// are loaded (script/internal/analysis), types writes them out, and tests compare them with what is really there.
//
//	docs, err := apidoc.Embedded()
//	docs.Lookup("broker.publish")   // also "set:add", "node_init", "connection.id.orig_h", "timer"
//	docs.Arity("timer.after")       // 2, 2, true
//	docs.Zeek("Broker::publish")    // what stands for it here
//	docs.Find("publish")            // what somebody may mean by a part of a name, or by Zeek's
//	docs.Search("expire")           // whatever says that
//	apidoc.LuaOf("fmt")             // what Lua itself has for a function of Zeek's
//
// # Names
//
// An Entry is one documented name. Its Kind tells how Name is made:
//
//	Module    broker                 a predefined table
//	Function  broker.publish, on     of a module, or a global
//	Method    set:add                of a class
//	Field     broker.PEERED          of a module
//	          connection.uid         of a class
//	Class     set, connection        a kind of object, a record, or a table of options
//	Event     node_init              what on takes
//	Alias     intervallike           a type's other name
//	Topic     containers             what a file says that is not about one module
//
// One word may be several of these: set is a function and a class, event a module and a class.
//
// # What definitions look like
//
// They are LuaLS's annotations, in a few forms. A line of any other form is an error with its place, so that nothing
// is overlooked; passed over are @async, @deprecated, @diagnostic, @nodiscard and @see, comments with two dashes, and return:
//
//	---@meta NAME                        the first line; the "--" comment below it is about the whole file
//	---@class NAME: PARENT               what follows up to the next line of Lua are its fields
//	---@field NAME? TYPE text
//	NAME = {}    local NAME = {}         the variable that stands for the class; a global one is a module
//	function NAME(a, ...) end            a global
//	function VARIABLE.NAME(a) end        a function of a module
//	function VARIABLE:NAME(a) end        a method
//	VARIABLE["NAME"] = function(a) end   an event
//	---@alias NAME TYPE
//	---@param NAME? TYPE text            and @return, @overload, @operator
//	---@generic T: TYPE                  what T stands for in the lines that follow
//
// In a comment, a paragraph that begins with "Raises" (not the first one) or a sentence in its middle that does says what raises,
// a paragraph that begins with "From:" where a thing comes from, with Zeek's names in backquotes, and a block of
// ```lua is an example.
package apidoc
