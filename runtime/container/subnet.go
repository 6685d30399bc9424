package container

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/gaissmai/bart"
)

const (
	subnetWidth = 17 // bytes of a subnet's key: the address, the length
	v4Bits      = 96 // leading bits of an IPv4 address in 16 bytes, ::ffff:0:0/96
)

// Subnet is a network: an address in 16 bytes, IPv4 as ::ffff:a.b.c.d, and a length over all 128 bits, so that an
// IPv4 /8 is 104. Bits of the address beyond the length are ignored.
type Subnet struct {
	Net [16]byte
	Len uint8
}

// SubnetMap maps networks to values and finds the longest one that an address lies in. As over the whole system a
// length counts over 128 bits, ::/0 holds IPv4 addresses too. It is bounded, does not expire and belongs to one
// goroutine. Entries are in order of insertion.
type SubnetMap struct {
	entries *Table     // by subnet key: values and order
	match   *bart.Lite // the same subnets, for longest match; IPv4 ones as IPv4
	wide    int        // entries whose length is below 96
}

// NewSubnetMap makes an empty map of at most max networks, the oldest of which is dropped for one too many; 0 means
// 268 million.
func NewSubnetMap(max int) (*SubnetMap, error) {
	m := &SubnetMap{match: &bart.Lite{}}
	t, err := NewTable(Options{KeyWidth: subnetWidth, Values: true, MaxSize: max, OnChange: m.changed})
	m.entries = t
	return m, err
}

// changed keeps match equal to entries.
func (m *SubnetMap) changed(what Change, key []byte, _, _ Value) {
	s := subnetOf(key)
	step := 0
	switch what {
	case New:
		m.match.Insert(s.prefix())
		step = 1
	case Removed:
		m.match.Delete(s.prefix())
		step = -1
	}
	if s.Len < v4Bits {
		m.wide += step
	}
}

// Set gives a network a value and returns the one it had. The length must be at most 128.
func (m *SubnetMap) Set(s Subnet, v Value) (old Value, found bool, err error) {
	if s.Len > 128 {
		return Value{}, false, fmt.Errorf("subnet length %d: want 0 to 128", s.Len)
	}
	k := s.key()
	old, found = m.entries.Set(k[:], v, 0)
	return old, found, nil
}

// Get returns the value of exactly this network.
func (m *SubnetMap) Get(s Subnet) (Value, bool) {
	k := s.key()
	return m.entries.Get(k[:], 0)
}

// Remove takes a network out and returns its value.
func (m *SubnetMap) Remove(s Subnet) (old Value, found bool) {
	k := s.key()
	return m.entries.Remove(k[:], 0)
}

// Lookup returns the value and the longest network that a lies in.
func (m *SubnetMap) Lookup(a [16]byte) (Value, Subnet, bool) {
	s, ok := m.longest(a)
	if !ok {
		return Value{}, Subnet{}, false
	}
	v, ok := m.Get(s)
	return v, s, ok
}

// Covers reports whether a lies in one of the networks.
func (m *SubnetMap) Covers(a [16]byte) bool {
	ip := netip.AddrFrom16(a)
	return m.match.Contains(ip.Unmap()) || m.wide > 0 && ip.Is4In6() && m.match.Contains(ip)
}

func (m *SubnetMap) longest(a [16]byte) (Subnet, bool) {
	ip := netip.AddrFrom16(a)
	if ip4 := ip.Unmap(); ip4.Is4() {
		if p, ok := m.match.LookupPrefixLPM(netip.PrefixFrom(ip4, 32)); ok {
			return Subnet{p.Addr().As16(), uint8(p.Bits() + v4Bits)}, true
		}
		if m.wide == 0 {
			return Subnet{}, false
		}
	}
	p, ok := m.match.LookupPrefixLPM(netip.PrefixFrom(ip, 128))
	if !ok {
		return Subnet{}, false
	}
	return Subnet{p.Addr().As16(), uint8(p.Bits())}, true
}

// Len counts the networks.
func (m *SubnetMap) Len() int { return m.entries.count }

// Dropped counts the networks that the bound has cost.
func (m *SubnetMap) Dropped() uint64 { return m.entries.dropped }

// Clear removes everything.
func (m *SubnetMap) Clear() {
	m.entries.Clear()
	m.match, m.wide = &bart.Lite{}, 0
}

// Swap exchanges the contents of two maps, while each keeps its bound.
func (m *SubnetMap) Swap(o *SubnetMap) {
	if m == o {
		return
	}
	m.entries.Swap(o.entries, 0) // of one shape, always
	m.match, o.match = o.match, m.match
	m.wide, o.wide = o.wide, m.wide
}

// SubnetIter walks as Iter does.
type SubnetIter struct{ it Iter }

// Iter begins a walk.
func (m *SubnetMap) Iter() SubnetIter { return SubnetIter{m.entries.Iter()} }

// Next goes to the next network; false: there is none.
func (it *SubnetIter) Next() bool { return it.it.Next(0) }

// Subnet returns the network, its address without bits beyond the length.
func (it *SubnetIter) Subnet() Subnet { return subnetOf(it.it.Key()) }

// Value returns the value as it was when Next came to it.
func (it *SubnetIter) Value() Value { return it.it.Value() }

// key returns the network's key: the address without host bits, then the length.
func (s Subnet) key() (k [subnetWidth]byte) {
	hi, lo := binary.BigEndian.Uint64(s.Net[:8]), binary.BigEndian.Uint64(s.Net[8:])
	if s.Len < 64 {
		hi &= ^(^uint64(0) >> s.Len)
		lo = 0
	} else if s.Len < 128 {
		lo &= ^(^uint64(0) >> (s.Len - 64))
	}
	binary.BigEndian.PutUint64(k[:8], hi)
	binary.BigEndian.PutUint64(k[8:16], lo)
	k[16] = s.Len
	return k
}

func subnetOf(key []byte) Subnet { return Subnet{[16]byte(key[:16]), key[16]} }

// prefix is the network as bart wants it: what lies within ::ffff:0:0/96 as IPv4, which is four steps of its trie
// instead of sixteen; what is wider or elsewhere as IPv6.
func (s Subnet) prefix() netip.Prefix {
	ip := netip.AddrFrom16(s.Net)
	if ip.Is4In6() && s.Len >= v4Bits {
		return netip.PrefixFrom(ip.Unmap(), int(s.Len)-v4Bits)
	}
	return netip.PrefixFrom(ip, int(s.Len))
}
