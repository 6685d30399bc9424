package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"moonpeer/net/broker"
)

// Options say which cluster a node belongs to.
type Options struct {
	Layout *Layout // nil: none, the node is on its own
	Self   string  // this node's name in the layout
	ID     broker.EndpointID
	Epoch  uint64
	Log    *slog.Logger // nil: nobody wants to know
	// Debugf takes lines of the debug stream `cluster`. Nil: nobody looks.
	Debugf func(format string, args ...any)
}

// Event is something that happened in the cluster, for scripts.
type Event struct {
	Kind      EventKind
	Name, ID  string // of the node it is about; "" for Started
	Resending bool   // FullyConnected: the cluster has started, as the node was told by a manager that is gone
}

// EventKind says which event it is.
type EventKind uint8

// The events, with Zeek's names in scripts (zeek/frameworks.md §3.4).
const (
	NodeUp         EventKind = iota // Cluster::node_up
	NodeDown                        // Cluster::node_down
	FullyConnected                  // Cluster::node_fully_connected
	Started                         // Cluster::cluster_started
)

// Cluster is a node's view of its cluster. Make one with New; only the loop may use it.
type Cluster struct {
	// OnEvent is called with everything that scripts want to know. It must not call the cluster.
	OnEvent func(Event)

	opts    Options
	self    *Node // nil: not in a cluster
	backend Backend
	pools   []*Pool // in the order in which they were registered
	opened  bool
	up      map[string]Member // members by name
	waits   []string          // names that this node is to be linked with and has not been yet
	told    bool              // this node has said that it is fully connected
	pending map[string]bool   // on the manager: who has not said so yet
	started bool
	dropped seldom // events of the cluster that were not believed

	// Config is the values of options that were set while the cluster runs.
	Config *Config
	// Proxies, Workers and Loggers are the pools that are always there.
	Proxies, Workers, Loggers *Pool
}

// standingPools is how many pools there are from the beginning.
const standingPools = 3

// New returns a cluster that is not opened yet. The error is about the node's name.
func New(opts Options) (*Cluster, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Debugf == nil {
		opts.Debugf = func(string, ...any) {}
	}
	c := &Cluster{opts: opts, up: map[string]Member{}}
	c.Config = newConfig(c)
	for _, p := range []struct {
		to    **Pool
		topic string
		role  Role
	}{{&c.Proxies, ProxyPoolTopic, Proxy}, {&c.Workers, WorkerPoolTopic, Worker}, {&c.Loggers, LoggerPoolTopic, Logger}} {
		*p.to = &Pool{Spec: PoolSpec{Topic: p.topic, Type: p.role, MaxNodes: -1}}
		c.pools = append(c.pools, *p.to)
	}
	if opts.Layout == nil {
		return c, nil
	}
	if c.self = opts.Layout.Node(opts.Self); c.self == nil {
		return nil, fmt.Errorf("'%s' is not a valid node in the Cluster::nodes configuration", opts.Self)
	}
	return c, nil
}

// Enabled reports whether the node belongs to a cluster.
func (c *Cluster) Enabled() bool { return c.self != nil }

// Self returns the node's name in the layout; "" if it belongs to no cluster.
func (c *Cluster) Self() string {
	if c.self == nil {
		return ""
	}
	return c.self.Name
}

// Role returns the node's own role; None if it belongs to no cluster.
func (c *Cluster) Role() Role {
	if c.self == nil {
		return None
	}
	return c.self.Role
}

// Layout returns the layout; nil if the node belongs to no cluster.
func (c *Cluster) Layout() *Layout { return c.opts.Layout }

// Manager returns the name of the cluster's manager; "" if the node belongs to no cluster.
func (c *Cluster) Manager() string {
	if c.self == nil {
		return ""
	}
	return c.opts.Layout.manager
}

// Count returns how many nodes of the layout have a role.
func (c *Cluster) Count(r Role) int {
	if c.self == nil {
		return 0
	}
	return c.opts.Layout.Count(r)
}

// Active returns how many nodes with a role are up, as this node sees it and without itself.
func (c *Cluster) Active(r Role) (n int) {
	for name := range c.up {
		if c.opts.Layout.Node(name).Role == r {
			n++
		}
	}
	return n
}

// Up returns the member called name, if it is up.
func (c *Cluster) Up(name string) (m Member, ok bool) {
	m, ok = c.up[name]
	return m, ok
}

// Wanted reports whether somebody may want what is published on a topic.
func (c *Cluster) Wanted(topic string) bool { return c.backend != nil && c.backend.Wanted(topic) }

// Publish sends a message to the other nodes, as Backend does.
func (c *Cluster) Publish(topic string, payload []byte) error {
	if c.backend == nil {
		return errors.New("the node has not joined its cluster yet")
	}
	return c.backend.Publish(topic, payload)
}

// Started reports whether the cluster has started, as far as this node was told. A node of no cluster has.
func (c *Cluster) Started() bool { return c.started || c.self == nil }

// Missing returns the names of the nodes that this one should be linked with and is not.
func (c *Cluster) Missing() (names []string) {
	if c.self == nil {
		return nil
	}
	for _, n := range c.opts.Layout.Linked(c.self.Name) {
		if _, up := c.up[n.Name]; !up {
			names = append(names, n.Name)
		}
	}
	return names
}

