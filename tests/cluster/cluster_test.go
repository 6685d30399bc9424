// Package cluster tests several nodes in one process, linked by memory, on a virtual clock.
package cluster

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/bindings"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// cluster is some nodes and the wires between them.
type cluster struct {
	t      testing.TB
	now    step.Time
	net    *mempeer.Net
	nodes  []*member
	trace  bytes.Buffer // every frame that arrives
	rounds int
	epoch  uint64 // of nodes that are added
}

// member is one node with what it printed and reported.
type member struct {
	*node.Node
	name      string
	out, errs bytes.Buffer
}

func newCluster(t testing.TB, seed uint64) *cluster {
	c := &cluster{t: t, now: 1}
	delay := rand.New(rand.NewPCG(seed, 1))
	c.net = mempeer.New(mempeer.Options{
		Delay: func(*mempeer.Link, step.Lane, int) time.Duration { return time.Duration(delay.IntN(5_000_000)) },
		Trace: func(a mempeer.Arrival) {
			fmt.Fprintf(&c.trace, "%d %s->%s %v %x\n", a.At, a.From, a.To, a.Lane, a.Frame)
		},
	})
	return c
}

// add starts a node with one policy.
func (c *cluster) add(name, policy string, change ...func(*node.Options)) *member {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), name+".lua")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		c.t.Fatal(err)
	}
	m := &member{name: name}
	opts := node.Options{Name: name, Scripts: []string{file}, Stdout: &m.out, Stderr: &m.errs, Modules: bindings.Modules}
	for _, f := range change {
		f(&opts)
	}
	n, err := node.New(opts, node.System{
		Now:   func() step.Time { return c.now },
		Wall:  func() int64 { return 1_700_000_000e9 + int64(c.now) },
		Rand:  rand.New(rand.NewPCG(7, uint64(len(c.nodes)))),
		Epoch: c.epoch,
		Transport: func(inbox step.Inbox, log *slog.Logger) peering.Transport {
			return c.net.Transport(mempeer.End{Name: name, Inbox: inbox, Log: log})
		},
	})
	if err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	m.Node = n
	c.nodes = append(c.nodes, m)
	return m
}

// address is where a node listens.
func (m *member) address() peering.Address {
	return peering.Address{Transport: "quic", Host: m.name, Port: peering.DefaultPort}
}

// join has a listen and b dial it, and runs until the handshake is done.
func (c *cluster) join(a, b *member) {
	c.t.Helper()
	if !slices.Contains(a.Peers.Listening(), a.address()) {
		if _, err := a.Peers.Listen(a.address(), 0, peering.Settings{}); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := b.Peers.Dial(a.address(), time.Second, func() peering.Settings { return peering.Settings{} }); err != nil {
		c.t.Fatal(err)
	}
	c.run()
	if a.Hub.Peer(b.Hub.ID()) == nil || b.Hub.Peer(a.Hub.ID()) == nil {
		c.t.Fatalf("%s and %s are not peers", a.name, b.name)
	}
}

// start raises node_init everywhere and runs until nothing is left to do.
func (c *cluster) start() {
	for _, m := range c.nodes {
		m.Start()
	}
	c.run()
}

// run turns the nodes and moves the bytes until nothing is in flight. The clock moves to when the wires deliver.
func (c *cluster) run() {
	c.t.Helper()
	for quiet := 0; quiet < 2; { // a step may have delivered, so one quiet round is not enough
		busy := false
		for _, m := range c.nodes {
			busy = m.Turn(c.now) <= c.now || busy
		}
		busy = c.net.Step(c.now) || busy
		at := c.net.Next()
		switch {
		case busy:
			quiet = 0
		case at != step.Never:
			quiet, c.now = 0, max(c.now, at)
		default:
			quiet++
		}
		if c.rounds++; c.rounds > 20_000 {
			c.t.Fatal("the cluster does not come to rest")
		}
	}
}

// lines returns what a node printed.
func (m *member) lines() []string {
	s := strings.TrimSuffix(m.out.String(), "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func (m *member) expect(t testing.TB, want ...string) {
	t.Helper()
	if got := m.lines(); !slices.Equal(got, want) {
		t.Errorf("%s printed %q, want %q (reported: %s)", m.name, got, want, m.errs.String())
	}
}

const pingPong = `
local PP = namespace "PP"
local T = "zeek/event/my_topic"
local ping, pong = PP:event("ping", "msg: string, n: count"), PP:event("pong", "msg: string, n: count")
local start = PP:event("start", "")
broker.subscribe(T)
start:on(function() broker.publish(T, ping, "my-message", 1) end)
ping:on(function(m, n) print("ping", m, n, event.is_remote()) if n < 5 then broker.publish(T, pong, m, n) end end)
pong:on(function(m, n) print("pong", m, n) broker.publish(T, ping, m, n + 1) end)
`

// TestTwoNodesTwice is scenario S01 without the network: events go back and forth in order. Run twice from one seed
// it moves the same bytes at the same moments.
func TestTwoNodesTwice(t *testing.T) {
	once := func(seed uint64) string {
		c := newCluster(t, seed)
		s, r := c.add("s", pingPong), c.add("r", pingPong)
		c.join(s, r)
		c.start()
		s.Domain.Raise(s.Domain.Event("PP::start"), nil)
		c.run()
		r.expect(t, "ping\tmy-message\t1\ttrue", "ping\tmy-message\t2\ttrue", "ping\tmy-message\t3\ttrue", "ping\tmy-message\t4\ttrue", "ping\tmy-message\t5\ttrue")
		s.expect(t, "pong\tmy-message\t1", "pong\tmy-message\t2", "pong\tmy-message\t3", "pong\tmy-message\t4")
		return c.trace.String()
	}
	first, second, other := once(7), once(7), once(8)
	if first != second {
		t.Errorf("two runs from one seed differ:\n%s\n---\n%s", first, second)
	}
	if first == other {
		t.Error("another seed makes no difference: the trace says nothing")
	}
}
