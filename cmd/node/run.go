package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor/limits"
)

type runCommand struct {
	Pcap    []filledFlag `name:"pcap" sep:"none" xor:"input" placeholder:"FILE" help:"Read packets from a capture (pcap or pcapng, also .gz). May be repeated: several are read as one, by the packets' times."`
	ZeekLog onceFlag     `name:"zeek-log" xor:"input" placeholder:"FILE" help:"Read the lines of a Zeek log (TSV or JSON, also .gz) as events Input::<path>."`
	Stdin   bool         `name:"stdin" xor:"input" help:"Read events from standard input, one {\"event\": …, \"args\": […]} a line."`
	Follow  bool         `name:"follow" help:"With --zeek-log: go on when the file grows."`
	Shard   shardFlag    `name:"shard" placeholder:"K/N" help:"With --pcap: only connections of the K-th of N shares, such as 2/4; both directions are in the same."`
	Pace    onceFlag     `name:"pace" placeholder:"real" help:"Replay as fast as it was recorded; default is as fast as possible."`

	Listen []string `name:"listen" sep:"none" placeholder:"ADDR" help:"Listen for peers: IP:port, or :port for all interfaces, port 0 for any; beside what [peers] names. May be repeated."`
	Peer   []string `name:"peer" sep:"none" placeholder:"ADDR" help:"Peer with a node, for ever: host, host:port or quic://host:port; beside what [peers] names. The input waits for it. May be repeated."`

	Layout onceFlag `name:"layout" env:"MOONPEER_LAYOUT" placeholder:"FILE" help:"Be the node called NAME of the cluster that this file (TOML) describes; the command cluster starts all of them."`
	tlsFlags

	Set   []string `name:"set" sep:"none" placeholder:"OPTION=VALUE" help:"Set an option of a policy, such as EX::server=10.0.0.1. May be repeated."`
	Print []string `name:"print" sep:"none" placeholder:"ID" help:"At the end, print an exported variable, such as EX::known_clients. May be repeated."`
	JSON  bool     `name:"json" help:"Let --print write JSON."`

	Name     string   `name:"name" env:"MOONPEER_NAME,CLUSTER_NODE" placeholder:"NAME" help:"The node's name; default is node."`
	State    string   `name:"state" env:"MOONPEER_STATE" placeholder:"DIR" help:"Keep what has to be kept below DIR/NAME, and be found there by status, print and their like."`
	Config   string   `name:"config" env:"MOONPEER_CONFIG" placeholder:"FILE" help:"Settings in TOML: [node] [peers] [tls] [options] [limits]."`
	Lossless bool     `name:"lossless" help:"Wait for a slow peer, and have those wait who send to this node, instead of dropping what is for the peer; for nodes between a replay and slow ones."`
	Control  bool     `name:"control" env:"MOONPEER_CONTROL" help:"Be asked by address, too. Who has a certificate of the node's authority may use every command, also eval, which runs Lua as the node's user; without one every user of the node's own machine may look: status, peers, stats, print, config get and list."`
	Debug    []string `name:"debug" env:"MOONPEER_DEBUG" placeholder:"STREAM" help:"Write what happens inside to debug.log below --state, or to stderr: broker, cluster, events, messages; several with commas, or the flag repeated."`

	Scripts []string `arg:"" name:"script" optional:"" help:"A Lua file, a folder with init.lua, or the name of a bundled policy. What follows -- is node.args."`

	roleLimits limits.Limits // of the layout, for a node without a supervisor
}

func (c *runCommand) examples() string {
	return `
%[1]s run policies/known_clients --pcap trace.pcap --print EX::known_clients
%[1]s run top_talkers --pcap trace.pcap.gz --json --print TopTalkers::bytes
%[1]s run my_policy.lua --zeek-log conn.log --follow --set EX::server=10.0.0.1
%[1]s run my_policy.lua --listen 0.0.0.0:9999 --peer 10.0.0.2
echo '{"event": "EX::found", "args": ["10.0.0.1"]}' | %[1]s run my_policy.lua --stdin -- verbose`
}

