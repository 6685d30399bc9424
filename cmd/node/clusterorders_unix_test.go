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
	"time"

	"moonpeer/runtime/control"
)

// parent connects to the supervisor itself.
func (c *runningCluster) parent() *control.Client {
	c.t.Helper()
	p, err := control.Find(c.t.Context(), filepath.Join(c.state, supervisorName))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { p.Close() })
	return p
}

// TestClusterRestartNamedTwice: a node that is named twice is restarted once.
func TestClusterRestartNamedTwice(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, "")
	c.ready()
	c.ask(exitOK, "stop", "worker-1")
	if out, _ := c.ask(exitOK, "restart", "worker-1", "worker-1"); out != "    worker-1   restarted\n" {
		t.Errorf("got\n%s", out)
	}
	var list []nodeStatus
	if err := c.parent().Call(t.Context(), "supervisor.status", nil, &list); err != nil {
		t.Fatal(err)
	}
	for _, n := range list {
		if n.Name == "worker-1" && (n.Restarts != 0 || n.PID == 0) {
			t.Errorf("got %+v", n)
		}
	}
	c.stop(exitOK)
}

// TestClusterStopOfOneThatWaits: who is stopped while it waits to be started has no end that somebody could hear of, and
// those who wait for its start are told.
func TestClusterStopOfOneThatWaits(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, `if cluster.local_node_type() == cluster.WORKER then error("not on workers") end`)
	c.await(c.stderr, `'worker-1' .* revived after premature exit`)
	c.await(c.stderr, `'worker-1' .* exited prematurely`)
	first, second := c.parent(), c.parent()
	restarted := make(chan error, 1)
	began := time.Now()
	go func() {
		restarted <- first.Call(t.Context(), "supervisor.restart", map[string]any{"nodes": []string{"worker-1"}}, nil)
	}()
	if err := second.Call(t.Context(), "supervisor.stop", map[string]any{"nodes": []string{"worker-1"}}, nil); err != nil {
		t.Error(err)
	}
	select {
	case <-restarted:
	case <-time.After(processWait):
		t.Errorf("the restart is not answered %v later", time.Since(began))
	}
}

// TestClusterDeployChecksBesideTheLoop: a script that takes its time to load keeps nobody from an answer, and a second deploy
// has to wait.
func TestClusterDeployChecksBesideTheLoop(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, "")
	c.ready()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	writeFile(t, c.policy, fmt.Sprintf("io.open(%q):close()\nerror('seen')", pipe))
	deployed := make(chan error, 2)
	for range cap(deployed) {
		p := c.parent()
		go func() { deployed <- p.Call(t.Context(), "supervisor.deploy", nil, nil) }()
	}
	select {
	case refused := <-deployed:
		if refused == nil || refused.Error() != "a deploy is under way" {
			t.Errorf("the second of two: got %v", refused)
		}
	case <-time.After(processWait):
		t.Fatal("the second of two is not refused")
	}
	if out, _ := c.ask(exitOK, "status", "worker-1"); !strings.Contains(out, "worker-1") {
		t.Errorf("got\n%s", out)
	}
	if len(deployed) > 0 {
		t.Errorf("the deploy has ended: %v", <-deployed)
	}
	both, err := os.OpenFile(pipe, os.O_RDWR, 0) // from now on nobody waits for the other side
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	if err := <-deployed; err == nil || !regexp.MustCompile(`policy\.lua:2: seen`).MatchString(err.Error()) {
		t.Errorf("got %v", err)
	}
	c.stop(exitOK)
}
