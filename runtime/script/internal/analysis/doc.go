// Package analysis looks at the syntax tree of a script, for what is wrong with it before its lines run.
//
// # In two steps
//
//	c, err := Parse(file, src)   // one Chunk a file
//	c.Names(world)               // before it runs: names that nobody has declared
//	c.Check(world)               // when all bodies have run: what is done with the names
//	Undeclared(chunks, …)        // and with all files together: handlers for events that nobody declares,
//	Unraised(chunks, …)          // or raises
//
// The second step waits for the bodies since they declare: World.Event knows the events of all files, whatever made
// their names. Where a body has failed, Declarations reads what is written.
//
// # What is known
//
// Names resolves each name to its variable and lists what the checks look at: calls, comparisons, fields. A variable has
// a value for the checks if all that it is ever given has: a local that becomes a store in one handler and is nil
// before is a store or nil. Parameters are known for handlers only, from the event. What calls give comes from the editor
// definitions (API), and from the types that scripts declare: options, variables, contents of containers. A value
// (value.go) is a set of possible kinds, its class in the definitions if that is certain, and where it was made with
// literals, its name or type. What is not certain is not known, and nothing is said about it; nor is it about what stands
// in a function given to pcall, xpcall or expect, which is there to see what raises.
//
// # Codes
//
// Each Finding has a code, which stays as it is. These are errors for who checks or is strict, and warnings for who
// runs:
//
//	unknown-member      a module or object has no such name
//	unknown-option      a function takes no option of that name
//	wrong-arity         too few or too many arguments, of a function or of an event
//	wrong-kind          an argument is of a kind that is not taken
//	wrong-call          a colon where a dot belongs, or the other way round
//	never-equal         == or ~= of what is never equal, and t["10.0.0.1"]
//	not-comparable      < of what has no order
//	not-callable        a call of what is no function
//
// These keep a file from being loaded:
//
//	undeclared-global   a global that nobody predefines
//	predefined-name     an assignment to one that somebody does
//
// These are warnings, for who checks; a node that runs says only which handlers are for events that nobody declares. The
// comment "-- check: ignore CODE" at the end of their line says that it is meant; codes have commas between them:
//
//	handler-arity       a handler has more parameters than its event has arguments
//	unknown-event       an event that nobody declares is raised, published or handled
//	unraised-event      an event is handled that no file raises or publishes
//	useless-ignore      such a comment names no code of a warning
//
// # Bounds
//
// Files come from others. Time is proportional to a file's size (TestDeepFiles): the value of an expression is looked
// for to a depth of 20, that of a variable once. Findings are at most 1,000 a file, of 1,000 bytes.
package analysis
