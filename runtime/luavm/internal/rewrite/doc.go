// Package rewrite changes a parsed Lua chunk so that gopher-lua v1.1.2 compiles it to what it means.
//
// The compiler of that version miscompiles a dozen constructs, several of which occur in every
// script: a swap of two locals, a local assigned from an and/or expression, a generic for over two
// expressions, a loop whose body begins with a jump. Each has an equivalent that is compiled correctly,
// and this package replaces the one by the other in the syntax tree, between parse.Parse and
// lua.Compile. Everything else is left alone; hot code such as n = n + 1 is not touched.
//
// The work is done in two walks. The first ([resolver]) finds out what each name refers
// to, which locals are captured by closures and which scopes each break leaves; it also puts
// numbers into a form that Go's readers understand and refuses what cannot be repaired. The second
// ([rewriter]) goes bottom-up and replaces statements one for one. No declaration moves into a block,
// so that names stay visible where they were, also in the condition of a repeat.
//
// Temporaries are called (1), (2), …: not identifiers, so nothing can collide with them.
//
// Concatenations are replaced for another reason: as calls they can be limited in size, be charged for, and say
// which operand was nil.
//
//	file         what
//	resolve.go   what names refer to, limits; walk.go goes through the tree for it
//	assign.go    multiple assignment; and/or, calls and ... in parentheses assigned to a local; local f = function
//	loop.go      generic for; loops that begin with a jump; break out of blocks with captured locals
//	jump.go      which code may begin with a jump; labels
//	table.go     large table constructors; keyed fields with calls
//	concat.go    concatenations
//	sites.go     marks for counters, where executions are to be counted
//	names.go     what is used on each line, for messages; not part of the rewrite
//
// DESIGN.md of package luavm describes each defect.
package rewrite
