package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/luatest/luacover"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/node"
)

// TestCoverage has two nodes run one policy, which requires a file and uses a library; then one of them reloads it with
// another text. Files of the folder that nobody loads are there as well.
func TestCoverage(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const policy = "local part = require \"part\"\nlocal take = sync.stored\non(\"node_init\", function()\n  part.hello(node.name)\nend)\n"
	write("init.lua", policy)
	write("part.lua", "local M = {}\nfunction M.hello(name)\n  if name == \"a\" then\n    print \"hello\"\n  end\nend\nreturn M\n")
	write("idle.lua", "print \"never\"\n")
	write("init_test.lua", "print \"a test\"\n")
	for _, bundled := range []bool{false, true} {
		counts := luavm.NewCoverage(luacover.Names(bundled))
		if err := luacover.AddFolder(counts, dir); err != nil {
			t.Fatal(err)
		}
		c := newCluster(t, 1)
		var nodes []*member
		for _, name := range []string{"a", "b"} {
			n := c.add(name, "", func(o *node.Options) {
				o.Scripts, o.Coverage = []string{filepath.Join(dir, "init.lua")}, counts
			})
			nodes = append(nodes, n)
		}
		c.start()
		nodes[0].expect(t, "hello")
		var got []string
		libraries := 0
		for _, f := range luacover.New(counts).Files {
			if strings.HasPrefix(f.Name, "bundled/") {
				libraries += f.Hit
				continue
			}
			lines := filepath.Base(f.Name)
			for _, l := range f.Counts {
				lines += fmt.Sprintf(" %d:%d", l.Line, l.Count)
			}
			got = append(got, lines)
		}
		want := []string{"idle.lua 1:0", "init.lua 1:2 2:2 3:2 4:2", "part.lua 1:2 2:2 3:2 4:1 7:2"}
		if !slices.Equal(got, want) || bundled != (libraries > 0) {
			t.Errorf("bundled %v: got  %q and %d lines of libraries\nwant %q", bundled, got, libraries, want)
		}

		write("init.lua", "-- changed\nlocal part = require \"part\"\n")
		nodes[1].Reload(node.ReloadOptions{Force: true}, func(_ node.ReloadReport, err error) {
			if err != nil {
				t.Error(err)
			}
		})
		c.run()
		report := luacover.New(counts)
		i := slices.IndexFunc(report.Files, func(f luacover.File) bool { return f.Name == filepath.ToSlash(filepath.Join(dir, "init.lua")) })
		if f := report.Files[i]; f.Lines != 1 || f.Counts[0] != (luavm.CoveredLine{Line: 2, Count: 1, Parts: 1}) {
			t.Errorf("after the reload: got %+v", f)
		}
		write("init.lua", policy)
	}
}
