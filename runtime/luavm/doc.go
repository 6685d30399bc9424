// Package luavm is Lua 5.1 as it is specified, on unmodified gopher-lua v1.1.2, through its public API only.
//
// gopher-lua's compiler and runtime of that version compute wrong results for ordinary Lua, silently: a swap of
// two locals, a local assigned from an and/or expression, a caught error while a closure shares a local. This
// package corrects the syntax tree before it is compiled, makes protected calls on threads of their own, and
// brings its own standard library; what it computes is compared with the reference implementation by the
// tests. It adds what a host needs that runs other people's scripts: budgets, interruption, limits on
// memory of strings, errors that say where and what, names in messages. It depends on gopher-lua and the
// standard library alone, and can be lifted out of this repository as it is.
//
// # Use
//
//	vm := luavm.New(luavm.Options{Budget: 200_000_000, Now: clock, Seed: seed})
//	chunk, err := vm.Load("policy.lua", source)          // *SyntaxError
//	err = vm.CallHandler(chunk, nil)                     // *Error; runs the file
//	fn := vm.State().GetGlobal("on_packet").(*lua.LFunction)
//	err = vm.CallLabeled("handler EX::packet", fn, args) // for each event: about 100 ns, no allocation
//
// The types are [VM], [Options], [Error], [SyntaxError], [Coverage] and [Sampler]. A prompt has
// [VM.LoadFrom], which counts lines from a later one, and [Unfinished], which tells whether a text needs more. The rest of a host's work goes by gopher-lua's own
// types: values, tables, userdata.
//
// # Calls
//
// Every call of Lua from Go is [VM.CallHandler], [VM.CallLabeled], [VM.CallValue], [VM.Call] or [VM.Resume],
// also inside of Go functions that Lua has called. Never use PCall, Call with protection, or Resume of
// lua.LState: they close captured locals that are still in use. Plain L.Call from a Go function, which lets
// errors pass, is fine, and so is everything that makes and reads values.
//
// An outermost call gets a fresh budget; calls within it share that. Calls, pcall, xpcall and coroutines may be
// nested 190 deep together, functions [Options.CallDepth] deep in each of them; beyond, "stack overflow" is raised.
//
// # Go functions
//
// [VM.NewFunction] and [VM.Register] make Go functions with a name, which errors and tracebacks show. A panic in one
// becomes a Lua error. Arguments may be checked by the methods of lua.LState; [VM.ArgError], [VM.TypeError],
// [VM.RaiseError] and [VM.Where] are for what those don't cover. Work that takes time in proportion to the
// arguments is charged, [VM.Charge]. A Go function ends a coroutine's run by returning [VM.Yield].
//
// A Go error raised as the Value of a userdata comes out of the call with errors.Is and errors.As.
//
// # Budgets and interruption
//
// Instructions are counted exactly, at the price of one decrement each; work of library functions counts in
// proportion. When the budget is used up, each further instruction raises an error, so that a script gains
// nothing by catching it, and the call returns an error matching [ErrBudget] even if the script pretends to
// have ended normally. Another goroutine ends a call with [VM.Interrupt], giving the number that
// [VM.Running] returned: a call that has ended meanwhile is not confused with the next. The error matches
// [ErrInterrupted] and says the cause; it comes within 4096 instructions. [VM.Halt] ends it and lets no other run.
//
// [VM.Sample] has a [Sampler] look at the stack: another goroutine calls its Tick, and the VM shows its frames before
// the next instruction, or as a Go function returns. It costs nothing when there is none.
//
// Nothing else of a VM may be used by two goroutines at once. Compiled chunks are shared: [Compile] once,
// [VM.Instantiate] in as many VMs as there are.
//
// # Memory
//
// Strings are limited by [Options.MaxString], concatenation included, results of unpack to 131,072, arguments of a
// call from Go to [MaxArgs]. Tables are not limited. A gopher-lua table keeps the keys it has ever had; [Compact],
// [NeedsCompaction] and [VM.CompactTables] give their memory back between calls.
//
// # Coverage
//
// [Options.Coverage] counts how often each statement of a file is executed, over all VMs that share it:
//
//	coverage := luavm.NewCoverage(nil) // all files
//	vm := luavm.New(luavm.Options{Coverage: coverage})
//	…
//	for _, f := range coverage.Files() { … f.Lines … }
//
// What can be hit are the lines on which a statement begins, or the condition of an elseif or until: not end, else,
// do, a label, comments. The count is exact, and that of the first statement on the line; how many more there are, and
// how many of them were never reached, tells what "if x then return end" has really seen. A while or for counts once,
// when it begins; an elseif or until each time its condition is looked at. Definitions count when they are executed,
// the bodies of functions when they are called. An until behind a break or return can't be reached and is none.
//
// Programs compute the same with counters, take a fifth longer as a rule, and have the same errors, locals, levels and
// tail calls. Counters give their instructions back: a budget lasts as long but for half a percent, since the compiler
// joins some neighbouring instructions that counters part. Counted is what [VM.Load] and [VM.Instantiate] are given,
// not what Lua's own load, loadfile and dofile are. A file with a function that has no room for counters, as it uses
// all of its 200 registers or has tens of thousands of statements, runs without them and says TooLarge.
//
// A VM's counts may be taken when it is at rest; they outlive it.
//
// # Language: what differs from the reference implementation
//
// Deliberate:
//
//   - pairs honours __pairs, # honours __len of tables, load takes a string, assert raises a message that is no string
//     as it is, string.format("%s") takes any value: as in Lua 5.2.
//   - Patterns may contain zero bytes; tonumber takes neither inf, nan nor hexadecimal fractions.
//   - getmetatable("") is false. string.trim = function … end still adds methods.
//   - collectgarbage collects nothing; its "count" is the heap of the process.
//   - There are no package, require, module, newproxy, string.dump, debug.sethook, and no compiled chunks. A host
//     makes require with [VM.Load].
//   - os.time, os.date and os.clock have the host's clock, math.random its seed.
//   - goto and labels are accepted, except in functions whose locals are captured by closures.
//   - table.sort leaves the table as it was when a comparison fails, and accepts inconsistent comparisons.
//   - A chunk has at most 256 KiB ([Options.MaxSource]), a function 16,384 constants and 200 registers: a little fewer
//     locals than the reference has, about 150 can be relied on. Expressions nest 1000 deep, blocks 2000.
//
// Beyond the reach of the public API:
//
//   - Numbers turn into text in the shortest form that reads back: 0.1, 0.3333333333333333, 1000000000000000, 1e+21;
//     not a number and the infinities are NaN, +Inf and -Inf, and -0 is 0. string.format has C's forms.
//   - 5 % math.huge is 5, -5 % math.huge is math.huge. Strings are not converted in for i = "1", 2.
//   - next does not notice a key that was never in the table, and the order of pairs is that of insertion.
//   - Elements of an array from index 4,194,304 on are not counted by #. This limit is set for the
//     whole process, as t[n] = v otherwise stores n values.
//   - A call of a value that is no function says what it was called, but not of which type it was; where several calls
//     are on the line, it names them all. Other messages name a variable if only one on the line fits.
//   - Multiple assignment evaluates as the reference does, except that a value which changes, through a closure, a
//     local used as table or key on the left is seen there. The manual leaves it undefined.
//   - A yield that can't pass, under pcall, metamethods, iterators and Go functions, raises an error, as it does in the
//     reference. It goes unnoticed only where such a function has first made a tail call: there the coroutine breaks.
//   - Work that no budget sees: next over many removed keys, # of an array with many nils at its end, files of io.
package luavm
