package cluster

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

var errTimeout = errors.New("the test took longer than 1 s")

// on is a node's output that has fn run, on another goroutine, when a text is first written.
type on struct {
	text string
	fn   func()
	done chan struct{} // closed when fn has returned
}

func (o *on) Write(p []byte) (int, error) {
	if o.text != "" && bytes.Contains(p, []byte(o.text)) {
		o.text = ""
		go func() {
			defer close(o.done)
			o.fn()
		}()
	}
	return len(p), nil
}

// when adds a node and has fn run on another goroutine when it first prints "now".
func (c *cluster) when(policy string, fn func()) (m *member, wait func()) {
	c.t.Helper()
	o := &on{"now", fn, make(chan struct{})}
	m = c.add("a", policy, func(opts *node.Options) { opts.Stdout, opts.Limits.Instructions = o, 1<<62 })
	return m, func() { <-o.done }
}

// TestWorldStop: another goroutine ends a world that turns for ever.
func TestWorldStop(t *testing.T) {
	c := newCluster(t, 1)
	a, wait := c.when(`on("node_init", function() timer.every(0.001, function() print "now" end) end)`,
		func() { c.Stop(errTimeout) })
	c.Start()
	if err := c.Advance(365 * 24 * time.Hour); err != errTimeout {
		t.Errorf("got %v", err)
	}
	wait()
	c.Stop(errors.New("another reason"))
	if err := c.Run(); err != errTimeout || c.Err() != err {
		t.Errorf("then got %v and %v", err, c.Err())
	}
	if a.State() != sim.Running || len(a.Reports()) != 0 {
		t.Errorf("the node is %v and has reported %q", a.State(), a.Reports())
	}
}

// TestInterrupt: what runs is ended, and the error says what it was.
func TestInterrupt(t *testing.T) {
	for name, test := range map[string]struct{ policy, want string }{
		"handler": {`
local EX = namespace "EX"
EX:event("found"):on(function()
  print "now" while true do end
end)
on("node_init", function() event.raise("EX::found") event.raise("EX::found") end)`, "(in handler EX::found at a.lua:4 of a, 1 events queued)"},
		"pcall": {`
on("node_init", function()
  print "now" while true do pcall(function() while true do end end) end
end)`, "(in handler node_init at a.lua:3 of a, 1 events queued)"},
		"timer": {`
on("node_init", function()
  timer.after(1, function()
    print "now" while true do end
  end)
  timer.after(1, function() print "at the same moment" end)
end)`, "at a.lua:4 of a, 0 events queued)"},
		"no Lua": {`
on("node_init", function()
  timer.every(0.001, function() print "now" end)
end)`, "a, 0 events queued)"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, 1)
			a, wait := c.when(test.policy, func() { c.Interrupt(errTimeout) })
			c.Start()
			err := c.Advance(365 * 24 * time.Hour)
			wait()
			var in *sim.Interrupted
			if !errors.As(err, &in) || !errors.Is(err, errTimeout) || in.Node != "a" {
				t.Fatalf("got %v", err)
			}
			if reports := a.Reports(); len(reports) > 1 {
				t.Errorf("more than one was interrupted: %q", reports)
			}
			dir := a.Domain.Scripts()[0].Dir + "/"
			got := strings.ReplaceAll(err.Error(), dir, "")
			if !strings.HasPrefix(got, errTimeout.Error()+" (in ") || !strings.HasSuffix(got, test.want) {
				t.Errorf("got %q, want %q at its end", got, test.want)
			}
		})
	}
}

// TestInterruptReload: Lua of scripts that are to take over is ended, too.
func TestInterruptReload(t *testing.T) {
	c := newCluster(t, 1)
	a, wait := c.when("print 'first'", func() { c.Interrupt(errTimeout) })
	c.start()
	if err := os.WriteFile(a.Domain.Scripts()[0].File, []byte("print 'now' while true do end"), 0o600); err != nil {
		t.Fatal(err)
	}
	var failed error
	a.Reload(node.ReloadOptions{}, func(_ node.ReloadReport, err error) { failed = err })
	err := c.Run()
	wait()
	if !errors.Is(err, errTimeout) || failed == nil || !strings.Contains(failed.Error(), "interrupted") {
		t.Errorf("Run has returned %v, the reload %v", err, failed)
	}
}

// TestInterruptLoading: scripts that are loaded are ended, and the world does not move any more.
func TestInterruptLoading(t *testing.T) {
	c := newCluster(t, 1)
	o := &on{"now", func() { c.Interrupt(errTimeout) }, make(chan struct{})}
	opts := node.Options{Name: "a", Stdout: o, Scripts: []string{c.write("a.lua", "print 'now' while true do end")}}
	opts.Limits.Instructions = 1 << 62
	_, err := c.Add(opts)
	<-o.done
	if err == nil || !strings.Contains(err.Error(), "a.lua:1: interrupted: "+errTimeout.Error()) {
		t.Errorf("Add has returned %v", err)
	}
	if err := c.Run(); !errors.Is(err, errTimeout) {
		t.Errorf("Run has returned %v", err)
	}
}
