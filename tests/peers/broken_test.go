package peers

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/tests/testnode"
)

// stream has a node publish numbers without end, a few every ten milliseconds.
const stream = `
local E = namespace "E"
local tick = E:event("tick", "n: count, text: string")
local n, text, stopped = 0, ("."):rep(100), false
timer.every("10 ms", function()
  if stopped then return end
  for _ = 1, RATE do n = n + 1 broker.publish("ticks", tick, n, text) end
end)
`

// counted prints when numbers of a stream are missing, when the first ones have come, and, when the stream's end is
// announced, how many there were, the announcement included.
const counted = `
local E = namespace "E"
local tick, finish = E:event("tick", "n: count, text: string"), E:event("finish", "")
broker.subscribe "ticks"
local last, got = nil, 0
tick:on(function(n)
  if last and n ~= last + 1 then print("gap") end
  last, got = n, got + 1
  if got == 1000 then print "flows" end
end)
finish:on(function() got = got + 1 print("end", got) end)
on("node_init", function() broker.peer(node.args[1], nil, "1 s") end)
`

// TestKilledPeer kills a process in the middle of messages, both ways. The node that it was peered with says so within
// the peer timeout, and the stream to its other peer has no gap.
func TestKilledPeer(t *testing.T) {
	slow(t)
	t.Parallel()
	m := start(t, "m", strings.ReplaceAll(stream, "RATE", "20")+statuses+`
broker.options.peer_timeout = "5 s"
broker.subscribe "noise"
local from = 0
on("E::noise", function() from = from + 1 if from == 5000 then print "noise" end end)
on("Broker::endpoint_unreachable", function() stopped = true broker.publish("ticks", "E::finish") end)
on("node_init", function() broker.listen("127.0.0.1", 0) end)`)
	c := start(t, "c", counted, m.Address())
	k := start(t, "k", counted+`
timer.every("5 ms", function() for i = 1, 100 do broker.publish("noise", "E::noise", i, ("x"):rep(200)) end end)`, m.Address())
	m.AwaitLine("noise")
	k.AwaitLine("flows")
	c.AwaitLine("flows")
	k.Kill()
	killed := time.Now()
	line := m.AwaitMatch("^peer_(lost|removed)")
	took := time.Since(killed)
	id := column(line, 2)
	if columns(line, 2) != "peer_lost\tlost connection to remote peer" || took > 9*time.Second {
		t.Errorf("m printed %q %v after the kill, want peer_lost within 5 s", line, took)
	}
	if line := m.AwaitLine(""); line != "endpoint_unreachable\tlost the last path\t"+id {
		t.Errorf("m then printed %q", line)
	}
	c.AwaitLine("end")
	if slices.Contains(c.Lines(), "gap") {
		t.Errorf("the other peer missed something: %q", c.Lines())
	}
	m.Stop()
}

// TestRestartedListener kills a listener and starts it again. It does not know the connections of its former self, and
// says so with the key that it has kept: the dialler need not wait for its timeout, which is longer than this test.
func TestRestartedListener(t *testing.T) {
	t.Parallel()
	port := hold(t)
	listener := testnode.Options{Name: "r", Flags: []string{"--state", filepath.Join(t.TempDir(), "state"), "--listen", port.addr}, Script: `
broker.subscribe "ticks"
broker.options.peer_timeout = "10 min"
local got = 0
on("E::tick", function() got = got + 1 if got == 1000 then print "flows" end end)`}
	port.Close()
	first := testnode.Start(t, listener)
	s := start(t, "s", strings.ReplaceAll(stream, "RATE", "20")+statuses+`
broker.options.peer_timeout = "10 min"
on("node_init", function() broker.peer(node.args[1], nil, "1 s") end)`, first.Address())
	first.AwaitLine("flows")
	first.Kill()
	second := testnode.Start(t, listener)
	second.Address()
	s.AwaitLine("peer_lost\tlost connection to remote peer\t")
	s.AwaitLine("peer_added")
	second.AwaitLine("flows")
	var got, ids []string
	for _, line := range s.Lines() {
		if column(line, 0) != "error" {
			got, ids = append(got, column(line, 0)), append(ids, column(line, 2))
		}
	}
	if want := []string{"endpoint_discovered", "peer_added", "peer_lost", "endpoint_unreachable", "endpoint_discovered", "peer_added"}; !slices.Equal(got, want) {
		t.Errorf("s saw %q, want %q", got, want)
	} else if ids[0] != ids[3] || ids[3] == ids[4] {
		t.Errorf("the events are about %q: the restarted node is another endpoint", ids)
	}
	if code := first.Wait(); code != -1 {
		t.Errorf("the killed listener ended with code %d", code)
	}
}

