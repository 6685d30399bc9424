//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"moonpeer/net/step"
	"moonpeer/runtime/control"
)

const asked = `
local EX = namespace "EX"
EX:set("seen", "addr"):add(addr "10.0.0.1")
timer.every("1 h", function() end)`

// kept starts a node that can be asked below state.
func kept(t *testing.T, state, name, policy string, env ...string) *process {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.lua")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startIn(t, env, "run", file, "--name", name, "--state", state)
	p.await(p.stderr, "^ready$")
	return p
}

// seen is what a node with that policy shows.
func seen(name string) string { return fmt.Sprintf("%12s   EX::seen = {\n10.0.0.1\n}\n", name) }

// TestFrozenNode: one that does not answer is told as such, the others are shown.
func TestFrozenNode(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	frozen := kept(t, state, "worker-1", asked)
	kept(t, state, "worker-2", asked)
	signal := func(s os.Signal) {
		t.Helper()
		if err := frozen.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	code, out, errs := finish(t, "print", "EX::seen", "--state", state, "--timeout", "3s")
	if code != exitFailed || out != seen("worker-2") || errs != "    worker-1   <error: time-out>\n" {
		t.Errorf("got code %d and\n%s%s", code, out, errs)
	}
	code, out, errs = finish(t, "print", "EX::seen", "worker-1", "--json", "--state", state, "--timeout", "200ms")
	if code != exitFailed || out != `{"node":"worker-1","error":"time-out"}`+"\n" || errs != "" {
		t.Errorf("got code %d and\n%s%s", code, out, errs)
	}
	code, _, errs = finish(t, "trace", "", "--node", "worker-1", "--state", state, "--timeout", "200ms")
	if code != exitFailed || errs != "    worker-1   <error: time-out>\n" {
		t.Errorf("trace: got code %d and\n%s", code, errs)
	}
	signal(syscall.SIGCONT)
	if code, out, _ = finish(t, "print", "EX::seen", "--state", state); code != exitOK || out != seen("worker-1")+seen("worker-2") {
		t.Errorf("after it goes on: got code %d and\n%s", code, out)
	}
}

// TestEndlessHandler: a node whose script does not end can be asked again as soon as its budget is used up.
func TestEndlessHandler(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := kept(t, state, "node", asked+` namespace "EX":event("loop", ""):on(function() while true do end end)`)
	if code, _, errs := finish(t, "eval", "node", `event.raise("EX::loop")`, "--state", state); code != exitOK {
		t.Fatalf("got code %d and\n%s", code, errs)
	}
	if code, out, errs := finish(t, "print", "EX::seen", "--state", state, "--timeout", "25s"); code != exitOK || out != seen("node") {
		t.Errorf("got code %d and\n%s%s", code, out, errs)
	}
	p.await(p.stderr, "^error: .*handler EX::loop")
}

// TestKilledNode: what a killed process leaves is in nobody's way.
func TestKilledNode(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := kept(t, state, "node", asked)
	p.cmd.Process.Kill()
	p.end()
	if code, _, errs := finish(t, "status", "--state", state); code != exitFailed || !strings.Contains(errs, "no running node found below") {
		t.Errorf("got code %d and\n%s", code, errs)
	}
	kept(t, state, "node", asked)
	if code, out, errs := finish(t, "print", "EX::seen", "--state", state); code != exitOK || out != seen("node") {
		t.Errorf("got code %d and\n%s%s", code, out, errs)
	}
}

// parent is a supervisor as its children and commands see it.
type parent struct {
	relay  *control.Relay
	server *control.Server
	inputs chan step.Input
}

// Put implements step.Inbox.
func (p *parent) Put(in step.Input) { p.inputs <- in }

// supervise opens the socket of a supervisor that knows nodes; it is told to restart them.
func supervise(t *testing.T, state string, names ...string) *parent {
	t.Helper()
	p := &parent{inputs: make(chan step.Input, 1000)}
	p.relay = control.NewRelay(control.RelayOptions{Inbox: p, Port: 1})
	var known []control.Known
	for _, n := range names {
		known = append(known, control.Known{Name: n})
	}
	p.relay.SetNodes(known)
	folder, err := control.Claim(filepath.Join(state, supervisorName))
	if err != nil {
		t.Fatal(err)
	}
	if p.server, err = control.Serve(control.Options{Folder: folder, Inbox: p, Port: 2, Relay: p.relay}); err != nil {
		t.Fatal(err)
	}
	quit := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() {
		for {
			select {
			case in := <-p.inputs:
				if r, ok := in.(step.ControlRequest); ok {
					p.answer(r)
				}
			case <-quit:
				return
			}
		}
	})
	t.Cleanup(func() {
		p.server.Close()
		p.relay.Close()
		close(quit)
		loop.Wait()
		folder.Release()
	})
	return p
}

