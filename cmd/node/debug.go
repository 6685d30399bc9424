package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

type debugCommand struct {
	reachFlags
	List  bool     `name:"list" help:"List the streams, and what each shows."`
	Words []string `arg:"" name:"node or +stream" optional:"" free:"" help:"Names of nodes, default is all that run; and +STREAM to switch one on, -STREAM off, several with commas between them. Without any: which are on."`
}

func (c *debugCommand) examples() string {
	return `
%[1]s debug --list
%[1]s debug worker-1 +broker,cluster
%[1]s debug -broker`
}

// Run implements node debug.
func (c *debugCommand) Run(ctx context.Context, inv *invocation) error {
	if c.List {
		return c.list(inv)
	}
	nodes, changes, err := c.split()
	if err != nil {
		return err
	}
	fails := &failures{inv: inv, json: c.JSON}
	var errs []error
	err = c.ask(ctx, inv, nodes, "debug", map[string]any{"changes": changes}, func(a control.Answer) {
		if !fails.failed(a) {
			errs = append(errs, c.write(inv, a))
		}
	})
	return errors.Join(fails.outcome(err), errors.Join(errs...))
}

func (c *debugCommand) list(inv *invocation) error {
	t := inv.console.Table()
	for _, s := range node.DebugStreams {
		if !c.JSON {
			t.Row(s.Name, s.Shows)
			continue
		}
		if err := inv.console.JSON(map[string]string{"stream": s.Name, "shows": s.Shows}); err != nil {
			return err
		}
	}
	return t.Write()
}

// split tells nodes from changes, and looks at the streams' names before anybody is asked.
func (c *debugCommand) split() (nodes, changes []string, err error) {
	var known []string
	for _, s := range node.DebugStreams {
		known = append(known, s.Name)
	}
	for _, w := range c.Words {
		w = strings.TrimSpace(w) // see keepSwitches
		if w == "" || w[0] != '+' && w[0] != '-' {
			nodes = append(nodes, w)
			continue
		}
		for change := range strings.SplitSeq(w, ",") {
			name := strings.TrimLeft(change, "+-")
			if !slices.Contains(known, name) {
				return nil, nil, usagef("debug", "%q is no debug stream%s; debug --list tells what there are", name, script.DidYouMean(name, known))
			}
			if change == name { // the first one's sign counts for those behind it
				change = w[:1] + name
			}
			changes = append(changes, change)
		}
	}
	return nodes, changes, nil
}

// write tells which streams are on.
func (c *debugCommand) write(inv *invocation, a control.Answer) error {
	if c.JSON {
		return inv.writeJSON(a.Node, "", a.Result)
	}
	var d node.Debugged
	if err := json.Unmarshal(a.Result, &d); err != nil {
		return fmt.Errorf("%s: the answer can't be read: %w", a.Node, err)
	}
	on := strings.Join(d.Streams, ", ")
	if on == "" {
		on = "off"
	}
	_, err := fmt.Fprintf(inv.console.Stdout(), "%12s   %s\n", console.Clean(a.Node), on)
	return err
}
