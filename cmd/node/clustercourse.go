package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/net/step"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

// course is how far the run of a cluster has come (decision 3): the nodes start; a replay goes on until all input is
// done and everything has drained, a live cluster until it is told to stop; then the nodes are stopped in order.
type course struct {
	interrupted bool // by a signal
	ending      bool // what --print names is being printed
	over        bool // the nodes are being stopped
	ready       bool
	last        uint64 // messages at the last poll that balanced; 0: it did not
	socket      string // of the service manager
	began       step.Time
}

const (
	pollEvery   = 50 * time.Millisecond
	pollSeldom  = time.Second // of a cluster that has not started for ten times as long
	pollTimeout = 2 * time.Second
)

// begin tells when the cluster is ready, and follows a replay to its end.
func (c *course) begin(s *clusterParent) {
	c.began = s.Env.Now()
	c.socket = os.Getenv("NOTIFY_SOCKET")
	if every := watchdogPeriod(os.Getenv("WATCHDOG_USEC")); every > 0 && c.socket != "" {
		s.watchdog(every)
	}
	if s.plan.layout == nil {
		s.Domain.Defer(func() { s.Domain.Defer(s.isReady) }) // behind node_init, which is raised in between
		return
	}
	s.poll()
}

// notify tells the service manager, as far as there is one; that it can't be told stops nothing.
func (c *course) notify(state string) { _ = node.Notify(c.socket, state) }

// watchdogPeriod is how often a sign of life is given to a service manager that wants one within so many microseconds;
// zero: it wants none.
func watchdogPeriod(usec string) time.Duration {
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/int64(time.Microsecond) {
		return 0
	}
	return time.Duration(n) * time.Microsecond / 2
}

// watchdog shows the service manager that this loop turns.
func (s *clusterParent) watchdog(every time.Duration) {
	s.course.notify("WATCHDOG=1")
	s.alarms.after(every, func() { s.watchdog(every) })
}

// isReady says that the cluster is.
func (s *clusterParent) isReady() {
	if !s.course.ready {
		s.course.ready = true
		fmt.Fprintln(s.screen.err, "ready")
		s.course.notify("READY=1")
	}
}

// poll asks all nodes how far they are.
func (s *clusterParent) poll() {
	if !s.course.over {
		s.ask(pollTimeout, nil, "drained", nil, s.polled)
	}
}

func (s *clusterParent) polled(a control.Answers) {
	if s.course.ending || s.course.over {
		return
	}
	nodes := map[string]node.Drained{} // by endpoint id
	started := false
	for _, n := range a.Nodes {
		var d node.Drained
		if n.Error != nil || json.Unmarshal(n.Result, &d) != nil || !s.plan.has(n.Node) {
			continue
		}
		nodes[s.ids[n.Node]] = d
		started = started || d.Started
	}
	if started {
		s.isReady()
	}
	switch {
	case !s.plan.replays():
		if s.course.ready {
			return // nothing more to wait for
		}
	case s.drained(nodes):
		s.tellLosses(nodes)
		s.end(askTimeout)
		return
	}
	s.alarms.after(s.course.pause(s.Env.Now()), s.poll)
}

// pause is how long to wait for the next poll: the longer, the longer the cluster has not started, as it may never.
func (c *course) pause(now step.Time) time.Duration {
	if c.ready {
		return pollEvery
	}
	return min(max(pollEvery, now.Sub(c.began)/10), pollSeldom)
}

// drained reports whether all input is done, nobody has anything to do, and every message that was sent has arrived; the
// same at two polls in a row.
func (s *clusterParent) drained(nodes map[string]node.Drained) bool {
	sum, ok := atRest(nodes)
	ok = ok && len(nodes) == len(s.plan.local) && s.course.ready
	before := s.course.last
	s.course.last = 0
	if ok {
		s.course.last = sum
	}
	return ok && before == sum
}

// tellLosses has a replay fail in which messages were dropped or lost.
func (s *clusterParent) tellLosses(nodes map[string]node.Drained) {
	names := map[string]string{}
	for name, id := range s.ids {
		names[id] = name
	}
	for _, l := range losses(nodes, names) {
		s.failed = true
		s.screen.errorf("the replay is not complete: of the messages from %s to %s, %d were dropped and %d were lost", l.from, l.to, l.dropped, l.lost)
	}
}

// printPatience is how long the end of a run that was stopped waits for what --print names.
const printPatience = 2 * time.Second

// end ends the run in good order: what --print names is printed, for which each node has so long, and then the nodes are
// stopped.
func (s *clusterParent) end(patience time.Duration) {
	if s.course.ending {
		return
	}
	s.course.ending = true
	s.printAll(s.plan.c.Print, map[string]bool{}, patience)
}

// printAll prints what --print names, one after the other, and then has the nodes stop. Who is silent is not asked again.
func (s *clusterParent) printAll(ids []string, silent map[string]bool, patience time.Duration) {
	var nodes []string
	for _, r := range s.relay.Running() {
		if s.plan.has(r.Name) && !silent[r.Name] {
			nodes = append(nodes, r.Name)
		}
	}
	if len(ids) == 0 || len(nodes) == 0 || s.course.over {
		s.stop()
		return
	}
	s.ask(patience, nodes, "print", map[string]any{"id": ids[0], "json": s.plan.c.JSON}, func(a control.Answers) {
		for _, n := range a.Nodes {
			s.printed(n)
			silent[n.Node] = n.Error != nil && n.Error.Code == control.CodeTimeOut
		}
		s.printAll(ids[1:], silent, patience)
	})
}

func (s *clusterParent) printed(a control.Answer) {
	var p node.Printed
	switch {
	case a.Error != nil:
		s.failed = true
		fmt.Fprintf(s.screen.err, "%12s   <error: %s>\n", console.Clean(a.Node), console.Clean(a.Error.Message))
	case json.Unmarshal(a.Result, &p) != nil:
		s.failed = true
	default:
		s.failed = s.failed || !p.Known
		if s.plan.c.JSON {
			s.screen.result("{\"node\":%q,%s\n", a.Node, p.JSON[1:])
			return
		}
		s.screen.result("%12s   %s\n", console.Clean(a.Node), p.Text)
	}
}

// has reports whether a node is one of the layout, not one that a script has created.
func (p *clusterPlan) has(name string) bool { return p.layout != nil && p.layout.Node(name) != nil }

// roleOfLocal returns the role of a node of this machine.
func (p *clusterPlan) roleOfLocal(name string) cluster.Role {
	if p.layout != nil {
		if n := p.layout.Node(name); n != nil {
			return n.Role
		}
	}
	return cluster.None
}
