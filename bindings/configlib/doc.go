// Package configlib is `EX:option`, a policy's settings, and the module `config`, which reaches them by name.
//
// An option has a type, a default and a value. The value changes through o:set, config.set, `--set` and the
// configuration file only; whoever registered with on_change may accept, replace or refuse it first.
//
// # In a cluster
//
// What is set while the node runs is set on all nodes (cluster.Config). `--set` and the configuration file say what each
// node starts with, and stay on it.
//
//	set ─► type, check, on_change ─► manager ─► every node: check, on_change ─► the value, behind what is queued
//
// What travels is the value as it was set, not what handlers have made of it: each node's make their own of it, so that nodes
// with the same policy agree whatever handlers do to it. The node that sets it has asked them already; their answer is kept
// until the change comes back, and stands if they were asked about nothing else meanwhile (Option.answered).
//
// # Reload
//
// A reload is no change. An option keeps what it was set to beside what check and handlers have made of it, so that the new
// check is asked about the former (Lib.recall); asked about the latter it would make more of it with each reload. What the
// cluster has set and the old code had refused the new code is asked about as about any change, once its handlers are
// registered (Lib.reconsider): else nodes whose code is one again would keep different values.
package configlib
