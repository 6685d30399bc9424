package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// replay has a node read a log of so many lines and publish each, with some text, to a peer that it dials first. It
// returns both once all has come to rest, before and after which nothing was raised without a peer.
func replay(t *testing.T, lines, text int, options string) (c *cluster, s, r *member) {
	t.Helper()
	var log strings.Builder
	log.WriteString("#separator \\x09\n#path\tx\n#fields\tts\tn\n#types\ttime\tcount\n")
	for i := range lines {
		fmt.Fprintf(&log, "%d.000000\t%d\n", 1_700_000_000+i/1000, i)
	}
	file := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c = newCluster(t, 1)
	r = c.add("r", `
broker.subscribe "t"
local got = 0
namespace "E":event("line", "n: count, text: string"):on(function(n) if n ~= got then print("got", n, "want", got) end got = got + 1 end)
namespace "E":event("tell", ""):on(function() print(got) end)`)
	s = c.add("s", options+fmt.Sprintf(`
local line = namespace "E":event("line", "n: count, text: string")
local text = ("x"):rep(%d)
on("Input::x", function(rec) broker.publish("t", line, rec.n, text) end)`, text),
		func(o *node.Options) { o.Inputs.ZeekLog, o.Peer = file, []peering.Address{r.Address()} })
	if err := s.OpenPeering(nil, s.Options().Peer); err != nil {
		t.Fatal(err)
	}
	c.start()
	if got := s.Domain.Counters.Raised; got > 3 {
		t.Fatalf("%d events were raised before there was a peer", got)
	}
	if _, err := r.Peers.Listen(r.Address(), 0, peering.Settings{}); err != nil {
		t.Fatal(err)
	}
	c.advance(2 * time.Second) // it tries again
	c.fire(r, "E::tell")
	return c, s, r
}

// TestReplayWaitsForLanes: a recording is replayed as fast as a slow peer takes it, and nothing is dropped: more events
// than the lane and the wire hold, a lane for a hundred, and events that fill the lane by their size.
func TestReplayWaitsForLanes(t *testing.T) {
	for _, tt := range []struct {
		name        string
		lines, text int
		options     string
		peak        uint64
	}{
		{"many", 160_000, 0, "", 1 << 15},
		{"a small lane", 5_000, 0, "broker.options.peer_buffer_size = 100", 50},
		{"large events", 1_000, 100_000, "", 80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, s, r := replay(t, tt.lines, tt.text, tt.options)
			r.expect(t, fmt.Sprint(tt.lines))
			for _, p := range s.Peers.Stats() {
				if e := p.Lanes[step.LaneEvents]; e.Dropped.Messages != 0 || e.Offered.Messages != uint64(tt.lines) || p.MaxQueuedRecently < tt.peak {
					t.Errorf("%d offered, %d dropped, at most %d waited", e.Offered.Messages, e.Dropped.Messages, p.MaxQueuedRecently)
				}
			}
		})
	}
}
