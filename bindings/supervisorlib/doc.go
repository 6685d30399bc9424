// Package supervisorlib is the Lua module `supervisor`: other nodes as processes, started, watched and ended by the
// scripts of a supervisor.
//
// The module is there on every node, so that one file can be a supervisor's and its nodes' script. The functions that
// change something raise anywhere but in a supervisor, and while files are loaded. Hooks may be set anywhere; only a
// supervisor calls them.
//
// create returns Zeek's text, "" for success, and not true or nil and a message: scenario S46 has it so, and who ports
// a script of Zeek's compares with "".
//
// What the supervisor does is behind node.Supervisor; what it says comes by [Lib.Hooks]. Both belong to the loop.
package supervisorlib
