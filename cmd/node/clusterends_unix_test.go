//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonpeer/runtime/supervisor/limits"
)

// endless has worker-1 be in a handler that does not return, once the cluster has started.
const endless = `
on("Cluster::cluster_started", function()
  if node.name == "worker-1" then
    print "stuck"
    while true do end
  end
end)`

// unbounded are settings by which a handler may take minutes.
func unbounded(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "settings.toml")
	writeFile(t, file, "[limits]\nhandler_instructions = 1_000_000_000_000\nhandler_seconds = 600\n")
	return file
}

func stuckCluster(t *testing.T, args ...string) *runningCluster {
	t.Helper()
	c := startCluster(t, nil, endless, append([]string{"--config", unbounded(t)}, args...)...)
	c.await(c.stdout, "^worker-1: stuck$")
	c.ready()
	return c
}

// TestClusterStuckNode: who does not end is named, and ended: it would go on for minutes.
func TestClusterStuckNode(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("NOT TESTED: how a node that does not end is ended, as -short leaves out what takes 10 s")
	}
	c := stuckCluster(t, "--workers", "2")
	out, errs := c.ask(exitOK, "stop", "worker-1")
	if out != "    worker-1   stopped\n" || errs != "info: waiting for worker-1 to end\n" {
		t.Errorf("got\n%s%s", out, errs)
	}
	c.await(c.stderr, "^info: waiting for worker-1 to end; it is killed 10s after it was told to$")
	if out, _ := c.ask(exitOK, "status", "worker-2"); !strings.Contains(out, "worker-2") {
		t.Errorf("the others do not go on:\n%s", out)
	}
	c.stop(exitFailed) // not every node ended well
}

// TestClusterInterruptedTwice: who insists is not kept waiting, and nobody stays behind.
func TestClusterInterruptedTwice(t *testing.T) {
	t.Parallel()
	c := stuckCluster(t)
	c.interrupt()
	c.await(c.stderr, "^info: waiting for worker-1 to end")
	c.interrupt()
	if code := c.end(); code != exitInterrupted {
		t.Errorf("got code %d", code)
	}
	c.deserted()
}

// TestClusterPrintsNotForEver: who is told to stop does not wait long for the variables of a node that does not answer, and is
// told of that once.
func TestClusterPrintsNotForEver(t *testing.T) {
	t.Parallel()
	c := stuckCluster(t, "--workers", "2", "--print", "EX::a", "--print", "EX::b")
	began := time.Now()
	c.interrupt()
	c.await(c.stderr, "^    worker-1   <error: time-out>$")
	c.await(c.stderr, "^info: waiting for worker-1 to end")
	if took := time.Since(began); took > askTimeout {
		t.Errorf("it took %v, and %v is what a question may take that nobody waits for", took, askTimeout)
	}
	c.interrupt()
	c.end()
	if rest := c.rest(c.stderr); strings.Contains(rest, "time-out") {
		t.Errorf("it was asked again:\n%s", rest)
	}
	if out := c.rest(c.stdout); !strings.Contains(out, "EX::b") {
		t.Errorf("the others were not asked:\n%s", out)
	}
}

// TestClusterParentKilled: a killed parent leaves nobody behind, neither who is stuck nor who is stopped.
func TestClusterParentKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("NOT TESTED: only Linux ends a stopped process with its parent")
	}
	c := stuckCluster(t, "--workers", "3", "--proxies", "1")
	c.signal("worker-2", syscall.SIGSTOP)
	c.cmd.Process.Kill()
	c.deserted()
}

// TestClusterInterrupt: a live cluster ends in order, with code 0.
func TestClusterInterrupt(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `on("node_done", function() print "bye" end)`, "--proxies", "1")
	c.ready()
	c.interrupt()
	for _, name := range []string{"worker-1", "proxy-1", "manager", "logger"} {
		c.await(c.stdout, "^"+name+": bye$")
	}
	if code := c.end(); code != exitOK {
		t.Errorf("got code %d:\n%s", code, c.rest(c.stderr))
	}
	c.desertedNow()
}

