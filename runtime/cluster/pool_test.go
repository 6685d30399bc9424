package cluster

import (
	"slices"
	"strings"
	"testing"
)

func names(p *Pool) (out []string) {
	for _, s := range p.Sites() {
		out = append(out, s.Name)
	}
	return out
}

// TestPools is scenario S27 with more.
func TestPools(t *testing.T) {
	const mine = "zeek/cluster/pool/my_pool"
	for _, c := range []struct {
		name          string
		proxy         PoolSpec
		proxies, mine []string
	}{
		{"exclusive", PoolSpec{MaxNodes: 1, Exclusive: true}, []string{"proxy-1"}, []string{"proxy-2"}},
		{"at most one", PoolSpec{MaxNodes: 1}, []string{"proxy-1"}, []string{"proxy-1", "proxy-2"}},
		{"all", PoolSpec{MaxNodes: -1}, []string{"proxy-1", "proxy-2"}, []string{"proxy-1", "proxy-2"}},
		{"none", PoolSpec{MaxNodes: 0, Exclusive: true}, nil, []string{"proxy-1", "proxy-2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := NewLayout(small())
			if err != nil {
				t.Fatal(err)
			}
			k, err := New(Options{Layout: l, Self: "manager"})
			if err != nil {
				t.Fatal(err)
			}
			c.proxy.Topic, c.proxy.Type = ProxyPoolTopic, Proxy
			if _, err := k.Register(c.proxy); err != nil {
				t.Fatal(err)
			}
			p, err := k.Register(PoolSpec{Topic: mine, Type: Proxy, MaxNodes: -1})
			if err != nil {
				t.Fatal(err)
			}
			if err := k.Open(nowhere{}); err != nil {
				t.Fatal(err)
			}
			if got := names(k.Proxies); !slices.Equal(got, c.proxies) {
				t.Errorf("the pool of proxies is %q, want %q", got, c.proxies)
			}
			if got := names(p); !slices.Equal(got, c.mine) {
				t.Errorf("the other pool is %q, want %q", got, c.mine)
			}
		})
	}
}

// TestLimitedPools: two pools of one node each get different nodes.
func TestLimitedPools(t *testing.T) {
	l, err := NewLayout(small())
	if err != nil {
		t.Fatal(err)
	}
	a, b := &Pool{Spec: PoolSpec{Topic: "a", Type: Proxy, MaxNodes: 1}}, &Pool{Spec: PoolSpec{Topic: "b", Type: Proxy, MaxNodes: 1}}
	if err := assign([]*Pool{b, a}, l, "manager"); err != nil {
		t.Fatal(err)
	}
	if got := append(names(a), names(b)...); !slices.Equal(got, []string{"proxy-1", "proxy-2"}) {
		t.Errorf("got %q", got)
	}
}

// TestPoolErrors is scenario S28.
func TestPoolErrors(t *testing.T) {
	for want, spec := range map[string]PoolSpec{
		"Cluster::PoolSpec 'max_nodes' field must be set when using the 'exclusive' flag": {Topic: "p", Type: Proxy, Exclusive: true, MaxNodes: -1},
		"not enough PROXY nodes to satisfy pool exclusivity requirements: need 3 nodes":   {Topic: "p", Type: Proxy, Exclusive: true, MaxNodes: 3},
		"invalid pool node type MANAGER":                                                  {Topic: "p", Type: Manager, MaxNodes: -1},
	} {
		l, err := NewLayout(small())
		if err != nil {
			t.Fatal(err)
		}
		k, err := New(Options{Layout: l, Self: "manager"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Register(spec); err != nil {
			t.Fatal(err)
		}
		if err := k.Open(nowhere{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestManagerLogs(t *testing.T) {
	l, err := NewLayout([]Node{{Name: "manager", Role: Manager}, {Name: "worker-1", Role: Worker}})
	if err != nil {
		t.Fatal(err)
	}
	p := &Pool{Spec: PoolSpec{Topic: LoggerPoolTopic, Type: Logger, MaxNodes: -1}}
	if err := assign([]*Pool{p}, l, "worker-1"); err != nil {
		t.Fatal(err)
	}
	if got := names(p); !slices.Equal(got, []string{"manager"}) {
		t.Errorf("without a logger the manager logs, got %q", got)
	}
}

// TestRoundRobin is scenario S25's second half.
func TestRoundRobin(t *testing.T) {
	p := poolOf(t, Proxy, 2)
	turn := func(key string, n int) (got string) {
		for range n {
			s := p.RoundRobin(key)
			got += s.Name[len(s.Name)-1:]
		}
		return got
	}
	if got := turn("test", 8); got != "12121212" {
		t.Errorf("got %s", got)
	}
	if got := turn("other", 1) + turn("test", 1) + turn("other", 1); got != "112" {
		t.Errorf("keys share a counter: %s", got)
	}
	p.set("proxy-1", false)
	if got := turn("test", 3); got != "222" {
		t.Errorf("with proxy-1 down: %s", got)
	}
	for i := range 2 * maxKeys {
		p.RoundRobin(string(rune(i)) + "key")
	}
	if len(p.next) > maxKeys {
		t.Errorf("%d keys are remembered", len(p.next))
	}
}

func TestLatePool(t *testing.T) {
	l, err := NewLayout(small())
	if err != nil {
		t.Fatal(err)
	}
	k, err := New(Options{Layout: l, Self: "manager"})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Open(nowhere{}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Register(PoolSpec{Topic: "late", Type: Proxy}); err == nil {
		t.Error("a pool that never gets members was registered")
	}
	if p, err := k.Register(PoolSpec{Topic: ProxyPoolTopic, Type: Proxy, MaxNodes: -1}); err != nil || p != k.Proxies {
		t.Errorf("asking for what is there: %v, %v", p, err)
	}
}

// TestPoolTwice: two policies may name one pool, if they mean the same.
func TestPoolTwice(t *testing.T) {
	k, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := k.Register(PoolSpec{Topic: "p", Type: Proxy, MaxNodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := k.Register(PoolSpec{Topic: "p", Type: Proxy, MaxNodes: 1}); err != nil || again != first {
		t.Errorf("the same again: %v, %v", again, err)
	}
	if _, err := k.Register(PoolSpec{Topic: "p", Type: Worker, MaxNodes: 2}); err == nil {
		t.Error("other settings for it were taken")
	}
}
