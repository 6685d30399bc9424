package node

import (
	"math/rand/v2"
	"strings"
	"testing"

	"moonpeer/net/step"
)

// TestShardOfNoCapture: what can't be shared out is refused instead of being read by all.
func TestShardOfNoCapture(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]Inputs{
		"shard 1 of 4: only a capture is shared out": {Stdin: strings.NewReader(""), Shard: 1, Shards: 4},
		"shard 4 of 4: want":                         {Pcap: []string{"../../policies/testdata/small.pcap"}, Shard: 4, Shards: 4},
	} {
		_, err := New(Options{Inputs: in}, System{Now: func() step.Time { return 1 }, Wall: func() int64 { return 1 }, Rand: rand.New(rand.NewPCG(1, 2))})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
