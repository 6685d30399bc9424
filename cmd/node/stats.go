package main

import (
	"context"
	"errors"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

type statsCommand struct {
	reachFlags
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run."`
}

func (c *statsCommand) examples() string {
	return `
%[1]s stats
%[1]s stats worker-1 --json | jq .messages`
}

// Run implements node stats.
func (c *statsCommand) Run(ctx context.Context, inv *invocation) error {
	list, err := collect[node.Stats](ctx, &c.reachFlags, inv, c.Nodes, "stats", nil, "")
	if len(list) == 0 {
		return err
	}
	nodes := inv.console.Table("node", "published", "received", "delivered", "sent", "forwarded", "raised", "handled", "unhandled", "queued", "errors", "memory")
	peers := inv.console.Table("node", "peer", "lane", "offered", "dropped", "queued", "in flight", "received", "lost", "taken")
	some := false
	for _, a := range list {
		m, e := a.value.Messages, a.value.Events
		nodes.Row(a.node, m["published"], m["received"], m["delivered"], m["sent"], m["forwarded"], e.Raised, e.Dispatched, e.Unhandled, e.Queued, e.Errors, megabytes(a.value.Memory))
		for _, p := range a.value.Peers {
			for l := range step.NumLanes {
				lane, ok := p.Lanes[step.Lane(l).String()]
				if !ok {
					continue
				}
				some = true
				peers.Row(a.node, peerName(p), step.Lane(l), lane.Offered, lane.Dropped, lane.Queued, lane.InFlight, lane.Received, lane.Lost, lane.Taken)
			}
		}
	}
	err = errors.Join(nodes.Write(), err)
	if some {
		inv.console.Stdout().Write([]byte("\n"))
		err = errors.Join(peers.Write(), err)
	}
	return err
}

// peerName is the name of a peer's node, or its address where it has none.
func peerName(p node.PeerStats) string {
	name := p.Name
	if name == "" {
		name = p.Address
	}
	if !p.Connected {
		name += " (gone)"
	}
	return name
}