// balance prints the account of the event lane of each peer once nothing is under way any more: the node's name, what
// was offered, received, dropped and lost, and whether that adds up.
const balance = `
local function balance()
  local t
  t = timer.every("50 ms", function()
    local lines = {}
    for id, s in pairs(broker.peering_stats()) do
      local e = s.events
      if s.num_queued + e.queued + e.in_flight > 0 or s.id ~= id then return end
      lines[#lines + 1] = { s.node, e.offered, e.received, e.dropped, e.lost, e.offered == e.received + e.dropped + e.lost }
    end
    t:cancel()
    table.sort(lines, function(a, b) return a[1] < b[1] end)
    for _, l in ipairs(lines) do print("account", unpack(l)) end
  end)
end
`

// account is a line that balance has printed.
type account struct {
	node                             string
	offered, received, dropped, lost int
	adds                             bool
}

func awaitAccount(t *testing.T, n *testnode.Node) (a account) {
	t.Helper()
	line := n.AwaitLine("account\t")
	if _, err := fmt.Sscanf(line, "account %s %d %d %d %d %t", &a.node, &a.offered, &a.received, &a.dropped, &a.lost, &a.adds); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if !a.adds || a.offered != a.received+a.dropped+a.lost {
		t.Errorf("%s's account does not add up: %+v", n.Name(), a)
	}
	return a
}

// TestAccount: what a policy reads in peering_stats adds up, and says what the other end got, also when a burst was
// more than the queue may hold.
func TestAccount(t *testing.T) {
	t.Parallel()
	s := start(t, "s", balance+statuses+`
broker.options.peer_buffer_size = 100
on("node_init", function() broker.listen("127.0.0.1", 0) end)
on("Broker::peer_added", function()
  local p = broker.peers()[1]
  print("peer", #broker.peers(), p.node, p.status, p.is_outbound, #p.peer.id, p.peer.network.address)
  for i = 1, 5000 do broker.publish("ticks", "E::tick", i, "x") end
  broker.publish("ticks", "E::finish")
  balance()
end)`)
	r := start(t, "r", counted, s.Address())
	if line := s.AwaitLine("peer\t"); line != "peer\t1\tr\tPEERED\tfalse\t36\t127.0.0.1" {
		t.Errorf("s has %q", line)
	}
	a := awaitAccount(t, s)
	if a.node != "r" || a.offered != 5001 || a.lost != 0 || a.dropped < 1000 {
		t.Errorf("the account is %+v: want 5001 offered, none lost, and most dropped", a)
	}
	if want := fmt.Sprintf("end\t%d", a.received); r.AwaitLine("end") != want {
		t.Errorf("r printed %q, want %s", r.Lines(), want)
	}
	s.Reported("lane full, messages are dropped")
}

// TestFrozenPeer freezes a peer for longer than the peer timeout. It costs the other peer nothing; when it runs again
// it comes back by itself, and the account of both links together adds up.
func TestFrozenPeer(t *testing.T) {
	slow(t)
	t.Parallel()
	s := start(t, "s", strings.ReplaceAll(stream, "RATE", "100")+balance+statuses+`
broker.options.peer_timeout = "5 s"
local added = 0
on("Broker::peer_added", function()
  added = added + 1
  if added < 3 then return end
  timer.after("100 ms", function() -- what was published meanwhile goes over the new link
    stopped = true
    broker.publish("ticks", "E::finish")
    balance()
  end)
end)
on("node_init", function() broker.listen("127.0.0.1", 0) end)`)
	good := start(t, "good", counted, s.Address())
	bad := start(t, "bad", counted+statuses, s.Address())
	good.AwaitLine("flows")
	bad.AwaitLine("flows")
	bad.Freeze()
	frozen := time.Now()
	s.AwaitLine("peer_lost\tlost connection to remote peer\t")
	if took := time.Since(frozen); took > 9*time.Second {
		t.Errorf("it took %v to notice, want about 5 s", took)
	}
	bad.Thaw()
	bad.AwaitLine("peer_lost\tlost connection to remote peer\t")
	bad.AwaitLine("peer_added")
	b, g := awaitAccount(t, s), awaitAccount(t, s)
	if b.node != "bad" || b.lost == 0 {
		t.Errorf("the frozen peer's account is %+v: what was under way when the link ended is lost", b)
	}
	if want := fmt.Sprintf("end\t%d", b.received); bad.AwaitLine("end") != want {
		t.Errorf("bad printed %q, want %s", bad.Lines(), want)
	}
	if g.node != "good" || g.dropped != 0 || g.lost != 0 || g.offered <= b.offered {
		t.Errorf("the other peer's account is %+v, beside %+v", g, b)
	}
	if want := fmt.Sprintf("end\t%d", g.received); good.AwaitLine("end") != want || slices.Contains(good.Lines(), "gap") {
		t.Errorf("good printed %q, want %s and no gap", good.Lines(), want)
	}
}
