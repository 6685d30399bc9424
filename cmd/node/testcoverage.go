package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"

	"moonpeer/runtime/luatest/luacover"
	"moonpeer/runtime/luavm"
)

// coverage is what --coverage counts; nil: nothing.
func (c *testCommand) coverage() *luavm.Coverage {
	if !c.Coverage && c.Lcov == "" {
		return nil
	}
	return luavm.NewCoverage(luacover.Names(false))
}

// tellCoverage shows which lines no test has run, of the policies that were loaded and of what lies beside the tests.
func (c *testCommand) tellCoverage(inv *invocation, counts *luavm.Coverage, files []string) error {
	if counts == nil {
		return nil
	}
	var folders []string
	for _, f := range files {
		if dir := path.Dir(f); !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	for _, dir := range folders {
		if err := luacover.AddFolder(counts, dir); err != nil {
			return fmt.Errorf("--coverage: %w", err)
		}
	}
	report := luacover.New(counts)
	if err := c.showCoverage(inv, report); err != nil {
		return err
	}
	if c.Lcov == "" {
		return nil
	}
	f, err := os.Create(c.Lcov)
	if err != nil {
		return fmt.Errorf("--lcov: %w", err)
	}
	return errors.Join(report.WriteLCOV(f), f.Close())
}

func (c *testCommand) showCoverage(inv *invocation, report *luacover.Report) error {
	if c.JSON {
		return inv.console.JSON(struct {
			Event string `json:"event"`
			*luacover.Report
		}{"coverage", report})
	}
	if w := c.forPeople(inv); w != inv.console.Stdout() {
		return report.WriteText(w)
	}
	fmt.Fprintln(inv.console.Stdout())
	table := inv.console.Table(luacover.Header...)
	report.Rows(table.Row)
	return table.Write()
}
