package cluster

import (
	"strings"
	"testing"
	"time"

	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

const flood = `
local EX = namespace "EX"
local item, passed = EX:event("item", "n: count"), EX:event("passed", "n: count")
local got = EX:var("got", "count", 0)
local total = 0
if node.name == "source" then
  on("new_connection", function()
    for i = 1, 15000 do broker.publish("to/proxy", item, i) end
    total = total + 15000
    print(total)
  end)
elseif node.name == "proxy" then
  on("node_init", function() broker.subscribe "to/proxy" end)
  item:on(function(n) broker.publish("to/sink", passed, n) end)
else
  on("node_init", function() broker.subscribe "to/sink" end)
  passed:on(function() got:set(got:get() + 1) end)
end
`

// TestLossless: what a replay raises arrives through a relay at a peer that does not read for a while; without the option the
// relay drops what has no room. A peer that hangs is not waited for for ever.
func TestLossless(t *testing.T) {
	t.Parallel()
	for _, lossless := range []bool{true, false} {
		c := newCluster(t, 20)
		sink := c.add("sink", flood)
		proxy := c.add("proxy", flood, func(o *node.Options) {
			o.Lossless, o.Listen = lossless, []peering.Address{{Transport: "quic", Host: "proxy", Port: peering.DefaultPort}}
			o.Peer = []peering.Address{sink.Address()}
		})
		if _, err := sink.Peers.Listen(sink.Address(), 0, peering.Settings{}); err != nil {
			t.Fatal(err)
		}
		source := c.add("source", flood, func(o *node.Options) {
			o.Inputs.Pcap, o.Peer = []string{"../../policies/testdata/small.pcap"}, []peering.Address{proxy.Address()}
		})
		proxy.Start()
		sink.Start()
		c.advance(2 * time.Second)
		sink.Freeze()
		source.Start()
		c.advance(3 * time.Second)
		sink.Thaw()
		c.advance(20 * time.Second)
		lines := source.lines()
		if len(lines) < 10 {
			t.Fatalf("the source has published %q", lines)
		}
		out, _ := sink.Prints(nil, "EX::got", false)
		arrived := strings.TrimSpace(strings.TrimPrefix(string(out), "EX::got = "))
		dropped := uint64(0)
		for _, s := range proxy.Peers.Stats() {
			dropped += s.Lanes[step.LaneEvents].Dropped.Messages
		}
		if sent := lines[len(lines)-1]; lossless != (arrived == sent) || lossless != (dropped == 0) {
			t.Errorf("lossless %v: %s of %s arrived, the relay has dropped %d", lossless, arrived, sent, dropped)
		}
	}
}
