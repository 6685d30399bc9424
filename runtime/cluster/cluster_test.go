package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// nowhere is a Backend without a network.
type nowhere struct{}

func (nowhere) Subscribe(string)                 {}
func (nowhere) Wanted(string) bool               { return false }
func (nowhere) Publish(string, []byte) error     { return nil }
func (nowhere) PublishKept(string, []byte) error { return nil }
func (nowhere) Members() []Member                { return nil }

// network links clusters in a test. What is published waits until deliver.
type network struct {
	t     *testing.T
	nodes []*fakeNode
	queue []func()
	loses func(from *fakeNode, topic string) bool // nil: nothing is lost
}

// fakeNode is one node: its Cluster, and what happened.
type fakeNode struct {
	*Cluster
	net    *network
	me     Member
	subs   []string
	linked map[*fakeNode]bool
	seen   []string
	set    []string // options: what it was told
	full   bool     // PublishKept takes nothing
}

// Subscribe implements Backend.
func (n *fakeNode) Subscribe(prefix string) { n.subs = append(n.subs, prefix) }

// Members implements Backend.
func (n *fakeNode) Members() (out []Member) {
	for o := range n.linked {
		out = append(out, o.me)
	}
	return out
}

// Wanted implements Backend.
func (n *fakeNode) Wanted(string) bool { return true }

// PublishKept implements Backend.
func (n *fakeNode) PublishKept(topic string, payload []byte) error {
	if n.full {
		return errFull
	}
	return n.Publish(topic, payload)
}

var errFull = errors.New("full")

// Publish implements Backend.
func (n *fakeNode) Publish(topic string, payload []byte) error {
	event, err := wire.EventName(payload)
	if err != nil {
		n.net.t.Error(err)
	}
	if n.net.loses != nil && n.net.loses(n, topic) {
		return nil
	}
	for o := range n.linked {
		if slices.ContainsFunc(o.subs, func(s string) bool { return strings.HasPrefix(topic, s) }) {
			n.net.queue = append(n.net.queue, func() {
				if o.linked[n] {
					o.Receive(event, payload, n.me.ID)
				}
			})
		}
	}
	return nil
}

func newNetwork(t *testing.T, nodes []Node) *network {
	t.Helper()
	w := &network{t: t}
	l, err := NewLayout(nodes)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range l.Nodes() {
		w.nodes = append(w.nodes, w.start(l, n.Name, 1))
	}
	return w
}

