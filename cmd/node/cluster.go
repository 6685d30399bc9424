package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"moonpeer/runtime/control"
	"moonpeer/runtime/input/capture"
	"moonpeer/runtime/node"
)

type clusterCommand struct {
	Workers *int `name:"workers" placeholder:"N" help:"How many workers, worker-1 and so on; default is what the layout says, 1 if there is none. Those that [nodes] of the layout names come to it, or take the place of one of the same name."`
	Proxies *int `name:"proxies" placeholder:"N" help:"How many proxies; likewise, default is none."`
	Loggers *int `name:"loggers" placeholder:"N" help:"How many loggers; likewise, default is 1 unless [nodes] names any. Without one the manager logs."`

	Pcap    []onceFlag `name:"pcap" sep:"none" placeholder:"FILE" help:"Replay a capture, its connections shared out among the workers; the run ends with it. May be repeated."`
	Set     []string   `name:"set" sep:"none" placeholder:"OPTION=VALUE" help:"Set an option of a policy on all nodes. May be repeated."`
	Print   []string   `name:"print" sep:"none" placeholder:"ID" help:"At the end, print an exported variable of every node. May be repeated."`
	JSON    bool       `name:"json" help:"Let --print write JSON."`
	State   string     `name:"state" env:"MOONPEER_STATE" default:"./.moonpeer" placeholder:"DIR" help:"Where everything is kept, each node in DIR/NAME; default is ./.moonpeer."`
	Config  onceFlag   `name:"config" placeholder:"FILE" help:"Settings in TOML for every node: [tls] [options] [limits]."`
	Debug   []string   `name:"debug" placeholder:"STREAM" help:"Have every node write what happens inside to its debug.log."`
	Control bool       `name:"control" help:"Have every node be asked by address, too, by who has a certificate, such as those below supervisor/ca in the state directory; see run --help."`
	Info    bool       `name:"info" help:"Show the nodes' lines of level info, too, which are in their stderr.log anyway."`

	Supervisor []string `name:"supervisor" sep:"none" placeholder:"SCRIPT" help:"A script for the supervisor itself, which may use supervisor.* of the API. May be repeated."`

	Args []string `arg:"" name:"script" optional:"" help:"LAYOUT.toml, if any, then scripts, as of run. What follows -- is node.args."`
}

func (c *clusterCommand) examples() string {
	return `
%[1]s cluster --workers 4 --proxies 2 policies/known_clients_relay --pcap trace.pcap --print EX::known_clients
%[1]s cluster cluster.toml my_policy.lua
%[1]s cluster --workers 2 my_policy.lua --state /var/lib/moonpeer`
}

// layoutName tells a layout from a script (decision 15).
func layoutName(arg string) bool { return strings.HasSuffix(arg, ".toml") }

// splitLayout finds the layout among the arguments of a command; "" if there is none.
func splitLayout(command string, args []string) (layout string, scripts []string, err error) {
	for _, a := range args {
		switch {
		case !layoutName(a):
			scripts = append(scripts, a)
		case layout != "":
			return "", nil, usagef(command, "two layouts given")
		default:
			layout = a
		}
	}
	return layout, scripts, nil
}

// Run implements node cluster: one process that starts the nodes of a cluster, keeps them running and ends them in order.
func (c *clusterCommand) Run(ctx context.Context, inv *invocation) error {
	if err := c.validate(); err != nil {
		return err
	}
	p, err := c.plan(inv.rest)
	if err != nil {
		return err
	}
	folder, err := control.Claim(filepath.Join(p.state, supervisorName))
	if taken := new(control.TakenError); errors.As(err, &taken) {
		return fmt.Errorf("another cluster (pid %d) runs on %s already: stop it, or choose another --state", taken.PID, c.State)
	}
	if err != nil {
		return err
	}
	defer folder.Release()
	if err := p.prepare(inv, nil); err != nil {
		return err
	}
	if err := p.settle(); err != nil {
		return err
	}
	if err := p.warn(inv); err != nil {
		return err
	}
	s, err := newParent(inv, p, folder)
	if err != nil {
		return err
	}
	err = s.run(ctx)
	return errors.Join(err, s.close())
}

func (c *clusterCommand) validate() error {
	_, scripts, err := splitLayout("cluster", c.Args)
	switch {
	case err != nil:
		return err
	case len(scripts) == 0 && len(c.Supervisor) == 0:
		return usagef("cluster", "no script given: name a Lua file, a folder with init.lua, or a bundled policy")
	case c.JSON && len(c.Print) == 0:
		return usagef("cluster", "--json is about what --print ID writes, and there is no --print")
	}
	for _, n := range []struct {
		flag  string
		count *int
	}{{"--workers", c.Workers}, {"--proxies", c.Proxies}, {"--loggers", c.Loggers}} {
		if n.count != nil && (*n.count < 0 || *n.count > maxNodes) {
			return usagef("cluster", "%s %d: want 0 to %d", n.flag, *n.count, maxNodes)
		}
	}
	if err := node.CheckDebug(c.Debug); err != nil {
		return usagef("cluster", "--debug: %w", err)
	}
	for i, file := range c.Pcap {
		if slices.Contains(c.Pcap[:i], file) {
			return usagef("cluster", "--pcap %s is given twice: each of its packets would count twice", file)
		}
		if err := checkCapture(string(file)); err != nil {
			return fmt.Errorf("--pcap: %w", err)
		}
	}
	return checkAssignments("cluster", c.Set)
}

// checkCapture opens a capture and reads how it begins.
func checkCapture(file string) error {
	switch info, err := os.Stat(file); {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file: each worker reads all of a capture for itself", file)
	}
	src, err := capture.Open(file, capture.Options{})
	if err != nil {
		return err
	}
	src.Close()
	return nil
}
