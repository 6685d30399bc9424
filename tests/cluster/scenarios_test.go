package cluster

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"moonpeer/net/wire"
)

// fire raises an event without arguments on m and runs the cluster.
func (c *cluster) fire(m *member, name string) {
	c.t.Helper()
	m.Domain.Raise(m.Domain.Event(name), nil)
	c.run()
}

// pair joins a sender and a receiver, both with a policy of their own.
func pair(t *testing.T, sender, receiver string) (c *cluster, s, r *member) {
	t.Helper()
	c = newCluster(t, 1)
	s, r = c.add("s", sender), c.add("r", receiver)
	c.join(s, r)
	c.start()
	return c, s, r
}

// TestWrongCalls is S13: publishing wrongly returns false and is reported, and the node goes on.
func TestWrongCalls(t *testing.T) {
	c, s, r := pair(t, `
local e = namespace "E":event("e", "a: addr, n: count")
namespace "E":event("go", ""):on(function()
  print((broker.publish("t", e, addr "::1")))
  print((broker.publish("t", e, addr "::1", 1, 2)))
  print((broker.publish("t", e, "::1", 1)))
  print((broker.publish("t", 17)))
  print((broker.publish("", e, addr "::1", 1)))
  print(broker.publish("t", e, addr "::1", 1))
end)`, `broker.subscribe "t" on("E::e", function(a, n) print(a, n) end)`)
	c.fire(s, "E::go")
	s.expect(t, "false", "false", "false", "false", "false", "true")
	r.expect(t, "::1\t1")
	for _, want := range []string{"s.lua:4: ", "got 1 arguments, expected 2", "got 3 arguments", `argument #1 (a): expected addr, got string "::1"`, "expected an event, got number", "a topic is text"} {
		if !strings.Contains(s.Errors(), want) {
			t.Errorf("the reports lack %q: %s", want, s.Errors())
		}
	}
}

// TestReceiverMismatch is S14: one warning for arguments that do not fit, one for an event that no one knows, and
// what is well-formed is raised.
func TestReceiverMismatch(t *testing.T) {
	c, s, r := pair(t, `
namespace "E":event("go", ""):on(function()
  broker.publish("t", "E::e", 1, 2) broker.publish("t", "E::e", "x") broker.publish("t", "E::unknown") broker.publish("t", "E::unknown")
  broker.publish("t", "E::e", 3)
end)`, `
broker.subscribe "t"
local e = namespace "E":event("e", "n: count")
e:on(function(n) print(n) end)`)
	c.fire(s, "E::go")
	r.expect(t, "3")
	got := r.Errors()
	for _, want := range []string{"got event message 'E::e' with invalid # of args, got 2, expected 1", `event "E::unknown" arrived on topic "t"`} {
		if strings.Count(got, want) != 1 {
			t.Errorf("want %q once: %s", want, got)
		}
	}
	if n := r.Domain.Counters.Misfits; n != 2 {
		t.Errorf("%d misfits counted, want 2", n)
	}
}

// TestNestedBatch: a batch is taken apart, and what lies in a batch inside is dropped, with one warning: reading every
// level of a deep one over again would hold up the loop.
func TestNestedBatch(t *testing.T) {
	c, s, r := pair(t, "", `broker.subscribe "t" namespace "E":event("e", "n: count"):on(print)`)
	batch := func(messages ...[]byte) []byte {
		b := wire.AppendVectorHeader(wire.AppendZeekHeader(nil, wire.ZeekBatch), len(messages))
		return append(b, bytes.Join(messages, nil)...)
	}
	event := func(n uint64) []byte { return wire.AppendCount(wire.AppendEventHeader(nil, "E::e", 1), n) }
	inner := batch(event(7), batch(event(8)))
	if _, err := s.Scripts.Publish("t", batch(event(1), inner, event(2), inner)); err != nil {
		t.Fatal(err)
	}
	c.run()
	r.expect(t, "1", "2")
	const want = `a batch on topic "t" has a batch inside`
	if got := r.Errors(); strings.Count(got, want) != 1 || r.Domain.Reports.Warnings != 1 {
		t.Errorf("want %q once: %s", want, got)
	}
}

