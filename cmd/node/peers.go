package main

import (
	"context"
	"errors"
	"strings"

	"moonpeer/runtime/node"
)

type peersCommand struct {
	reachFlags
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run."`
}

func (c *peersCommand) examples() string {
	return `
%[1]s peers
%[1]s peers worker-1 --json`
}

// Run implements node peers.
func (c *peersCommand) Run(ctx context.Context, inv *invocation) error {
	list, err := collect[[]node.PeerInfo](ctx, &c.reachFlags, inv, c.Nodes, "peers", nil, "peers")
	if len(list) == 0 {
		return err
	}
	t := inv.console.Table("node", "peer", "address", "dialled by", "id", "subscriptions")
	for _, a := range list {
		if len(a.value) == 0 {
			t.Row(a.node, "-", "", "", "", "")
		}
		for _, p := range a.value {
			by := "the peer"
			if p.Outbound {
				by = "this node"
			}
			t.Row(a.node, p.Name, p.Address, by, p.ID, strings.Join(p.Subscriptions, " "))
		}
	}
	return errors.Join(t.Write(), err)
}
