package node

import (
	"os"
	"runtime/metrics"
	"slices"

	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/input"
)

// Status is what a node says of itself: the answer to "status".
type Status struct {
	Name      string      `json:"name"`
	Role      string      `json:"role"`                      // NONE if it belongs to no cluster
	Connected bool        `json:"cluster_started,omitempty"` // it belongs to one, and all nodes of it were connected once
	Missing   []string    `json:"missing,omitempty"`         // nodes that it should be linked with and is not
	PID       int         `json:"pid"`
	ID        string      `json:"id"`      // its endpoint id
	Started   float64     `json:"started"` // seconds since 1970
	Uptime    float64     `json:"uptime"`  // seconds
	Version   string      `json:"version"`
	Ready     bool        `json:"ready"`
	Scripts   []string    `json:"scripts"`
	Input     InputStatus `json:"input"`
	Peers     int         `json:"peers"`
	Memory    Memory      `json:"memory"`
	Events    EventCounts `json:"events"`
	Errors    uint64      `json:"errors"`        // that were reported
	Script    uint64      `json:"script_errors"` // those of scripts among them
	Warnings  uint64      `json:"warnings"`
	ClockTime float64     `json:"clock"` // the node clock, seconds since 1970
	Profiling bool        `json:"profiling,omitempty"`
}

// InputStatus is how far a node is with what it reads.
type InputStatus struct {
	State string `json:"state"` // none, reading, waiting, done, failed
	Read  int64  `json:"read"`  // bytes, as they lie on disk
	Total int64  `json:"total"` // -1: not known
}

// Memory is what a node has of it, in bytes.
type Memory struct {
	Heap     uint64 `json:"heap"`     // objects that are alive or not swept yet
	Resident uint64 `json:"resident"` // of the process; 0 where the system does not say
}

// EventCounts are the domain's counters and its queue.
type EventCounts struct {
	Raised     uint64 `json:"raised"`
	Received   uint64 `json:"received"`
	Dispatched uint64 `json:"dispatched"`
	Unhandled  uint64 `json:"unhandled"`
	Misfits    uint64 `json:"misfits"`
	Refused    uint64 `json:"refused"`
	Errors     uint64 `json:"errors"` // handlers, timers and callbacks that ended with one
	Queued     int    `json:"queued"`
}

// PeerInfo is one peer: an element of the answer to "peers".
type PeerInfo struct {
	Name          string   `json:"name"` // of its node; "" for a Broker
	ID            string   `json:"id"`
	Address       string   `json:"address"`
	Outbound      bool     `json:"outbound"` // this node has dialled it
	Subscriptions []string `json:"subscriptions"`
}

// Stats is the answer to "stats".
type Stats struct {
	Peers    []PeerStats       `json:"peers"`
	Messages map[string]uint64 `json:"messages"` // what the hub has done, and with "not_" in front why it did not
	Events   EventCounts       `json:"events"`
	Memory   Memory            `json:"memory"`
	Routines uint64            `json:"goroutines"`
}

// PeerStats is the account of one peer, also of one that is gone.
type PeerStats struct {
	Name              string               `json:"name"`
	ID                string               `json:"id"`
	Address           string               `json:"address"`
	Connected         bool                 `json:"connected"`
	MaxQueuedRecently uint64               `json:"max_queued_recently"`
	Overflows         uint64               `json:"overflows"`
	Lanes             map[string]LaneStats `json:"lanes"`
}

// LaneStats is the account of one lane: offered = dropped + queued + in_flight + received + lost, and what came from the
// peer. Messages, where not said otherwise.
type LaneStats struct {
	Offered      uint64 `json:"offered"`
	Dropped      uint64 `json:"dropped"`
	Queued       uint64 `json:"queued"`
	InFlight     uint64 `json:"in_flight"`
	Received     uint64 `json:"received"`
	Lost         uint64 `json:"lost"`
	Taken        uint64 `json:"taken"`
	OfferedBytes uint64 `json:"offered_bytes"`
	TakenBytes   uint64 `json:"taken_bytes"`
}

// Drained is the answer to "drained": what a supervisor needs to know whether a run is over (design decision 3). The
// control lane, with its heartbeats, is left out.
type Drained struct {
	Started   bool        `json:"started"`    // the cluster has started
	InputDone bool        `json:"input_done"` // there is nothing left to read
	Idle      bool        `json:"idle"`       // nothing is queued for scripts, and nothing waits in the inbox
	Peers     []PeerStats `json:"peers"`
}