// TestClusterReplayStopped: a replay that was stopped is not complete, and the exit code says so.
func TestClusterReplayStopped(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `
on("connection_established", function(c)
  print "stuck"
  while true do end
end)`, "--config", unbounded(t), "--pcap", "../../policies/testdata/small.pcap")
	c.await(c.stdout, "^worker-1: stuck$")
	for _, order := range []string{"stop", "restart"} {
		if _, errs := c.ask(exitFailed, order, "worker-1"); errs != "error: "+errReplaying.Error()+"\n" {
			t.Errorf("%s: got\n%s", order, errs)
		}
	}
	if _, errs := c.ask(exitFailed, "deploy"); errs != "error: "+errReplaying.Error()+"\n" {
		t.Errorf("deploy: got\n%s", errs)
	}
	c.interrupt()
	c.await(c.stderr, "^info: waiting for worker-1 to end")
	c.interrupt()
	if code := c.end(); code != exitInterrupted {
		t.Errorf("got code %d", code)
	}
	c.deserted()
}

// TestClusterFlood: a node that writes without end, before somebody who does not read. The parent answers, keeps no more
// than its bounds, and ends.
func TestClusterFlood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	state, policy := filepath.Join(dir, "st"), filepath.Join(dir, "policy.lua")
	writeFile(t, policy, `
if node.name == "worker-1" then
  local text = string.rep("x", 1000)
  timer.every("1 ms", function() for i = 1, 200 do print(i, text) end end)
end`)
	unread, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Close()
	defer out.Close()
	p := startTo(t, out, "cluster", "--state", state, policy)
	p.await(p.stderr, "^ready$")
	kept := filepath.Join(state, "worker-1", "stdout.log")
	for written := int64(0); written < 4<<20; { // more than the parent and the pipe hold
		code, out, errs := finish(t, "status", "manager", "--state", state, "--timeout", (processWait / 2).String())
		if code != exitOK || !strings.Contains(out, "manager") || errs != "" {
			t.Fatalf("got code %d and\n%s%s", code, out, errs)
		}
		info, err := os.Stat(kept)
		if err != nil {
			t.Fatal(err)
		}
		written = info.Size()
	}
	if rss, ok := resident(p.cmd.Process.Pid); ok && rss > 256<<20 {
		t.Errorf("the parent has %d MB", rss>>20)
	}
	if code, _, errs := finish(t, "stop", "--state", state); code != exitOK {
		t.Errorf("stop: got code %d and\n%s", code, errs)
	}
	if code := p.end(); code != exitOK {
		t.Errorf("got code %d", code)
	}
}

// startTo starts the program with a stdout that the test has opened.
func startTo(t *testing.T, out *os.File, args ...string) *process {
	t.Helper()
	cmd := exec.Command("node", args...)
	cmd.Stdout = out
	p := &process{t: t, cmd: cmd}
	p.stderr = p.output(cmd.StderrPipe)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.reading.Go(p.stderr.read)
	t.Cleanup(func() {
		cmd.Process.Kill()
		p.end()
	})
	return p
}

// TestClusterOutputFails: results that can't be written are a failure.
func TestClusterOutputFails(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("NOT TESTED: a full disk: ", err)
	}
	defer full.Close()
	p := startTo(t, full, "cluster", "--state", t.TempDir(), "known_clients", "--pcap", "../../policies/testdata/small.pcap", "--print", "EX::known_clients")
	p.await(p.stderr, "^error: writing the output: .*no space left on device$")
	if code := p.end(); code != exitFailed {
		t.Errorf("got code %d", code)
	}
}

// resident is what a process has of memory, where the system tells.
func resident(pid int) (n int64, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, false
	}
	var size, rss int64
	if _, err := fmt.Sscan(string(text), &size, &rss); err != nil {
		return 0, false
	}
	return rss * int64(os.Getpagesize()), true
}

