package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

type printCommand struct {
	reachFlags
	ID    string   `arg:"" name:"id" optional:"" help:"An exported name, such as EX::known_clients."`
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run."`
}

func (c *printCommand) examples() string {
	return `
%[1]s print EX::known_clients
%[1]s print EX::known_clients worker-1 worker-2
%[1]s print EX::known_clients --json | jq '.value | length'`
}

// Run implements node print. What it writes is zeekctl's: a line, or several, for each node as soon as those before it
// have answered.
func (c *printCommand) Run(ctx context.Context, inv *invocation) error {
	if c.ID == "" {
		return usagef("print", "no name given: name what to print, such as EX::known_clients")
	}
	params := map[string]any{"id": c.ID, "json": c.JSON}
	fails := &failures{inv: inv, json: c.JSON}
	var errs []error
	known, near := false, ""
	err := c.ask(ctx, inv, c.Nodes, "print", params, func(a control.Answer) {
		if fails.failed(a) {
			return
		}
		var p node.Printed
		if err := json.Unmarshal(a.Result, &p); err != nil {
			errs = append(errs, fmt.Errorf("%s: the answer can't be read: %w", a.Node, err))
			return
		}
		known, near = known || p.Known, cmp.Or(near, p.Near)
		errs = append(errs, c.write(inv, a.Node, p))
	})
	if !known && near != "" {
		fmt.Fprintf(inv.console.Stderr(), "info: no node has %s (did you mean %s?)\n", console.Clean(c.ID), console.Clean(near))
	}
	return errors.Join(fails.outcome(err), errors.Join(errs...))
}

func (c *printCommand) write(inv *invocation, name string, p node.Printed) error {
	if c.JSON {
		return inv.writeJSON(name, "", p.JSON)
	}
	_, err := fmt.Fprintf(inv.console.Stdout(), "%12s   %s\n", console.Clean(name), p.Text)
	return err
}
