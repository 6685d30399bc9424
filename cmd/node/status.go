package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"moonpeer/runtime/cluster"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

type statusCommand struct {
	reachFlags
	Nodes []string `arg:"" name:"node" optional:"" help:"Names of nodes; default is all that run."`
}

func (c *statusCommand) examples() string {
	return `
%[1]s status
%[1]s status worker-1 worker-2 --state state
%[1]s status --json | jq .memory.resident`
}

// Run implements node status.
func (c *statusCommand) Run(ctx context.Context, inv *invocation) error {
	list, err := collect[node.Status](ctx, &c.reachFlags, inv, c.Nodes, "status", nil, "")
	if len(list) == 0 {
		return err
	}
	control.Sort(list, func(a answered[node.Status]) control.Known { return control.Known{Name: a.node, Role: a.value.Role} })
	t := inv.console.Table("node", "role", "state", "pid", "uptime", "input", "peers", "events", "queued", "errors", "memory")
	for _, a := range list {
		s := a.value
		t.Row(a.node, roleWord(s), stateOf(s), s.PID, uptime(s.Uptime), inputOf(s.Input), s.Peers, s.Events.Dispatched, s.Events.Queued, s.Errors, megabytes(s.Memory))
	}
	return errors.Join(t.Write(), err)
}

func roleWord(s node.Status) string {
	if role, ok := cluster.ParseRole(s.Role); ok && role != cluster.None {
		return role.Word()
	}
	return "-"
}

// stateOf tells how far a node has come: it loads and runs node_init, then is ready, and in a cluster connected to all.
func stateOf(s node.Status) string {
	switch {
	case !s.Ready:
		return "starting"
	case s.Connected:
		return "connected"
	}
	return "ready"
}

func uptime(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Truncate(time.Second).String()
}

func inputOf(s node.InputStatus) string {
	if s.State == "none" || s.Total <= 0 {
		return s.State
	}
	return fmt.Sprintf("%s %d%%", s.State, 100*s.Read/s.Total)
}

// megabytes shows what a node has of memory: that of the process, or the heap where the system does not say.
func megabytes(m node.Memory) string {
	n := m.Resident
	if n == 0 {
		n = m.Heap
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
