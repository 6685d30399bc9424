package main

import (
	"context"
	"fmt"
)

type restartCommand struct {
	reachFlags
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all."`
}

func (c *restartCommand) examples() string {
	return `
%[1]s restart worker-1`
}

// Run implements node restart, which is a supervisor's work.
func (c *restartCommand) Run(ctx context.Context, inv *invocation) error {
	if err := noAddress(c.Nodes); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience())
	defer cancel()
	s := c.supervisor(ctx)
	if s == nil {
		return fmt.Errorf("no supervisor runs below %s, and nobody else starts nodes again: stop them, and run them afresh", c.State)
	}
	defer s.Close()
	_, err := c.order(ctx, inv, s, "supervisor.restart", "restarted", c.Nodes)
	return err
}
