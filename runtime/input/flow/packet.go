package flow

import "moonpeer/net/broker"

// Flags are the control flags of a TCP header.
type Flags uint8

// The flags that matter here, in the header's bits.
const (
	FIN Flags = 1 << 0
	SYN Flags = 1 << 1
	RST Flags = 1 << 2
	ACK Flags = 1 << 4
)

// Has tells whether any flag of f2 is set.
func (f Flags) Has(f2 Flags) bool { return f&f2 != 0 }

// Packet is what the table needs to know of one packet. The table keeps nothing of it.
type Packet struct {
	Time     broker.Timestamp
	Src, Dst broker.Address
	// SrcPort and DstPort are ports; for ICMP the type and what [ICMP4Ports] or [ICMP6Ports] make of the rest.
	SrcPort, DstPort uint16
	Proto            broker.Proto
	OneWay           bool // ICMP without a matching reply: the other direction is a connection of its own
	Flags            Flags
	Seq, Ack         uint32
	Payload          int // bytes behind the TCP, UDP or ICMP header, as the IP header tells
	IPLen            int // IP header included
}

// ICMP4Ports returns what an ICMP message carries in its connection's port fields: the type, and the type of the
// matching answer or request. A message that has no such match carries its code instead and is one-way.
func ICMP4Ports(typ, code uint8) (src, dst uint16, oneWay bool) {
	switch typ {
	case 8, 0: // echo request, reply
		return uint16(typ), uint16(8 - typ), false
	case 9, 10: // router advertisement, solicitation
		return uint16(typ), uint16(19 - typ), false
	case 13, 14, 15, 16, 17, 18: // timestamp, information and mask requests are odd, their replies follow
		return uint16(typ), uint16((typ-1)^1) + 1, false
	}
	return uint16(typ), uint16(code), true
}

// ICMP6Ports is ICMP4Ports for ICMPv6.
func ICMP6Ports(typ, code uint8) (src, dst uint16, oneWay bool) {
	switch typ {
	case 128, 129, 130, 131, 144, 145: // echo; multicast listener query, report; home agent discovery
		return uint16(typ), uint16(typ ^ 1), false
	case 133, 134, 135, 136, 139, 140: // router; neighbour; node information
		return uint16(typ), uint16((typ-1)^1) + 1, false
	}
	return uint16(typ), uint16(code), true
}