// Register adds a pool, before the cluster is opened. A second call for a topic returns the pool that is there; the error
// says that it differs, or that it is too late.
func (c *Cluster) Register(spec PoolSpec) (*Pool, error) {
	for i, p := range c.pools {
		if p.Spec.Topic != spec.Topic {
			continue
		}
		standing := i < standingPools // whose settings may be changed
		if p.Spec != spec && (c.opened || !standing) {
			return nil, fmt.Errorf("pool %q is registered with other settings", spec.Topic)
		}
		p.Spec = spec
		return p, nil
	}
	if c.opened {
		return nil, fmt.Errorf("pool %q: pools are registered in node_init or before", spec.Topic)
	}
	p := &Pool{Spec: spec}
	c.pools = append(c.pools, p)
	return p, nil
}

// Check returns why the pools that are registered so far can't be what they should; nil if they can, and for a node of no
// cluster. Pools that node_init registers are looked at by Open.
func (c *Cluster) Check() error {
	if c.self == nil {
		return nil
	}
	return assign(c.pools, c.opts.Layout, c.self.Name)
}

// Open gives the pools their members, subscribes to what is this node's, and begins to follow who is up. The node calls
// it when node_init has run, before it listens and dials. The error says why the pools can't be what they should.
func (c *Cluster) Open(b Backend) error {
	c.opened = true
	if c.self == nil {
		return nil
	}
	c.backend = b
	l := c.opts.Layout
	if err := assign(c.pools, l, c.self.Name); err != nil {
		return err
	}
	for _, p := range c.pools {
		if p.has(c.self.Name) {
			b.Subscribe(p.Spec.Topic)
		}
	}
	if t := roleTopic(c.self.Role); t != "" {
		b.Subscribe(t)
	}
	b.Subscribe(NodeIDTopic(c.opts.ID.String()))
	b.Subscribe(NodeTopic(c.self.Name))
	b.Subscribe(StartedTopic)
	for _, n := range l.Linked(c.self.Name) {
		c.waits = append(c.waits, n.Name)
	}
	if c.self.Role == Manager {
		c.pending = make(map[string]bool, len(l.nodes))
		for i := range l.nodes {
			if l.nodes[i].Role != Control {
				c.pending[l.nodes[i].Name] = true
			}
		}
	}
	for _, m := range b.Members() {
		c.PeerUp(m)
	}
	c.connected()
	return nil
}

// Claim decides whether somebody who says that it is a node may be a peer (see the package's text). replace is the
// endpoint whose place it takes; the error says why it is refused.
func (c *Cluster) Claim(m Member) (replace broker.EndpointID, err error) {
	if c.self == nil || c.opts.Layout.Node(m.Name) == nil {
		return replace, nil
	}
	if replace, err = c.judge(m); err != nil {
		c.opts.Debugf("refused: %v", err)
	}
	return replace, err
}

func (c *Cluster) judge(m Member) (replace broker.EndpointID, err error) {
	if m.Granted != nil && !slices.Contains(m.Granted, m.Name) {
		return replace, fmt.Errorf("%s says it is %q, and its certificate is for %q", m.At, m.Name, m.Granted)
	}
	if m.Name == c.self.Name {
		return replace, fmt.Errorf("%s says it is %q, which is this node", m.At, m.Name)
	}
	old, is := c.up[m.Name]
	switch {
	case !is || old.ID == m.ID:
		return replace, nil
	case m.Epoch > old.Epoch:
		c.opts.Log.Info("a node was restarted", "node", m.Name, "at", m.At, "epoch", m.Epoch, "before", old.Epoch)
		return old.ID, nil
	}
	return replace, fmt.Errorf("%q is here already, from %s with epoch %d; %s claims the name with epoch %d", m.Name, old.At, old.Epoch, m.At, m.Epoch)
}

// PeerUp tells of a peer that was taken up.
func (c *Cluster) PeerUp(m Member) {
	if !c.opened || c.self == nil {
		return
	}
	if c.opts.Layout.Node(m.Name) == nil {
		c.opts.Debugf("a peer that is no node of the cluster: %q, at %s", m.Name, m.At)
		return
	}
	id := m.ID.String()
	c.opts.Debugf("got hello from %s (%s), epoch %d", m.Name, id, m.Epoch)
	c.up[m.Name] = m
	c.setPools(m.Name, true)
	c.event(Event{Kind: NodeUp, Name: m.Name, ID: id})
	c.Config.peerUp(m)
	if i := slices.Index(c.waits, m.Name); i >= 0 {
		c.waits = slices.Delete(c.waits, i, i+1)
	}
	switch {
	case c.told && c.opts.Layout.Node(m.Name).Role == Manager:
		c.tellManager()
	default:
		c.connected()
	}
}

// PeerDown tells that a peer is gone.
func (c *Cluster) PeerDown(m Member) {
	is, ok := c.up[m.Name]
	if !ok || is.ID != m.ID {
		return
	}
	delete(c.up, m.Name)
	c.setPools(m.Name, false)
	c.opts.Debugf("node down: %s (%s)", m.Name, m.ID)
	if c.pending != nil && !c.started {
		c.pending[m.Name] = true // it has to say so again
	}
	c.event(Event{Kind: NodeDown, Name: m.Name, ID: m.ID.String()})
}

func (c *Cluster) setPools(name string, up bool) {
	for _, p := range c.pools {
		p.set(name, up)
	}
}

func (c *Cluster) event(e Event) {
	if c.OnEvent != nil {
		c.OnEvent(e)
	}
}
