package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"moonpeer/runtime/cluster"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
)

type statusCommand struct {
	reachFlags
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run."`
}

func (c *statusCommand) examples() string {
	return `
%[1]s status
%[1]s status worker-1 worker-2 --state state
%[1]s status --json | jq .memory.resident`
}

// Run implements node status. What a supervisor knows of its nodes is shown beside what they say themselves, and in place of
// it where they can't be asked: they do not run, or not yet.
func (c *statusCommand) Run(ctx context.Context, inv *invocation) error {
	known, err := c.kept(ctx, inv)
	if err != nil {
		return err
	}
	var away []nodeStatus
	for _, n := range known {
		if !n.Asked && (len(c.Nodes) == 0 || slices.Contains(c.Nodes, n.Name)) {
			away = append(away, n)
		}
	}
	var list []answered[node.Status]
	if asked := c.without(away); len(c.Nodes) == 0 || len(asked) > 0 {
		list, err = c.collect(ctx, inv, asked, known)
		if e := new(control.Error); len(away) > 0 && errors.As(err, &e) && e.Code == control.CodeNoNode {
			err = nil // nobody runs, which is shown
		}
	}
	if c.JSON {
		for _, n := range away {
			err = errors.Join(err, inv.console.JSON(n))
		}
		return err
	}
	if len(list)+len(away) == 0 {
		return err
	}
	return errors.Join(c.table(inv, list, away, known), err)
}

// collect is the function of that name, but that a line of JSON also says what the supervisor knows.
func (c *statusCommand) collect(ctx context.Context, inv *invocation, nodes []string, known []nodeStatus) ([]answered[node.Status], error) {
	if !c.JSON || len(known) == 0 {
		return collect[node.Status](ctx, &c.reachFlags, inv, nodes, "status", nil, "")
	}
	fails := &failures{inv: inv, json: true}
	var errs []error
	err := c.ask(ctx, inv, nodes, "status", nil, func(a control.Answer) {
		if fails.failed(a) {
			return
		}
		body := bytes.TrimSuffix(bytes.TrimSpace(a.Result), []byte("}"))
		body = fmt.Appendf(slices.Clone(body), `,"restarts":%d}`, restartsOf(known, a.Node))
		errs = append(errs, inv.writeJSON(a.Node, "", body))
	})
	return nil, errors.Join(fails.outcome(err), errors.Join(errs...))
}

func restartsOf(known []nodeStatus, name string) int {
	for _, n := range known {
		if n.Name == name {
			return n.Restarts
		}
	}
	return 0
}

// kept returns what the supervisor, if there is one that keeps nodes and answers, tells of them.
func (f *reachFlags) kept(ctx context.Context, inv *invocation) (nodes []nodeStatus, err error) {
	s := f.awake(ctx, inv)
	if s == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout()+relayGrace)
	defer cancel()
	defer s.Close()
	e := new(control.Error)
	switch err := s.Call(ctx, "supervisor.status", nil, &nodes); {
	case errors.As(err, &e) && e.Code == control.CodeNoMethod: // one that knows only of those that can be asked
		return nil, nil
	case err != nil:
		return nil, f.explain(err)
	}
	return nodes, nil
}

// without returns the nodes that are named and not away.
func (c *statusCommand) without(away []nodeStatus) []string {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(name string) bool {
		return slices.ContainsFunc(away, func(n nodeStatus) bool { return n.Name == name })
	})
}

// table shows both, and how often nodes were started again if any was.
func (c *statusCommand) table(inv *invocation, list []answered[node.Status], away, known []nodeStatus) error {
	type row struct {
		known control.Known
		cells []any
	}
	var rows []row
	for _, a := range list {
		s := a.value
		rows = append(rows, row{control.Known{Name: a.node, Role: s.Role}, []any{a.node, roleWord(s.Role), stateOf(s), s.PID, uptime(s.Uptime),
			inputOf(s.Input), s.Peers, s.Events.Dispatched, s.Events.Queued, s.Errors, megabytes(s.Memory)}})
	}
	for _, n := range away {
		rows = append(rows, row{control.Known{Name: n.Name, Role: n.Role}, []any{n.Name, roleWord(n.Role), n.stateText(), n.pidText(), "-",
			"-", "-", "-", "-", "-", "-"}})
	}
	control.Sort(rows, func(r row) control.Known { return r.known })
	header := []string{"node", "role", "state", "pid", "uptime", "input", "peers", "events", "queued", "errors", "memory"}
	restarted := slices.ContainsFunc(known, func(n nodeStatus) bool { return n.Restarts > 0 })
	if restarted {
		header = append(header, "restarts")
	}
	t := inv.console.Table(header...)
	for _, r := range rows {
		if restarted {
			r.cells = append(r.cells, restartsOf(known, r.known.Name))
		}
		t.Row(r.cells...)
	}
	return t.Write()
}

// stateText is where a node is in its life that can't be asked, and how it last ended.
func (n nodeStatus) stateText() string {
	state := n.State
	if state == supervisor.Running.String() {
		state = "starting" // it loads its scripts
	}
	if n.LastExit == "" {
		return state
	}
	return fmt.Sprintf("%s (after %s)", state, n.LastExit)
}

func (n nodeStatus) pidText() string {
	if n.PID == 0 {
		return "-"
	}
	return strconv.Itoa(n.PID)
}

func roleWord(role string) string {
	if role, ok := cluster.ParseRole(role); ok && role != cluster.None {
		return role.Word()
	}
	return "-"
}

// stateOf tells how far a node has come: it loads and runs node_init, then is ready, and in a cluster connected to all, or lacks some.
func stateOf(s node.Status) string {
	switch {
	case !s.Ready:
		return "starting"
	case s.Connected && len(s.Missing) > 0:
		return "lacks " + strings.Join(s.Missing, ", ")
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
