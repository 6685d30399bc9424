package flow

import "moonpeer/net/broker"

// PortSet is a set of TCP and UDP ports. The zero value is empty.
type PortSet struct{ tcp, udp [1 << 16 / 64]uint64 }

// NewPortSet returns the set of ports; those of other protocols are left out.
func NewPortSet(ports ...broker.Port) *PortSet {
	s := &PortSet{}
	for _, p := range ports {
		s.add(p.Proto, p.Number)
	}
	return s
}

// Has tells whether a port is in the set.
func (s *PortSet) Has(proto broker.Proto, n uint16) bool {
	switch proto {
	case broker.TCP:
		return s.tcp[n/64]&(1<<(n%64)) != 0
	case broker.UDP:
		return s.udp[n/64]&(1<<(n%64)) != 0
	}
	return false
}

func (s *PortSet) add(proto broker.Proto, n uint16) {
	switch proto {
	case broker.TCP:
		s.tcp[n/64] |= 1 << (n % 64)
	case broker.UDP:
		s.udp[n/64] |= 1 << (n % 64)
	}
}

// LikelyServerPorts returns a new set of the ports that Zeek takes for a server's.
func LikelyServerPorts() *PortSet {
	s := &PortSet{}
	for _, n := range [...]uint16{21, 22, 25, 53, 79, 80, 81, 88, 135, 139, 143, 389, 443, 445, 465, 502, 514, 563,
		585, 587, 614, 631, 636, 989, 990, 992, 993, 995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5222, 5223,
		5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000} {
		s.add(broker.TCP, n)
	}
	for _, n := range [...]uint16{53, 67, 88, 123, 137, 161, 162, 389, 443, 514, 1812, 3389, 4011, 5060, 5353, 5355,
		20000,
		2123, 2152, 3544, 4754, 4789, 5072, 6081} { // tunnels: GTP, Teredo, GRE, VXLAN, AYIYA, Geneve
		s.add(broker.UDP, n)
	}
	return s
}

// flips tells whether the sender of the first packet is more likely the responder. A broadcast address is neither
// asked nor answers.
func (s *PortSet) flips(p *Packet) bool {
	if !s.Has(p.Proto, p.SrcPort) || p.Src == broadcast || p.Dst == broadcast {
		return false
	}
	dst := s.Has(p.Proto, p.DstPort)
	if p.Proto == broker.UDP {
		return !dst
	}
	switch {
	case p.Flags&(SYN|ACK) == SYN:
		return false
	case dst:
		return !p.Flags.Has(SYN) && p.SrcPort < p.DstPort
	}
	return true
}

var broadcast = broker.AddressFrom4([4]byte{255, 255, 255, 255})
