package container

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
)

func net(t testing.TB, s string) Subnet {
	t.Helper()
	p := netip.MustParsePrefix(s)
	n := p.Bits()
	if p.Addr().Is4() {
		n += v4Bits
	}
	return Subnet{p.Addr().As16(), uint8(n)}
}

func ip(s string) [16]byte { return netip.MustParseAddr(s).As16() }

func mustSubnetMap(t testing.TB, max int) *SubnetMap {
	t.Helper()
	m, err := NewSubnetMap(max)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSubnetMap(t *testing.T) {
	t.Parallel()
	m := mustSubnetMap(t, 0)
	nets := []string{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "192.168.0.0/24", "2001:db8::/32", "2001:db8:1::/48", "0.0.0.0/1"}
	for i, s := range nets {
		if _, found, err := m.Set(net(t, s), Value{Bits: uint64(i)}); found || err != nil {
			t.Errorf("%s: found %v, %v", s, found, err)
		}
	}
	lookup := func(a, want string) {
		t.Helper()
		v, s, ok := m.Lookup(ip(a))
		if m.Covers(ip(a)) != ok {
			t.Errorf("%s: lookup says %v, covers something else", a, ok)
		}
		if want == "" {
			if ok {
				t.Errorf("%s: got %v, want none", a, s)
			}
			return
		}
		if i := slices.Index(nets, want); !ok || s != net(t, want) || v.Bits != uint64(i) {
			t.Errorf("%s: got %v = %d, %v, want %s = %d", a, s, v.Bits, ok, want, i)
		}
	}
	lookup("10.1.2.3", "10.1.2.3/32")
	lookup("10.1.2.4", "10.1.0.0/16")
	lookup("10.2.2.4", "10.0.0.0/8")
	lookup("11.0.0.1", "0.0.0.0/1")
	lookup("200.0.0.1", "")
	lookup("::ffff:10.1.0.0", "10.1.0.0/16")
	lookup("2001:db8:1::1", "2001:db8:1::/48")
	lookup("2001:db8:2::1", "2001:db8::/32")
	lookup("::1", "")

	if old, found := m.Remove(net(t, "10.1.0.0/16")); !found || old.Bits != 1 {
		t.Errorf("removed %v, %v", old, found)
	}
	lookup("10.1.2.4", "10.0.0.0/8")
	if old, found, _ := m.Set(Subnet{ip("10.9.9.9"), v4Bits + 8}, Value{Bits: 50}); !found || old.Bits != 0 {
		t.Errorf("with host bits: got %v, %v", old, found)
	}
	if v, ok := m.Get(net(t, "10.0.0.0/8")); !ok || v.Bits != 50 {
		t.Errorf("got %v, %v", v, ok)
	}
	var order []uint64
	for it := m.Iter(); it.Next(); {
		if len(order) == 0 && it.Subnet() != net(t, "10.0.0.0/8") {
			t.Errorf("first is %v", it.Subnet())
		}
		order = append(order, it.Value().Bits)
	}
	if want := []uint64{50, 2, 3, 4, 5, 6}; !slices.Equal(order, want) || m.Len() != len(want) {
		t.Errorf("order: got %d, want %d", order, want)
	}
	if _, _, err := m.Set(Subnet{Len: 129}, Value{}); err == nil {
		t.Error("129 bits are accepted")
	}
	if _, ok := m.Get(Subnet{Len: 200}); ok {
		t.Error("200 bits are there")
	}
	m.Clear()
	lookup("10.1.2.3", "")
}

func TestSubnetMapWideNetworksHoldIPv4(t *testing.T) {
	t.Parallel()
	m := mustSubnetMap(t, 0)
	all, quad := net(t, "::/0"), Subnet{ip("0.0.0.0"), 90}
	m.Set(all, Value{Bits: 1})
	for _, a := range []string{"10.0.0.1", "::1", "ffff::"} {
		if v, s, ok := m.Lookup(ip(a)); !ok || v.Bits != 1 || s != all || !m.Covers(ip(a)) {
			t.Errorf("%s: got %v, %v, %v", a, v, s, ok)
		}
	}
	m.Set(quad, Value{Bits: 2})
	if v, s, _ := m.Lookup(ip("10.0.0.1")); v.Bits != 2 || s.Len != 90 {
		t.Errorf("got %v, %v", v, s)
	}
	m.Set(net(t, "10.0.0.0/8"), Value{Bits: 3})
	if v, _, _ := m.Lookup(ip("10.0.0.1")); v.Bits != 3 {
		t.Errorf("got %v", v)
	}
	m.Remove(all)
	m.Remove(quad)
	if m.Covers(ip("11.0.0.1")) || !m.Covers(ip("10.0.0.1")) || m.wide != 0 {
		t.Errorf("after removing: %d wide networks", m.wide)
	}
}

func TestSubnetMapBound(t *testing.T) {
	t.Parallel()
	m, o := mustSubnetMap(t, 2), mustSubnetMap(t, 0)
	for i := range 3 {
		m.Set(net(t, fmt.Sprintf("10.%d.0.0/16", i)), Value{})
	}
	if m.Len() != 2 || m.Dropped() != 1 || m.Covers(ip("10.0.0.1")) || !m.Covers(ip("10.2.0.1")) {
		t.Errorf("got %d networks, %d dropped", m.Len(), m.Dropped())
	}
	m.Swap(o)
	m.Swap(m)
	if m.Len() != 0 || m.Covers(ip("10.2.0.1")) || o.Len() != 2 || !o.Covers(ip("10.2.0.1")) {
		t.Errorf("exchanged: got %d and %d networks", m.Len(), o.Len())
	}
	if _, err := NewSubnetMap(-1); err == nil {
		t.Error("a bound of -1 is accepted")
	}
}

// TestSubnetMapModel compares with looking at every network.
func TestSubnetMapModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(*firstSeed, 5))
	m := mustSubnetMap(t, 0)
	want := map[Subnet]uint64{}
	address := func() (a [16]byte) { // in a small part of the system, so that networks nest
		if r.IntN(2) == 0 {
			a = ip("10.0.0.0")
		} else if r.IntN(2) == 0 {
			a = ip("::ff00:0:0")
		}
		for range 3 {
			a[10+r.IntN(6)] ^= byte(1 << r.IntN(8))
		}
		return a
	}
	for i := range 20000 {
		k := Subnet{address(), uint8(r.IntN(129))}.key()
		s := subnetOf(k[:])
		switch r.IntN(5) {
		case 0, 1:
			if len(want) < 300 {
				m.Set(s, Value{Bits: uint64(i)})
				want[s] = uint64(i)
			}
		case 2:
			_, found := m.Remove(s)
			if _, ok := want[s]; ok != found {
				t.Fatalf("remove %v: %v", s, found)
			}
			delete(want, s)
		default:
			a := address()
			var best Subnet
			found := false
			for n := range want {
				if k := (Subnet{a, n.Len}).key(); [16]byte(k[:16]) == n.Net && (!found || n.Len > best.Len) {
					best, found = n, true
				}
			}
			v, got, ok := m.Lookup(a)
			if ok != found || ok && (got != best || v.Bits != want[best]) || m.Covers(a) != found {
				t.Fatalf("lookup %x: got %v, %v, want %v, %v", a, got, ok, best, found)
			}
		}
	}
	if m.Len() != len(want) {
		t.Errorf("got %d networks, want %d", m.Len(), len(want))
	}
	check(t, m.entries)
}
