package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/cmd/node/internal/luals"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
	"moonpeer/scripts"
)

type typesCommand struct {
	JSON bool     `name:"json" help:"Write one line of JSON: each file, and what was done with it."`
	Dir  string   `arg:"" name:"dir" optional:"" help:"The folder with your policies. It gets .luarc.json, and .luatypes with the definitions."`
	Args []string `arg:"" name:"script" optional:"" free:"" help:"Policies, loaded as by check, whose events, options, records and containers get definitions, too; LAYOUT.toml as there."`
}

func (c *typesCommand) examples() string {
	return `
%[1]s types .
%[1]s types . my_policy.lua
%[1]s types ~/policies known_clients scan --json`
}

// Run implements node types. Scripts are loaded first, so that nothing is written when they have errors.
func (c *typesCommand) Run(inv *invocation) error {
	if c.Dir == "" {
		return usagef("types", "no folder given: name the one with your policies, such as .")
	}
	if info, err := os.Stat(c.Dir); err == nil && !info.IsDir() {
		return usagef("types", "%s is no folder: name the one with your policies in front of scripts", c.Dir)
	}
	file, policies, err := splitLayout("types", c.Args)
	if err != nil {
		return err
	}
	if file != "" && len(policies) == 0 {
		return usagef("types", "no script given beside %s", file)
	}
	declared, err := c.declared(inv, file, policies)
	if err != nil {
		return err
	}
	w := &luals.Folder{Dir: c.Dir}
	errs := []error{w.Definitions(scripts.Meta, "meta")}
	if len(policies) > 0 {
		errs = append(errs, w.Declared(declared))
	} else {
		w.KeepDeclared()
	}
	errs = append(errs, w.Settings())
	return errors.Join(append(errs, c.report(inv.console, w, len(declared)))...)
}

// declared loads the scripts as check does, and returns what they declare in any role.
func (c *typesCommand) declared(inv *invocation, file string, policies []string) (all []node.Declaration, err error) {
	if len(policies) == 0 {
		return nil, nil
	}
	nodes := []cluster.Node{{}}
	var layout *cluster.Layout
	if file != "" {
		if layout, nodes, err = rolesOf(file); err != nil {
			return nil, err
		}
	}
	for _, n := range nodes {
		opts := baseOptions(policies)
		opts.Name, opts.Layout = n.Name, layout
		inv.attach(&opts, "")
		opts.Stdout = opts.Stderr // what a file prints while it is loaded is not this command's result
		list, err := node.Declared(opts, newSystem(true, opts).System)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if !slices.ContainsFunc(all, func(o node.Declaration) bool { return o.ID == d.ID }) {
				all = append(all, d)
			}
		}
	}
	return all, nil
}

// typesReport is what --json writes.
type typesReport struct {
	Dir      string       `json:"dir"`
	Declared int          `json:"declared"` // by the scripts
	Files    []luals.File `json:"files"`
}

// report tells what was done with the files.
func (c *typesCommand) report(out *console.Console, w *luals.Folder, declared int) error {
	if c.JSON {
		return out.JSON(typesReport{c.Dir, declared, w.Files})
	}
	states := []luals.State{luals.Written, luals.Unchanged, luals.Removed, luals.Kept}
	counts := map[luals.State]int{}
	for _, f := range w.Files {
		counts[f.State]++
	}
	var parts []string
	for _, s := range states {
		if n := counts[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	_, err := fmt.Fprintf(out.Stdout(), "%s: %s\n", console.Clean(c.Dir), strings.Join(parts, ", "))
	return err
}
