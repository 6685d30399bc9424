package capture

import (
	"errors"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"moonpeer/net/broker"
	"moonpeer/runtime/input/flow"
)

var errShort = errors.New("the header is longer than the packet")

// transport decodes the last header that matters. data is what was captured from there on, size how much there was
// on the wire.
func (d *decoder) transport(proto layers.IPProtocol, data []byte, size int, v6 bool) verdict {
	switch {
	case proto == layers.IPProtocolTCP:
		return d.tcpHeader(data, size)
	case proto == layers.IPProtocolUDP:
		return d.udpHeader(data, size)
	case proto == layers.IPProtocolICMPv4 && !v6, proto == layers.IPProtocolICMPv6 && v6:
		return d.icmpHeader(data, size, v6)
	}
	return otherIP
}

func (d *decoder) tcpHeader(data []byte, size int) verdict {
	t := &d.tcp
	// An error in the options, or options that were not captured, leave the fixed header decoded: good enough.
	if err := t.DecodeFromBytes(data, gopacket.NilDecodeFeedback); err != nil && (len(data) < 20 || t.DataOffset < 5) {
		return d.bad(err)
	}
	header := int(t.DataOffset) * 4
	if header > size {
		return d.bad(errShort)
	}
	p := &d.pkt
	p.Proto, p.OneWay = broker.TCP, false
	p.SrcPort, p.DstPort = uint16(t.SrcPort), uint16(t.DstPort)
	p.Seq, p.Ack = t.Seq, t.Ack
	p.Payload = size - header
	p.Flags = 0
	if t.FIN {
		p.Flags |= flow.FIN
	}
	if t.SYN {
		p.Flags |= flow.SYN
	}
	if t.RST {
		p.Flags |= flow.RST
	}
	if t.ACK {
		p.Flags |= flow.ACK
	}
	return decoded
}

func (d *decoder) udpHeader(data []byte, size int) verdict {
	u := &d.udp
	if err := u.DecodeFromBytes(data, gopacket.NilDecodeFeedback); err != nil {
		return d.bad(err)
	}
	if size < 8 {
		return d.bad(errShort)
	}
	p := &d.pkt
	p.Proto, p.OneWay, p.Flags = broker.UDP, false, 0
	p.SrcPort, p.DstPort = uint16(u.SrcPort), uint16(u.DstPort)
	p.Payload = size - 8
	if u.Length != 0 { // 0: a jumbo packet, or segmentation offload
		p.Payload = min(p.Payload, int(u.Length)-8)
	}
	return decoded
}

func (d *decoder) icmpHeader(data []byte, size int, v6 bool) verdict {
	const header = 8
	if len(data) < header || size < header {
		return d.bad(errShort)
	}
	p := &d.pkt
	p.Proto, p.Flags = broker.ICMP, 0
	p.Payload = size - header
	var err error
	if v6 {
		err = d.icmp6.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
		p.SrcPort, p.DstPort, p.OneWay = flow.ICMP6Ports(d.icmp6.TypeCode.Type(), d.icmp6.TypeCode.Code())
	} else {
		err = d.icmp4.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
		p.SrcPort, p.DstPort, p.OneWay = flow.ICMP4Ports(d.icmp4.TypeCode.Type(), d.icmp4.TypeCode.Code())
	}
	if err != nil {
		return d.bad(err)
	}
	return decoded
}
