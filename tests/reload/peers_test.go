package reload

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/peering"
	"moonpeer/runtime/node"
)

var atA = peering.Address{Transport: "quic", Host: "a", Port: peering.DefaultPort}

func listens(o *node.Options) { o.Listen = []peering.Address{atA} }

func dials(o *node.Options) { o.Peer = []peering.Address{atA} }

// TestSubscriptions: peers hear of a subscription when a body asks for something else than before, and only then.
func TestSubscriptions(t *testing.T) {
	const before = `
broker.subscribe("one") broker.subscribe("two") broker.subscribe("both") broker.forward("relayed") broker.subscribe("undone") broker.forward("kept")
on("node_init", function() broker.subscribe("later") broker.subscribe("both") broker.forward("kept") broker.unsubscribe("undone") end)
namespace "E":event("e", "n: count"):on(function(n) print("old", n) end)`
	w := newWorld(t)
	a := w.add("a", before, listens)
	b := w.add("b", `
local e = namespace "E":event("e", "n: count")
on("Input::send", function() for i, topic in ipairs { "one", "two", "three", "later", "undone" } do broker.publish(topic, e, i) end end)`, dials)
	filter := func() string { return strings.Join(b.Hub.Peer(a.Hub.ID()).Filter(), " ") }
	heard := w.updates["a"]

	for range 5 {
		a.must(before)
	}
	if w.updates["a"] != heard || filter() != "both kept later one relayed two" {
		t.Errorf("%d updates for nothing, filter %q", w.updates["a"]-heard, filter())
	}
	const after = `
broker.subscribe("three") broker.subscribe("relayed") broker.subscribe("kept") broker.subscribe("one", { self = true }) broker.subscribe("undone")
namespace "E":event("e", "n: count"):on(function(n) print("new", n) end)
on("Input::own", function() broker.publish("one", "E::e", 7) end)`
	a.must(after)
	if w.updates["a"] != heard+1 || filter() != "both kept later one relayed three" {
		t.Errorf("%d updates, want 1; filter %q", w.updates["a"]-heard, filter())
	}
	if got := a.Scripts.Forwards(); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("%q are forwarded only", got)
	}
	b.raise("Input::send")
	a.raise("Input::own")
	a.expect("new\t1|new\t3|new\t4|new\t7")
	if _, err := a.reload(after+"\nbroker.subscribe('four') error 'no'", false); err == nil {
		t.Error("a body that fails was taken")
	}
	if w.updates["a"] != heard+1 || a.Hub.Wants("four") {
		t.Error("a body that failed has subscribed")
	}
	a.must(before)
	if w.updates["a"] != heard+2 || filter() != "both kept later one relayed two" {
		t.Errorf("%d updates, want 2; filter %q", w.updates["a"]-heard, filter())
	}
	a.quiet()
}

// TestManySubscriptions: a body that runs anew has the same room as the first one, no more.
func TestManySubscriptions(t *testing.T) {
	const policy = `
local n = 0
for i = 1, 40000 do if broker.subscribe("PREFIX" .. i) then n = n + 1 end end
print(n, broker.subscribe "PREFIX1", broker.unsubscribe "PREFIX2", broker.unsubscribe "PREFIX2", (broker.subscribe "PREFIX2"))`
	r := start(t, strings.ReplaceAll(policy, "PREFIX", "a"))
	r.expect("40000\tfalse\ttrue\tfalse\ttrue")
	r.must(strings.ReplaceAll(policy, "PREFIX", "a"))
	r.expect("40000\tfalse\ttrue\tfalse\ttrue")
	r.quiet()
	r.must(strings.ReplaceAll(policy, "PREFIX", "b")) // the old ones are still there while it runs
	if got := r.printed(); !strings.HasPrefix(got, "25536\t") {
		t.Errorf("printed %q", got)
	}
	if got := len(r.Scripts.Subscriptions()); got != 25_536 {
		t.Errorf("%d subscriptions", got)
	}
}

