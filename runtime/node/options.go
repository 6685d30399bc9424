package node

import (
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"

	"moonpeer/net/peering"
	"moonpeer/net/tlsconf"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

// Inputs say what the node reads. At most one of Pcap, ZeekLog and Stdin is set.
type Inputs struct {
	Pcap     []string  // captures: pcap or pcapng, also .gz; several are read as one, by the packets' times
	ZeekLog  string    // a Zeek log: TSV or JSON, also .gz
	Stdin    io.Reader // JSON lines, {"event": …, "args": […]}
	Follow   bool      // go on reading ZeekLog as it grows, on the wall clock
	PaceReal bool      // replay as fast as it was recorded instead of as fast as possible
	MaxFlows int       // connections tracked at once; 0: 1,000,000

	// Shards is among how many nodes the connections in Pcap are shared out, and Shard the share of this one, from 0.
	// Each of them reads all of it; the node clock moves with every packet. 0 of 0: everything.
	Shard, Shards int
}

// Setting gives a policy's option its value.
type Setting struct {
	Assignment string // "EX::server=1.2.3.4"
	From       string // who says so, for messages: "--set", "node.toml"
}

// Limits bound what scripts may use. They are the operator's: no script can change them.
type Limits struct {
	Instructions int64 // VM instructions per handler, and for loading a file; 0: 200 million
	Seconds      int   // wall-clock seconds per handler, in production only; 0: 5
	MaxQueued    int   // events waiting for their handlers; 0: 1,048,576
	Peers        int   // connections at once, those shaking hands included; 0: 1,024
	MaxFrame     int   // bytes of one message, with its header; 0: 16 MiB
}

// Options configure a node. They are plain data and hooks; cmd/node makes them from flags, environment and TOML.
type Options struct {
	Name    string   // shown to scripts as node.name; "": "node"
	Version string   // of the program, for whoever asks
	Args    []string // shown to scripts as node.args
	Scripts []string // files, folders with init.lua, or names of bundled policies
	Inputs  Inputs
	Set     []Setting // options of policies, before node_init
	Print   []string  // exported names, written to Stdout when the node ends

	PrintJSON bool
	StateDir  string    // parent of the node's state directory; "": none until something must be kept
	Debug     []string  // streams of the debug log that are on from the start, as SetDebug takes them
	Stdout    io.Writer // print and Print; nil: discarded
	Stderr    io.Writer // errors, warnings, `ready`; nil: discarded
	Logger    *slog.Logger
	Limits    Limits

	// Layout is the cluster in which Name is one node; nil: the node is on its own.
	Layout *cluster.Layout

	// Control has the node answer questions of its peers, as it does those that come over its socket: of those with a
	// certificate of its authority, and what only looks to those on its own machine.
	Control bool

	// Lossless has the node wait for a slow peer, and those who send to it with it, instead of dropping what is for the
	// peer. For nodes that only pass on what replayed inputs of others raise: of two that wait for each other neither goes
	// on until 10 s have passed.
	Lossless bool

	// Supervised says that the node goes on when its inputs have ended, until its supervisor ends it; Supervises, that it
	// is the supervisor of others, and goes on until Terminate. Who says when it is ready is the command then.
	Supervised, Supervises bool
	// Prompted says that somebody sits at a prompt: the node goes on until it is told to end, and does not say when it is
	// ready.
	Prompted bool
	// SupervisedAs is how the supervisor has started a supervised node, for scripts that ask.
	SupervisedAs NodeConfig

	// Listen and Peer are opened and dialled after node_init, as broker.listen and broker.peer would.
	Listen []peering.Address
	Peer   []peering.Address
	// TLS names the node's certificates; broker.options.ssl_* of scripts go before it.
	TLS tlsconf.Options

	NotifySocket string // told when the node is ready ($NOTIFY_SOCKET); "": nobody

	Modules  func(*Node) []script.Module // the Lua API; bindings.Modules
	Bundled  fs.FS                       // bundled policies and libraries
	Cache    *script.Cache               // of compiled scripts, which several nodes may share; nil: one of its own
	Path     []string                    // searched by require after the policy's folder
	Sources  map[string]string           // texts that Scripts may name, as files
	Strict   bool                        // what a look at a file finds wrong keeps it from being loaded, as with check
	Progress func(done, total int64)     // called now and then while a file is read; nil: not
	OnReport func(level, text string)    // called with each error, warning and info before it is written; nil: nobody
	// Exit is called when a script calls os.exit: none of its code runs any more, and turns do nothing. nil: the process ends.
	Exit func(code int)

	// Coverage counts what the scripts execute, of any number of nodes (runtime/luatest/luacover); nil: nobody does.
	Coverage *luavm.Coverage
}

// NodeDir is the node's own state directory; "" if there is none.
func (o Options) NodeDir() string {
	if o.StateDir == "" {
		return ""
	}
	return filepath.Join(o.StateDir, o.withDefaults().Name)
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "node"
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Limits.Seconds == 0 {
		o.Limits.Seconds = 5
	}
	return o
}
