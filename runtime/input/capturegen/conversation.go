package capturegen

import (
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// TCP is a conversation between a client and a server.
type TCP struct {
	w              *Writer
	client, server netip.AddrPort
	seq, ack       uint32 // next of the client, next of the server
}

// TCP starts a conversation; nothing is written yet. Ends are written as 10.0.0.1:80 or [::1]:80.
func (w *Writer) TCP(client, server string) *TCP {
	c := w.tcp(w.end(client), w.end(server))
	return &c
}

func (w *Writer) tcp(client, server netip.AddrPort) TCP {
	isn := uint32(client.Port()) * 65537
	return TCP{w: w, client: client, server: server, seq: isn, ack: isn + 1<<30}
}

func (w *Writer) end(s string) netip.AddrPort {
	a, err := netip.ParseAddrPort(s)
	if err != nil && w.err == nil {
		w.err = err
	}
	return a
}

var (
	flagsSYNACK = layers.TCP{SYN: true, ACK: true}
	flagsFIN    = layers.TCP{FIN: true, ACK: true}
)

// Open writes the three packets of the handshake.
func (c *TCP) Open() {
	c.SYN()
	c.fromServer(flagsSYNACK, 0)
	c.fromClient(layers.TCP{ACK: true}, 0)
}

// SYN writes the client's SYN.
func (c *TCP) SYN() { c.fromClient(layers.TCP{SYN: true}, 0) }

// Reject writes the server's RST.
func (c *TCP) Reject() { c.fromServer(layers.TCP{RST: true, ACK: true}, 0) }

// Abort writes the client's RST.
func (c *TCP) Abort() { c.fromClient(layers.TCP{RST: true, ACK: true}, 0) }

// Send writes n bytes from the client in one packet.
func (c *TCP) Send(n int) { c.fromClient(layers.TCP{PSH: true, ACK: true}, n) }

// Answer writes n bytes from the server in one packet.
func (c *TCP) Answer(n int) { c.fromServer(layers.TCP{PSH: true, ACK: true}, n) }

// Ack writes the client's acknowledgment.
func (c *TCP) Ack() { c.fromClient(layers.TCP{ACK: true}, 0) }

// Close writes both FINs and the last acknowledgment.
func (c *TCP) Close() {
	c.fromClient(flagsFIN, 0)
	c.fromServer(flagsFIN, 0)
	c.Ack()
}

func (c *TCP) fromClient(t layers.TCP, n int) {
	t.SrcPort, t.DstPort, t.Seq = layers.TCPPort(c.client.Port()), layers.TCPPort(c.server.Port()), c.seq
	if t.ACK {
		t.Ack = c.ack
	}
	c.seq += c.write(&t, c.client, c.server, n)
}

func (c *TCP) fromServer(t layers.TCP, n int) {
	t.SrcPort, t.DstPort, t.Seq, t.Ack = layers.TCPPort(c.server.Port()), layers.TCPPort(c.client.Port()), c.ack, c.seq
	c.ack += c.write(&t, c.server, c.client, n)
}

// write returns how far the packet moves its sender's sequence number.
func (c *TCP) write(t *layers.TCP, from, to netip.AddrPort, n int) uint32 {
	t.Window = 65535
	c.w.write(from.Addr(), to.Addr(), layers.IPProtocolTCP, t, gopacket.Payload(c.w.Payload(n)))
	moved := uint32(n)
	if t.SYN || t.FIN {
		moved++
	}
	return moved
}

// UDP writes one datagram of n bytes.
func (w *Writer) UDP(src, dst string, n int) { w.datagram(w.end(src), w.end(dst), w.Payload(n)) }

func (w *Writer) datagram(from, to netip.AddrPort, payload []byte) {
	w.write(from.Addr(), to.Addr(), layers.IPProtocolUDP,
		&layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}, gopacket.Payload(payload))
}

// Lookup writes a DNS query for the address of name and, unless answer is "", the reply.
func (w *Writer) Lookup(client, resolver, name, answer string) {
	from, to := w.end(client), w.end(resolver)
	q := layers.DNSQuestion{Name: []byte(name), Type: layers.DNSTypeA, Class: layers.DNSClassIN}
	m := layers.DNS{ID: from.Port(), RD: true, QDCount: 1, Questions: []layers.DNSQuestion{q}}
	w.message(from, to, &m)
	if answer == "" {
		return
	}
	ip, err := netip.ParseAddr(answer)
	if err != nil && w.err == nil {
		w.err = err
	}
	m.QR, m.RA, m.ANCount = true, true, 1
	m.Answers = []layers.DNSResourceRecord{{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 300, IP: ip.AsSlice()}}
	w.message(to, from, &m)
}

func (w *Writer) message(from, to netip.AddrPort, m *layers.DNS) {
	buf := gopacket.NewSerializeBuffer()
	if err := m.SerializeTo(buf, gopacket.SerializeOptions{FixLengths: true}); err != nil && w.err == nil {
		w.err = err
	}
	w.datagram(from, to, buf.Bytes())
}

// Ping writes n echo requests with their replies.
func (w *Writer) Ping(src, dst string, n int) {
	from, to := w.end(src+":0").Addr(), w.end(dst+":0").Addr()
	for i := range n {
		echo := func(a, b netip.Addr, typ uint8) {
			w.write(a, b, layers.IPProtocolICMPv4, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(typ, 0),
				Id: 1, Seq: uint16(i)}, gopacket.Payload(w.Payload(56)))
		}
		echo(from, to, layers.ICMPv4TypeEchoRequest)
		echo(to, from, layers.ICMPv4TypeEchoReply)
	}
}
