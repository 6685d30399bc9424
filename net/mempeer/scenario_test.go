package mempeer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/step"
)

var forwarding = endpoint.Options{Forwarding: true}

func TestPrefixMatching(t *testing.T) { // S09
	c := newCluster(t, 1, Options{})
	pub := c.node("pub", endpoint.Options{})
	a, b, all := c.node("A", endpoint.Options{}), c.node("B", endpoint.Options{}), c.node("E", endpoint.Options{})
	a.subscribe("a")
	b.subscribe("b")
	all.subscribe("")
	for _, n := range []*node{a, b, all} {
		c.join(pub, n)
	}
	a.subscribe("al")
	c.run()
	for _, topic := range []string{"alice", "amy", "bob"} {
		pub.publish(topic, "x")
	}
	c.run()
	c.want(a, "alice=x", "amy=x")
	c.want(b, "bob=x")
	c.want(all, "alice=x", "amy=x", "bob=x")
}

func TestNodeTopics(t *testing.T) { // S10
	c := newCluster(t, 1, Options{})
	manager := c.node("manager", endpoint.Options{})
	var workers []*node
	topic := func(n *node) string { return "zeek/cluster/node/" + n.name + "/" }
	for _, i := range []int{1, 2, 10, 20} {
		w := c.node(fmt.Sprint("worker-", i), endpoint.Options{})
		w.subscribe(topic(w))
		c.join(manager, w)
		workers = append(workers, w)
	}
	for _, w := range workers {
		manager.publish(topic(w), w.name)
	}
	c.run()
	for _, w := range workers {
		c.want(w, topic(w)+"="+w.name)
	}
}

func TestUnsubscribe(t *testing.T) { // S11
	c := newCluster(t, 1, Options{})
	a, b := c.node("A", endpoint.Options{}), c.node("B", endpoint.Options{})
	b.subscribe("x", "y", "x/deep")
	c.join(a, b)
	if !b.party.Unsubscribe("x") || b.party.Unsubscribe("x") || b.party.Unsubscribe("never") {
		t.Error("unsubscribe does not say whether it ended something")
	}
	c.run()
	if f := a.peer(b).Filter(); !slices.Equal(f, broker.Filter{"x/deep", "y"}) {
		t.Errorf("the announced filter is %q: it must shrink, and what was covered must come back", f)
	}
	for _, topic := range []string{"x/1", "y/1", "x/deep/1"} {
		a.publish(topic, "m")
	}
	c.run()
	c.want(b, "y/1=m", "x/deep/1=m")
}

func TestPublishWithoutPeers(t *testing.T) { // S12
	c := newCluster(t, 1, Options{})
	a, b := c.node("A", endpoint.Options{}), c.node("B", endpoint.Options{})
	b.subscribe("t")
	if r, err := a.party.Publish("t", []byte("early")); err != nil || r != (endpoint.Result{}) {
		t.Errorf("without peers: %+v, %v", r, err)
	}
	c.join(a, b)
	a.publish("t", "late")
	c.run()
	c.want(b, "t=late")
}

func TestPublisherDoesNotHearItself(t *testing.T) { // S17
	c := newCluster(t, 1, Options{})
	a, b := c.node("A", endpoint.Options{}), c.node("B", endpoint.Options{})
	a.subscribe("t")
	b.subscribe("t")
	c.join(a, b)
	a.publish("t", "1")
	c.run()
	c.want(a)
	c.want(b, "t=1")
	a.party.Subscribe("t", endpoint.SubscribeOptions{Self: true})
	a.publish("t", "2")
	c.run()
	c.want(a, "t=2")
	c.want(b, "t=2")
}

func TestForwarding(t *testing.T) { // S18, and the topology of a manager between two workers
	for _, on := range []bool{true, false} {
		t.Run(fmt.Sprint("forwarding=", on), func(t *testing.T) {
			c := newCluster(t, 1, Options{})
			opts := endpoint.Options{Forwarding: on}
			a, b, d := c.node("worker-1", opts), c.node("manager", opts), c.node("worker-2", opts)
			a.subscribe("test_topic")
			d.subscribe("test_topic")
			b.party.Forward("test_topic")
			c.join(a, b)
			c.join(b, d)
			a.publish("test_topic/x", "m")
			c.run()
			c.want(a)
			c.want(b)
			if on {
				c.want(d, "test_topic/x=m")
			} else {
				c.want(d)
			}
		})
	}
}

