package capture

import (
	"errors"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// ipv4 decodes from an IPv4 header on.
func (d *decoder) ipv4(data []byte) verdict {
	ip := &d.ip4
	if err := ip.DecodeFromBytes(data, gopacket.NilDecodeFeedback); err != nil {
		return d.bad(err)
	}
	if ip.Version != 4 {
		return d.bad(errVersion)
	}
	total := int(ip.Length)
	size := total - int(ip.IHL)*4
	if ip.Flags&layers.IPv4MoreFragments != 0 || ip.FragOffset != 0 {
		switch {
		case len(ip.Payload) >= size:
			if ip = d.frags.add4(ip, int64(d.pkt.Time)); ip == nil {
				return fragment
			}
			total, size = int(ip.Length), len(ip.Payload)
		case ip.FragOffset != 0:
			return fragment // captured in part only, it can't be put together
		}
	}
	d.pkt.IPLen = total
	src, dst := (*[4]byte)(ip.SrcIP), (*[4]byte)(ip.DstIP)
	d.pkt.Src = [16]byte{10: 0xff, 11: 0xff, 12: src[0], 13: src[1], 14: src[2], 15: src[3]}
	d.pkt.Dst = [16]byte{10: 0xff, 11: 0xff, 12: dst[0], 13: dst[1], 14: dst[2], 15: dst[3]}
	return d.transport(ip.Protocol, ip.Payload, size, false)
}

var errVersion = errors.New("an IP header of another version than announced")

// ipv6 decodes from an IPv6 header on.
func (d *decoder) ipv6(data []byte) verdict {
	ip := &d.ip6
	if err := ip.DecodeFromBytes(data, gopacket.NilDecodeFeedback); err != nil {
		// Segmentation offload leaves the length at 0; only options may make a jumbo packet of that.
		if len(data) < 40 || ip.Length != 0 || ip.NextHeader == layers.IPProtocolIPv6HopByHop {
			return d.bad(err)
		}
	}
	if ip.Version != 6 {
		return d.bad(errVersion)
	}
	next, size := ip.NextHeader, int(ip.Length)
	if size == 0 {
		size = len(data) - 40
	}
	d.pkt.IPLen = 40 + size
	if ip.HopByHop != nil { // the library has taken it off
		next, size = ip.HopByHop.NextHeader, size-ip.HopByHop.ActualLength
	}
	d.pkt.Src, d.pkt.Dst = [16]byte(ip.SrcIP), [16]byte(ip.DstIP)
	return d.extensions(next, ip.Payload, size)
}

// extensions goes through the headers between IPv6 and the transport. data and size are as in transport.
func (d *decoder) extensions(next layers.IPProtocol, data []byte, size int) verdict {
	for range maxHeaders {
		switch next {
		case layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Routing, layers.IPProtocolIPv6Destination:
			if err := d.ext.DecodeFromBytes(data, gopacket.NilDecodeFeedback); err != nil {
				return d.bad(err)
			}
			size -= len(d.ext.Contents)
			next, data = d.ext.NextHeader, d.ext.Payload
		case layers.IPProtocolIPv6Fragment:
			f := &d.frag6
			if err := f.DecodeFromBytes(data, gopacket.NilDecodeFeedback); err != nil {
				return d.bad(err)
			}
			size -= len(f.Contents)
			next, data = f.NextHeader, f.Payload
			switch {
			case !f.MoreFragments && f.FragmentOffset == 0: // whole
			case len(data) >= size:
				whole := d.frags.add6(&d.ip6, f, int64(d.pkt.Time))
				if whole == nil {
					return fragment
				}
				d.pkt.IPLen += len(whole.Payload) - size - len(f.Contents)
				next, data, size = whole.NextHeader, whole.Payload, len(whole.Payload)
			case f.FragmentOffset != 0:
				return fragment
			}
		default:
			return d.transport(next, data, size, true)
		}
	}
	return d.bad(errors.New("too many IPv6 extension headers"))
}