// TestPrepared is S15: one prepared event, three topics, three equal deliveries.
func TestPrepared(t *testing.T) {
	c, s, r := pair(t, `
local e = namespace "E":event("e", "n: count, s: string")
namespace "E":event("go", ""):on(function()
  local p = broker.make_event(e, 7, "x")
  print(p.name, p.args[1], p.args[2])
  for _, topic in ipairs { "t/1", "t/2", "t/3" } do broker.publish(topic, p) end
end)`, `broker.subscribe "t/" on("E::e", function(n, s) local _, topic = event.source() print(n, s, topic) end)`)
	c.fire(s, "E::go")
	s.expect(t, "E::e\t7\tx")
	r.expect(t, "7\tx\tt/1", "7\tx\tt/2", "7\tx\tt/3")
}

// TestAutoPublish is S16.
func TestAutoPublish(t *testing.T) {
	const sender = `
local e = namespace "E":event("e", "n: count")
e:on(function(n) print("own", n) end)
broker.auto_publish("t", e) broker.auto_publish("t", e) broker.auto_publish("u", "E::e")
namespace "E":event("go", ""):on(function() e:raise(1) end)
namespace "E":event("stop", ""):on(function() print(broker.auto_unpublish("t", e), broker.auto_unpublish("t", e)) e:raise(2) end)`
	const receiver = `
broker.subscribe "t" broker.subscribe "u"
local e = namespace "E":event("e", "n: count")
broker.auto_publish("t", e)
e:on(function(n) local _, topic = event.source() print(n, topic) end)`
	c, s, r := pair(t, sender, receiver)
	c.fire(s, "E::go")
	c.fire(s, "E::stop")
	s.expect(t, "own\t1", "true\tfalse", "own\t2")
	r.expect(t, "1\tt", "1\tu", "2\tu")
}

// TestPublishIsNotRaise is S17, and self-delivery by option.
func TestPublishIsNotRaise(t *testing.T) {
	c, s, r := pair(t, `
broker.subscribe "t" broker.subscribe("own", { self = true })
local e = namespace "E":event("e", "n: count")
e:on(function(n) print(n) end)
namespace "E":event("go", ""):on(function() broker.publish("t", e, 1) broker.publish("own", e, 2) end)`,
		`broker.subscribe "t" on("E::e", function(n) print(n) end)`)
	c.fire(s, "E::go")
	s.expect(t, "2")
	r.expect(t, "1")
}

// TestForwarding is S18: the node in the middle passes on and raises nothing.
func TestForwarding(t *testing.T) {
	for _, on := range []bool{true, false} {
		c := newCluster(t, 3)
		end := `broker.subscribe "test_topic"
local e = namespace "E":event("e", "n: count")
e:on(function(n) print(n) end)
namespace "E":event("go", ""):on(function() broker.publish("test_topic", e, 1) end)`
		middle := `broker.forward "test_topic" on("E::e", function(n) print(n) end)`
		if on {
			middle += "\nbroker.options.forward_messages = true"
		}
		a, b, d := c.add("a", end), c.add("b", middle), c.add("c", end)
		c.join(a, b)
		c.join(b, d)
		c.start()
		c.fire(a, "E::go")
		a.expect(t)
		b.expect(t)
		if on {
			d.expect(t, "1")
		} else {
			d.expect(t)
		}
	}
}

