// Package testlib is the Lua of test files: describe and it, and sim, which makes simulated nodes and clusters and looks
// into them. What is expected of them is package expectlib's.
//
// A test file runs in a VM of its own ([Lib], a script.Module), which is no node: it has values, containers and
// functions on text. Scripts are trusted, here as in nodes: io and os are the real ones, but for os.exit. Each it runs in nodes of its own, which live in simulated worlds
// (runtime/sim) on a virtual clock; a world and its nodes run only while a method of theirs is called, on the goroutine
// of the test.
//
// # Values
//
// Nodes have VMs of their own. What a test hands to one is carried over (convert.Carry), and what it reads is a plain copy
// (convert.Plain), so neither can change what the other has.
//
// # Errors
//
// Wrong use raises where the test has it. What a script of a node reports as an error fails the test when it has ended,
// unless the test has read the node's errors.
//
// # Interrupts
//
// [Lib.Interrupt], the only thing that another goroutine may call, ends the test: its VM, its worlds and their VMs. It
// stays: what the test begins afterwards ends at once.
package testlib