// TestRestriction: restrict_publish and forward_messages of a body follow it; what handlers have said since stays.
func TestRestriction(t *testing.T) {
	const tail = `
on("Input::send", function() for _, topic in ipairs { "x", "y" } do broker.publish(topic, "E::got", topic) end end)
on("Input::restrict", function() broker.restrict_publish { "y" } end)
on("Input::forward", function() broker.options.forward_messages = true end)`
	const restricted = `broker.restrict_publish { "x" } broker.options.forward_messages = true` + tail
	w := newWorld(t)
	a := w.add("a", restricted, listens)
	b := w.add("b", `broker.subscribe "" on("E::got", function(topic) print(topic) end)`, dials)
	for _, step := range []struct {
		policy, event, got string
		forwarding         bool
	}{
		{restricted, "", "x", true},
		{tail, "", "x|y", false},
		{tail, "Input::restrict", "y", false},
		{tail, "Input::forward", "y", true},
		{restricted, "", "x", true},
		{restricted, "Input::restrict", "y", true},
	} {
		a.must(step.policy)
		if step.event != "" {
			a.raise(step.event)
			a.must(step.policy)
		}
		a.raise("Input::send")
		b.expect(step.got)
		if a.Hub.Forwarding() != step.forwarding {
			t.Errorf("forwarding is %v", a.Hub.Forwarding())
		}
	}
}

const counting = `
local E = namespace "E"
local e, last, seen = E:event("e", "n: count"), E:var("last", "count", 0), E:map("seen", "string", "count")
broker.subscribe("flood")
e:on(function(n)
  if n ~= last:get() + 1 then error("got " .. n .. " after " .. last:get()) end
  last:set(n)
  seen:incr("VERSION")
end)
on("Input::show", function() print(last:get(), seen) end)
on("node_reloaded", function() print("VERSION", last:get()) end)`

// TestQueue: what is queued when a reload begins is the old code's, what comes then the new code's, each once and in order.
func TestQueue(t *testing.T) {
	r := start(t, strings.ReplaceAll(counting, "VERSION", "v1"))
	raise := func(from, to int) {
		ev := r.Domain.Event("E::e")
		for n := from; n <= to; n++ {
			r.Domain.Raise(ev, []lua.LValue{lua.LNumber(n)})
		}
	}
	raise(1, 5000) // several turns
	r.write(strings.ReplaceAll(counting, "VERSION", "v2"))
	r.Reload(node.ReloadOptions{}, nil)
	r.Turn(r.now)
	if r.Domain.Queued() == 0 {
		t.Fatal("all was handled in one turn, so nothing is tested")
	}
	raise(5001, 5010)
	r.turn()
	r.expect("v2\t5010")
	raise(5011, 5012)
	r.raise("Input::show")
	r.expect("5012\t{|[v1] = 5010,|[v2] = 2|}")
	r.quiet()
}

// TestInboxWaits: what arrives while a reload waits for the old code's events is the new code's.
func TestInboxWaits(t *testing.T) {
	w := newWorld(t)
	a := w.add("a", strings.ReplaceAll(counting, "VERSION", "v1"), listens)
	b := w.add("b", `on("Input::send", function() for n = 5001, 5010 do broker.publish("flood", "E::e", n) end end)`, dials)
	for n := range 5000 {
		a.Domain.Raise(a.Domain.Event("E::e"), []lua.LValue{lua.LNumber(n + 1)})
	}
	a.write(strings.ReplaceAll(counting, "VERSION", "v2"))
	a.Reload(node.ReloadOptions{}, nil)
	b.raise("Input::send")
	a.raise("Input::show")
	a.expect("v2\t5000|5010\t{|[v1] = 5000,|[v2] = 10|}")
	a.quiet()
}

// TestFlood reloads again and again while a peer floods: no event is lost, doubled or out of order.
func TestFlood(t *testing.T) {
	const perRound, rounds, every = 100, 300, 15
	w := newWorld(t)
	version := func(n int) string { return strings.ReplaceAll(counting, "VERSION", fmt.Sprint("v", n)) }
	a := w.add("a", version(0), listens)
	b := w.add("b", fmt.Sprintf(`
local e = namespace "E":event("e", "n: count")
local n = 0
on("Input::send", function() for i = 1, %d do n = n + 1 broker.publish("flood", e, n) end end)`, perRound), dials)
	round, reloads := 0, 0
	w.each = func() bool {
		if round == rounds {
			return false
		}
		round++
		b.Domain.Raise(b.Domain.Event("Input::send"), nil)
		if round%every == 0 {
			a.write(version(round / every))
			a.Reload(node.ReloadOptions{}, func(_ node.ReloadReport, err error) {
				if reloads++; err != nil {
					t.Error(err)
				}
			})
		}
		return true
	}
	w.turn()
	if reloads != rounds/every {
		t.Errorf("%d reloads, want %d", reloads, rounds/every)
	}
	a.out.Reset()
	a.raise("Input::show")
	got := a.printed()
	if !strings.HasPrefix(got, fmt.Sprint(perRound*rounds, "\t")) || strings.Count(got, "[v") != reloads+1 {
		t.Errorf("printed %q, want %d events by %d versions", got, perRound*rounds, reloads+1)
	}
	a.quiet()
	b.quiet()
}