func TestForwardReturns(t *testing.T) { // S19
	n := newCluster(t, 1, Options{}).node("A", endpoint.Options{})
	got := []bool{n.party.Forward("x"), n.party.Forward("x"), n.party.Unsubscribe("x"), n.party.Forward("x")}
	if want := []bool{true, false, true, true}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestTriangle: with forwarding everywhere a message takes both ways round and is raised once.
func TestTriangle(t *testing.T) {
	c := newCluster(t, 1, Options{})
	ns := []*node{c.node("A", forwarding), c.node("B", forwarding), c.node("C", forwarding)}
	for _, n := range ns {
		n.subscribe("t")
	}
	c.join(ns[0], ns[1])
	c.join(ns[1], ns[2])
	c.join(ns[2], ns[0])
	for i, n := range ns {
		n.publish("t", n.name)
		c.run()
		for j, m := range ns {
			if i == j {
				c.want(m)
			} else {
				c.want(m, "t="+n.name)
			}
		}
	}
	for _, n := range ns {
		if s := n.hub.Stats(); s.Not[endpoint.Duplicate] != 2 || s.Not[endpoint.OwnOrigin] != 0 {
			t.Errorf("%s: %d duplicates, %d of its own", n.name, s.Not[endpoint.Duplicate], s.Not[endpoint.OwnOrigin])
		}
	}
}

// TestOneForwarder: the nodes that get copies do not forward themselves.
func TestOneForwarder(t *testing.T) {
	c := newCluster(t, 1, Options{})
	a, b, d := c.node("A", endpoint.Options{}), c.node("B", forwarding), c.node("C", endpoint.Options{})
	d.subscribe("t")
	b.party.Forward("t")
	c.join(a, b)
	c.join(b, d)
	c.join(a, d)
	a.publish("t", "m")
	c.run()
	c.want(d, "t=m")
}

// TestRing sends round a ring of four, where copies meet two hops away and own messages would come back.
func TestRing(t *testing.T) {
	c := newCluster(t, 1, Options{})
	var ns []*node
	for i := range 4 {
		ns = append(ns, c.node(fmt.Sprint("n", i), forwarding))
		ns[i].subscribe("t")
	}
	for i := range ns {
		c.join(ns[i], ns[(i+1)%4])
	}
	ns[0].publish("t", "m")
	c.run()
	c.want(ns[0])
	for _, n := range ns[1:] {
		c.want(n, "t=m")
	}
}

func TestTTL(t *testing.T) {
	c := newCluster(t, 1, Options{})
	var ns []*node
	for i := range 6 {
		ns = append(ns, c.node(fmt.Sprint("n", i), endpoint.Options{Forwarding: true, TTL: 3}))
		ns[i].subscribe("t")
		if i > 0 {
			c.join(ns[i-1], ns[i])
		}
	}
	var ttls []uint16
	for _, n := range ns {
		n.onEvent = func(e *endpoint.Envelope) { ttls = append(ttls, e.TTL) }
	}
	ns[0].publish("t", "m")
	c.run()
	if !slices.Equal(ttls, []uint16{3, 2, 1}) {
		t.Errorf("arrived with %v, want 3 2 1", ttls)
	}
	if s := ns[3].hub.Stats(); s.Not[endpoint.Expired] != 1 {
		t.Errorf("the third hop counts %d expired, want 1", s.Not[endpoint.Expired])
	}
}

func TestReceiver(t *testing.T) {
	c := newCluster(t, 1, Options{})
	a, b, d := c.node("A", endpoint.Options{}), c.node("B", forwarding), c.node("C", endpoint.Options{})
	for _, n := range []*node{a, b, d} {
		n.subscribe("t")
	}
	c.join(a, b)
	c.join(b, d)
	if _, err := a.party.Send(endpoint.Message{Topic: "t", Payload: []byte("m"), Receiver: b.hub.ID()}); err != nil {
		t.Error(err)
	}
	c.run()
	c.want(b, "t=m")
	c.want(d)
	if _, err := a.party.Send(endpoint.Message{Topic: "t", Payload: []byte("m"), Receiver: d.hub.ID()}); broker.CodeOf(err) != broker.NoPathToPeer {
		t.Errorf("to an endpoint two hops away: %v", err)
	}
}

// TestFrozenPeer: one peer that takes no turn stops nobody, and loses the oldest beyond its queue.
func TestFrozenPeer(t *testing.T) {
	opts := Options{Window: 1 << 20}
	opts.Limits[step.LaneEvents].Messages = 1000
	c := newCluster(t, 1, opts)
	pub, good, bad := c.node("pub", endpoint.Options{}), c.node("good", endpoint.Options{}), c.node("bad", endpoint.Options{})
	good.subscribe("t")
	bad.subscribe("t")
	c.join(pub, good)
	c.join(pub, bad)
	bad.frozen = true
	const total = 40_000
	for i := range total {
		pub.publish("t", fmt.Sprintf("%06d %s", i, strings.Repeat(".", 60)))
		if i%500 == 499 {
			c.trace.Reset()
			for pub.turn(); !idle(c, good); pub.turn() {
				c.net.Step(c.now)
				good.turn()
			}
		}
	}
	c.account(link(pub.peer(good)), link(pub.peer(bad)))
	if len(good.got) != total {
		t.Errorf("the good peer got %d of %d", len(good.got), total)
	}
	counters := link(pub.peer(bad)).Counters(step.LaneEvents)
	if counters.Dropped.Messages == 0 {
		t.Error("nothing was dropped for the frozen peer")
	}
	bad.frozen = false
	c.run()
	c.account(link(pub.peer(good)), link(pub.peer(bad)))
	if uint64(len(bad.got))+counters.Dropped.Messages != total || !slices.IsSorted(bad.got) || bad.got[len(bad.got)-1] != good.got[total-1] {
		t.Errorf("it got %d and %d were dropped, of %d; the order must stay and the newest must be there", len(bad.got), counters.Dropped.Messages, total)
	}
}

// idle reports whether n has taken what there is; a frozen node keeps the Net from being idle.
func idle(c *cluster, n *node) bool {
	return len(n.inbox) == 0 && len(c.net.ready) == 0 && c.net.due.Next() > c.now
}

// TestRun plays the same random scenario twice, and once from another seed.
func TestRun(t *testing.T) {
	t.Parallel()
	one, again, other := playRun(t, 7), playRun(t, 7), playRun(t, 8)
	if one != again {
		t.Error("the same seed gave another trace")
	}
	if one == other {
		t.Error("another seed gave the same trace; it is not used")
	}
}

func playRun(t *testing.T, seed uint64) string {
	var c *cluster
	opts := Options{Delay: func(*Link, step.Lane, int) time.Duration {
		return time.Duration(c.rand.IntN(int(50 * time.Millisecond)))
	}}
	c = newCluster(t, seed, opts)
	a, b := c.node("A", forwarding), c.node("B", forwarding)
	c.join(a, b)
	topics := []string{"alpha", "alpine", "beta", "b"}
	for range 300 {
		n := c.nodes[c.rand.IntN(2)]
		topic := topics[c.rand.IntN(len(topics))]
		switch c.rand.IntN(4) {
		case 0:
			n.party.Subscribe(topic[:1+c.rand.IntN(len(topic))], endpoint.SubscribeOptions{Self: c.rand.IntN(2) == 0})
		case 1:
			n.party.Unsubscribe(topic[:1+c.rand.IntN(len(topic))])
		default:
			n.publish(topic, fmt.Sprint(c.rand.IntN(1000)))
		}
		if c.rand.IntN(3) == 0 {
			c.run()
		}
	}
	c.run()
	c.account(link(a.peer(b)))
	return c.trace.String()
}
