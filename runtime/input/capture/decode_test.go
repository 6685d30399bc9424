package capture

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"moonpeer/runtime/input/inputtest"
)

const (
	conn4 = "10.0.0.1:40000/udp > 10.1.0.10:9999/udp"
	conn6 = "2001:db8::1:40000/udp > 2001:db8::2:9999/udp"
)

// one wants one connection of one packet.
func one(t *testing.T, r *inputtest.Recorder, want string, ipBytes int) {
	t.Helper()
	if len(r.Ended) != 1 || !strings.HasSuffix(r.Calls[0], " "+want) {
		t.Fatalf("got %q, %q, want one connection %s", r.Calls, r.Warnings, want)
	}
	c := &r.Ended[0]
	if n, _ := c.OrigBytes(); c.Orig.Packets != 1 || c.Orig.IPBytes != uint64(ipBytes) || strings.Contains(want, "udp") && n != 10 {
		t.Errorf("got %d packets of %d bytes with payload %d, want 1 of %d with 10", c.Orig.Packets, c.Orig.IPBytes, n, ipBytes)
	}
}

func TestLinkLayers(t *testing.T) {
	t.Parallel()
	u4 := join(t, ip4(layers.IPProtocolUDP), raw(udp(t)...))
	u6 := join(t, ip6(layers.IPProtocolUDP), raw(udp(t)...))
	sll := func(typ layers.EthernetType) []byte {
		return binary.BigEndian.AppendUint16([]byte{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, uint16(typ))
	}
	sll2 := func(typ layers.EthernetType) []byte {
		return append(binary.BigEndian.AppendUint16(nil, uint16(typ)), 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0)
	}
	mpls := func(label uint32, bottom bool) *layers.MPLS {
		return &layers.MPLS{Label: label, TTL: 64, StackBottom: bottom}
	}
	pppoe := &layers.PPPoE{Version: 1, Type: 1, Code: layers.PPPoECodeSession, SessionId: 7}
	tests := []struct {
		name  string
		link  LinkType
		frame []byte
		want  string
	}{
		{"Ethernet, IPv4", linkEthernet, join(t, ether(layers.EthernetTypeIPv4), raw(u4...)), conn4},
		{"Ethernet, IPv6", linkEthernet, join(t, ether(layers.EthernetTypeIPv6), raw(u6...)), conn6},
		{"Ethernet with padding", linkEthernet, append(join(t, ether(layers.EthernetTypeIPv4), raw(u4...)), make([]byte, 20)...), conn4},
		{"VLAN", linkEthernet, join(t, ether(layers.EthernetTypeDot1Q),
			&layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeIPv4}, raw(u4...)), conn4},
		{"QinQ", linkEthernet, join(t, ether(layers.EthernetTypeQinQ), &layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeDot1Q},
			&layers.Dot1Q{VLANIdentifier: 6, Type: layers.EthernetTypeIPv6}, raw(u6...)), conn6},
		{"MPLS", linkEthernet, join(t, ether(layers.EthernetTypeMPLSUnicast), mpls(100, true), raw(u4...)), conn4},
		{"MPLS, three labels", linkEthernet, join(t, ether(layers.EthernetTypeMPLSUnicast), mpls(100, false), mpls(101, false),
			mpls(102, true), raw(u6...)), conn6},
		{"PPPoE", linkEthernet, join(t, ether(layers.EthernetTypePPPoESession), pppoe, &layers.PPP{PPPType: layers.PPPTypeIPv4}, raw(u4...)), conn4},
		{"PPPoE in a VLAN", linkEthernet, join(t, ether(layers.EthernetTypeDot1Q), &layers.Dot1Q{Type: layers.EthernetTypePPPoESession},
			pppoe, &layers.PPP{PPPType: layers.PPPTypeIPv6}, raw(u6...)), conn6},
		{"PPP", linkPPP, join(t, &layers.PPP{PPPType: layers.PPPTypeIPv4}, raw(u4...)), conn4},
		{"raw, IPv4", linkRaw, u4, conn4},
		{"raw, IPv6", linkRaw, u6, conn6},
		{"raw, as BSD numbers it", linkRawBSD, u4, conn4},
		{"raw, as OpenBSD numbers it", linkRawOpen, u6, conn6},
		{"IPv4", linkIPv4, u4, conn4},
		{"IPv6", linkIPv6, u6, conn6},
		{"null, little-endian", linkNull, append([]byte{2, 0, 0, 0}, u4...), conn4},
		{"null, big-endian", linkNull, append([]byte{0, 0, 0, 2}, u4...), conn4},
		{"null, IPv6 of macOS", linkNull, append([]byte{30, 0, 0, 0}, u6...), conn6},
		{"loop, IPv6 of OpenBSD", linkLoop, append([]byte{0, 0, 0, 24}, u6...), conn6},
		{"Linux cooked", linkSLL, append(sll(layers.EthernetTypeIPv4), u4...), conn4},
		{"Linux cooked, VLAN", linkSLL, append(append(sll(layers.EthernetTypeDot1Q), 0, 5, 0x86, 0xdd), u6...), conn6},
		{"Linux cooked 2", linkSLL2, append(sll2(layers.EthernetTypeIPv6), u6...), conn6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, _ := feed(t, tt.link, tt.frame)
			size := 20 + 18
			if tt.want == conn6 {
				size = 40 + 18
			}
			one(t, r, tt.want, size)
			var d decoder
			for cut := range tt.frame { // anything shorter is no reason to fall over
				d.decode(&Packet{Link: tt.link, Data: tt.frame[:cut]})
			}
		})
	}
}