// TestRefusals: a reload that waits is the only one, gives up when the queue does not become empty, and when the node ends.
func TestRefusals(t *testing.T) {
	var outcomes []error
	done := func(_ node.ReloadReport, err error) { outcomes = append(outcomes, err) }
	r := start(t, `
local e = namespace "E":event("e", "")
local on_ = true
e:on(function() if on_ then e:raise() end end)
on("Input::begin", function() e:raise() end)
on("Input::stop", function() on_ = false end)`)
	r.Domain.Raise(r.Domain.Event("Input::begin"), nil)
	r.Reload(node.ReloadOptions{}, done)
	r.Reload(node.ReloadOptions{}, done)
	for range 10 {
		r.Turn(r.now)
	}
	if !slices.Equal(outcomes, []error{node.ErrReloading}) {
		t.Fatalf("outcomes %v", outcomes)
	}
	domain := r.Domain
	r.now += 11e9
	r.Turn(r.now)
	if !slices.Equal(outcomes, []error{node.ErrReloading, node.ErrBusy}) || r.Domain != domain {
		t.Fatalf("outcomes %v", outcomes)
	}
	r.raise("Input::stop")
	r.Terminate(0)
	r.Reload(node.ReloadOptions{}, done)
	if !errors.Is(outcomes[2], node.ErrEnding) {
		t.Errorf("outcome %v, want ErrEnding", outcomes[2])
	}
	r.quiet()
}

// TestMemory reloads 200 times, half of them in vain. What the old VMs held is given back.
func TestMemory(t *testing.T) {
	const policy = `
local ballast = {}
for i = 1, 3000 do ballast[i] = { i } end
local EX = namespace "EX"
local info = EX:record("info", {{"src", "addr"}, {"more", "any"}})
local known = EX:set("known", "addr", { create_expire = "1 day", on_expire = function() return #ballast end })
local deep, list, v = EX:map("deep", "string", "any"), EX:vector("list", "EX::info"), EX:var("v", "any", 0)
local e, o = EX:event("e", "i: EX::info"), EX:option("o", "interval", "1 hr", { check = function() ballast[1] = 1 end })
broker.subscribe("body")
e:on(function() ballast[1] = 2 end)
local function step()
  known:add(addr "10.0.0.1")
  deep:set("t", { addr "10.0.0.2", { addr "10.0.0.3" } })
  deep:set("s", set("addr", { read_expire = o, on_expire = function() return #ballast end, on_change = function() end }))
  deep:get("s"):add(addr "10.0.0.4")
  list:push(info { src = addr "10.0.0.5", more = deep:get("s") })
  v:set({ list:get(1), known })
  e:schedule("1 day", list:get(1))
  timer.every("1 s", function() ballast[2] = 3 end)
  o:set("2 hr")
  coroutine.wrap(function() coroutine.yield(ballast) end)()
end
on("node_init", step)
on("node_reloaded", function() broker.subscribe("later") if #list < 3 then step() end end)`
	w := newWorld(t)
	w.add("b", "", listens)
	a := w.add("a", policy, dials)
	heap := func() uint64 {
		var m runtime.MemStats
		for range 3 {
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var before uint64
	for i := range 200 {
		src := policy
		if i%2 == 1 {
			src += "\nerror 'no'"
		}
		if _, err := a.reload(src, false); (err != nil) != (i%2 == 1) {
			t.Fatalf("reload %d: %v", i, err)
		}
		if i == 10 {
			before = heap()
		}
	}
	if after := heap(); after > before+before/4 {
		t.Errorf("%d KB after 10 reloads, %d KB after 200", before>>10, after>>10)
	}
	a.quiet()
}