func (w *network) start(l *Layout, name string, epoch uint64) *fakeNode {
	n := &fakeNode{net: w, linked: map[*fakeNode]bool{}}
	n.me = Member{Name: name, Epoch: epoch, At: name + ":9999"}
	copy(n.me.ID[:], name)
	n.me.ID[15] = byte(epoch)
	c, err := New(Options{Layout: l, Self: name, ID: n.me.ID, Epoch: epoch})
	if err != nil {
		w.t.Fatal(err)
	}
	n.Cluster = c
	c.OnEvent = func(e Event) {
		n.seen = append(n.seen, strings.TrimSpace(fmt.Sprint([]string{"up", "down", "connected", "started"}[e.Kind], " ", e.Name)))
	}
	c.Config.OnChange = func(ch Change) {
		value := ""
		if len(ch.Value) > 2 {
			value = string(ch.Value[2:])
		}
		n.set = append(n.set, fmt.Sprintf("%s=%s new=%t settles=%d", ch.ID, value, ch.New, ch.Settles))
	}
	if err := c.Open(n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *network) node(name string) *fakeNode {
	i := slices.IndexFunc(w.nodes, func(n *fakeNode) bool { return n.me.Name == name })
	return w.nodes[i]
}

// link lets two nodes meet; each decides about the other.
func (w *network) link(a, b *fakeNode) error {
	for _, p := range [][2]*fakeNode{{a, b}, {b, a}} {
		old, err := p[0].Claim(p[1].me)
		if err != nil {
			return err
		}
		for o := range p[0].linked {
			if o.me.ID == old {
				w.cut(p[0], o)
			}
		}
	}
	a.linked[b], b.linked[a] = true, true
	a.PeerUp(b.me)
	b.PeerUp(a.me)
	return nil
}

func (w *network) cut(a, b *fakeNode) {
	delete(a.linked, b)
	delete(b.linked, a)
	a.PeerDown(b.me)
	b.PeerDown(a.me)
}

// meet links everybody with whom it dials.
func (w *network) meet() {
	for _, n := range w.nodes {
		for _, o := range n.Layout().Dials(n.me.Name) {
			if err := w.link(n, w.node(o.Name)); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.deliver()
}

func (w *network) deliver() {
	for len(w.queue) > 0 {
		next := w.queue[0]
		w.queue = w.queue[1:]
		next()
	}
}

func small() []Node {
	return []Node{
		{Name: "manager", Role: Manager, Host: "h", Port: 1}, {Name: "logger", Role: Logger, Host: "h", Port: 2},
		{Name: "proxy-1", Role: Proxy, Host: "h", Port: 3}, {Name: "proxy-2", Role: Proxy, Host: "h", Port: 4},
		{Name: "worker-1", Role: Worker}, {Name: "worker-2", Role: Worker},
	}
}

func count(list []string, s string) (n int) {
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

// TestStarted is scenario S23: every node is told once, and not before all are connected.
func TestStarted(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	for _, n := range w.nodes {
		if got := count(n.seen, "started"); got != 1 || !n.Started() {
			t.Errorf("%s saw cluster_started %d times: %q", n.me.Name, got, n.seen)
		}
	}
	worker := w.node("worker-1")
	if want := []string{"logger", "manager", "proxy-1", "proxy-2"}; !slices.Equal(ups(worker), want) {
		t.Errorf("worker-1 sees %q, want %q", ups(worker), want)
	}
	m := w.node("manager")
	if m.Active(Worker) != 2 || m.Active(Manager) != 0 || m.Count(Manager) != 1 {
		t.Errorf("the manager counts %d workers, %d managers", m.Active(Worker), m.Active(Manager))
	}
}

func ups(n *fakeNode) (names []string) {
	for _, s := range n.seen {
		if name, ok := strings.CutPrefix(s, "up "); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestNotStarted: as long as one node is missing, or gone again, the cluster has not started.
func TestNotStarted(t *testing.T) {
	w := newNetwork(t, small())
	m, l, p1, p2 := w.node("manager"), w.node("logger"), w.node("proxy-1"), w.node("proxy-2")
	for _, pair := range [][2]*fakeNode{{m, l}, {p1, l}, {p1, m}, {p2, l}, {p2, m}} {
		if err := w.link(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"worker-1", "worker-2"} {
		for _, o := range []*fakeNode{l, m, p1} {
			if err := w.link(w.node(name), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.deliver()
	if m.Started() {
		t.Fatal("started, and no worker is linked with proxy-2")
	}
	if got := w.node("worker-1").Missing(); !slices.Equal(got, []string{"proxy-2"}) {
		t.Errorf("worker-1 waits for %q", got)
	}
	w.cut(p2, m)
	for _, name := range []string{"worker-1", "worker-2"} {
		if err := w.link(w.node(name), p2); err != nil {
			t.Fatal(err)
		}
	}
	w.deliver()
	if m.Started() {
		t.Fatal("started, and proxy-2 is gone")
	}
	if err := w.link(p2, m); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	if !m.Started() || !w.node("worker-2").Started() {
		t.Error("not started, and everybody is there")
	}
}

// TestRestarts: a worker that comes back is told that the cluster has started, a manager that comes back finds out.
func TestRestarts(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	m, l := w.node("manager"), w.node("logger")
	again := w.start(m.Layout(), "worker-1", 2)
	for _, o := range []string{"logger", "manager", "proxy-1", "proxy-2"} {
		if err := w.link(again, w.node(o)); err != nil {
			t.Fatal(err)
		}
	}
	w.deliver()
	if got := count(again.seen, "started"); got != 1 {
		t.Errorf("worker-1 after its restart saw cluster_started %d times", got)
	}
	if got := m.seen[len(m.seen)-3:]; !slices.Equal(got, []string{"down worker-1", "up worker-1", "connected worker-1"}) {
		t.Errorf("the manager saw %q", got)
	}
	if m.Active(Worker) != 2 {
		t.Errorf("the manager counts %d workers", m.Active(Worker))
	}
	manager := w.start(m.Layout(), "manager", 2)
	for o := range m.linked {
		if err := w.link(o, manager); err != nil {
			t.Fatal(err)
		}
	}
	w.deliver()
	if got := count(manager.seen, "started"); got != 1 {
		t.Errorf("the new manager saw cluster_started %d times: %q", got, manager.seen)
	}
	if got := count(l.seen, "started"); got != 1 {
		t.Errorf("the logger saw cluster_started %d times", got)
	}
}

// TestClaims: who may be a node.
func TestClaims(t *testing.T) {
	w := newNetwork(t, small())
	w.meet()
	m := w.node("manager")
	worker := w.node("worker-1").me
	id := func(b byte) (id broker.EndpointID) { id[0] = b; return id }
	for _, c := range []struct {
		name    string
		claim   Member
		replace broker.EndpointID
		err     string
	}{
		{name: "a stranger", claim: Member{Name: "sub", ID: id(1)}},
		{name: "the same again", claim: worker},
		{name: "a newer one", claim: Member{Name: "worker-1", Epoch: 2, ID: id(1), At: "b:2"}, replace: worker.ID},
		{name: "an equal one", claim: Member{Name: "worker-1", Epoch: 1, ID: id(1), At: "b:2"},
			err: `"worker-1" is here already, from worker-1:9999 with epoch 1; b:2 claims the name with epoch 1`},
		{name: "an older one", claim: Member{Name: "worker-1", Epoch: 0, ID: id(1), At: "b:2"}, err: "here already"},
		{name: "myself", claim: Member{Name: "manager", Epoch: 9, ID: id(1), At: "b:2"}, err: "which is this node"},
		{name: "a certificate for another", claim: Member{Name: "worker-2", Epoch: 9, ID: id(1), At: "b:2", Granted: []string{"worker-1"}}, err: `its certificate is for ["worker-1"]`},
		{name: "a certificate for it", claim: Member{Name: "worker-2", Epoch: 9, ID: id(1), At: "b:2", Granted: []string{"worker-2"}}, replace: w.node("worker-2").me.ID},
	} {
		got, err := m.Claim(c.claim)
		if got != c.replace || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: replaces %v, err %v", c.name, got, err)
		}
	}
}

// TestLies: events of the cluster that don't come from whom they should are dropped.
func TestLies(t *testing.T) {
	w := newNetwork(t, small())
	m, worker := w.node("manager"), w.node("worker-1")
	if err := w.link(worker, m); err != nil {
		t.Fatal(err)
	}
	if !worker.Receive([]byte(eventStarted), nil, broker.EndpointID{9}) || worker.Started() {
		t.Error("a stranger has started the cluster")
	}
	m.Receive([]byte(eventFullyConnected), []byte("nonsense"), worker.me.ID)
	if !m.pending["worker-1"] {
		t.Error("nonsense was believed")
	}
	if worker.Receive([]byte("EX::found"), nil, m.me.ID) {
		t.Error("took an event that is a script's")
	}
}

func TestStandalone(t *testing.T) {
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(nowhere{}); err != nil {
		t.Fatal(err)
	}
	if c.Enabled() || c.Role() != None || !c.Started() || c.Proxies.HRW(1) != nil || c.Proxies.RoundRobin("x") != nil || c.Count(Worker) != 0 {
		t.Error("a node of no cluster has one")
	}
}

func TestUnknownSelf(t *testing.T) {
	l, err := NewLayout(small())
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(Options{Layout: l, Self: "worker-9"})
	if err == nil || err.Error() != "'worker-9' is not a valid node in the Cluster::nodes configuration" {
		t.Errorf("got %v", err)
	}
}

// TestBlipBeforeStart: a node that says again that it is connected has not started the cluster by that.
func TestBlipBeforeStart(t *testing.T) {
	w := newNetwork(t, small())
	m, w1 := w.node("manager"), w.node("worker-1")
	for _, n := range w.nodes {
		for _, o := range n.Layout().Dials(n.me.Name) {
			if n.me.Name == "worker-2" {
				continue
			}
			if err := w.link(n, w.node(o.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.deliver()
	w.cut(w1, m)
	if err := w.link(w1, m); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	if m.Started() {
		t.Error("started, and worker-2 was never there")
	}
}

// TestRefusedIsTold: the debug stream says who is refused, and why.
func TestRefusedIsTold(t *testing.T) {
	var said []string
	l, err := NewLayout(small())
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Layout: l, Self: "manager", Debugf: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }})
	if err != nil {
		t.Fatal(err)
	}
	c.Claim(Member{Name: "manager", At: "b:2"})
	if len(said) != 1 || !strings.Contains(said[0], `refused: b:2 says it is "manager"`) {
		t.Errorf("said %q", said)
	}
}

// TestLiesAreCounted: who sends nonsense for ever does not fill the log.
func TestLiesAreCounted(t *testing.T) {
	var log strings.Builder
	l, err := NewLayout(small())
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Layout: l, Self: "manager", Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for range 5000 {
		c.Receive([]byte(eventStarted), nil, broker.EndpointID{9})
	}
	if got := strings.Count(log.String(), "\n"); got != 4 {
		t.Errorf("%d lines for 5000 lies, want those of 1, 10, 100 and 1000", got)
	}
}