// TestPublishID is S20: a value replaces that of the same name and type, and nothing else can be reached.
func TestPublishID(t *testing.T) {
	c, s, r := pair(t, `
local G = namespace()
G:var("test_var", "string", "newval") G:var("unknown_there", "count", 1) G:var("other", "count", 3)
G:option("opt", "count", 1)
namespace "E":event("go", ""):on(function()
  broker.publish("zeek/ids/before", "E::before")
  print(broker.publish_id("zeek/ids/test", "test_var"))
  print((broker.publish_id("zeek/ids/test", "nonesuch")))
  print((broker.publish_id("zeek/ids/test", "opt")))
  broker.publish_id("zeek/ids/test", "unknown_there") broker.publish_id("zeek/ids/test", "other")
end)`, `
broker.subscribe "zeek/ids"
local v = namespace():var("test_var", "string", "init")
local other = namespace():var("other", "addr", addr "::1")
on("E::before", function() print("before", v:get()) end) -- published first, handled first
v:on_replaced(function(new, old) print(new, old, v:get(), other:get()) end)`)
	c.fire(s, "E::go")
	s.expect(t, "true", "false", "false")
	r.expect(t, "before\tinit", "newval\tinit\tnewval\t::1")
	for _, want := range []string{"Received id-update request for unknown id: unknown_there", "Failed to receive ID with unsupported type: other (addr)"} {
		if !strings.Contains(r.Errors(), want) {
			t.Errorf("the reports lack %q: %s", want, r.Errors())
		}
	}
}

// TestRepublish sends an event on without decoding it: kinds, metadata and all.
func TestRepublish(t *testing.T) {
	c := newCluster(t, 5)
	a := c.add("a", `namespace "E":event("go", ""):on(function() broker.publish("in", "E::e", types.real(3), "x") end)`)
	b := c.add("b", `broker.subscribe "in" on("E::e", function(n) print(n) print(event.republish "out") end)`)
	d := c.add("c", `broker.subscribe "out" namespace "E":event("e", "x: real, s: string"):on(function(x, s) print(x, s) end)`)
	c.join(a, b)
	c.join(b, d)
	c.start()
	c.fire(a, "E::go")
	b.expect(t, "3", "true")
	d.expect(t, "3\tx")
}

// TestUnsubscribe is S09 and S11: prefixes, one delivery each, and a filter that shrinks.
func TestUnsubscribe(t *testing.T) {
	c, s, r := pair(t, `
local n = 0
namespace "E":event("go", ""):on(function() n = n + 1 for _, t in ipairs { "alice", "amy", "bob" } do broker.publish(t, "E::e", n, t) end end)`, `
broker.subscribe "a" broker.subscribe "al"
on("E::e", function(n, t) print(n, t) end)
namespace "E":event("stop", ""):on(function() broker.unsubscribe "a" end)`)
	c.fire(s, "E::go")
	c.fire(r, "E::stop")
	c.fire(s, "E::go")
	r.expect(t, "1\talice", "1\tamy", "2\talice")
	if got := s.Hub.Stats().Sent; got != 3 {
		t.Errorf("%d messages were sent to the peer, want 3: what it does not want stays here", got)
	}
}

// TestEventTime: an event carries the time of the node that published it, a prepared one that of each publish.
func TestEventTime(t *testing.T) {
	c, s, r := pair(t, `
local e = namespace "E":event("e", "")
local p = broker.make_event(e)
namespace "E":event("go", ""):on(function() broker.publish("t", e) broker.publish("t", p) broker.publish("t", "E::none") end)`, `
broker.subscribe "t"
on("E::e", function() print((event.time() - time.unix(1700000000)).sec, event.metadata()[1] == event.time()) end)`)
	c.advance(40 * time.Second)
	c.fire(s, "E::go")
	if got := r.lines(); len(got) != 2 || got[0] != got[1] || !strings.HasPrefix(got[0], "40.0") || !strings.HasSuffix(got[0], "true") {
		t.Errorf("got %q", got)
	}
}

// TestAutoPublishToItself: a node that hears itself does not publish what it heard again, for ever.
func TestAutoPublishToItself(t *testing.T) {
	c, s, r := pair(t, `
broker.subscribe("t", { self = true })
local e = namespace "E":event("e", "")
broker.auto_publish("t", e)
e:on(function() print(event.is_remote()) end)
namespace "E":event("go", ""):on(function() e:raise() end)`, `broker.subscribe "t" namespace "E":event("e", ""):on(function() print "got" end)`)
	c.fire(s, "E::go")
	s.expect(t, "false", "false")
	r.expect(t, "got")
}