// Run implements node run.
func (c *runCommand) Run(ctx context.Context, inv *invocation) error {
	if err := c.validate(); err != nil {
		return err
	}
	opts, err := c.options()
	if err != nil {
		return err
	}
	opts.Args = inv.rest
	opts.NotifySocket = os.Getenv("NOTIFY_SOCKET")
	opts.Supervised = os.Getenv(control.ParentVariable) != ""
	if opts.SupervisedAs, err = parseConfig(os.Getenv(configVariable)); err != nil {
		return err
	}
	if c.Stdin {
		opts.Inputs.Stdin = inv.stdin
	}
	opts.Version = inv.version()
	progress := inv.attach(&opts, c.inputName())
	defer progress.Done()
	c.warn(opts)
	memory, err := applyLimits(opts.Logger, c.roleLimits)
	if err != nil {
		return err
	}
	home, err := claim(opts)
	if err != nil {
		return err
	}
	defer home.close()

	sys := newSystem(len(c.Pcap) > 0, opts)
	defer sys.close()
	sys.watchMemory(memory)
	if dir := opts.NodeDir(); dir != "" {
		sys.Epoch = node.NextEpoch(dir, sys.Wall(), opts.Logger)
	}
	n, err := node.New(opts, sys.System) // a signal ends the process at once until there is a node to stop
	if err != nil {
		return err
	}
	ctx, release := stoppable(ctx)
	defer release()
	switch err := home.serve(ctx, n); {
	case err != nil && ctx.Err() != nil: // told to end before it has begun
		return n.Close()
	case err != nil:
		return errors.Join(err, n.Close())
	}
	return n.Run(ctx)
}

// uncovered says what it means to answer questions of peers without knowing who they are.
const uncovered = "--control without certificates: every user of this machine can see this node's variables, options and peers"

// warn tells what others could do to the node. Of one with a supervisor that has told it.
func (c *runCommand) warn(opts node.Options) {
	switch {
	case opts.Supervised || !opts.TLS.Anonymous():
		return
	case reachable(opts.Layout):
		opts.Logger.Warn(insecure)
	}
	if opts.Control {
		opts.Logger.Warn(uncovered)
	}
}

// validate refuses what kong can't know to be wrong.
func (c *runCommand) validate() error {
	switch {
	case len(c.Scripts) == 0:
		return usagef("run", "no script given: name a Lua file, a folder with init.lua, or a bundled policy")
	case c.Follow && c.ZeekLog == "":
		return usagef("run", "--follow needs --zeek-log FILE, nothing else grows")
	case c.Pace != "" && c.Pace != "real":
		return usagef("run", "--pace %q: only real is known; without --pace a replay is as fast as possible", c.Pace)
	case c.Shard.count > 0 && len(c.Pcap) == 0:
		return usagef("run", "--shard needs --pcap FILE, only the connections of a capture are shared out")
	case c.Pace != "" && len(c.Pcap) == 0 && c.ZeekLog == "":
		return usagef("run", "--pace needs --pcap FILE or --zeek-log FILE, nothing else is replayed")
	case c.JSON && len(c.Print) == 0:
		return usagef("run", "--json is about what --print ID writes, and there is no --print")
	}
	for i, file := range c.Pcap {
		if slices.Contains(c.Pcap[:i], file) {
			return usagef("run", "--pcap %s is given twice: each of its packets would count twice", file)
		}
	}
	return checkAssignments("run", c.Set)
}

// captures are the files of --pcap.
func (c *runCommand) captures() (files []string) {
	for _, f := range c.Pcap {
		files = append(files, string(f))
	}
	return files
}

// inputName is what progress is shown of.
func (c *runCommand) inputName() string {
	switch len(c.Pcap) {
	case 0:
		return string(c.ZeekLog)
	case 1:
		return string(c.Pcap[0])
	}
	return fmt.Sprintf("%d captures", len(c.Pcap))
}

// attach connects the node's outputs with the console, and its progress, where someone could see it.
func (inv *invocation) attach(opts *node.Options, input string) *console.Progress {
	opts.Stdout, opts.Stderr = inv.console.Stdout(), inv.console.Stderr()
	opts.Logger = inv.console.Logger(logLevel(opts.Debug))
	progress := inv.console.Progress(filepath.Base(input), time.Now)
	if progress != nil && input != "" {
		opts.Progress = progress.Update
	}
	return progress
}
