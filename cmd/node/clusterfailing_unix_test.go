//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestClusterRoleFails: a script that fails on one role is told at once, and everybody else runs.
func TestClusterRoleFails(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `
if cluster.local_node_type() == cluster.WORKER then error("not on workers") end
on("node_init", function() print "runs" end)`)
	c.await(c.stderr, `^worker-1: error: .*policy\.lua:2: not on workers$`)
	c.await(c.stderr, `^error: Supervised node 'worker-1' \(PID \d+\) exited prematurely with status 1$`)
	c.await(c.stdout, `^(logger|manager): runs$`)
	c.await(c.stdout, `^(logger|manager): runs$`)
	c.await(c.stderr, `'worker-1' .* revived after premature exit`) // again and again, with pacing
	if out, _ := c.ask(exitOK, "status", "worker-1"); !regexp.MustCompile(`(?m)^worker-1 +worker +\w.*\(after status 1\)`).MatchString(out) {
		t.Errorf("the status is\n%s", out)
	}
	_, errs := c.ask(exitFailed, "restart", "worker-1")
	if !regexp.MustCompile(`^ +worker-1   <error: it has ended, with status 1: .*policy\.lua:2: not on workers>\n$`).MatchString(errs) {
		t.Errorf("restart: got\n%s", errs)
	}
	c.stop(exitFailed) // one that was to run did not, whether it just waits, starts or runs
	if rest, want := c.rest(c.stderr), `(?m)^error: worker-1 was failing when the cluster was stopped \(status 1, started \d+ times\): see .*worker-1.stderr\.log$`; !regexp.MustCompile(want).MatchString(rest) {
		t.Errorf("got\n%s\nwant %s", rest, want)
	}
}

// TestClusterStoppedWhileRevived: a node that has died and whose next process is there, but has not loaded its scripts, is
// not back. That one ends well, and nothing else tells that the cluster was not whole.
func TestClusterStoppedWhileRevived(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	c := startCluster(t, nil, fmt.Sprintf(`
if node.name ~= "worker-2" then return end
local first = io.open(%[1]q)
if first then
  io.open(%[2]q):close() -- waits for somebody who writes
  return
end
io.open(%[1]q, "w"):close()
error "dies"`, filepath.Join(dir, "first"), pipe), "--workers", "2") // the check of the scripts loads them as worker-1
	c.await(c.stderr, `'worker-2' .* revived after premature exit`)
	c.stop(exitFailed)
	if rest, want := c.rest(c.stderr), "error: worker-2 was failing when the cluster was stopped (status 1, started 2 times): see "; !strings.Contains(rest, want) {
		t.Errorf("got\n%s\nwant %s", rest, want)
	}
	c.desertedNow()
}

// TestClusterNodeKilledWhileStopping: a node that dies before its turn to be stopped has not ended well.
func TestClusterNodeKilledWhileStopping(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	c := startCluster(t, nil, fmt.Sprintf(`
on("node_done", function()
  if cluster.local_node_type() ~= cluster.WORKER then return end
  print "ends"
  io.open(%q):close() -- waits for somebody who writes
end)`, pipe))
	c.ready()
	c.interrupt()
	c.await(c.stdout, "^worker-1: ends$")
	c.signal("logger", syscall.SIGKILL)
	c.await(c.stderr, `'logger' \(PID \d+\) terminated prematurely by signal 9$`)
	both, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	if code := c.end(); code != exitFailed {
		t.Errorf("got code %d", code)
	}
	c.desertedNow()
}
