package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/node"
)

type checkCommand struct {
	JSON    bool     `name:"json" help:"Write one line of JSON."`
	Scripts []string `arg:"" name:"script" optional:"" help:"A Lua file, a folder with init.lua, or the name of a bundled policy."`
}

func (c *checkCommand) examples() string {
	return `
%[1]s check policies/known_clients my_policy.lua
%[1]s check --json my_policy.lua`
}

// Run implements node check: the scripts are loaded together, as node run would: their bodies run, handlers do
// not, and what has effects on other nodes is refused.
func (c *checkCommand) Run(inv *invocation) error {
	if len(c.Scripts) == 0 {
		return usagef("check", "no script given: name a Lua file, a folder with init.lua, or a bundled policy")
	}
	opts := baseOptions(c.Scripts)
	inv.attach(&opts, "")
	opts.Stdout = opts.Stderr // what a file prints while it is loaded is not this command's result
	warnings, err := node.Check(opts, newSystem(true, opts).System)
	if c.JSON {
		return writeReport(inv.console, warnings, err)
	}
	for _, w := range warnings {
		fmt.Fprintf(inv.console.Stderr(), "warning: %s\n", w)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(inv.console.Stdout(), "%d checked, no errors\n", len(c.Scripts))
	return err
}

// checkReport is what --json writes.
type checkReport struct {
	OK     bool      `json:"ok"`
	Errors []finding `json:"errors"`
	// Warnings do not keep a policy from running and do not count for OK.
	Warnings []finding `json:"warnings"`
}

// finding is one error. File and line are missing where it is not about a place in a file.
type finding struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

func writeReport(c *console.Console, warnings []string, checked error) error {
	r := checkReport{OK: checked == nil, Errors: []finding{}, Warnings: []finding{}}
	for _, w := range warnings {
		r.Warnings = append(r.Warnings, newFinding(errors.New(w)))
	}
	for _, err := range console.Split(checked) {
		r.Errors = append(r.Errors, newFinding(err))
	}
	if err := c.JSON(r); err != nil {
		return err
	}
	if checked != nil {
		return errReported
	}
	return nil
}

// place is how every message about a script begins: file:line: text.
var place = regexp.MustCompile(`^(.+?):([0-9]+): (?s:(.*))$`)

func newFinding(err error) finding {
	m := place.FindStringSubmatch(err.Error())
	if m == nil {
		return finding{Message: err.Error()}
	}
	line, convErr := strconv.Atoi(m[2])
	if convErr != nil {
		return finding{Message: err.Error()}
	}
	return finding{File: m[1], Line: line, Message: m[3]}
}
