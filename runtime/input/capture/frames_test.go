package capture

import (
	"io"
	"net"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/ahead"
	"moonpeer/runtime/input/inputtest"
)

var (
	a4, b4 = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.1.0.10")
	a6, b6 = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	hwA    = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	hwB    = net.HardwareAddr{2, 0, 0, 0, 0, 2}
)

// join writes headers behind each other.
func join(t testing.TB, ls ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, ls...); err != nil {
		t.Fatal(err)
	}
	return append([]byte(nil), buf.Bytes()...)
}

func raw(b ...byte) gopacket.Payload { return b }

func ip4(proto layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: proto, SrcIP: a4.AsSlice(), DstIP: b4.AsSlice()}
}

func ip6(proto layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto, SrcIP: a6.AsSlice(), DstIP: b6.AsSlice()}
}

func ether(typ layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: hwA, DstMAC: hwB, EthernetType: typ}
}

// udp is a datagram with ten bytes, and nothing before it.
func udp(t testing.TB) []byte {
	t.Helper()
	return join(t, &layers.UDP{SrcPort: 40000, DstPort: 9999}, raw(make([]byte, 10)...))
}

// syn is a TCP header with options.
func syn(t testing.TB) []byte {
	t.Helper()
	return join(t, &layers.TCP{SrcPort: 40000, DstPort: 80, Seq: 7, SYN: true, Window: 1,
		Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 0xb4}}}})
}

// list is a source of packets in memory.
type list struct {
	packets []Packet
	wait    bool // at the end, instead of the end
}

func (l *list) Next() (Packet, error) {
	if len(l.packets) == 0 {
		if l.wait {
			return Packet{}, ahead.ErrWait
		}
		return Packet{}, io.EOF
	}
	p := l.packets[0]
	l.packets = l.packets[1:]
	return p, nil
}

func (l *list) Progress() (done, total int64) { return 0, -1 }
func (l *list) Close() error                  { return nil }

// feed runs frames of one link type, a second apart, and returns what the connections were in the end.
func feed(t testing.TB, link LinkType, frames ...[]byte) (*inputtest.Recorder, Stats) {
	t.Helper()
	l := &list{}
	for i, f := range frames {
		l.packets = append(l.packets, Packet{Data: f, Time: broker.Timestamp(i+1) * broker.Timestamp(broker.Second), Timed: true, Link: link})
	}
	s, err := New("test", l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &inputtest.Recorder{}
	if st := inputtest.Drain(s, r, nil); st != input.Done {
		t.Fatalf("ended in %s, %v", st, s.Err())
	}
	return r, s.Stats()
}
