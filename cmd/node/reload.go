package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

type reloadCommand struct {
	reachFlags
	Force bool     `name:"force" help:"Drop what the new scripts have no place for, instead of refusing."`
	Check bool     `name:"check" help:"Only tell whether it would go well."`
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run."`
}

func (c *reloadCommand) examples() string {
	return `
%[1]s reload
%[1]s reload worker-1 worker-2
%[1]s reload --check`
}

// errKept says that the old scripts go on.
var errKept = errors.New("nothing was reloaded: every node goes on with the scripts that it had")

// Run implements node reload. All nodes try the new scripts first; only if they go well with every one of them does any
// take them.
func (c *reloadCommand) Run(ctx context.Context, inv *invocation) error {
	if err := c.reload(ctx, inv, true, c.Check); err != nil {
		return errors.Join(err, errKept)
	}
	if c.Check {
		return nil
	}
	return c.reload(ctx, inv, false, true)
}

// reload asks all nodes, and shows what they say if show is set, or if they have failed.
func (c *reloadCommand) reload(ctx context.Context, inv *invocation, check, show bool) error {
	fails := &failures{inv: inv, json: c.JSON}
	var errs []error
	err := c.ask(ctx, inv, c.Nodes, "reload", map[string]bool{"force": c.Force, "check": check}, func(a control.Answer) {
		if !fails.failed(a) && show {
			errs = append(errs, c.write(inv, a, check))
		}
	})
	return errors.Join(fails.outcome(err), errors.Join(errs...))
}

func (c *reloadCommand) write(inv *invocation, a control.Answer, check bool) error {
	if c.JSON {
		return inv.writeJSON(a.Node, "", a.Result)
	}
	var r node.ReloadReport
	if err := json.Unmarshal(a.Result, &r); err != nil {
		return fmt.Errorf("%s: the answer can't be read: %w", a.Node, err)
	}
	done := "reloaded"
	if check {
		done = "would be reloaded"
	}
	_, err := fmt.Fprintf(inv.console.Stdout(), "%12s   %s\n", console.Clean(a.Node), done)
	for _, d := range r.Dropped {
		fmt.Fprintf(inv.console.Stdout(), "%12s   dropped %s\n", "", console.Clean(d))
	}
	return err
}
