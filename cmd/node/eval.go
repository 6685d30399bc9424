package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

type evalCommand struct {
	reachFlags
	Node string `arg:"" name:"node" optional:"" help:"The node's name."`
	Code string `arg:"" name:"lua" optional:"" help:"An expression, or statements; globals are those of policies."`
}

func (c *evalCommand) examples() string {
	return `
%[1]s eval worker-1 'time.now()'
%[1]s eval worker-1 'for _, p in ipairs(broker.peers()) do print(p.node) end'`
}

// Run implements node eval.
func (c *evalCommand) Run(ctx context.Context, inv *invocation) error {
	if c.Node == "" || c.Code == "" {
		return usagef("eval", "want a node and a text, such as worker-1 'time.now()'")
	}
	fails := &failures{inv: inv, json: c.JSON}
	var failed error
	err := c.ask(ctx, inv, []string{c.Node}, "eval", map[string]string{"code": c.Code}, func(a control.Answer) {
		if !fails.failed(a) {
			failed = c.write(inv, a)
		}
	})
	return errors.Join(fails.outcome(err), failed)
}

// write shows what the text has printed, then its values, then its error.
func (c *evalCommand) write(inv *invocation, a control.Answer) error {
	var e node.Evaluated
	if err := json.Unmarshal(a.Result, &e); err != nil {
		return fmt.Errorf("%s: the answer can't be read: %w", a.Node, err)
	}
	if c.JSON {
		if err := inv.writeJSON(a.Node, "", a.Result); err != nil {
			return err
		}
		if e.Error != "" {
			return errReported
		}
		return nil
	}
	out := e.Printed
	for _, v := range e.Values {
		out += v + "\n"
	}
	if _, err := inv.console.Stdout().Write([]byte(out)); err != nil {
		return err
	}
	if e.Error == "" {
		return nil
	}
	return errors.New(strings.TrimSuffix(e.Error+"\n"+e.Traceback, "\n")) // cleaned where it is written
}
