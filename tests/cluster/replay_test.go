package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// TestReplayWaitsForLanes: a recording is replayed as fast as a slow peer takes it, and nothing is dropped.
func TestReplayWaitsForLanes(t *testing.T) {
	const lines = 160_000 // more than a lane and the wire hold
	var log strings.Builder
	log.WriteString("#separator \\x09\n#path\tx\n#fields\tts\tn\n#types\ttime\tcount\n")
	for i := range lines {
		fmt.Fprintf(&log, "%d.000000\t%d\n", 1_700_000_000+i/1000, i)
	}
	file := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, 1)
	r := c.add("r", `
broker.subscribe "t"
local got = 0
namespace "E":event("line", "n: count"):on(function(n) if n ~= got then print("got", n, "want", got) end got = got + 1 end)
namespace "E":event("tell", ""):on(function() print(got) end)`)
	s := c.add("s", `
local line = namespace "E":event("line", "n: count")
on("Input::x", function(rec) broker.publish("t", line, rec.n) end)`,
		func(o *node.Options) { o.Inputs.ZeekLog, o.Peer = file, []peering.Address{r.address()} })
	if err := s.OpenPeering(nil, s.Options().Peer); err != nil {
		t.Fatal(err)
	}
	c.start()
	if got := s.Domain.Counters.Raised; got > 3 {
		t.Fatalf("%d events were raised before there was a peer", got)
	}
	if _, err := r.Peers.Listen(r.address(), 0, peering.Settings{}); err != nil {
		t.Fatal(err)
	}
	c.now += 2e9 // it tries again
	c.run()
	c.fire(r, "E::tell")
	r.expect(t, fmt.Sprint(lines))
	for _, p := range s.Peers.Stats() {
		if e := p.Lanes[step.LaneEvents]; e.Dropped.Messages != 0 || e.Offered.Messages != lines || p.MaxQueuedRecently < 1<<15 {
			t.Errorf("%d offered, %d dropped, at most %d waited", e.Offered.Messages, e.Dropped.Messages, p.MaxQueuedRecently)
		}
	}
}
