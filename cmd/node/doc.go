// Command node is the one program of this project: it runs Lua policies, and has a subcommand for each thing that
// one does around them. README.md installs it as "moonpeer"; help and messages use whatever name it was started under.
//
// One file holds one subcommand: a struct whose fields are its flags, which kong fills, and a method Run.
//
//	main.go      from arguments to exit code
//	help.go      how help looks
//	run.go       node run
//	check.go     node check
//	version.go   node version
//	settings.go  flag over environment over TOML, resolved here and nowhere else
//	config.go    the TOML file
//	system.go    the clocks and the chance that a node is handed
//	signals.go   Ctrl-C
//
// # Exit codes
//
//	0    success
//	1    a script, an input or the configuration failed; the message says which
//	2    wrong usage: nothing was started
//	130  interrupted before a capture or log was read to its end, or told to stop twice
//	n    what a script gave to node.terminate(n)
//
// Results go to standard output and everything else to standard error, as lines that begin with "error: ",
// "warning: " or "info: ".
//
// # Precedence
//
// A setting comes from its flag, else from its environment variable, else from the TOML file, else it is a default.
// An option of a policy comes from --set, else from the file's [options], else from Lua. What limits a script
// ([limits]) comes from the operator alone.
package main
