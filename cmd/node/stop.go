package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
)

type stopCommand struct {
	reachFlags
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run, and their supervisor."`
}

func (c *stopCommand) examples() string {
	return `
%[1]s stop
%[1]s stop worker-1 --timeout 30s`
}

// Run implements node stop: it returns when the nodes have ended. Those of a supervisor are its to stop, since it would
// start them again.
func (c *stopCommand) Run(ctx context.Context, inv *invocation) error {
	names, addresses := split(c.Nodes)
	if len(addresses) == 0 {
		return c.stopHere(ctx, inv, names)
	}
	fails := &failures{inv: inv, json: c.JSON}
	err := c.askThere(ctx, inv, addresses, "stop", nil, func(a control.Answer) { c.done(inv, fails, a, "is stopping") })
	if len(names) > 0 {
		err = errors.Join(err, c.stopHere(ctx, inv, names))
	}
	return fails.outcome(err)
}

// stopHere ends nodes below the state directory.
func (c *stopCommand) stopHere(ctx context.Context, inv *invocation, nodes []string) error {
	ctx, cancel := context.WithTimeout(ctx, c.patience())
	defer cancel()
	if s := c.supervisor(ctx); s != nil {
		defer s.Close()
		_, err := c.order(ctx, inv, s, "supervisor.stop", "stopped", nodes)
		return err
	}
	list, err := c.find(ctx, inv, nodes)
	if err != nil {
		return err
	}
	results := make([]chan control.Answer, len(list))
	for i, n := range list {
		results[i] = make(chan control.Answer, 1)
		go func() {
			defer n.Close()
			results[i] <- n.stop(ctx)
		}()
	}
	fails := &failures{inv: inv, json: c.JSON}
	for _, r := range results {
		c.done(inv, fails, <-r, "stopped")
	}
	return fails.outcome(nil)
}

// stop ends a node and waits until it has.
func (n found) stop(ctx context.Context) control.Answer {
	a := n.ask(ctx, "stop", nil)
	if a.Error != nil && a.Error.Code != control.CodeGone {
		return a
	}
	a.Error = nil
	select {
	case <-n.Gone():
	case <-ctx.Done():
		a.Error = &control.Error{Code: control.CodeTimeOut, Message: "time-out"}
	}
	return a
}

// patience is how long an order may take that waits for nodes to end or to start.
func (f *reachFlags) patience() time.Duration {
	if f.Timeout == 0 {
		return time.Minute
	}
	return time.Duration(f.Timeout)
}

// order has the supervisor do something with nodes, which answers for each as soon as it is done; it returns with how many
// that was.
func (f *reachFlags) order(ctx context.Context, inv *invocation, s *control.Client, method, done string, nodes []string) (n int, err error) {
	fails := &failures{inv: inv, json: f.JSON}
	err = s.Stream(ctx, method, map[string]any{"nodes": append([]string{}, nodes...)}, func(part json.RawMessage) {
		var a control.Answer
		if json.Unmarshal(part, &a) != nil {
			return
		}
		o := ordered{done}
		if len(a.Result) > 0 && json.Unmarshal(a.Result, &o) != nil {
			return
		}
		if o.State == stillEnding {
			fmt.Fprintf(inv.console.Stderr(), "info: waiting for %s to end\n", console.Clean(a.Node))
			return
		}
		n++
		f.done(inv, fails, a, o.State)
	}, nil)
	if asked := new(control.Error); errors.As(err, &asked) && asked.Code == control.CodeTimeOut {
		err = fmt.Errorf("it is not done after %v; it goes on", f.patience())
	}
	return n, fails.outcome(err)
}

// done says what has become of a node.
func (f *reachFlags) done(inv *invocation, fails *failures, a control.Answer, done string) {
	switch {
	case fails.failed(a):
	case f.JSON:
		inv.console.JSON(map[string]string{"node": a.Node, "state": done})
	default:
		fmt.Fprintf(inv.console.Stdout(), "%12s   %s\n", console.Clean(a.Node), done)
	}
}
