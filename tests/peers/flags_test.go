package peers

import (
	"slices"
	"strings"
	"testing"

	"moonpeer/tests/testnode"
)

// TestFlags listens at two addresses and dials two by flags, once with a scheme and once without.
func TestFlags(t *testing.T) {
	t.Parallel()
	r := testnode.Start(t, testnode.Options{Name: "r", Script: statuses, Flags: []string{"--listen", "127.0.0.1:0", "--listen", "quic://127.0.0.1:0"}})
	r.AwaitReady()
	var addrs []string
	for _, line := range r.Reports() {
		if a, ok := strings.CutPrefix(line, "info: listening address=quic://"); ok {
			addrs = append(addrs, a)
		}
	}
	if len(addrs) != 2 || addrs[0] == addrs[1] || addrs[0] != r.Address() {
		t.Fatalf("r listens on %q, want two addresses", addrs)
	}
	other := testnode.Start(t, testnode.Options{Name: "other", Script: statuses, Flags: []string{"--listen", "127.0.0.1:0", "--peer", addrs[0]}})
	s := testnode.Start(t, testnode.Options{Name: "s", Flags: []string{"--peer", "quic://" + addrs[1], "--peer", other.Address()}, Script: `
local names = {}
on("Broker::peer_added", function()
  local peers = broker.peers()
  if #peers == 2 then
    for i, p in ipairs(peers) do names[i] = p.node end
    table.sort(names)
    print(table.concat(names, " "))
  end
end)`})
	if line := s.AwaitLine(""); line != "other r" {
		t.Errorf("s has peers %q, want other and r", line)
	}
	for _, n := range []*testnode.Node{other, s} {
		n.Stop()
		if line := r.AwaitLine("peer_lost"); !strings.HasPrefix(line, "peer_lost\tlost connection to remote peer\t") {
			t.Errorf("r saw %q", line)
		}
	}
}

// TestBothDial: two nodes that dial each other end with one peering.
func TestBothDial(t *testing.T) {
	t.Parallel()
	const script = statuses + `
broker.subscribe "t"
on("Broker::peer_added", function() broker.publish("t", "E::hello", node.name) end)
on("E::hello", function(name)
  print("hello", name)
  timer.after("1.5 s", function() print("peers", #broker.peers()) end)
end)`
	ports := map[string]*held{"a": hold(t), "b": hold(t)}
	nodes := map[string]*testnode.Node{}
	for name, to := range map[string]string{"a": "b", "b": "a"} {
		ports[name].Close()
		nodes[name] = testnode.Start(t, testnode.Options{Name: name, Script: script, Flags: []string{"--listen", ports[name].addr, "--peer", ports[to].addr}})
	}
	for name, to := range map[string]string{"a": "b", "b": "a"} {
		n := nodes[name]
		n.AwaitLine("peers")
		var got []string
		for _, line := range n.Lines() {
			if column(line, 0) != "error" { // the other end may have been late
				got = append(got, columns(line, 2))
			}
		}
		want := []string{"endpoint_discovered\tfound a new peer in the network", "peer_added\thandshake successful", "hello\t" + to, "peers\t1"}
		if !slices.Equal(got, want) {
			t.Errorf("%s printed %q, want %q", name, got, want)
		}
	}
}
