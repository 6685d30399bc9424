// Package inputlib makes Lua values of what inputs raise: connections from captures, records from Zeek logs, and
// the arguments of JSON lines.
//
// A connection is one userdata, the same in all of its events; its fields are read when a script asks, and scripts
// may add fields of their own, which are never sent (design decision 5).
package inputlib
