package peers

import (
	"fmt"
	"strings"
	"testing"

	"moonpeer/tests/testnode"
)

// TestS09PrefixesS12NoPeers is S09 and S12: what is published goes to whom it concerns, once, and to nobody who comes
// later.
func TestS09PrefixesS12NoPeers(t *testing.T) {
	t.Parallel()
	pub := start(t, "pub", `
local e = namespace "E":event("e", "topic: string")
local peers = 0
on("node_init", function()
  broker.listen("127.0.0.1", 0)
  print(broker.publish("alice", e, "early"))
end)
on("Broker::peer_added", function()
  peers = peers + 1
  if peers < 3 then return end
  for _, topic in ipairs { "alice", "amy", "bob", "a/end", "b/end" } do broker.publish(topic, e, topic) end
end)`)
	const subscriber = `
namespace "E":event("e", "topic: string"):on(function(topic) print(topic) end)
for i = 2, #node.args do broker.subscribe(node.args[i]) end
on("node_init", function() broker.peer(node.args[1]) end)`
	a := start(t, "a", subscriber, pub.Address(), "a", "al")
	b := start(t, "b", subscriber, pub.Address(), "b")
	all := start(t, "e", subscriber, pub.Address(), "")
	a.AwaitLine("a/end")
	b.AwaitLine("b/end")
	all.AwaitLine("b/end")
	expect(t, pub, "true")
	expect(t, a, "alice", "amy", "a/end")
	expect(t, b, "bob", "b/end")
	expect(t, all, "alice", "amy", "bob", "a/end", "b/end")
}

// TestS10NodeTopicsS11Unsubscribe is S10 and S11. The filter that has shrunk overtakes events or is overtaken, so
// worker-1 asks again and again for one message that it wants and one that it does not.
func TestS10NodeTopicsS11Unsubscribe(t *testing.T) {
	t.Parallel()
	const events = `
local P = namespace "P"
local ping, finish = P:event("ping", "to: string"), P:event("finish", "")
local again, note = P:event("again", "n: count"), P:event("note", "topic: string, n: count")
`
	manager := start(t, "manager", events+`
local workers, peers = { "worker-1", "worker-2", "worker-10", "worker-20" }, 0
broker.subscribe "again"
on("node_init", function() broker.listen("127.0.0.1", 0) end)
on("Broker::peer_added", function()
  peers = peers + 1
  if peers < #workers then return end
  for _, name in ipairs(workers) do broker.publish(cluster.node_topic(name), ping, name) end
  broker.publish("finish", finish)
end)
again:on(function(n) for _, topic in ipairs { "x/1", "y/1" } do broker.publish(topic, note, topic, n) end end)`)
	const worker = events + `
for _, topic in ipairs { cluster.node_topic(node.name), "finish" } do broker.subscribe(topic) end
on("node_init", function() broker.peer(node.args[1]) end)
ping:on(function(to) print("ping", to) end)
finish:on(function() print "finish" end)
`
	first := start(t, "worker-1", worker+`
local heard, quiet = 0, 0
broker.subscribe "x" broker.subscribe "y"
finish:on(function()
  print(broker.unsubscribe "x", broker.unsubscribe "x")
  broker.publish("again", again, 1)
end)
note:on(function(topic, n)
  if topic == "x/1" then heard = n return end
  quiet = heard == n and 0 or quiet + 1
  if quiet == 3 then print "quiet" else broker.publish("again", again, n + 1) end
end)`, manager.Address())
	var others []*testnode.Node
	for _, name := range []string{"worker-2", "worker-10", "worker-20"} {
		others = append(others, start(t, name, worker, manager.Address()))
	}
	for _, w := range others {
		w.AwaitLine("finish")
		expect(t, w, "ping\t"+w.Name(), "finish")
	}
	first.AwaitLine("quiet")
	expect(t, first, "ping\tworker-1", "finish", "true\tfalse", "quiet")
}

