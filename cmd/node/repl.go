package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/node"
)

type replCommand struct {
	Attach    string `name:"attach" placeholder:"NODE" help:"Be at the prompt of this running node, one of this machine, by its name."`
	NoHistory bool   `name:"no-history" help:"Neither read nor keep what was typed."`
	JSON      bool   `name:"json" help:"Write each result as one JSON object."`

	Listen []string `name:"listen" sep:"none" placeholder:"ADDR" help:"Listen for peers: IP:port, or :port for all interfaces, port 0 for any. May be repeated."`
	Peer   []string `name:"peer" sep:"none" placeholder:"ADDR" help:"Peer with a node: host, host:port or quic://host:port. May be repeated."`
	tlsFlags
	Set    []string `name:"set" sep:"none" placeholder:"OPTION=VALUE" help:"Set an option of a policy, such as EX::server=10.0.0.1. May be repeated."`
	Name   string   `name:"name" default:"repl" placeholder:"NAME" help:"The own node's name; default is repl."`
	State  string   `name:"state" env:"MOONPEER_STATE" placeholder:"DIR" help:"With --attach: the state directory of the nodes, default ./.moonpeer. Else: keep what has to be kept below DIR/NAME."`
	Config string   `name:"config" env:"MOONPEER_CONFIG" placeholder:"FILE" help:"Settings in TOML: [node] [peers] [tls] [options] [limits]."`

	Scripts []string `arg:"" name:"script" optional:"" help:"A Lua file, a folder with init.lua, or the name of a bundled policy."`
}

func (c *replCommand) examples() string {
	return `
%[1]s repl
%[1]s repl policies/known_clients --peer 10.0.0.2
%[1]s repl --attach worker-1 --state st
echo 'broker.peers()' | %[1]s repl --attach worker-1 --json`
}

// Run implements node repl.
func (c *replCommand) Run(ctx context.Context, inv *invocation) error {
	if err := checkAssignments("repl", c.Set); err != nil {
		return err
	}
	switch {
	case c.Attach == "":
		return c.own(ctx, inv)
	case len(c.Scripts) > 0 || len(c.Set) > 0 || len(c.Listen) > 0 || len(c.Peer) > 0:
		return usagef("repl", "--attach %s is a node that runs: it has its scripts, options and peers already", c.Attach)
	}
	return c.attach(ctx, inv)
}

// own runs a node in this process and is at its prompt.
func (c *replCommand) own(ctx context.Context, inv *invocation) error {
	run := runCommand{Scripts: c.Scripts, Listen: c.Listen, Peer: c.Peer, tlsFlags: c.tlsFlags, Set: c.Set, Name: c.Name, State: c.State, Config: c.Config}
	opts, err := run.options()
	if err != nil {
		return err
	}
	s := c.session(inv)
	defer s.lines.close()
	opts.Version, opts.Prompted = inv.version(), true
	s.inv.attach(&opts, "")
	if c.JSON { // what timers print is no result
		opts.Stdout = opts.Stderr
	}
	run.warn(opts)
	home, err := claim(opts)
	if err != nil {
		return err
	}
	defer home.close()
	sys := newSystem(false, opts)
	defer sys.close()
	if dir := opts.NodeDir(); dir != "" {
		sys.Epoch = node.NextEpoch(dir, sys.Wall(), opts.Logger)
	}
	n, err := node.New(opts, sys.System)
	if err != nil {
		return err
	}
	if err := home.serve(ctx, n); err != nil {
		return errors.Join(err, n.Close())
	}
	s.direct = !c.JSON
	said, ran := runOwn(ctx, n, func(ctx context.Context, link promptLink) error { return s.converse(ctx, link) })
	if s.terminal && errors.Is(ran, node.ErrScripts) { // who sat there has seen it
		ran = nil
	}
	return errors.Join(said, ran)
}

// attach is at the prompt of a node that runs elsewhere on this machine.
func (c *replCommand) attach(ctx context.Context, inv *invocation) error {
	if err := noAddress([]string{c.Attach}); err != nil {
		return err
	}
	reach := reachFlags{State: c.State}
	if reach.State == "" {
		reach.State = "./" + defaultState
	}
	finding, cancel := context.WithTimeout(ctx, reach.timeout())
	defer cancel()
	list, err := reach.find(finding, inv, []string{c.Attach})
	if err != nil {
		return err
	}
	defer list[0].Close()
	s := c.session(inv)
	defer s.lines.close()
	s.attached = list[0].name
	return s.converse(ctx, list[0])
}

// session is a conversation over the command's streams: with line editing if both are a terminal.
func (c *replCommand) session(inv *invocation) *session {
	s := &session{inv: inv, json: c.JSON, name: "stdin", line: 1}
	if !console.IsTerminal(inv.stdin) || !inv.console.Interactive() || os.Getenv("TERM") == "dumb" {
		s.lines = newPipedLines(inv.stdin)
		return s
	}
	past := &history{}
	if !c.NoHistory {
		past = openHistory(historyFile(os.Getenv), inv.console)
	}
	t, err := newTerminalLines(inv, past, s.complete)
	if err != nil {
		inv.console.Error(fmt.Errorf("the terminal can't be used for editing: %w", err))
		s.lines = newPipedLines(inv.stdin)
		return s
	}
	through := *inv
	through.console = t.console
	s.inv, s.lines, s.name, s.terminal = &through, t, "prompt", true
	return s
}
