// Package cluster tests several nodes in one process, linked by memory, on a virtual clock.
package cluster

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/bindings"
	"moonpeer/net/peering"
	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
)

// cluster is a simulated world whose nodes run policies.
type cluster struct {
	*sim.World
	t     testing.TB
	trace bytes.Buffer
}

// member is one node.
type member struct {
	*sim.Node
	read int // of Errors, by debugged
}

func newCluster(t testing.TB, seed uint64) *cluster {
	c := &cluster{t: t}
	w, err := sim.New(sim.Options{Seed: seed, Jitter: 5 * time.Millisecond, Trace: &c.trace})
	if err != nil {
		t.Fatal(err)
	}
	c.World = w
	t.Cleanup(w.Close)
	return c
}

// add makes a node with one policy.
func (c *cluster) add(name, policy string, change ...func(*node.Options)) *member {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), name+".lua")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		c.t.Fatal(err)
	}
	opts := node.Options{Name: name, Scripts: []string{file}, Modules: bindings.Modules}
	for _, f := range change {
		f(&opts)
	}
	n, err := c.Add(opts)
	if err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	return &member{Node: n}
}

// join has a listen and b dial it, and runs until the handshake is done.
func (c *cluster) join(a, b *member) {
	c.t.Helper()
	if !slices.Contains(a.Peers.Listening(), a.Address()) {
		if _, err := a.Peers.Listen(a.Address(), 0, peering.Settings{}); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := b.Peers.Dial(a.Address(), time.Second, func() peering.Settings { return peering.Settings{} }); err != nil {
		c.t.Fatal(err)
	}
	c.run()
	if a.Hub.Peer(b.Hub.ID()) == nil || b.Hub.Peer(a.Hub.ID()) == nil {
		c.t.Fatalf("%s and %s are not peers", a.Name(), b.Name())
	}
}

// start raises node_init everywhere and runs until nothing is left to do.
func (c *cluster) start() {
	c.t.Helper()
	c.Start()
	c.run()
}

// run runs until nothing is in flight.
func (c *cluster) run() {
	c.t.Helper()
	if err := c.Run(); err != nil {
		c.t.Fatal(err)
	}
}

// advance moves the clock.
func (c *cluster) advance(d time.Duration) {
	c.t.Helper()
	if err := c.Advance(d); err != nil {
		c.t.Fatal(err)
	}
}

// lines returns what a node printed.
func (m *member) lines() []string {
	s := strings.TrimSuffix(m.Output(), "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func (m *member) expect(t testing.TB, want ...string) {
	t.Helper()
	if got := m.lines(); !slices.Equal(got, want) {
		t.Errorf("%s printed %q, want %q (reported: %s)", m.Name(), got, want, m.Errors())
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

// write puts a file into a folder of the test's.
func (c *cluster) write(name, text string) string {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return file
}
