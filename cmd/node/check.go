package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
)

type checkCommand struct {
	JSON bool     `name:"json" help:"Write one line of JSON."`
	Args []string `arg:"" name:"script" optional:"" help:"A Lua file, a folder with init.lua, or the name of a bundled policy; with LAYOUT.toml among them they are loaded as a node of each role that it has."`
}

func (c *checkCommand) examples() string {
	return `
%[1]s check policies/known_clients my_policy.lua
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
	r := newCheckReport(len(nodes))
	for _, n := range nodes {
		opts := baseOptions(scripts)
		opts.Name, opts.Layout = n.Name, layout
		inv.attach(&opts, "")
		opts.Stdout = opts.Stderr // what a file prints while it is loaded is not this command's result
		warnings, err := node.Check(opts, newSystem(true, opts).System)
		r.add(n.Role, warnings, err)
	}
	if c.JSON {
		return r.writeJSON(inv.console)
	}
	return r.write(inv.console, len(scripts))
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

// checkReport is what --json writes.
type checkReport struct {
	OK     bool      `json:"ok"`
	Errors []finding `json:"errors"`
	// Warnings do not keep a policy from running and do not count for OK.
	Warnings []finding `json:"warnings"`

	roles int // how many the scripts were loaded as
	words []string
}

// finding is one error. File and line are missing where it is not about a place in a file, the roles where it is one of all.
type finding struct {
	File    string   `json:"file,omitempty"`
	Line    int      `json:"line,omitempty"`
	Message string   `json:"message"`
	Roles   []string `json:"roles,omitempty"`

	text string // file, line and message
}

func newCheckReport(roles int) *checkReport {
	return &checkReport{OK: true, Errors: []finding{}, Warnings: []finding{}, roles: roles}
}

// add takes what loading the scripts has led to in one role.
func (r *checkReport) add(role cluster.Role, warnings []string, err error) {
	word := role.Word()
	r.words = append(r.words, word)
	for _, w := range warnings {
		r.Warnings = noted(r.Warnings, w, word)
	}
	for _, e := range console.Split(err) {
		r.OK = false
		r.Errors = noted(r.Errors, e.Error(), word)
	}
}

// noted adds a finding of a role to those of other roles.
func noted(list []finding, text, role string) []finding {
	i := slices.IndexFunc(list, func(f finding) bool { return f.text == text })
	if i < 0 {
		i = len(list)
		list = append(list, newFinding(text))
	}
	if !slices.Contains(list[i].Roles, role) {
		list[i].Roles = append(list[i].Roles, role)
	}
	return list
}

// settle leaves out the roles of what all have.
func (r *checkReport) settle() {
	for _, list := range [][]finding{r.Errors, r.Warnings} {
		for i := range list {
			if len(list[i].Roles) == r.roles {
				list[i].Roles = nil
			}
		}
	}
}

func (r *checkReport) writeJSON(c *console.Console) error {
	r.settle()
	if err := c.JSON(r); err != nil {
		return err
	}
	if !r.OK {
		return errReported
	}
	return nil
}

func (r *checkReport) write(c *console.Console, scripts int) error {
	r.settle()
	for _, w := range r.Warnings {
		fmt.Fprintf(c.Stderr(), "warning: %s\n", console.CleanLines(w.shown()))
	}
	var errs []error
	for _, e := range r.Errors {
		errs = append(errs, errors.New(e.shown()))
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	as := ""
	if r.roles > 1 {
		as = " as " + strings.Join(r.words, ", ")
	}
	_, err := fmt.Fprintf(c.Stdout(), "%d checked%s, no errors\n", scripts, as)
	return err
}

// shown is a finding for people.
func (f finding) shown() string {
	if len(f.Roles) == 0 {
		return f.text
	}
	return "as " + strings.Join(f.Roles, ", ") + ": " + f.text
}

// place is how every message about a script begins: file:line: text.
var place = regexp.MustCompile(`^(.+?):([0-9]+): (?s:(.*))$`)

func newFinding(text string) finding {
	m := place.FindStringSubmatch(text)
	if m == nil {
		return finding{Message: text, text: text}
	}
	line, err := strconv.Atoi(m[2])
	if err != nil {
		return finding{Message: text, text: text}
	}
	return finding{File: m[1], Line: line, Message: m[3], text: text}
}
