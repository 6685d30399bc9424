package cluster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// PoolSpec says which nodes share some work.
type PoolSpec struct {
	Topic     string // all members subscribe to it
	Type      Role   // Logger, Proxy or Worker
	MaxNodes  int    // at most so many members; negative: all there are
	Exclusive bool   // no other pool may have the members; needs MaxNodes
}

// Pool is the nodes that share some work, the same on every node. Before the cluster is opened it has no members.
type Pool struct {
	Spec PoolSpec

	sites []*Site // in the order in which the layout gave them out
	self  string
	next  map[string]int // round robin: the site to look at first, by key
}

// Site is a member of a pool.
type Site struct {
	Name  string // of the node
	Topic string // of the node alone

	id uint32
	up bool // never true of this node
}

// maxKeys bounds how many round-robin counters a pool remembers: keys may be data. Beyond it all begin anew.
const maxKeys = 65_536

// Sites returns the members in the pool's order. The slice must not be changed.
func (p *Pool) Sites() []*Site { return p.sites }

// HRW returns the member that is up and responsible for a key, which is never this node; nil if none is up.
func (p *Pool) HRW(digest uint32) *Site { return p.choose(digest, false) }

// Owner is HRW with this node among the members.
func (p *Pool) Owner(digest uint32) *Site { return p.choose(digest, true) }

func (p *Pool) choose(digest uint32, withSelf bool) (best *Site) {
	var most uint32
	for _, s := range p.sites {
		if !s.up && !(withSelf && s.Name == p.self) {
			continue
		}
		w := weight(digest, s.id)
		if best == nil || w > most || w == most && s.id > best.id {
			best, most = s, w
		}
	}
	return best
}

// RoundRobin returns the next member that is up, by a counter for each key; nil if none is. This node counts as up.
func (p *Pool) RoundRobin(key string) *Site {
	n := len(p.sites)
	first := p.next[key]
	for k := range n {
		i := (first + k) % n
		if s := p.sites[i]; s.up || s.Name == p.self {
			if p.next == nil || len(p.next) >= maxKeys {
				p.next = map[string]int{}
			}
			p.next[key] = (i + 1) % n
			return s
		}
	}
	return nil
}

// set notes that a node is up or not.
func (p *Pool) set(name string, up bool) {
	for _, s := range p.sites {
		if s.Name == name {
			s.up = up
		}
	}
}

// has reports whether a node is a member.
func (p *Pool) has(name string) bool {
	return slices.ContainsFunc(p.sites, func(s *Site) bool { return s.Name == name })
}

// join makes a node the pool's next member.
func (p *Pool) join(n *Node, taken map[uint32]bool) {
	p.sites = append(p.sites, &Site{Name: n.Name, Topic: NodeTopic(n.Name), id: siteOf(n.Name, taken)})
}

// assign gives every pool its members. All nodes come to the same result without asking each other: pools in the order
// of their topics, nodes in the order of their names, first what is exclusive.
func assign(pools []*Pool, l *Layout, self string) error {
	pools = slices.Clone(pools)
	slices.SortStableFunc(pools, func(a, b *Pool) int { return strings.Compare(a.Spec.Topic, b.Spec.Topic) })
	var errs []error
	for _, role := range [...]Role{Logger, Proxy, Worker} {
		errs = append(errs, assignRole(ofType(pools, role), eligible(l, role), role, self))
	}
	for _, p := range pools {
		switch p.Spec.Type {
		case Logger, Proxy, Worker:
		default:
			errs = append(errs, fmt.Errorf("invalid pool node type %s (pool %q)", p.Spec.Type, p.Spec.Topic))
		}
	}
	return errors.Join(errs...)
}

func ofType(pools []*Pool, r Role) []*Pool {
	return slices.DeleteFunc(slices.Clone(pools), func(p *Pool) bool { return p.Spec.Type != r })
}

// eligible returns the nodes that can be in a pool of some type, by name in byte order.
func eligible(l *Layout, r Role) (nodes []*Node) {
	for i := range l.nodes {
		if l.nodes[i].Role == r {
			nodes = append(nodes, &l.nodes[i])
		}
	}
	slices.SortFunc(nodes, func(a, b *Node) int { return strings.Compare(a.Name, b.Name) })
	if r == Logger && len(nodes) == 0 {
		for i := range l.nodes {
			if l.nodes[i].Role == Manager {
				nodes = append(nodes, &l.nodes[i])
			}
		}
	}
	return nodes
}

// assignRole gives the pools of one type their members: the exclusive ones take theirs off the list, the others go
// round what is left, each beginning where the one before it ended.
func assignRole(pools []*Pool, nodes []*Node, r Role, self string) error {
	needed := 0
	for _, p := range pools {
		if !p.Spec.Exclusive {
			continue
		}
		if p.Spec.MaxNodes < 0 {
			return fmt.Errorf("Cluster::PoolSpec 'max_nodes' field must be set when using the 'exclusive' flag (pool %q)", p.Spec.Topic)
		}
		needed += p.Spec.MaxNodes
	}
	if needed > len(nodes) {
		return fmt.Errorf("not enough %s nodes to satisfy pool exclusivity requirements: need %d nodes", r, needed)
	}
	for _, p := range pools {
		p.sites, p.self = nil, self
		if !p.Spec.Exclusive {
			continue
		}
		taken := map[uint32]bool{}
		for _, n := range nodes[:p.Spec.MaxNodes] {
			p.join(n, taken)
		}
		nodes = nodes[p.Spec.MaxNodes:]
	}
	at := 0
	for _, p := range pools {
		if p.Spec.Exclusive {
			continue
		}
		count := len(nodes)
		if p.Spec.MaxNodes >= 0 {
			count = min(count, p.Spec.MaxNodes)
		}
		taken := make(map[uint32]bool, count)
		for range count {
			p.join(nodes[at], taken)
			at = (at + 1) % len(nodes)
		}
	}
	return nil
}
