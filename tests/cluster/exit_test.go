package cluster

import (
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

// TestExit: os.exit ends a simulated node's process, and not ours: nothing of its scripts runs on, nobody is told, and it is
// an error that says where.
func TestExit(t *testing.T) {
	for name, test := range map[string]struct{ policy, where string }{
		"handler": {`
on("node_init", function() event.raise("go") end)
namespace():event("go"):on(function()
  print "before"
  os.exit(3)
  print "after"
end)`, ":5"},
		"timer": {`
on("node_init", function()
  timer.after(1, function() print "before" os.exit(3) print "after" end)
end)`, ":3"},
		"pcall": {`
on("node_init", function()
  print "before"
  print(pcall(os.exit, 3))
  while true do pcall(print, "after") end
end)`, ":4"},
		"xpcall": {`
on("node_init", function()
  print "before"
  xpcall(function() os.exit(3) end, function() print "after" end)
  print "after"
end)`, ":4"},
		"coroutine": {`
on("node_init", function()
  local co = coroutine.create(function() print "before" os.exit(3) end)
  coroutine.resume(co)
  print "after"
end)`, ":3"},
		"node_done": {`
on("node_init", function() node.terminate() end)
on("node_done", function() print "before" os.exit(3) end)`, ":3"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, 1)
			a := c.add("a", test.policy+"\n"+`on("node_done", function() print "done" end)`)
			c.Start()
			c.advance(time.Minute)
			if a.State() != sim.Crashed || a.Code() != 3 || a.Err() != nil {
				t.Errorf("the node is %v, its code %d, its error %v", a.State(), a.Code(), a.Err())
			}
			a.expect(t, "before")
			reports := a.Reports()
			if len(reports) != 1 || reports[0].Level != "error" || !strings.HasPrefix(reports[0].Text, "os.exit(3) called at ") ||
				!strings.HasSuffix(reports[0].Text, "/a.lua"+test.where) {
				t.Errorf("it has reported %q", reports)
			}
		})
	}
}

// TestExitBehind: what else was to run at that moment does not: further handlers, events and timers; what was published
// before is lost with the process, and its peers find out.
func TestExitBehind(t *testing.T) {
	c := newCluster(t, 1)
	b := c.add("b", `
broker.subscribe "t/"
namespace():event("said", "text: string"):on(function(text) print(text) end)`)
	a := c.add("a", `
local said = namespace():event("said", "text: string")
local go = namespace():event("go")
go:on(function() broker.publish("t/x", said, "unsent") os.exit(0) end)
go:on(function() print "second handler" end)
on("node_init", function()
  broker.publish("t/x", said, "nobody is there yet")
  timer.after(5, function() go:raise() go:raise() said:raise("queued") end)
  timer.after(5, function() print "timer at the same moment" end)
  timer.after(6, function() print "timer" end)
end)
said:on(function(text) print(text) end)`)
	c.start()
	c.join(b, a)
	c.advance(time.Minute)
	a.expect(t, "timer at the same moment")
	b.expect(t)
	if a.State() != sim.Crashed || a.Code() != 0 || len(b.Hub.Peers()) != 0 {
		t.Errorf("the node is %v with code %d, %d peers", a.State(), a.Code(), len(b.Hub.Peers()))
	}
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	if a.Code() != 0 || a.State() != sim.Running || len(a.Reports()) != 1 {
		t.Errorf("after a restart it is %v with code %d and reports %q", a.State(), a.Code(), a.Reports())
	}
}

// TestExitLoading: while a file is loaded os.exit is refused as ever.
func TestExitLoading(t *testing.T) {
	c := newCluster(t, 1)
	_, err := c.Add(node.Options{Name: "a", Scripts: []string{c.write("a.lua", "os.exit(3)")}})
	if err == nil || !strings.Contains(err.Error(), "os.exit: not while the file is loaded") {
		t.Errorf("got %v", err)
	}
}

// TestReports: what nodes report is kept in order, with its time, over all runs, and passed on.
func TestReports(t *testing.T) {
	c := newCluster(t, 1)
	var seen []string
	a := c.add("a", `
on("node_init", function()
  timer.after(2, function() error "late" end)
  error "early"
end)`, func(o *node.Options) { o.OnReport = func(level, text string) { seen = append(seen, level) } })
	c.start()
	c.advance(3 * time.Second)
	a.Crash()
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	c.advance(3 * time.Second)
	var levels []string
	var at []time.Duration
	for _, r := range a.Reports() {
		levels, at = append(levels, r.Level), append(at, r.At)
		if strings.Contains(r.Text, "late") != (r.At%(3*time.Second) == 2*time.Second) {
			t.Errorf("%v: %q", r.At, r.Text)
		}
	}
	if !slices.Equal(levels, []string{"error", "error", "error", "error"}) || !slices.Equal(seen, levels) || a.MoreReports() != 0 {
		t.Errorf("levels %q at %v, passed on %q", levels, at, seen)
	}
	if !slices.IsSorted(at) || at[3] != 5*time.Second {
		t.Errorf("they came at %v", at)
	}
}
