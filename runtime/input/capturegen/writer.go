package capturegen

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Writer writes Ethernet frames to a pcap file with microseconds.
type Writer struct {
	// Step is how much time passes before each packet, at first a millisecond.
	Step time.Duration

	out  *pcapgo.Writer
	now  time.Time
	buf  gopacket.SerializeBuffer
	n    int
	err  error
	fill []byte
}

// New returns a writer whose first packet is a Step after start.
func New(w io.Writer, start time.Time) (*Writer, error) {
	out := pcapgo.NewWriter(w)
	if err := out.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		return nil, fmt.Errorf("capture header: %w", err)
	}
	return &Writer{Step: time.Millisecond, out: out, now: start, buf: gopacket.NewSerializeBuffer()}, nil
}

// Err returns the first error of any write.
func (w *Writer) Err() error { return w.err }

// Packets returns how many packets were written.
func (w *Writer) Packets() int { return w.n }

// Wait lets time pass.
func (w *Writer) Wait(d time.Duration) { w.now = w.now.Add(d) }

// At moves the clock, so that the next packet has the time t.
func (w *Writer) At(t time.Time) { w.now = t.Add(-w.Step) }

// Payload returns n bytes of letters; they are the same at each call.
func (w *Writer) Payload(n int) []byte {
	for len(w.fill) < n {
		w.fill = append(w.fill, "abcdefghijklmnopqrstuvwxyz"...)
	}
	return w.fill[:n]
}

// write writes a packet between two hosts.
func (w *Writer) write(src, dst netip.Addr, proto layers.IPProtocol, rest ...gopacket.SerializableLayer) {
	if w.err != nil {
		return
	}
	ip, network := w.network(src, dst, proto)
	for _, l := range rest {
		if t, ok := l.(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			w.err = t.SetNetworkLayerForChecksum(network)
		}
	}
	eth := &layers.Ethernet{SrcMAC: mac(src), DstMAC: mac(dst), EthernetType: layers.EthernetTypeIPv4}
	if src.Is6() {
		eth.EthernetType = layers.EthernetTypeIPv6
	}
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(w.buf, opts, append([]gopacket.SerializableLayer{eth, ip}, rest...)...); err != nil {
		w.err = err
		return
	}
	w.now = w.now.Add(w.Step)
	frame := w.buf.Bytes()
	w.n++
	w.err = w.out.WritePacket(gopacket.CaptureInfo{Timestamp: w.now, CaptureLength: len(frame), Length: len(frame)}, frame)
}

func (w *Writer) network(src, dst netip.Addr, proto layers.IPProtocol) (gopacket.SerializableLayer, gopacket.NetworkLayer) {
	if src.Is6() {
		ip := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
		return ip, ip
	}
	ip := &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: proto, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	return ip, ip
}

// mac makes a hardware address of a host's.
func mac(a netip.Addr) net.HardwareAddr {
	b := a.As16()
	return net.HardwareAddr{2, 0, b[12], b[13], b[14], b[15]}
}
