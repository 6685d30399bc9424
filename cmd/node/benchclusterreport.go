package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
)

// clusterMeasurement is what was seen of a cluster.
type clusterMeasurement struct {
	Started               time.Duration // from the start of the supervisor's process to the cluster's
	nodes                 []benchedNode
	IdleFor               time.Duration
	idleBefore, idleAfter map[string]processUsage
	before, after         accounts // of the load
}

// processUsage is what a running process has used up. The zero value: the system does not say.
type processUsage struct {
	CPU            time.Duration
	Resident, Peak uint64 // bytes
}

// accounts is where everything is when the cluster is at rest, by node.
type accounts struct {
	peers   map[string][]node.PeerStats
	reports map[string]nodeReport
	usage   map[string]processUsage
}

// nodeReport is what policy bench_cluster has counted on a node.
type nodeReport struct {
	Published, Relayed, Received uint64
	Running                      bool
	Began, Ended                 float64   // of publishing, seconds since 1970
	Last                         float64   // event that a worker has received, likewise
	Latency                      []float64 // seconds
}

// clusterResult is the report, as --json writes it.
type clusterResult struct {
	Workers    int          `json:"workers"`
	Proxies    int          `json:"proxies"`
	Started    float64      `json:"started_seconds"`
	IdleFor    float64      `json:"idle_seconds"`
	IdleCPU    float64      `json:"idle_cpu_percent"` // of one core, all processes together
	Published  uint64       `json:"published"`
	Relayed    uint64       `json:"relayed"`
	Received   uint64       `json:"received"` // by all workers
	Dropped    uint64       `json:"dropped"`
	Seconds    float64      `json:"seconds"`              // that worker-1 has published
	Rate       float64      `json:"published_per_second"` //
	RelayRate  float64      `json:"received_per_second"`  // by the slowest of the workers that do nothing else
	Latency    quantiles    `json:"latency"`              // from worker-1 to any worker
	PerEvent   float64      `json:"cpu_us_per_event"`     // published, all processes together
	Nodes      []nodeResult `json:"nodes"`
	Links      []linkResult `json:"links"`
	Unbalanced []string     `json:"unbalanced,omitempty"`
}

type nodeResult struct {
	Name         string  `json:"node"`
	IdleResident float64 `json:"idle_resident_mb"` // 0, as the others: not known on this system
	IdleCPU      float64 `json:"idle_cpu_percent"`
	Resident     float64 `json:"resident_mb"` // at most
	CPU          float64 `json:"cpu_seconds"` // under load
	Relayed      uint64  `json:"relayed,omitempty"`
	Received     uint64  `json:"received,omitempty"`
	Rate         float64 `json:"received_per_second,omitempty"` // until it had all that came
}

// linkResult is one direction of a link that the relayed events took.
type linkResult struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Lane    string `json:"lane"`
	Offered uint64 `json:"offered"`
	Dropped uint64 `json:"dropped"`
	Lost    uint64 `json:"lost"` // with the link, when it broke
}

// result adds everything up.
func (m *clusterMeasurement) result(c *benchCluster) *clusterResult {
	before, after := m.before.reports, m.after.reports
	pub := after[benchSource]
	r := &clusterResult{
		Workers: c.Workers, Proxies: c.Proxies, Started: m.Started.Seconds(), IdleFor: m.IdleFor.Seconds(),
		Published: pub.Published - before[benchSource].Published, Seconds: pub.Ended - pub.Began,
	}
	r.Rate = float64(r.Published) / max(r.Seconds, 1e-9)
	var latency []float64
	var cpu time.Duration
	for _, n := range m.nodes {
		used := m.after.usage[n.name].CPU - m.before.usage[n.name].CPU
		idle := m.idleAfter[n.name].CPU - m.idleBefore[n.name].CPU
		x := nodeResult{
			Name: n.name, IdleResident: mb(m.idleAfter[n.name].Resident), Resident: mb(m.after.usage[n.name].Peak),
			IdleCPU: 100 * idle.Seconds() / max(m.IdleFor.Seconds(), 1e-9), CPU: used.Seconds(),
			Relayed: after[n.name].Relayed - before[n.name].Relayed, Received: after[n.name].Received - before[n.name].Received,
		}
		cpu += used
		r.IdleCPU += x.IdleCPU
		r.Relayed += x.Relayed
		r.Received += x.Received
		latency = append(latency, after[n.name].Latency...)
		if n.worker() {
			x.Rate = float64(x.Received) / max(after[n.name].Last-pub.Began, 1e-9)
		}
		if n.worker() && (n.name != benchSource || c.Workers == 1) && (r.RelayRate == 0 || x.Rate < r.RelayRate) {
			r.RelayRate = x.Rate
		}
		r.Nodes = append(r.Nodes, x)
	}
	r.Latency = quantilesOf(latency)
	r.PerEvent = cpu.Seconds() * 1e6 / float64(max(r.Published, 1))
	r.Links = m.links()
	r.balance(m.nodes)
	return r
}

func (n benchedNode) worker() bool { return n.role == cluster.Worker.String() }

func mb(bytes uint64) float64 { return float64(bytes) / 1e6 }

