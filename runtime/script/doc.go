// Package script is one script domain: a VM, the scripts in it, their events, handlers and timers.
//
// # What it is for
//
// All scripts of a node share one VM, so that handlers of one event see one world in one order and share
// namespaces and containers without copies. A [Domain] finds and runs the files ([Domain.Load]), keeps the events
// ([Event], [Handler]), their queue and the timers, and calls handlers within a budget. It knows nothing of values:
// bindings implement [Module] to add to the Lua API and [Converter] to make Lua values of queued bytes.
//
// # Events
//
// Raising queues; it never runs a handler inside the call. A queued event holds its arguments in one of three
// forms, Lua values, the bytes of a message, or one Go value, and only [Domain.Run] makes Lua values of the last
// two, when it is the event's turn and somebody handles it. Handlers run one at a time, the highest priority
// first, then in the order in which they were registered. An error ends that handler, is reported with its file,
// line and traceback, counted for its script, and disturbs nothing else. os.exit ends the process, or, with [Options.Exit],
// the domain: none of its Lua runs any more ([Domain.Exited]).
//
// # Files
//
// A script is a file, a folder with init.lua or the name of a bundled policy. Before the first one runs, all are
// compiled and looked at: a global that nobody predefined is an error with file and line. The body of a file declares;
// what has effects outside the VM is refused until [Domain.Ready]. When all bodies have run, the files are looked at once
// more, for what they do with their names: misspelt methods, wrong numbers of arguments, comparisons that can never be
// true ("10.0.0.1" with an address). These are warnings, and errors for who only checks ([Options.Check]) or wants it so
// ([Options.Strict]); a [Finding]
// says which. internal/analysis does that, and its manual has the list of codes.
//
// A [Cache] keeps files compiled. Domains that are given the same one share what they compile.
//
// # Libraries
//
// A library ([Domain.SetLibraries]) is a module that is written in Lua and comes with the program. Scripts see it as a
// predefined name; its file runs when the first of them uses it, as a [Script] of its own. Misspelt functions are found
// without running it, from what the file assigns to the table that it returns. Libraries can require modules that
// scripts can not ([Domain.SetPrivate]).
//
// # Prompts
//
// A [Prompt] ([Domain.NewPrompt]) runs one text after the other, each within a handler's budget. What they assign to undeclared
// names is kept in a table of its own, which no script sees. It completes names ([Prompt.Complete]) without running anything.
//
// # Profiles
//
// A [Profile] counts what calls cost while it is set ([Domain.SetProfile]): each handler, timer, callback, task and file
// by itself, with its place, and what stacks were seen. It may go on in the domain that follows. Without one a call costs
// a comparison or two more.
//
// # Goroutines
//
// A domain belongs to the node's loop. Nothing here starts a goroutine, reads a clock or locks. A watchdog on
// another goroutine may use the VM's Running and Interrupt to end a handler that takes too long, and what keeps a profile's
// time its Tick.
package script
