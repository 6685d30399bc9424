package cluster

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonpeer/bindings"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// TestExitRun: a node that runs on the wall clock and whose host takes os.exit ends at once: no node_done, nothing printed.
func TestExitRun(t *testing.T) {
	for code, want := range map[string]string{"0": "", "4": "the script ended the node with exit code 4"} {
		c := &cluster{t: t}
		var out, errs strings.Builder
		var told []int
		opts := node.Options{Name: "a", Stdout: &out, Stderr: &errs, Modules: bindings.Modules, Print: []string{"x"},
			Exit: func(code int) { told = append(told, code) },
			Scripts: []string{c.write("a.lua", `
on("node_init", function() timer.every(1, function() end) timer.after(0.001, function() print "before" os.exit(`+code+`) end) end)
on("node_done", function() print "done" end)`)}}
		began := time.Now()
		n, err := node.New(opts, node.System{
			Now:  func() step.Time { return step.Time(time.Since(began)) },
			Wall: func() int64 { return time.Now().UnixNano() },
			Rand: rand.New(rand.NewPCG(1, 1)),
		})
		if err != nil {
			t.Fatal(err)
		}
		err = n.Run(t.Context())
		var exit *node.ExitError
		if got := errors.As(err, &exit); got != (want != "") || err != nil && err.Error() != want {
			t.Errorf("os.exit(%s): Run has returned %v", code, err)
		}
		if out.String() != "before\n" || len(told) != 1 || !strings.Contains(errs.String(), "error: os.exit("+code+") called at ") {
			t.Errorf("os.exit(%s): printed %q, told %v, reported %q", code, out.String(), told, errs.String())
		}
	}
}

// TestExitTurn: the turn in which a script calls os.exit ends there, and no other does anything.
func TestExitTurn(t *testing.T) {
	c := &cluster{t: t}
	n, err := node.New(node.Options{Modules: bindings.Modules, Exit: func(int) {}, Scripts: []string{c.write("a.lua", `
on("node_init", function() timer.every(1, function() end) os.exit() end)`)}}, node.System{
		Now:  func() step.Time { return 0 },
		Wall: func() int64 { return 0 },
		Rand: rand.New(rand.NewPCG(1, 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	n.Start()
	for range 3 {
		if next := n.Turn(0); next != step.Never {
			t.Errorf("it wants another turn at %d", next)
		}
	}
	if !n.Domain.Exited() || n.Domain.Counters.Dispatched != 1 {
		t.Errorf("exited: %v, %d events", n.Domain.Exited(), n.Domain.Counters.Dispatched)
	}
}
