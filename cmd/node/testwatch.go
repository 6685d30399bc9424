package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"moonpeer/runtime/luatest"
	"moonpeer/runtime/luatest/watch"
)

// again runs the tests, and whenever a file has changed those that it is about, until ctx ends. What a run ends with is shown, and is not the end.
func (c *testCommand) again(ctx context.Context, inv *invocation) error {
	w, err := watch.Open(c.folders())
	if err != nil {
		return err
	}
	defer w.Close()
	var changed []string
	for {
		if err := c.once(ctx, inv, changed); ctx.Err() == nil && !errors.Is(err, errReported) && !errors.Is(err, errCouldNotRun) && err != nil {
			inv.console.Error(err)
		}
		fmt.Fprintf(inv.console.Stderr(), "\nwatching %s; Ctrl-C ends\n", strings.Join(c.folders(), ", "))
		for changed = nil; len(changed) == 0; {
			changed, err = w.Next(ctx)
			if ctx.Err() != nil {
				return nil // that is how it ends
			}
			if err != nil {
				return err
			}
			changed = slices.DeleteFunc(changed, c.writes)
		}
		fmt.Fprintf(inv.console.Stderr(), "\n%s changed: %s\n", time.Now().Format(time.TimeOnly), few(changed, 5))
	}
}

// writes tells whether a file is one that each run writes.
func (c *testCommand) writes(name string) bool {
	return slices.ContainsFunc(c.Format, func(f string) bool {
		_, file, toFile := strings.Cut(f, "=")
		return toFile && filepath.Clean(file) == filepath.Clean(name)
	})
}

// folders are those of the tests that were named: a policy lies beside its test.
func (c *testCommand) folders() (folders []string) {
	for _, p := range c.paths() {
		p, _ := luatest.SplitLine(p)
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			p = filepath.Dir(p)
		}
		if !slices.Contains(folders, p) {
			folders = append(folders, p)
		}
	}
	return folders
}

// few are the first of names, and how many more there are.
func few(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// affected are those of the test files that changed files are about: themselves, and of any other file those in its folder.
// Where one is in a folder without tests, nobody knows who uses it: all are. So are they where nothing has changed yet.
func affected(files, changed []string) []string {
	isAbout := map[string]bool{}
	for _, name := range changed {
		name = filepath.Clean(name)
		about := func(f string) bool { return filepath.Clean(f) == name }
		if !slices.ContainsFunc(files, about) {
			about = func(f string) bool { return filepath.Dir(f) == filepath.Dir(name) }
		}
		if !slices.ContainsFunc(files, about) {
			return files
		}
		for _, f := range files {
			isAbout[f] = isAbout[f] || about(f)
		}
	}
	if len(changed) == 0 {
		return files
	}
	return slices.DeleteFunc(slices.Clone(files), func(f string) bool { return !isAbout[f] })
}
