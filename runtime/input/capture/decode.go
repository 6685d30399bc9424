package capture

import (
	"errors"
	"fmt"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"moonpeer/runtime/input/flow"
)

// The link types that are read, by their numbers in captures.
const (
	linkNull     LinkType = 0
	linkEthernet LinkType = 1
	linkPPP      LinkType = 9
	linkRawBSD   LinkType = 12
	linkRawOpen  LinkType = 14
	linkRaw      LinkType = 101
	linkLoop     LinkType = 108
	linkSLL      LinkType = 113
	linkIPv4     LinkType = 228
	linkIPv6     LinkType = 229
	linkSLL2     LinkType = 276
)

// checkLink returns an error for a link type that is not read.
func checkLink(l LinkType) error {
	if _, ok := firstLayer(l, nil); !ok {
		return fmt.Errorf("link type %d (%s) is not supported: want Ethernet, raw IP, loopback, Linux cooked or PPP",
			l, layers.LinkType(l))
	}
	return nil
}

// firstLayer returns the first header of a packet.
func firstLayer(l LinkType, data []byte) (gopacket.LayerType, bool) {
	switch l {
	case linkEthernet:
		return layers.LayerTypeEthernet, true
	case linkNull, linkLoop:
		return layers.LayerTypeLoopback, true
	case linkSLL:
		return layers.LayerTypeLinuxSLL, true
	case linkSLL2:
		return layers.LayerTypeLinuxSLL2, true
	case linkPPP:
		return layers.LayerTypePPP, true
	case linkIPv4:
		return layers.LayerTypeIPv4, true
	case linkIPv6:
		return layers.LayerTypeIPv6, true
	case linkRaw, linkRawBSD, linkRawOpen:
		return ipVersion(data), true
	}
	return 0, false
}

// ipVersion tells from its first byte what a packet without a link header is.
func ipVersion(data []byte) gopacket.LayerType {
	if len(data) > 0 {
		switch data[0] >> 4 {
		case 4:
			return layers.LayerTypeIPv4
		case 6:
			return layers.LayerTypeIPv6
		}
	}
	return gopacket.LayerTypeZero
}

// verdict is what became of a packet.
type verdict uint8

const (
	decoded   verdict = iota // pkt is filled
	notIP                    // ARP and the like, or a link type that is not read
	otherIP                  // IP, but neither TCP, UDP nor ICMP
	fragment                 // a piece of a packet whose rest is missing
	malformed                // err says why
)

// maxHeaders bounds how many headers lie in each other, links and IPv6 extensions each.
const maxHeaders = 16

// decoder finds the headers of one packet after the other. All layers are used again for each.
type decoder struct {
	pkt flow.Packet // what was decoded; its Time is the caller's
	err error       // of the last malformed packet

	eth    layers.Ethernet
	vlan   layers.Dot1Q
	sll    layers.LinuxSLL
	sll2   layers.LinuxSLL2
	loop   layers.Loopback
	single single
	ip4    layers.IPv4
	ip6    layers.IPv6
	ext    layers.IPv6ExtensionSkipper
	frag6  layers.IPv6Fragment
	tcp    layers.TCP
	udp    layers.UDP
	icmp4  layers.ICMPv4
	icmp6  layers.ICMPv6
	frags  fragments
}

// decode decodes a packet. The library checks lengths; should it panic all the same, the packet is malformed.
func (d *decoder) decode(p *Packet) (v verdict) {
	defer func() {
		if r := recover(); r != nil {
			d.err, v = fmt.Errorf("%v", r), malformed
		}
	}()
	typ, ok := firstLayer(p.Link, p.Data)
	if !ok {
		return notIP
	}
	data := p.Data
	for range maxHeaders {
		var err error
		switch typ {
		case layers.LayerTypeEthernet:
			if err = d.eth.DecodeFromBytes(data, gopacket.NilDecodeFeedback); err == nil {
				data, typ = d.eth.Payload, d.eth.NextLayerType()
			}
		case layers.LayerTypeIPv4:
			return d.ipv4(data)
		case layers.LayerTypeIPv6:
			return d.ipv6(data)
		default:
			var known bool
			if data, typ, known, err = d.link(typ, data); !known {
				return notIP
			}
		}
		if err != nil {
			return d.bad(err)
		}
	}
	return d.bad(errors.New("too many link headers in each other"))
}

// link decodes the rarer link headers.
func (d *decoder) link(typ gopacket.LayerType, data []byte) (rest []byte, next gopacket.LayerType, known bool, err error) {
	switch typ {
	case layers.LayerTypeDot1Q:
		err = d.vlan.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
		return d.vlan.Payload, d.vlan.NextLayerType(), true, err
	case layers.LayerTypeLinuxSLL:
		err = d.sll.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
		return d.sll.Payload, d.sll.NextLayerType(), true, err
	case layers.LayerTypeLinuxSLL2:
		err = d.sll2.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
		return d.sll2.Payload, d.sll2.NextLayerType(), true, err
	case layers.LayerTypeLoopback:
		err = d.loop.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
		return d.loop.Payload, d.loop.NextLayerType(), true, err
	case layers.LayerTypeMPLS, layers.LayerTypePPPoE, layers.LayerTypePPP:
		rest, next, err = d.single.decode(typ, data)
		return rest, next, true, err
	}
	return nil, 0, false, nil
}

func (d *decoder) bad(err error) verdict {
	d.err = err
	return malformed
}