func TestExtensionHeaders(t *testing.T) {
	t.Parallel()
	const hop, dest, route, frag = layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Destination, layers.IPProtocolIPv6Routing, layers.IPProtocolIPv6Fragment
	// ext is an extension of 8 bytes, its options padding.
	ext := func(next layers.IPProtocol) []byte { return []byte{byte(next), 0, 1, 4, 0, 0, 0, 0} }
	tests := []struct {
		name  string
		chain []layers.IPProtocol
	}{
		{"hop by hop", []layers.IPProtocol{hop}},
		{"destination", []layers.IPProtocol{dest}},
		{"routing", []layers.IPProtocol{route}},
		{"all", []layers.IPProtocol{hop, dest, route, dest}},
		{"a fragment that is whole", []layers.IPProtocol{frag}},
		{"a whole fragment behind options", []layers.IPProtocol{hop, frag, dest}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var headers []byte
			for i := range tt.chain {
				next := layers.IPProtocolUDP
				if i+1 < len(tt.chain) {
					next = tt.chain[i+1]
				}
				if tt.chain[i] == frag {
					headers = append(headers, byte(next), 0, 0, 0, 1, 2, 3, 4)
				} else {
					headers = append(headers, ext(next)...)
				}
			}
			// The library wants to write hop-by-hop headers itself, so the first next header is put in by hand.
			frame := join(t, ip6(layers.IPProtocolUDP), raw(append(headers, udp(t)...)...))
			frame[6] = byte(tt.chain[0])
			r, _ := feed(t, linkIPv6, frame)
			one(t, r, conn6, len(frame))
			var d decoder
			for cut := range frame {
				d.decode(&Packet{Link: linkIPv6, Data: frame[:cut]})
			}
		})
	}
	deep := append([]byte{}, ext(layers.IPProtocolUDP)...)
	for range 20 {
		deep = append(ext(dest), deep...)
	}
	frame := join(t, ip6(layers.IPProtocolUDP), raw(append(deep, udp(t)...)...))
	frame[6] = byte(dest)
	if r, st := feed(t, linkIPv6, frame); st.Malformed != 1 || !strings.Contains(r.Warnings[0], "too many IPv6 extension headers") {
		t.Errorf("twenty extensions: got %+v, %q", st, r.Warnings)
	}
}

func TestTransports(t *testing.T) {
	t.Parallel()
	tcp := join(t, ip4(layers.IPProtocolTCP), raw(syn(t)...))
	badOptions := join(t, ip4(layers.IPProtocolTCP), raw(syn(t)...))
	badOptions[20+21] = 99 // an option longer than the header
	offload4 := join(t, ip4(layers.IPProtocolUDP), raw(udp(t)...))
	offload4[2], offload4[3] = 0, 0
	offload6 := join(t, ip6(layers.IPProtocolUDP), raw(udp(t)...))
	offload6[4], offload6[5] = 0, 0
	echo := join(t, ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)}, raw(1, 2, 3))
	unreachable := join(t, ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 1)})
	neighbour := join(t, ip6(layers.IPProtocolICMPv6), &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(135, 0)}, raw(make([]byte, 20)...))
	tests := []struct {
		name  string
		frame []byte
		want  string
	}{
		{"tcp", tcp, "10.0.0.1:40000/tcp > 10.1.0.10:80/tcp"},
		{"tcp, options not captured", tcp[:40], "10.0.0.1:40000/tcp > 10.1.0.10:80/tcp"},
		{"tcp, options broken", badOptions, "10.0.0.1:40000/tcp > 10.1.0.10:80/tcp"},
		{"udp, no length in IPv4", offload4, conn4},
		{"udp, no length in IPv6", offload6, conn6},
		{"echo", echo, "10.0.0.1:8/icmp > 10.1.0.10:0/icmp"},
		{"unreachable host", unreachable, "10.0.0.1:3/icmp > 10.1.0.10:1/icmp"},
		{"neighbour solicitation", neighbour, "2001:db8::1:135/icmp > 2001:db8::2:136/icmp"},
	}
	for _, tt := range tests {
		r, st := feed(t, linkRaw, tt.frame)
		if len(r.Ended) != 1 || !strings.HasSuffix(r.Calls[0], " "+tt.want) || st.Malformed > 0 {
			t.Errorf("%s: got %q, %q, want %s", tt.name, r.Calls, r.Warnings, tt.want)
		}
	}
}

