package cluster

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"testing"
)

// The vectors are Zeek's regression baselines (zeek/frameworks.md §3.7).

func TestDigest(t *testing.T) {
	count := binary.LittleEndian.AppendUint64([]byte{3, 0, 0, 0}, 123)
	for _, c := range []struct {
		key  string
		want uint32
	}{
		{"a", 0xe40c292c}, {"foobar", 0xbf9cf968}, {"10.0.0.1", 0xdebebe8d}, {string(count), 0xc5b442fd},
		{"proxy-1.0", 0xa214084f}, {"proxy-2.0", 0x6587c75e}, {"worker-4.0", 0xc7240830}, {"manager.0", 0x3f2cbb42},
	} {
		if got := Digest([]byte(c.key)); got != c.want {
			t.Errorf("Digest(%q) = %#x, want %#x", c.key, got, c.want)
		}
	}
}

func TestWeight(t *testing.T) {
	for _, c := range []struct{ digest, site, want uint32 }{
		{0, 0, 1406932606}, {1, 0, 303417361}, {0, 1, 377401575}, {0xffffffff, 0xa214084f, 1126763808},
	} {
		if got := weight(c.digest, c.site); got != c.want {
			t.Errorf("weight(%#x, %#x) = %d, want %d", c.digest, c.site, got, c.want)
		}
	}
}

// poolOf returns a pool of n nodes of a role that are all up.
func poolOf(t testing.TB, r Role, n int) *Pool {
	t.Helper()
	nodes := []Node{{Name: "manager", Role: Manager}}
	for _, name := range Names(r, n) {
		nodes = append(nodes, Node{Name: name, Role: r})
	}
	l, err := NewLayout(nodes)
	if err != nil {
		t.Fatal(err)
	}
	p := &Pool{Spec: PoolSpec{Topic: "p", Type: r, MaxNodes: -1}}
	if err := assign([]*Pool{p}, l, "manager"); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Sites() {
		s.up = true
	}
	return p
}

func TestHRWStrings(t *testing.T) {
	tens := []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8", "10.0.0.9", "10.0.0.10"}
	digits := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	for _, c := range []struct {
		role Role
		n    int
		keys []string
		want string
	}{
		{Proxy, 2, append(tens[:10:10], "172.31.3.96", "alice", "bob", "charlie", ""), "111222111121211"},
		{Worker, 2, digits, "2121121211"},
		{Proxy, 3, append(tens[:10:10], "alice", "bob", "charlie"), "3113333113331"},
		{Worker, 4, append(tens[:10:10], "alice", "bob", "charlie"), "3133344132234"},
	} {
		p := poolOf(t, c.role, c.n)
		got := ""
		for _, k := range c.keys {
			name := p.HRW(Digest([]byte(k))).Name
			got += name[len(name)-1:]
		}
		if got != c.want {
			t.Errorf("%d %v: got %s, want %s", c.n, c.role, got, c.want)
		}
	}
}

func TestHRWCounts(t *testing.T) {
	p := poolOf(t, Proxy, 2)
	for key, want := range map[uint64]string{0: "proxy-2", 1: "proxy-1", 2: "proxy-2", 3: "proxy-2", 13: "proxy-1", 37: "proxy-1", 42: "proxy-1", 101: "proxy-1"} {
		b := binary.LittleEndian.AppendUint64([]byte{3, 0, 0, 0}, key)
		if got := p.HRW(Digest(b)).Name; got != want {
			t.Errorf("count %d: %s, want %s", key, got, want)
		}
	}
}

// TestHRWSpread: each node gets its part of many addresses, and when one goes only its keys move.
func TestHRWSpread(t *testing.T) {
	for n := 2; n <= 4; n++ {
		p := poolOf(t, Proxy, n)
		had := map[string]int{}
		first := make([]string, 10_000)
		for i := range first {
			key := fmt.Sprintf("10.0.%d.%d", i/256, i%256)
			first[i] = p.HRW(Digest([]byte(key))).Name
			had[first[i]]++
		}
		for name, k := range had {
			if share := float64(k) * float64(n) / 10_000; share < 0.96 || share > 1.04 {
				t.Errorf("%d nodes: %s has %d of 10,000", n, name, k)
			}
		}
		p.set("proxy-1", false)
		for i := range first {
			key := fmt.Sprintf("10.0.%d.%d", i/256, i%256)
			if now := p.HRW(Digest([]byte(key))).Name; now != first[i] && first[i] != "proxy-1" {
				t.Fatalf("%s moved from %s to %s, which had nothing to do with it", key, first[i], now)
			}
		}
	}
}

func TestNobodyUp(t *testing.T) {
	p := poolOf(t, Proxy, 2)
	p.set("proxy-1", false)
	p.set("proxy-2", false)
	if p.HRW(1) != nil || p.RoundRobin("") != nil || p.Owner(1) != nil {
		t.Error("a pool of nobody has chosen somebody")
	}
}

func BenchmarkHRW64(b *testing.B) {
	p := poolOf(b, Worker, 64)
	key := []byte("10.0.0.1")
	b.ReportAllocs()
	for b.Loop() {
		p.HRW(Digest(key))
	}
}

// BenchmarkLayout1000 loads a layout of 1,000 nodes and computes the pools.
func BenchmarkLayout1000(b *testing.B) {
	var nodes []Node
	for i := range 1000 {
		r := Worker
		switch {
		case i == 0:
			r = Manager
		case i < 10:
			r = Logger
		case i < 110:
			r = Proxy
		}
		nodes = append(nodes, Node{Name: r.Word() + "-" + strconv.Itoa(i), Role: r, Host: "10.0.0.1", Port: 20000 + i})
	}
	for b.Loop() {
		l, err := NewLayout(nodes)
		if err != nil {
			b.Fatal(err)
		}
		c, err := New(Options{Layout: l, Self: nodes[999].Name})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Open(nowhere{}); err != nil {
			b.Fatal(err)
		}
	}
}
