// Command node is the one program of this project: it runs Lua policies, and has a subcommand for each thing that
// one does around them. README.md installs it as "moonpeer"; help and messages use whatever name it was started under.
//
// One file holds one subcommand: a struct whose fields are its flags, which kong fills, and a method Run.
//
//	main.go      from arguments to exit code
//	help.go      how help looks
//	run.go       node run
//	test.go      node test; testtrace.go writes and draws traces, testcoverage.go tells coverage, testwatch.go runs again,
//	             testprogress.go tells how far it is
//	check.go     node check; checktests.go finds and reads tests, checkreport.go adds up what is found
//	pub.go       node pub, with client.go for what it shares with sub
//	sub.go       node sub
//	manual.go    node doc (doc.go is this), manualtext.go how an entry of it looks
//	types.go     node types
//	bench.go     node bench; benchchild.go runs processes, benchmem.go one, benchreport.go adds up; benchcluster.go and
//	             benchedcluster.go run a cluster, benchclusterreport.go does its accounts, procusage_*.go look at processes;
//	             benchstore.go measures stores
//	status.go    node status; peers, stats, print, debug, eval, trace, reload, stop, restart and deploy have files of their names
//	repl.go      node repl: replsession.go from lines to results, replasking.go what of it signals see, replshow.go results,
//	             replcommands.go what begins with a dot, repllines.go lines of a pipe, replterminal.go of a terminal,
//	             replhistory.go what was typed before, replown.go the node of its own
//	new.go       node new, which fills in the files of newpolicy/
//	configure.go node config
//	store.go     node store: storefind.go whose store is meant, storestream.go how it is read, of a node or (storefolder.go) its
//	             folder, storeread.go get, keys and dump, storewrite.go put, erase and backup, storeload.go, storeverify.go, and
//	             storedisk.go where nodes keep theirs
//	prof.go      node prof; profpprof.go makes a pprof file of stacks, profshares.go gives them the times that were measured
//	reach.go     which running nodes a command asks, and how; remote.go those named by address; answers.go reads what they answer
//	control.go   lets a node of this program be asked
//	doctor.go    node doctor, a file for each kind of check
//	version.go   node version
//	settings.go  flag over environment over TOML, resolved here and nowhere else
//	config.go    the TOML file
//	layout.go    the TOML file of a cluster
//	cluster.go   the cluster: clusterplan.go what runs here, clustercheck.go whether it could, clusterparent.go the process
//	             above the nodes, clustercourse.go from start to end, clusterorders.go what commands have it do,
//	             clusterdeploy.go and clusterscripted.go, its script; clusterscreen.go what nodes write, clusterprint.go and
//	             clusterbalance.go its end, clusterports.go, alarms.go
//	system.go    the clocks, the chance and the transport that a node is handed
//	resetkey.go  what a restarted node is recognised by
//	signals.go   Ctrl-C
//
// # Exit codes
//
//	0    success
//	1    a script, an input or the configuration failed, or a node that was asked; the message says which. Or a node of a
//	     cluster was failing when that was stopped (package supervisor, Failing), in whatever moment, or ended badly then
//	2    wrong usage: nothing was started; of test, that no test has failed, and something could not be run
//	77   a node of a cluster that used more memory than its limit
//	130  interrupted before its end: a capture or log, pub, sub --count, test, a prompt; or told to stop twice
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
//
// # The TOML file
//
// Every table and key may be left out, and none is known besides these. Relative paths start at the file's folder.
//
//	[node]
//	name  = "worker-1"     # --name, MOONPEER_NAME
//	state = "state"        # --state, MOONPEER_STATE
//	debug = ["broker"]     # --debug, MOONPEER_DEBUG
//	control = false        # --control, MOONPEER_CONTROL
//	path  = ["lua"]        # where require looks after the policy's own folder
//
//	[peers]
//	listen  = ["0.0.0.0:9999"]   # and --listen
//	connect = ["10.0.0.2"]       # and --peer
//
//	[tls]                  # broker.options.ssl_* of a script go before it
//	certificate = "node.pem"
//	keyfile     = "node.key"
//	passphrase  = "…"
//	cafile      = "ca.pem"
//	capath      = "authorities"
//
//	[options]              # of policies, as --set has them
//	"EX::server" = "10.0.0.1"
//
//	[limits]               # 0 or left out: the default
//	handler_instructions = 200_000_000
//	handler_seconds      = 5
//	queued_events        = 1_048_576
//	connections          = 1_000_000   # tracked at once in a capture
//	peers                = 1_024       # links at once, those shaking hands included
//	max_frame            = 16_777_216  # bytes of one message, 65,536 at least
package main