// answerInspection has the node answer what only reads its state.
func (n *Node) answerInspection() {
	n.Answer("status", func(q *Question) { q.Reply(n.status()) })
	n.Answer("peers", func(q *Question) { q.Reply(n.peerInfos()) })
	n.Answer("stats", func(q *Question) { q.Reply(n.stats()) })
	n.Answer("drained", func(q *Question) { q.Reply(n.drained()) })
}

func (n *Node) status() Status {
	r, now := n.Domain.Reports, n.clock.live()
	return Status{
		Name: n.opts.Name, Role: n.Cluster.Role().String(), Connected: n.Cluster.Enabled() && n.Cluster.Started(), Missing: n.Cluster.Missing(),
		PID: os.Getpid(), ID: n.Hub.ID().String(), Version: n.opts.Version,
		Started: seconds(n.controls.began), Uptime: seconds(now - n.controls.began), ClockTime: seconds(n.clock.Now()),
		Ready: n.ready, Scripts: n.opts.Scripts, Input: n.inputStatus(), Peers: len(n.Peers.Peers()), Memory: memory(),
		Events: n.eventCounts(), Errors: r.Errors, Script: r.Scripts, Warnings: r.Warnings,
		Profiling: n.profiling != nil,
	}
}

func (n *Node) inputStatus() InputStatus {
	if n.source == nil {
		return InputStatus{State: "none"}
	}
	s := InputStatus{State: map[input.State]string{input.More: "reading", input.Wait: "waiting", input.Done: "done", input.Failed: "failed"}[n.state]}
	s.Read, s.Total = n.source.Progress()
	return s
}

func (n *Node) eventCounts() EventCounts {
	c := n.Domain.Counters
	return EventCounts{c.Raised, c.Received, c.Dispatched, c.Unhandled, c.Misfits, c.Refused, c.Errors, n.Domain.Queued()}
}

func (n *Node) peerInfos() []PeerInfo {
	out := []PeerInfo{}
	for _, p := range n.Peers.Peers() {
		info := PeerInfo{Name: p.Name, ID: p.ID.String(), Address: p.Address.String(), Outbound: p.Outbound, Subscriptions: []string{}}
		if peer := n.Hub.Peer(p.ID); peer != nil {
			info.Subscriptions = append(info.Subscriptions, peer.Filter()...)
		}
		out = append(out, info)
	}
	slices.SortStableFunc(out, func(a, b PeerInfo) int { return cluster.Compare(n.asNode(a.Name), n.asNode(b.Name)) })
	return out
}

// asNode is a peer as the layout has it; one that it does not have has no role.
func (n *Node) asNode(name string) cluster.Node {
	if l := n.opts.Layout; l != nil && l.Node(name) != nil {
		return *l.Node(name)
	}
	return cluster.Node{Name: name}
}

func (n *Node) stats() Stats {
	h := n.Hub.Stats()
	s := Stats{Events: n.eventCounts(), Memory: memory(), Routines: readMetric("/sched/goroutines:goroutines"), Messages: map[string]uint64{
		"published": h.Published, "received": h.Received, "updates": h.Updates, "delivered": h.Delivered, "sent": h.Sent, "forwarded": h.Forwarded,
	}}
	for r, count := range h.Not {
		if count > 0 {
			s.Messages["not_"+endpoint.Reason(r).String()] = count
		}
	}
	s.Peers = n.peerStats(step.LaneControl)
	return s
}

// peerStats gives the accounts, with the lanes from first on.
func (n *Node) peerStats(first step.Lane) []PeerStats {
	out := []PeerStats{}
	for _, p := range n.Peers.Stats() {
		s := PeerStats{Name: p.Name, ID: p.ID.String(), Address: p.Address.String(), Connected: p.Connected,
			MaxQueuedRecently: p.MaxQueuedRecently, Overflows: p.Overflows, Lanes: map[string]LaneStats{}}
		for l := first; l < step.NumLanes; l++ {
			if c := p.Lanes[l]; c != (peering.LaneStats{}) {
				s.Lanes[l.String()] = LaneStats{c.Offered.Messages, c.Dropped.Messages, c.Queued.Messages, c.InFlight.Messages,
					c.Received.Messages, c.Lost.Messages, c.Taken.Messages, c.Offered.Bytes, c.Taken.Bytes}
			}
		}
		out = append(out, s)
	}
	return out
}

func (n *Node) drained() Drained {
	return Drained{
		Started:   n.Cluster.Started(),
		InputDone: n.source == nil || n.state == input.Done || n.state == input.Failed,
		Idle:      n.Domain.Queued() == 0 && n.inbox.empty(false),
		Peers:     n.peerStats(step.LaneEvents),
	}
}

func memory() Memory {
	return Memory{Heap: readMetric("/memory/classes/heap/objects:bytes"), Resident: resident()}
}

func readMetric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