// links lists what went over the links from worker-1 and to the workers.
func (m *clusterMeasurement) links() (list []linkResult) {
	workers := map[string]bool{}
	for _, n := range m.nodes {
		workers[n.name] = n.worker()
	}
	for _, n := range m.nodes {
		for _, p := range m.after.peers[n.name] {
			if n.name != benchSource && !workers[p.Name] {
				continue
			}
			for name, lane := range p.Lanes {
				was := laneOf(m.before.peers[n.name], p.ID, name)
				l := linkResult{From: n.name, To: p.Name, Lane: name, Offered: lane.Offered - was.Offered,
					Dropped: lane.Dropped - was.Dropped, Lost: lane.Lost - was.Lost}
				if l.Offered > 0 && name != step.LaneControl.String() {
					list = append(list, l)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b linkResult) int {
		return strings.Compare(a.From+"\x00"+a.To+"\x00"+a.Lane, b.From+"\x00"+b.To+"\x00"+b.Lane)
	})
	return list
}

func laneOf(peers []node.PeerStats, id, lane string) node.LaneStats {
	if i := slices.IndexFunc(peers, func(p node.PeerStats) bool { return p.ID == id }); i >= 0 {
		return peers[i].Lanes[lane]
	}
	return node.LaneStats{}
}

// balance compares what the scripts have counted with what the links have dropped: not one event may be missing.
func (r *clusterResult) balance(nodes []benchedNode) {
	relays, toWorker := uint64(0), map[string]uint64{}
	for _, l := range r.Links {
		gone := l.Dropped + l.Lost
		r.Dropped += gone
		if l.From == benchSource {
			relays += gone
		} else {
			toWorker[l.To] += gone
		}
	}
	r.compare(r.Relayed, "relayed", relays)
	for i, n := range nodes {
		if n.worker() {
			r.compare(r.Nodes[i].Received, "received by "+n.name, relays+toWorker[n.name])
		}
	}
}

// compare notes it when events are neither counted nor dropped.
func (r *clusterResult) compare(got uint64, what string, gone uint64) {
	if r.Published != got+gone {
		r.Unbalanced = append(r.Unbalanced, fmt.Sprintf("%s published, %s %s, %s dropped on the way",
			thousands(r.Published), thousands(got), what, thousands(gone)))
	}
}

// report makes it readable. The error is that something is missing.
func (m *clusterMeasurement) report(c *benchCluster) (*benchReport, error) {
	v := m.result(c)
	r := &benchReport{values: v}
	r.row("started", "%d nodes in %.2f s", len(v.Nodes)-1, v.Started)
	if idle := v.most(func(n nodeResult) float64 { return n.IdleResident }); idle > 0 && c.Idle > 0 {
		r.row("idle", "%.2f %% of a core for all %d processes over %.1f s, at most %.0f MB each", v.IdleCPU, len(v.Nodes), v.IdleFor, idle)
	}
	r.row("published", "%s in %.1f s: %s events/s", thousands(v.Published), v.Seconds, thousands(uint64(v.Rate)))
	r.row("received", "%s by %d workers: %s events/s each, %s by %s", thousands(v.Received), v.Workers, thousands(uint64(v.RelayRate)),
		thousands(uint64(v.Nodes[v.node(benchSource)].Rate)), benchSource)
	r.row("dropped", "%s", thousands(v.Dropped))
	for _, l := range v.Links {
		if l.Dropped+l.Lost > 0 {
			r.row("", "%s to %s: %s of %s", l.From, l.To, thousands(l.Dropped+l.Lost), thousands(l.Offered))
		}
	}
	r.row("latency", "%s", v.Latency.text())
	if v.PerEvent > 0 {
		r.row("cpu", "%s: %.2f µs an event published", v.cpu(m.nodes), v.PerEvent)
		r.row("memory", "at most %.0f MB a node", v.most(func(n nodeResult) float64 { return n.Resident }))
	}
	if len(v.Unbalanced) > 0 {
		return r, errors.New("events are missing: " + strings.Join(v.Unbalanced, "; "))
	}
	r.row("balance", "published = received + dropped for every worker")
	return r, nil
}

// node is where a node is in the list.
func (r *clusterResult) node(name string) int {
	return slices.IndexFunc(r.Nodes, func(n nodeResult) bool { return n.Name == name })
}

// most is the most that any process has of something.
func (r *clusterResult) most(of func(nodeResult) float64) (most float64) {
	for _, n := range r.Nodes {
		most = max(most, of(n))
	}
	return most
}

// cpu tells who has used how much under load.
func (r *clusterResult) cpu(nodes []benchedNode) string {
	var relays, workers, others float64
	for i, n := range nodes {
		used := r.Nodes[i].CPU
		switch {
		case n.name == benchSource:
		case n.worker():
			workers += used
		case r.Nodes[i].Relayed > 0:
			relays += used
		default:
			others += used
		}
	}
	return fmt.Sprintf("%s %.2f s, who relays %.2f s, other workers %.2f s, others %.2f s", benchSource, r.Nodes[r.node(benchSource)].CPU, relays, workers, others)
}
