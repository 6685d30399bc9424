package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

type configCommand struct {
	List configListCommand `cmd:"" help:"List the options of policies."`
	Get  configGetCommand  `cmd:"" help:"Tell the value of an option."`
	Set  configSetCommand  `cmd:"" help:"Set an option, in a cluster on all nodes."`
}

type configListCommand struct {
	reachFlags
	Nodes []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run."`
}

func (c *configListCommand) examples() string {
	return `
%[1]s config list
%[1]s config list worker-1 --json`
}

// Run implements node config list.
func (c *configListCommand) Run(ctx context.Context, inv *invocation) error {
	list, err := collect[[]node.OptionValue](ctx, &c.reachFlags, inv, c.Nodes, "config.list", nil, "options")
	if len(list) == 0 {
		return err
	}
	t := inv.console.Table("node", "option", "type", "value", "set by", "meaning")
	for _, a := range list {
		for _, o := range a.value {
			t.Row(a.node, o.Name, o.Type, o.Text, o.Location, o.Doc)
		}
	}
	return errors.Join(t.Write(), err)
}

type configGetCommand struct {
	reachFlags
	Option string   `arg:"" name:"option" optional:"" help:"An option's name, such as EX::limit."`
	Nodes  []string `arg:"" name:"node" optional:"" free:"" help:"Names of nodes; default is all that run."`
}

func (c *configGetCommand) examples() string {
	return `
%[1]s config get EX::limit
%[1]s config get EX::limit worker-1`
}

// Run implements node config get.
func (c *configGetCommand) Run(ctx context.Context, inv *invocation) error {
	if c.Option == "" {
		return usagef("config get", "no option given: name one, such as EX::limit; config list tells which there are")
	}
	return c.options(ctx, inv, c.Nodes, "config.get", map[string]string{"name": c.Option})
}

type configSetCommand struct {
	reachFlags
	Option string   `arg:"" name:"option" optional:"" help:"An option's name, such as EX::limit."`
	Value  *string  `arg:"" name:"value" optional:"" help:"Its value, as --set has it; \"\" is an empty text."`
	Nodes  []string `arg:"" name:"node" optional:"" free:"" help:"Nodes to give it to; default is all that run. In a cluster each node passes it on to all, so that it matters only who has the option."`
}

func (c *configSetCommand) examples() string {
	return `
%[1]s config set EX::limit 10
%[1]s config set EX::server ""
%[1]s config set EX::limit 10 worker-1       # in a cluster all others get it, too`
}

// Run implements node config set.
func (c *configSetCommand) Run(ctx context.Context, inv *invocation) error {
	if c.Option == "" || c.Value == nil {
		return usagef("config set", "want an option and its value, such as EX::limit 10")
	}
	params := map[string]string{"name": c.Option, "text": *c.Value, "location": "config set"}
	err := c.options(ctx, inv, c.Nodes, "config.set", params)
	if err == nil && len(c.Nodes) > 0 && c.clustered(ctx, inv) {
		fmt.Fprintln(inv.console.Stderr(), "info: all nodes of the cluster have the value now, not only those that were named")
	}
	return err
}

// clustered reports whether a node that was named is one of a cluster. One that does not say so now is taken for none.
func (c *configSetCommand) clustered(ctx context.Context, inv *invocation) (some bool) {
	_ = c.ask(ctx, inv, c.Nodes, "status", nil, func(a control.Answer) {
		var s node.Status
		if a.Error == nil && json.Unmarshal(a.Result, &s) == nil {
			some = some || s.Role != cluster.None.String()
		}
	})
	return some
}

// options asks about one option and writes its value for each node. That a node does not have the option is an error only
// if none has it: roles may run different policies.
func (f *reachFlags) options(ctx context.Context, inv *invocation, nodes []string, method string, params any) error {
	fails := &failures{inv: inv, json: f.JSON}
	var errs []error
	var without []control.Answer
	some := false
	err := f.ask(ctx, inv, nodes, method, params, func(a control.Answer) {
		switch {
		case a.Error != nil && a.Error.Code == control.CodeNoOption && len(nodes) == 0:
			without = append(without, a)
		case fails.failed(a):
		default:
			some = true
			errs = append(errs, f.writeOption(inv, a))
		}
	})
	if !some {
		for _, a := range without {
			fails.failed(a)
		}
	}
	return errors.Join(fails.outcome(err), errors.Join(errs...))
}

func (f *reachFlags) writeOption(inv *invocation, a control.Answer) error {
	if f.JSON {
		return inv.writeJSON(a.Node, "", a.Result)
	}
	var o node.OptionValue
	if err := json.Unmarshal(a.Result, &o); err != nil {
		return fmt.Errorf("%s: the answer can't be read: %w", a.Node, err)
	}
	_, err := fmt.Fprintf(inv.console.Stdout(), "%12s   %s = %s\n", console.Clean(a.Node), o.Name, o.Text)
	return err
}