// TestS13ToS17S20Events is S13 to S17 and S20: what publishing does here and over there, in one conversation.
func TestS13ToS17S20Events(t *testing.T) {
	t.Parallel()
	r := start(t, "r", `
local E = namespace "E"
broker.subscribe "t" broker.subscribe "u" broker.subscribe "zeek/ids"
local function topic() local _, topic = event.source() return topic end
E:event("typed", "a: addr, n: count"):on(function(a, n) print("S13", a, n) end)
E:event("one", "n: count"):on(function(n) print("S14", n) end)
E:event("prepared", "n: count, s: string"):on(function(n, s) print("S15", n, s, topic()) end)
local auto = E:event("auto", "n: count")
broker.auto_publish("t", auto)
auto:on(function(n) print("S16", n, topic()) end)
E:event("here", ""):on(function() print("S17", event.is_remote()) end)
local G = namespace()
local v, other = G:var("test_var", "string", "init"), G:var("other", "addr", addr "::1")
v:on_replaced(function(new, old) print("S20", new, old, v:get(), other:get()) end)
E:event("finish", ""):on(function() print "finish" broker.publish("t", "E::bye") end)
on("node_init", function() broker.listen("127.0.0.1", 0) end)`)
	s := start(t, "s", `
local E, G = namespace "E", namespace()
local typed = E:event("typed", "a: addr, n: count")
local prepared = E:event("prepared", "n: count, s: string")
local auto, here = E:event("auto", "n: count"), E:event("here", "")
G:var("test_var", "string", "newval") G:var("unknown_there", "count", 1) G:var("other", "count", 3)
broker.subscribe "t"
on("node_init", function() broker.peer(node.args[1]) end)

on("Broker::peer_added", function()
  print("S20", broker.publish_id("zeek/ids/test", "test_var"), (broker.publish_id("zeek/ids/test", "nonesuch")),
    broker.publish_id("zeek/ids/test", "unknown_there"), broker.publish_id("zeek/ids/test", "other"))

  print("S13", (broker.publish("t", typed, addr "::1")), (broker.publish("t", typed, addr "::1", 1, 2)),
    (broker.publish("t", typed, "::1", 1)), (broker.publish("t", 17)), broker.publish("t", typed, addr "::1", 1))

  broker.publish("t", "E::one", 1, 2) broker.publish("t", "E::one", "x")
  broker.publish("t", "E::unknown") broker.publish("t", "E::unknown")
  broker.publish("t", "E::one", 3)

  local p = broker.make_event(prepared, 7, "x")
  for _, topic in ipairs { "t/1", "t/2", "t/3" } do broker.publish(topic, p) end

  broker.publish("t", here)

  print("S16", broker.auto_publish("t", auto), broker.auto_publish("t", auto), broker.auto_publish("u", "E::auto"))
  auto:raise(1)
end)
here:on(function() print "S17: a publisher hears itself" end)
auto:on(function(n)
  print("S16", n, event.is_remote())
  if n == 1 then
    print("S16", broker.auto_unpublish("t", auto), broker.auto_unpublish("t", auto))
    auto:raise(2)
  else
    broker.publish("t", "E::finish")
  end
end)
on("E::bye", function() print "bye" end)`, r.Address())
	s.AwaitLine("bye")
	expect(t, s, "S20\ttrue\tfalse\ttrue\ttrue", "S13\tfalse\tfalse\tfalse\tfalse\ttrue", "S16\ttrue\ttrue\ttrue",
		"S16\t1\tfalse", "S16\ttrue\tfalse", "S16\t2\tfalse", "bye")
	expect(t, r, "S20\tnewval\tinit\tnewval\t::1", "S13\t::1\t1", "S14\t3", "S15\t7\tx\tt/1", "S15\t7\tx\tt/2", "S15\t7\tx\tt/3", "S17\ttrue",
		"S16\t1\tt", "S16\t1\tu", "S16\t2\tu", "finish")
	for _, text := range []string{"got event message 'E::one' with invalid # of args, got 2, expected 1", `event "E::unknown" arrived on topic "t"`,
		"Received id-update request for unknown id: unknown_there", "Failed to receive ID with unsupported type: other (addr)"} {
		r.Reported(text)
	}
	if n := reported(r, `"E::unknown"`); n != 1 {
		t.Errorf("an event that nobody knows was warned about %d times, want once", n)
	}
	for _, text := range []string{"got 1 arguments, expected 2", "got 3 arguments", "argument #1 (a): expected addr, got string", "expected an event, got number", "unknown id"} {
		s.Reported(text)
	}
}

// TestS18ForwardingS19Returns is S18 and S19: the node in the middle passes on, raises nothing, and without
// forward_messages does not even pass on.
func TestS18ForwardingS19Returns(t *testing.T) {
	t.Parallel()
	const events = `
local E = namespace "E"
local e, mark = E:event("e", "n: count"), E:event("mark", "")
`
	const end = events + `
broker.subscribe "test_topic" broker.subscribe "mark"
e:on(function(n) print(n) end)
on("node_init", function() broker.peer(node.args[1]) end)
`
	for _, on := range []bool{true, false} {
		t.Run(fmt.Sprintf("forward_messages=%v", on), func(t *testing.T) {
			t.Parallel()
			b := start(t, "b", strings.ReplaceAll(events+`
broker.options.forward_messages = ON
broker.subscribe "back"
on("node_init", function()
  print(broker.forward "test_topic", broker.forward "test_topic", broker.unsubscribe "test_topic", broker.forward "test_topic")
  broker.listen("127.0.0.1", 0)
end)
local peers = 0
on("Broker::peer_added", function()
  peers = peers + 1
  if peers == 2 then broker.publish("mark", mark) end
end)
e:on(function(n) print(n) end)
on("E::back", function() broker.publish("mark", mark) end)`, "ON", fmt.Sprint(on)))
			a := start(t, "a", end+`
local marks = 0
mark:on(function()
  marks = marks + 1
  if marks == 1 then
    broker.publish("test_topic", e, 1)
    broker.publish("back", "E::back")
  else
    print "end"
  end
end)`, b.Address())
			c := start(t, "c", end+`
local marks = 0
mark:on(function() marks = marks + 1 if marks == 2 then print "end" end end)`, b.Address())
			a.AwaitLine("end")
			c.AwaitLine("end")
			expect(t, a, "end")
			expect(t, b, "true\tfalse\ttrue\ttrue")
			if on {
				expect(t, c, "1", "end")
			} else {
				expect(t, c, "end")
			}
		})
	}
}
