package peers

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"moonpeer/tests/testnode"
)

// pingPong is what both ends of S01 know; what an end does is behind it.
const pingPong = `
local T = "zeek/event/my_topic"
local PP = namespace "PP"
local ping, pong = PP:event("ping", "msg: string, n: count"), PP:event("pong", "msg: string, n: count")
broker.subscribe(T)
on("node_init", function() print("init", event.is_remote()) end)
on("Broker::peer_added", function(e, msg) print("peer_added", msg) end)
on("Broker::peer_lost", function(e, msg) print("peer_lost", msg) node.terminate() end)
on("Broker::error", function(code, msg) print("error", code, msg) end)
`

// receiver listens on the port of its first argument, or on any, and ends at the fifth ping.
const receiver = pingPong + `
on("node_init", function() broker.listen("127.0.0.1", tonumber(node.args[1] or 0)) end)
ping:on(function(msg, n)
  print("ping", msg, n, event.is_remote())
  if n == 5 then node.terminate() else broker.publish(T, pong, msg, n) end
end)`

// sender peers with the address of its first argument.
const sender = pingPong + `
on("node_init", function() broker.peer(node.args[1], nil, "1 s") end)
on("Broker::peer_added", function() broker.publish(T, ping, "my-message", 1) end)
pong:on(function(msg, n)
  print("pong", msg, n, event.is_remote())
  broker.publish(T, ping, msg, n + 1)
end)`

