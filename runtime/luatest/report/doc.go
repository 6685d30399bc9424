// Package report shows how a run of Lua tests went, as it goes and at its end. Each form implements luatest.Reporter and
// writes to one io.Writer:
//
//   - Pretty is for people: tests or files as they end, failures in full at the end, and a summary.
//   - TAP is the Test Anything Protocol, version 14, as a stream: the plan comes last.
//   - JUnit is the XML that CI systems read, written at the end.
//   - JSON is one object a line, for programs.
//
// Several hands on to more than one: Pretty to the terminal and JUnit to a file.
//
//	pretty := report.NewPretty(os.Stdout, report.PrettyOptions{Program: "moonpeer", Files: files})
//	junit := report.NewJUnit(file, "moonpeer")
//	run(report.Several(pretty, junit))
//
// Reporters start nothing, close nothing and do not look at the clock. They return what writing has returned. Each call
// writes whole lines with one Write, so that a progress line may stand below. Memory: Pretty keeps the failures as it
// will show them, JUnit keeps what it will write, TAP and JSON keep nothing.
//
// # What may be in a text
//
// Names, messages and what tests and nodes print come from scripts, and those have it from captures and peers. Pretty
// shows control characters but tabs and line ends, and bytes that are not UTF-8, escaped (\x1b), and cuts long lines and
// texts of many lines unless it is verbose. TAP escapes what the format gives a meaning to. JUnit leaves out what XML cannot hold.
// JSON, JUnit and TAP's diagnostics have U+FFFD for what is not UTF-8.
//
// # Pretty
//
// One file: every test below its describes, with what it printed. Several: a line for each file, and below it only what is worth a look:
// tests that have failed, are broken, pending or slow. Verbose lists every test of every file, and cuts no text. Several
// rounds: such a line for a file and round in which a test has failed, is broken or slow; the others are added up at the
// end, "20 × 8 passed".
//
//	✓ passed   ✗ failed   ! broken: could not be run   – pending
//
// The number behind a failure is the one that it has in the list at the end. There an error in a policy that several tests
// use is told in full once: "5) name: as 3)". The slowest tests are named if they take 50 ms and more. A seed is shown beside a file when it is
// not the one that the run began with.
//
// # TAP
//
// A comment names each file. Pending is "not ok" with the directive TODO, which harnesses do not count as a failure. A
// failure has a YAML block. All texts in it are in double quotes, but for those that can have many lines (diff, traceback,
// output, exchange, a node's output and errors) and are easy to read as they are:
//
//	not ok 2 - scan › finds port scans
//	  ---
//	  message: "expected 1, got 2"
//	  severity: "fail"                 # "error": broken
//	  at:
//	    file: "scan_test.lua"
//	    line: 12
//	  source: "expect(n):to_equal(1)"
//	  seed: 7
//	  diff: |
//	    - expected, + actual
//	    - 1
//	    + 2
//	  nodes:
//	    - node: "worker-1"
//	      output: |
//	        10.0.0.1 tried a port
//	  ...
//
// What there is not is left out. A run that was stopped ends with "Bail out!" before the plan.
//
// # JUnit
//
// testsuites holds a testsuite for each file and seed, with the property seed, and it a testcase for each test: classname
// is the file's path with dots and without its ending, name the full name. A failed test has a failure, a broken one an
// error, with the message as attribute and everything else as text; a pending one is skipped. system-out is what the test
// printed.
//
// # JSON
//
// Each test is a line when it ends. Fields with a mark are left out when there is nothing to say; none is ever renamed.
//
//	event     "test"
//	file      as it was found
//	line      of the it; 0: of the file as a whole
//	name      full name; "" for a file as a whole
//	names     its parts, the describes' before its own
//	tags*     list
//	outcome   "passed", "failed", "broken" or "pending"
//	seed      with which it fails again, of one that has tried several; else that it was run with
//	seconds   that it took
//	why*      of pending
//	output*   what it printed
//	failure*  of failed and broken: message, file*, line*, source*, diff* (a list of mark, one of " ", "-" expected and
//	          "+" actual, and text), traceback*, nodes* (a list of node, output*, errors*), exchange*
//
// The last line is the summary:
//
//	event     "summary"
//	ok        nothing failed, was broken or stopped
//	passed, failed, broken, pending, files
//	seconds   that all took
//	seed      of the first round
//	slowest*  list of file, line, name, seconds
//	stopped   there are tests that were not run
package report
