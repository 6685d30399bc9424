package main

import (
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/node"
)

// measured is a cluster of two workers and a proxy: 1,000 events published after a warm-up of 100; 30 were dropped
// on the way to the proxy, and 70 from there to worker-2.
func measured() *clusterMeasurement {
	sent := func(to string, offered, dropped uint64) []node.PeerStats {
		return []node.PeerStats{{Name: to, ID: "id of " + to, Lanes: map[string]node.LaneStats{
			"events": {Offered: offered, Dropped: dropped}, "control": {Offered: 9, Dropped: 9}}}}
	}
	return &clusterMeasurement{
		Started: time.Second, IdleFor: time.Second,
		nodes: []benchedNode{{name: "proxy-1", role: "PROXY"}, {name: "worker-1", role: "WORKER"}, {name: "worker-2", role: "WORKER"}, {name: "supervisor"}},
		before: accounts{
			peers: map[string][]node.PeerStats{"worker-1": sent("proxy-1", 100, 5), "proxy-1": sent("worker-2", 95, 10)},
			reports: map[string]nodeReport{
				"worker-1": {Published: 100, Received: 95}, "worker-2": {Received: 85}, "proxy-1": {Relayed: 95}},
			usage: map[string]processUsage{"proxy-1": {CPU: time.Second}},
		},
		after: accounts{
			peers: map[string][]node.PeerStats{"worker-1": sent("proxy-1", 1100, 35),
				"proxy-1": append(sent("worker-2", 1065, 80), sent("worker-1", 1065, 0)...)},
			reports: map[string]nodeReport{
				"worker-1": {Published: 1100, Received: 1065, Began: 10, Ended: 12, Last: 12, Latency: []float64{.001}},
				"worker-2": {Received: 985, Last: 14, Latency: []float64{.003}}, "proxy-1": {Relayed: 1065}},
			usage: map[string]processUsage{"proxy-1": {CPU: 1002 * time.Millisecond}},
		},
	}
}

func TestClusterBalance(t *testing.T) {
	t.Parallel()
	r := measured().result(&benchCluster{})
	if len(r.Unbalanced) > 0 || r.Published != 1000 || r.Relayed != 970 || r.Received != 970+900 || r.Dropped != 30+70 {
		t.Errorf("got %+v", r)
	}
	if r.Rate != 500 || r.RelayRate != 225 || r.PerEvent != 2 || r.Latency.Count != 2 {
		t.Errorf("got %v published and %v received a second, %v µs an event, latency %+v", r.Rate, r.RelayRate, r.PerEvent, r.Latency)
	}
}

// One event that is neither counted nor dropped is an error that names where it is missing.
func TestClusterImbalance(t *testing.T) {
	t.Parallel()
	for who, change := range map[string]func(r *nodeReport){
		"received by worker-1": func(r *nodeReport) { r.Received-- },
		"received by worker-2": func(r *nodeReport) { r.Received++ },
		"relayed":              func(r *nodeReport) { r.Relayed-- },
	} {
		m := measured()
		name := strings.TrimPrefix(who, "received by ")
		if who == "relayed" {
			name = "proxy-1"
		}
		x := m.after.reports[name]
		change(&x)
		m.after.reports[name] = x
		report, err := m.report(&benchCluster{})
		if err == nil || !strings.Contains(err.Error(), who) || report == nil {
			t.Errorf("%s is wrong by one: got %v", who, err)
		}
	}
}
