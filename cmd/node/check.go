package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"moonpeer/runtime/cluster"
	"moonpeer/runtime/luatest"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

type checkCommand struct {
	JSON   bool     `name:"json" help:"Write one line of JSON."`
	Format string   `enum:"text,github" default:"text" help:"How findings are written: ${enum}; github makes annotations of them."`
	Strict bool     `help:"Take warnings for errors."`
	Args   []string `arg:"" name:"script" optional:"" help:"A Lua file, a folder with init.lua, or the name of a bundled policy; with LAYOUT.toml among them they are loaded as a node of each role that it has. Policies in a folder without init.lua are checked each by itself. Of files of tests, NAME_test.lua, those in these folders as well, the bodies run, and no test."`
}

func (c *checkCommand) examples() string {
	return `
%[1]s check policies/known_clients my_policy.lua
%[1]s check my_policies --strict
%[1]s check cluster.toml my_policy.lua
%[1]s check --json my_policy.lua`
}

// Run implements node check: the scripts are loaded together, as node run would: their bodies run, handlers do
// not, and what has effects on other nodes is refused. With a layout that is done once for each of its roles.
func (c *checkCommand) Run(inv *invocation) error {
	file, scripts, err := splitLayout("check", c.Args)
	if err != nil {
		return err
	}
	if len(scripts) == 0 {
		return usagef("check", "no script given: name a Lua file, a folder with init.lua, or a bundled policy")
	}
	nodes := []cluster.Node{{}}
	var layout *cluster.Layout
	if file != "" {
		if layout, nodes, err = rolesOf(file); err != nil {
			return err
		}
	}
	named, scripts := partTests(scripts)
	together, apart := partPolicies(scripts)
	tests, err := findTests(named, scripts, apart)
	if err != nil {
		return err
	}
	r := newCheckReport(len(nodes))
	check := func(policy string, scripts []string) {
		for _, n := range nodes {
			warnings, err := checkAs(inv, n.Name, layout, scripts)
			r.add(policy, n.Role, warnings, err)
		}
	}
	if len(together) > 0 {
		check("", together)
	}
	for _, policy := range apart {
		check(policy, []string{policy})
	}
	for _, test := range tests {
		err := checkTest(test.file)
		for _, n := range nodes {
			r.add(test.policy, n.Role, nil, err)
		}
	}
	r.settle(c.Strict)
	r.together, r.policies, r.tests, r.Tests = together, apart, tests, len(tests)
	switch {
	case c.JSON:
		return r.writeJSON(inv.console)
	case c.Format == "github":
		return r.writeGitHub(inv.console)
	}
	return r.write(inv.console)
}

// checkAs loads scripts as a node of a layout would.
func checkAs(inv *invocation, name string, layout *cluster.Layout, scripts []string) ([]script.Finding, error) {
	opts := baseOptions(scripts)
	opts.Name, opts.Layout = name, layout
	inv.attach(&opts, "")
	opts.Stdout = opts.Stderr // what a file prints while it is loaded is not this command's result
	return node.Check(opts, newSystem(true, opts).System)
}

// partPolicies takes the folders out of scripts that are none and hold some: what is in them is no whole.
func partPolicies(scripts []string) (together, apart []string) {
	for _, s := range scripts {
		if found := policiesIn(s); len(found) > 0 {
			apart = append(apart, found...)
		} else {
			together = append(together, s)
		}
	}
	return together, apart
}

// policiesIn returns the policies in a folder that is none itself: folders with init.lua, and files but for tests.
func policiesIn(folder string) (found []string) {
	entries, err := os.ReadDir(folder)
	if err != nil || isFile(filepath.Join(folder, "init.lua")) {
		return nil
	}
	for _, e := range entries {
		name := filepath.Join(folder, e.Name())
		if e.IsDir() && isFile(filepath.Join(name, "init.lua")) || isFile(name) && strings.HasSuffix(name, ".lua") && !strings.HasSuffix(name, luatest.Suffix) {
			found = append(found, filepath.ToSlash(name))
		}
	}
	return found
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// rolesOf reads a layout and returns one node of each role.
func rolesOf(file string) (*cluster.Layout, []cluster.Node, error) {
	f, err := loadLayout(file)
	if err != nil {
		return nil, nil, err
	}
	all, err := f.nodes()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	l, err := cluster.NewLayout(all)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	var nodes []cluster.Node
	for _, n := range l.Nodes() {
		if !slices.ContainsFunc(nodes, func(o cluster.Node) bool { return o.Role == n.Role }) {
			nodes = append(nodes, n)
		}
	}
	return l, nodes, nil
}
