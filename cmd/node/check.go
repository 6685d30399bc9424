package main

import (
	"fmt"
	"slices"

	"moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
)

type checkCommand struct {
	JSON bool     `name:"json" help:"Write one line of JSON."`
	Args []string `arg:"" name:"script" optional:"" help:"A Lua file, a folder with init.lua, or the name of a bundled policy; with LAYOUT.toml among them they are loaded as a node of each role that it has."`
}

func (c *checkCommand) examples() string {
	return `
%[1]s check policies/known_clients my_policy.lua
%[1]s check cluster.toml my_policy.lua
%[1]s check --json my_policy.lua`
}

// Run implements node check: the scripts are loaded together, as node run would: their bodies run, handlers do
// not, and what has effects on other nodes is refused. With a layout that is done once for each of its roles.
func (c *checkCommand) Run(inv *invocation) error {
	file, scripts, err := splitLayout("check", c.Args)
	if err != nil {
		return err
	}
	if len(scripts) == 0 {
		return usagef("check", "no script given: name a Lua file, a folder with init.lua, or a bundled policy")
	}
	nodes := []cluster.Node{{}}
	var layout *cluster.Layout
	if file != "" {
		if layout, nodes, err = rolesOf(file); err != nil {
			return err
		}
	}
	r := newCheckReport(len(nodes))
	for _, n := range nodes {
		opts := baseOptions(scripts)
		opts.Name, opts.Layout = n.Name, layout
		inv.attach(&opts, "")
		opts.Stdout = opts.Stderr // what a file prints while it is loaded is not this command's result
		warnings, err := node.Check(opts, newSystem(true, opts).System)
		r.add(n.Role, warnings, err)
	}
	if c.JSON {
		return r.writeJSON(inv.console)
	}
	return r.write(inv.console, len(scripts))
}

// rolesOf reads a layout and returns one node of each role.
func rolesOf(file string) (*cluster.Layout, []cluster.Node, error) {
	f, err := loadLayout(file)
	if err != nil {
		return nil, nil, err
	}
	all, err := f.nodes()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	l, err := cluster.NewLayout(all)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	var nodes []cluster.Node
	for _, n := range l.Nodes() {
		if !slices.ContainsFunc(nodes, func(o cluster.Node) bool { return o.Role == n.Role }) {
			nodes = append(nodes, n)
		}
	}
	return l, nodes, nil
}
