package testlib

import (
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/peering"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
)

// simCluster is sim.cluster{…}: all nodes of a layout, connected.
func (l *Lib) simCluster(L *lua.LState) int {
	o := readOptions(L, "sim.cluster", L.CheckTable(1))
	n := l.newNetwork(L, "sim.cluster", o)
	n.layout = l.layout(L, o)
	opts := l.nodeOptions(L, "sim.cluster", o)
	pcap := l.input(o.file("pcap"))
	start := o.flag("start", true)
	o.done()
	opts.Layout = n.layout
	shard := 0
	for _, member := range n.layout.Nodes() {
		opts := opts
		opts.Name = member.Name
		if pcap != "" && member.Role == cluster.Worker {
			opts.Inputs = node.Inputs{Pcap: []string{pcap}, Shard: shard, Shards: n.layout.Count(cluster.Worker)}
			shard++
		}
		n.load(L, "sim.cluster", opts)
	}
	if start {
		n.world.Start()
		n.await(L)
	}
	L.Push(n.ud)
	return 1
}

// layout makes the nodes' layout, of a file or of how many there are of each role. A host is called as its node.
func (l *Lib) layout(L *lua.LState, o *options) *cluster.Layout {
	file := o.file("layout")
	for _, name := range []string{"loggers", "proxies", "workers"} {
		if file != "" && o.t.RawGetString(name) != lua.LNil {
			L.RaiseError("sim.cluster: %s and layout: the layout says how many there are", name)
		}
	}
	counts := []struct {
		role cluster.Role
		n    int
	}{
		{cluster.Logger, o.count("loggers", 1)}, {cluster.Manager, 1},
		{cluster.Proxy, o.count("proxies", 0)}, {cluster.Worker, o.count("workers", 1)},
	}
	total := 0
	for _, c := range counts {
		total += c.n
	}
	if total > maxNodes {
		L.RaiseError("sim.cluster: %d nodes, %d at most are simulated", total, maxNodes)
	}
	var nodes []cluster.Node
	if file != "" {
		given, err := l.Layout(l.resolve(file))
		if err != nil {
			L.RaiseError("sim.cluster: %s", err.Error())
		}
		nodes = append(nodes, given.Nodes()...)
	} else {
		for _, c := range counts {
			for _, name := range cluster.Names(c.role, c.n) {
				nodes = append(nodes, cluster.Node{Name: name, Role: c.role})
			}
		}
	}
	for i := range nodes {
		nodes[i].Host, nodes[i].Port = nodes[i].Name, peering.DefaultPort
	}
	out, err := cluster.NewLayout(nodes)
	if err != nil {
		L.RaiseError("sim.cluster: %s", err.Error())
	}
	return out
}

// maxNodes is how many nodes a cluster may have: 500 take half a gigabyte.
const maxNodes = 500

// How long a cluster may take to start, on its own clock.
const (
	startStep = 100 * time.Millisecond
	startMost = time.Minute
)

// await lets time pass until all nodes know that the cluster has started.
func (n *network) await(L *lua.LState) {
	for waited := time.Duration(0); ; waited += startStep {
		n.settle(L)
		missing := n.starting()
		if len(missing) == 0 {
			n.began = n.world.Now()
			return
		}
		if waited >= startMost {
			L.RaiseError("sim.cluster: it has not started within %v: %s", startMost, strings.Join(missing, "; "))
		}
		n.check(L, n.world.Advance(startStep))
	}
}

// starting says who still waits for whom.
func (n *network) starting() (out []string) {
	for _, s := range n.nodes {
		if !s.Cluster.Started() {
			out = append(out, fmt.Sprintf("%s misses %s", s.name(), strings.Join(s.Cluster.Missing(), ", ")))
		}
	}
	return out
}