// TestClusterSupervisorReloads: the scripts of a supervisor may be loaded anew, and it goes on.
func TestClusterSupervisorReloads(t *testing.T) {
	t.Parallel()
	m := listenAsManager(t)
	script := filepath.Join(t.TempDir(), "parent.lua")
	writeFile(t, script, "")
	c := startCluster(t, m.env, "", "--supervisor", script)
	c.ready()
	writeFile(t, script, `on("node_reloaded", function() print "new" end)`)
	if err := c.parent().Call(t.Context(), "reload", nil, nil); err != nil {
		t.Fatal(err)
	}
	c.await(c.stdout, "^new$")
	reloaded := time.Now()
	for {
		if state, at := m.hear(); state == "WATCHDOG=1" && at.Sub(reloaded) > time.Second {
			break
		}
	}
	c.stop(exitOK)
}

// TestClusterMemoryLimit: a node that needs more than its role may have says so, ends, and is back; others have no limit.
func TestClusterMemoryLimit(t *testing.T) {
	t.Parallel()
	layout := filepath.Join(t.TempDir(), "layout.toml")
	writeFile(t, layout, "workers = 1\nloggers = 0\n[limits.worker]\nmemory = \"60 MB\"\nfiles = 100\ncpus = 1\n")
	c := startCluster(t, nil, `
local EX = namespace "EX"
local kept = {}
on("node_init", function() print "begins" end)
EX:event("eat", ""):on(function()
  timer.every("1 ms", function()
    for i = 1, 100 do kept[#kept + 1] = string.rep(tostring(#kept), 2000) end
  end)
end)`, layout)
	c.await(c.stdout, "^worker-1: begins$")
	c.ready()
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", c.pid("worker-1"))); err == nil {
		if !regexp.MustCompile(`(?m)^Max open files +100 +100 `).Match(text) {
			t.Errorf("the worker's limits are\n%s", text)
		}
	}
	c.ask(exitOK, "eval", "worker-1", `event.raise("EX::eat")`)
	c.await(c.stderr, `^worker-1: error: this node needs more memory than its limit allows and ends: .* of 60\.0 MB`)
	c.await(c.stderr, `^error: Supervised node 'worker-1' \(PID \d+\) exited prematurely with status 77$`)
	c.await(c.stderr, `'worker-1' \(PID \d+\) revived after premature exit$`)
	c.await(c.stdout, "^worker-1: begins$") // it is back, and fails no more
	c.ask(exitOK, "eval", "manager", `event.raise("EX::eat")`)
	c.stop(exitOK)
}

// TestLimitsWithoutSupervisor: a node that is started by hand has its role's limits, too.
func TestLimitsWithoutSupervisor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	layout, policy := filepath.Join(dir, "layout.toml"), filepath.Join(dir, "policy.lua")
	writeFile(t, layout, "loggers = 0\n[nodes]\nmanager = \"127.0.0.1:19731\"\nworker-1 = \"127.0.0.1\"\n[limits.worker]\nmemory = \"60 MB\"\nfiles = 100\n")
	writeFile(t, policy, `
local kept = {}
on("node_init", function() print "begins" end)
timer.every("1 ms", function()
  for i = 1, 100 do kept[#kept + 1] = string.rep(tostring(#kept), 2000) end
end)`)
	p := start(t, "run", "--layout", layout, "--name", "worker-1", policy)
	p.await(p.stdout, "^begins$")
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.cmd.Process.Pid)); err == nil {
		if !regexp.MustCompile(`(?m)^Max open files +100 +100 `).Match(text) {
			t.Errorf("its limits are\n%s", text)
		}
	}
	p.await(p.stderr, `^error: this node needs more memory than its limit allows and ends: .* of 60\.0 MB`)
	if code := p.end(); code != limits.ExitCode {
		t.Errorf("got code %d, want %d", code, limits.ExitCode)
	}
}
