package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"moonpeer/runtime/luatest/watch"
	"moonpeer/runtime/node"
)

// again runs the tests whenever a file has changed, until ctx ends. What a run ends with is shown, and is not the end.
func (c *testCommand) again(ctx context.Context, inv *invocation) error {
	w, err := watch.Open(c.folders())
	if err != nil {
		return err
	}
	defer w.Close()
	for {
		if err := c.once(ctx, inv); ctx.Err() == nil && !errors.Is(err, errReported) && !errors.Is(err, errCouldNotRun) && err != nil {
			inv.console.Error(err)
		}
		fmt.Fprintf(inv.console.Stderr(), "\nwatching %s; Ctrl-C ends\n", strings.Join(c.folders(), ", "))
		changed, err := w.Next(ctx)
		if ctx.Err() != nil {
			return node.ErrInterrupted
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(inv.console.Stderr(), "\nchanged: %s\n", strings.Join(changed[:min(len(changed), 5)], ", "))
	}
}

// folders are those of the tests that were named: a policy lies beside its test.
func (c *testCommand) folders() (folders []string) {
	for _, p := range c.paths() {
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			p = filepath.Dir(p)
		}
		if !slices.Contains(folders, p) {
			folders = append(folders, p)
		}
	}
	return folders
}
