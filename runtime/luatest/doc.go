// Package luatest finds, runs and reports tests that are written in Lua: node test. It knows nothing of Lua: bindings read
// the files ([Loader]) and run what they declare.
//
//	files, lines, err := luatest.FindLines([]string{"policies"})
//	s, err := luatest.Run(ctx, luatest.Options{Files: files, Lines: lines, Load: load, Seed: 1, Jobs: 2, …}, report.NewTAP(os.Stdout))
//
// # Running
//
// The files of a run are read by as many goroutines as there are jobs, each file by one. It is loaded afresh in each round,
// into a VM of its own, which its tests share; nodes are each test's own. Results are told to the [Reporter] in the order of
// the rounds, files and tests, in each file what can't be run first, whatever ended first, so a run with the same seed reports the same.
//
// A test that takes longer than [Options.Timeout] is interrupted and fails. One that does not even end then, because it is in a
// function of Go that waits for the world, is left to itself: its file is loaded again for the tests that are left.
//
// # Lines
//
// FILE:LINE is the test in whose lines that line is, found by where tests and describes begin: the nearest of them above
// counts, and of a describe all tests. Where several tests begin in one line, in a loop, they are one place; their results
// say so ([Result.Shared]), so that a command to repeat one can add its name.
//
// # Outcomes
//
//	passed    no error, and no error of a script that the test has not asked for
//	failed    an expectation was not met, an error was raised, a script of a node failed, the timeout
//	broken    it could not be run: its file does not load, its describe ended with an error, another test has its name
//	pending   declared as such, or said so while it ran
//
// # Types
//
//	File, Test   what a test file has declared
//	Lines        where tests were named
//	Selection    which tests are run
//	Result       what became of one: with Failure, why
//	Summary      all of them added up
//
// Package report has the reporters, package watch waits for files to change, package luacover tells which lines no test has
// reached.
package luatest