// exchanged checks what both ends of S01 print; errors may be in front of the sender's peer_added.
func exchanged(t *testing.T, s, r *testnode.Node) {
	t.Helper()
	for _, n := range []*testnode.Node{r, s} {
		if code := n.Wait(); code != 0 {
			t.Errorf("%s ended with exit code %d", n.Name(), code)
		}
	}
	expect(t, r, "init\tfalse", "peer_added\thandshake successful", "ping\tmy-message\t1\ttrue", "ping\tmy-message\t2\ttrue",
		"ping\tmy-message\t3\ttrue", "ping\tmy-message\t4\ttrue", "ping\tmy-message\t5\ttrue")
	got := slices.DeleteFunc(s.Lines(), func(line string) bool { return strings.HasPrefix(line, "error\tBroker::PEER_UNAVAILABLE\t") })
	want := []string{"init\tfalse", "peer_added\thandshake successful", "pong\tmy-message\t1\ttrue", "pong\tmy-message\t2\ttrue",
		"pong\tmy-message\t3\ttrue", "pong\tmy-message\t4\ttrue", "peer_lost\tlost connection to remote peer"}
	if !slices.Equal(got, want) {
		t.Errorf("s printed\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// TestS01RemoteEvent is S01: pings and pongs, in order, until the receiver ends.
func TestS01RemoteEvent(t *testing.T) {
	t.Parallel()
	r := start(t, "r", receiver)
	s := start(t, "s", sender, r.Address())
	exchanged(t, s, r)
	if n := len(s.Lines()); n != 7 {
		t.Errorf("s printed %d lines, want 7: nothing went wrong", n)
	}
}

// TestS02ConnectBeforeListen is S02: whoever dials too early is told so, and goes on.
func TestS02ConnectBeforeListen(t *testing.T) {
	t.Parallel()
	port := hold(t)
	s := start(t, "s", sender, port.addr)
	want := fmt.Sprintf(`(00000000-0000-0000-0000-000000000000, *%s, "unable to connect to remote peer")`, port.addr)
	if line := s.AwaitLine("error\tBroker::PEER_UNAVAILABLE\t"); column(line, 2) != want {
		t.Errorf("the error's text is %q, want %q", column(line, 2), want)
	}
	port.Close()
	r := start(t, "r", receiver, port.port)
	r.Address()
	s.AwaitLine("peer_added") // a dial gives up after 2 s, the next is 1 s later
	exchanged(t, s, r)
}

// TestS03ListenerRestarts is S03: six events in order, and another endpoint behind the same address.
func TestS03ListenerRestarts(t *testing.T) {
	t.Parallel()
	port := hold(t)
	listener := `on("node_init", function() broker.listen("127.0.0.1", tonumber(node.args[1])) end)`
	port.Close()
	first := start(t, "r1", listener, port.port)
	first.Address()
	s := start(t, "s", statuses+`on("node_init", function() broker.peer(node.args[1]) end)`, port.addr)
	s.AwaitLine("peer_added")
	first.Stop()
	s.AwaitLine("endpoint_unreachable")
	start(t, "r2", listener, port.port)
	s.AwaitLine("peer_added")
	var got, ids []string
	for _, line := range s.Lines() {
		if column(line, 0) != "error" {
			got, ids = append(got, columns(line, 2)), append(ids, column(line, 2))
		}
	}
	want := []string{
		"endpoint_discovered\tfound a new peer in the network", "peer_added\thandshake successful",
		"peer_lost\tlost connection to remote peer", "endpoint_unreachable\tlost the last path",
		"endpoint_discovered\tfound a new peer in the network", "peer_added\thandshake successful",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("s saw %q, want %q", got, want)
	}
	if r1, r2 := ids[0], ids[5]; !slices.Equal(ids, []string{r1, r1, r1, r1, r2, r2}) || r1 == r2 || len(r1) != 36 {
		t.Errorf("the events are about %q: want four times one id, then twice another", ids)
	}
}

// TestS04AnyPort is S04: the system chooses the port, and listen tells which.
func TestS04AnyPort(t *testing.T) {
	t.Parallel()
	r := start(t, "r", `on("node_init", function() print("port", broker.listen("127.0.0.1", 0)) end)`+statuses)
	port := column(r.AwaitLine("port"), 1)
	if host, bound := split(t, r.Address()); port != bound || host != "127.0.0.1" {
		t.Errorf("listen returned %q, and the node listens on %s", port, r.Address())
	}
	s := start(t, "s", statuses+`on("node_init", function() broker.peer("127.0.0.1", tonumber(node.args[1])) end)`, port)
	s.AwaitLine("peer_added")
	r.AwaitLine("peer_added")
}

// TestS05PortInUse is S05: a busy port is tried again until it is free, but not without a retry.
func TestS05PortInUse(t *testing.T) {
	t.Parallel()
	busy, never := hold(t), hold(t)
	r := start(t, "r", `
on("node_init", function()
  print("busy", broker.listen("127.0.0.1", tonumber(node.args[1]), "1 s"))
  print("never", broker.listen("127.0.0.1", tonumber(node.args[2]), 0))
end)
on("Broker::peer_added", function() timer.after("1.5 s", function() print "later" end) end)`, busy.port, never.port)
	r.AwaitReady()
	for _, h := range []*held{busy, never} {
		if reported(r, "Failed to listen on "+h.addr+": the port is in use") != 1 {
			t.Errorf("the reports lack port %s", h.addr)
		}
	}
	for _, name := range []string{"busy", "never"} {
		if line := r.AwaitLine(name); column(line, 1) != "nil" || !strings.HasPrefix(column(line, 2), "the port is in use") {
			t.Errorf("listen returned %q", line)
		}
	}
	never.Close()
	busy.Close()
	r.AwaitErr("listening address=quic://" + busy.addr)
	start(t, "s", `on("node_init", function() broker.peer(node.args[1]) end)`, busy.addr)
	r.AwaitLine("later") // more than another retry
	c, err := net.ListenPacket("udp", never.addr)
	if err != nil {
		t.Fatalf("somebody took the port that was not to be tried again: %v", err)
	}
	c.Close()
	if n := reported(r, "listening address="); n != 1 {
		t.Errorf("the node listens on %d ports, want 1", n)
	}
}

// TestS06Environment is S06: the documented variables win over what scripts say. Both retries are a minute in the
// scripts, which is longer than a wait here lasts.
func TestS06Environment(t *testing.T) {
	t.Parallel()
	port := hold(t)
	r := testnode.Start(t, testnode.Options{Name: "r", Args: []string{port.port}, Script: `
on("node_init", function() broker.listen("", tonumber(node.args[1]), "60 s") end)`,
		Env: map[string]string{"ZEEK_DEFAULT_LISTEN_RETRY": "1", "ZEEK_DEFAULT_LISTEN_ADDRESS": "127.0.0.1"}})
	r.AwaitErr("Failed to listen on " + port.addr)
	s := testnode.Start(t, testnode.Options{Name: "s", Args: []string{port.addr}, Script: statuses + `
on("node_init", function() broker.peer(node.args[1], nil, "60 s") end)`,
		Env: map[string]string{"ZEEK_DEFAULT_CONNECT_RETRY": "1"}})
	s.AwaitLine("error\tBroker::PEER_UNAVAILABLE")
	port.Close()
	if got := r.Address(); got != port.addr {
		t.Errorf("the node listens on %s, want %s", got, port.addr)
	}
	s.AwaitLine("peer_added")
}

// TestS07Unpeer is S07: whoever dialled and ends it does not come back. Meanwhile another listener that ends the peering
// sees it come back three times, a second apart each.
func TestS07Unpeer(t *testing.T) {
	t.Parallel()
	r := start(t, "r", statuses+`
broker.subscribe "t"
on("E::n", function(n) print("got", n) end)
on("node_init", function() broker.listen("127.0.0.1", 0) end)`)
	again := start(t, "again", statuses+`
local times = 0
on("Broker::peer_added", function(e)
  times = times + 1
  if times <= 3 then broker.unpeer(e.network.address, e.network.bound_port) end
end)
on("node_init", function() broker.listen("127.0.0.1", 0) end)`)
	s := start(t, "s", statuses+`
local first, times = true, 0
on("Broker::peer_added", function(e)
  if first then
    first = false
    local p = broker.peers()[1]
    print("peers", #broker.peers(), p.status == broker.PEERED, p.is_outbound, p.node, p.peer.network.address .. ":" .. p.peer.network.bound_port == node.args[1])
    broker.publish("t", "E::n", 1)
    print("unpeer", broker.unpeer(node.args[1]))
    broker.publish("t", "E::n", 2)
  else
    times = times + 1
    if times == 4 then print("enough", #broker.peers()) end
  end
end)
on("Broker::peer_removed", function() broker.peer(node.args[2], nil, "1 s") end)
on("node_init", function() broker.peer(node.args[1], nil, "1 s") end)`, r.Address(), again.Address())
	s.AwaitLine("enough\t1")
	r.AwaitLine("endpoint_unreachable")
	for range 3 {
		again.AwaitLine("peer_removed\tremoved connection to remote peer\t")
	}
	for i, want := range []string{"endpoint_discovered\tfound a new peer in the network", "peer_added\thandshake successful",
		"peers\t1\ttrue\ttrue\tr\ttrue", "unpeer\ttrue", "peer_removed\tremoved connection to remote peer", "endpoint_unreachable\tlost the last path"} {
		if line := s.Lines()[i]; line != want && columns(line, 2) != want {
			t.Errorf("line %d of s is %q, want %q", i+1, line, want)
		}
	}
	var got []string
	for _, line := range r.Lines() {
		got = append(got, columns(line, 2))
	}
	if want := []string{"endpoint_discovered\tfound a new peer in the network", "peer_added\thandshake successful", "got\t1",
		"peer_lost\tlost connection to remote peer", "endpoint_unreachable\tlost the last path"}; !slices.Equal(got, want) {
		t.Errorf("r printed %q, want %q", got, want)
	}
	if lost := strings.Count(strings.Join(s.Lines(), "\n"), "peer_lost\tlost connection to remote peer\t"); lost != 3 {
		t.Errorf("the dialler lost the other listener %d times, want 3", lost)
	}
}

// TestS08UnpeerStranger is S08: an error with a code and a text, and the process goes on.
func TestS08UnpeerStranger(t *testing.T) {
	t.Parallel()
	n := start(t, "n", statuses+`
on("node_init", function()
  print(broker.unpeer("1.2.3.4", 1947))
  timer.after("10 ms", function() print "goes on" node.terminate() end)
  timer.every(60, function() end)
end)`)
	if code := n.Wait(); code != 0 {
		t.Errorf("ended with exit code %d", code)
	}
	expect(t, n, "false\tbroker.unpeer quic://1.2.3.4:1947: cannot unpeer from unknown peer",
		"error\tBroker::PEER_INVALID\t"+`(00000000-0000-0000-0000-000000000000, *1.2.3.4:1947, "cannot unpeer from unknown peer")`, "goes on")
}
