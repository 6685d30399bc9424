package main

import (
	"context"
	"fmt"
)

type deployCommand struct {
	reachFlags
}

func (c *deployCommand) examples() string {
	return `
%[1]s deploy
%[1]s deploy --state /var/lib/moonpeer`
}

// Run implements node deploy: the supervisor reads again what it was started with.
func (c *deployCommand) Run(ctx context.Context, inv *invocation) error {
	ctx, cancel := context.WithTimeout(ctx, c.patience())
	defer cancel()
	s := c.supervisor(ctx)
	if s == nil {
		return fmt.Errorf("no supervisor runs below %s: %s cluster starts one", c.State, inv.program)
	}
	defer s.Close()
	nodes, err := c.order(ctx, inv, s, "supervisor.deploy", "restarted", nil)
	if err == nil && nodes == 0 {
		fmt.Fprintln(inv.console.Stderr(), "info: nothing has changed")
	}
	return err
}
