package main

import (
	"slices"
	"testing"

	"moonpeer/runtime/node"
)

// TestLosses: what has not arrived is counted by link, over all lanes, also where the peer is gone.
func TestLosses(t *testing.T) {
	t.Parallel()
	peer := func(name string, connected bool, lanes ...node.LaneStats) node.PeerStats {
		p := node.PeerStats{Name: name, ID: "id of " + name, Connected: connected, Lanes: map[string]node.LaneStats{}}
		for i, l := range lanes {
			p.Lanes[[]string{"events", "stores"}[i]] = l
		}
		return p
	}
	nodes := map[string]node.Drained{
		"b": {Peers: []node.PeerStats{
			peer("manager", true, node.LaneStats{Offered: 9, Dropped: 2, Received: 7}, node.LaneStats{Offered: 3, Dropped: 3}),
			peer("", false, node.LaneStats{Offered: 5, Received: 4, Lost: 1}),
		}},
		"a": {Peers: []node.PeerStats{peer("manager", true, node.LaneStats{Offered: 8, Received: 8}), peer("proxy-1", false, node.LaneStats{Lost: 6})}},
	}
	want := []loss{{"worker-1", "proxy-1", 0, 6}, {"worker-2", "id of ", 0, 1}, {"worker-2", "manager", 5, 0}}
	if got := losses(nodes, map[string]string{"a": "worker-1", "b": "worker-2"}); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