// answer restarts every node that is named, but for worker-2.
func (p *parent) answer(r step.ControlRequest) {
	var q struct{ Nodes []string }
	if r.Method != "supervisor.restart" || json.Unmarshal(r.Params, &q) != nil {
		r.Asker.Refuse(control.CodeNoMethod, "no "+r.Method)
		return
	}
	for _, n := range q.Nodes {
		a := control.Answer{Node: n}
		if n == "worker-2" {
			a.Error = &control.Error{Code: control.CodeFailed, Message: "ends at once"}
		}
		body, err := json.Marshal(a)
		if err == nil {
			r.Asker.Part(body)
		}
	}
	r.Asker.Reply([]byte("{}"))
}

// TestSupervisor: with a supervisor, questions go by way of it to its children, wherever their own sockets are; the
// children end when it does.
func TestSupervisor(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := supervise(t, state, "worker-1", "manager", "worker-2")
	env := control.ParentVariable + "=" + p.server.Path()
	worker := kept(t, t.TempDir(), "worker-1", asked, env)
	manager := kept(t, t.TempDir(), "manager", asked, env)
	code, out, errs := finish(t, "print", "EX::seen", "--state", state)
	if code != exitOK || out != seen("manager")+seen("worker-1") || errs != "" {
		t.Errorf("got code %d and\n%s%s", code, out, errs)
	}
	code, _, errs = finish(t, "status", "--state", state, "worker-3")
	if want := "error: no node is called \"worker-3\" (there are: manager, worker-1, worker-2)\n"; code != exitFailed || errs != want {
		t.Errorf("got code %d and\n%s", code, errs)
	}
	code, out, errs = finish(t, "status", "--state", state, "manager", "--json")
	if code != exitOK || !strings.HasPrefix(out, `{"node":"manager","name":"manager","role":"NONE","pid":`) {
		t.Errorf("got code %d and\n%s%s", code, out, errs)
	}
	code, out, errs = finish(t, "restart", "worker-1", "worker-2", "--state", state)
	if code != exitFailed || out != "    worker-1   restarted\n" || errs != "    worker-2   <error: ends at once>\n" {
		t.Errorf("got code %d and\n%s%s", code, out, errs)
	}
	if code, _, errs = finish(t, "stop", "--state", state); code != exitFailed || errs != "error: no supervisor.stop\n" {
		t.Errorf("got code %d and\n%s", code, errs)
	}
	p.server.Close()
	for _, child := range []*process{worker, manager} {
		child.await(child.stderr, "^error: the supervisor is gone, and so the node ends$")
		if code := child.end(); code != exitFailed {
			t.Errorf("a child without its supervisor ended with code %d", code)
		}
	}
	stray := startIn(t, []string{env}, "run", "nothing.lua", "--name", "worker-1")
	if code := stray.end(); code != exitFailed {
		t.Errorf("a child that finds no supervisor ended with code %d", code)
	}
}

// TestStuckOrphan: a child whose supervisor is gone ends also when its script does not.
func TestStuckOrphan(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("NOT TESTED: how an orphan ends whose script does not, as -short leaves out what takes 5 s")
	}
	p := supervise(t, t.TempDir(), "worker-1")
	limits := filepath.Join(t.TempDir(), "limits.toml")
	if err := os.WriteFile(limits, []byte("[limits]\nhandler_instructions = 1_000_000_000_000\nhandler_seconds = 600\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	child := kept(t, t.TempDir(), "worker-1", `
timer.every("10ms", function() print "stuck" while true do end end)`,
		control.ParentVariable+"="+p.server.Path(), "MOONPEER_CONFIG="+limits)
	child.await(child.stdout, "^stuck$")
	p.server.Close()
	if code := child.end(); code != exitFailed {
		t.Errorf("got exit code %d", code)
	}
}
