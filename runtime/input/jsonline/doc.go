// Package jsonline reads events as JSON lines, as they come on a node's standard input:
//
//	{"event": "EX::found", "args": ["10.0.0.1", 3, null]}
//
// One object per line; args may be left out. [New] never makes its caller wait: a goroutine reads, a bounded queue lies
// between, and who writes too fast waits. Arguments are handed over as JSON has them, numbers as written
// ([json.Number]): what kinds they mean is decided by the event's declaration. A line that is no event is reported with
// its number, skipped, and the next one read; so is a line above a megabyte. Events have no time of their own.
package jsonline
