// Package configlib is `EX:option`, a policy's settings, and the module `config`, which reaches them by name.
//
// An option has a type, a default and a value. The value changes through o:set, config.set, `--set` and the
// configuration file only; whoever registered with on_change may accept, replace or refuse it first.
package configlib