// What was cut off by the snap length still counts, as the headers tell.
func TestSnapLength(t *testing.T) {
	t.Parallel()
	big := raw(make([]byte, 1000)...)
	data := join(t, ether(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), &layers.TCP{SrcPort: 40000, DstPort: 80, Seq: 1, ACK: true, PSH: true, Ack: 1}, big)
	udp := join(t, ether(layers.EthernetTypeIPv4), ip4(layers.IPProtocolUDP), &layers.UDP{SrcPort: 40000, DstPort: 9999}, big)
	r, _ := feed(t, linkEthernet, data[:60], udp[:60])
	for i := range r.Ended {
		c := &r.Ended[i]
		header := map[bool]uint64{true: 40, false: 28}[c.Proto.String() == "tcp"]
		if n, ok := c.OrigBytes(); n != 1000 || !ok || c.Orig.IPBytes != 1000+header {
			t.Errorf("%s: got payload %d, %d bytes, want 1000, %d", c.Proto, n, c.Orig.IPBytes, 1000+header)
		}
	}
	if len(r.Ended) != 2 {
		t.Errorf("got %d connections, want 2", len(r.Ended))
	}
}

func TestWhatIsNotTracked(t *testing.T) {
	t.Parallel()
	short := func(proto layers.IPProtocol) []byte { return join(t, ip4(proto), raw(1, 2, 3)) }
	lying := join(t, ip4(layers.IPProtocolTCP), raw(syn(t)...))
	lying[3] = 22 // the IP length ends within the TCP header
	tests := []struct {
		name  string
		link  LinkType
		frame []byte
		want  Stats
	}{
		{"ARP", linkEthernet, join(t, ether(layers.EthernetTypeARP), raw(make([]byte, 28)...)), Stats{NotIP: 1}},
		{"LLC", linkEthernet, join(t, &layers.Ethernet{SrcMAC: hwA, DstMAC: hwB, EthernetType: layers.EthernetTypeLLC, Length: 3}, raw(1, 2, 3)), Stats{NotIP: 1}},
		{"PPPoE discovery", linkEthernet, join(t, ether(layers.EthernetTypePPPoEDiscovery),
			&layers.PPPoE{Version: 1, Type: 1, Code: layers.PPPoECodePADI}), Stats{NotIP: 1}},
		{"MPLS of something", linkEthernet, join(t, ether(layers.EthernetTypeMPLSUnicast), &layers.MPLS{StackBottom: true}, raw(0, 0)), Stats{NotIP: 1}},
		{"GRE", linkRaw, short(layers.IPProtocolGRE), Stats{OtherIP: 1}},
		{"ICMPv6 in IPv4", linkRaw, short(layers.IPProtocolICMPv6), Stats{OtherIP: 1}},
		{"no next header", linkRaw, join(t, ip6(layers.IPProtocolNoNextHeader), raw(0)), Stats{OtherIP: 1}},
		{"no version", linkRaw, []byte{0xff, 0, 0}, Stats{NotIP: 1}},
		{"IPv6 announced as IPv4", linkIPv4, join(t, ip6(layers.IPProtocolUDP), raw(udp(t)...)), Stats{Malformed: 1}},
		{"IPv4 announced as IPv6", linkIPv6, join(t, ip4(layers.IPProtocolUDP), raw(make([]byte, 40)...)), Stats{Malformed: 1}},
		{"empty", linkEthernet, nil, Stats{Malformed: 1}},
		{"short tcp", linkRaw, short(layers.IPProtocolTCP), Stats{Malformed: 1}},
		{"short udp", linkRaw, short(layers.IPProtocolUDP), Stats{Malformed: 1}},
		{"short icmp", linkRaw, short(layers.IPProtocolICMPv4), Stats{Malformed: 1}},
		{"lying length", linkRaw, lying, Stats{Malformed: 1}},
		{"vlans without end", linkEthernet, join(t, ether(layers.EthernetTypeDot1Q), raw([]byte(strings.Repeat("\x00\x01\x81\x00", 50))...)), Stats{Malformed: 1}},
		{"802.11", 105, make([]byte, 100), Stats{NotIP: 1}},
	}
	for _, tt := range tests {
		r, st := feed(t, tt.link, tt.frame, tt.frame)
		st.Flow = tt.want.Flow
		want := tt.want
		want.Packets, want.NotIP, want.OtherIP, want.Malformed = 2, 2*want.NotIP, 2*want.OtherIP, 2*want.Malformed
		if st != want {
			t.Errorf("%s: got %+v, want %+v (%q)", tt.name, st, want, r.Warnings)
		}
		if warnings := min(st.Malformed, 1) + map[LinkType]uint64{105: 1}[tt.link]; uint64(len(r.Warnings)) != warnings {
			t.Errorf("%s: got %q, want %d warnings for two packets", tt.name, r.Warnings, warnings)
		}
	}
}
