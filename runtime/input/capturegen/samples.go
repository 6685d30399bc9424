package capturegen

import (
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Small writes the capture of the README: five web connections of four clients with 10.1.0.10:80, lookups at
// 10.1.0.53 and one at a resolver nobody expects, a scan that is rejected, a ping, and log messages that nobody
// answers.
func Small(out io.Writer) error {
	w, err := New(out, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	if err != nil {
		return err
	}
	for i, client := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1", "10.0.0.4"} {
		resolver := "10.1.0.53:53"
		if client == "10.0.0.3" {
			resolver = "10.9.9.9:53"
		}
		w.Lookup(fmt.Sprintf("%s:%d", client, 50000+i), resolver, "www.example.org", "10.1.0.10")
		c := w.TCP(fmt.Sprintf("%s:%d", client, 40000+i), "10.1.0.10:80")
		c.Open()
		c.Send(80 + i)
		c.Answer(1000 * (i + 1) % 1400)
		c.Close()
		w.Wait(2 * time.Second)
	}
	for i := range 4 {
		c := w.TCP(fmt.Sprintf("10.0.0.99:%d", 45000+i), fmt.Sprintf("10.1.0.10:%d", 21+i))
		c.SYN()
		c.Reject()
	}
	w.TCP("10.0.0.99:45004", "10.1.0.11:22").SYN()
	w.UDP("10.0.0.7:40007", "10.1.0.20:514", 120)
	w.UDP("10.0.0.7:40007", "10.1.0.20:514", 97)
	w.Ping("10.0.0.2", "10.1.0.10", 1)
	return w.Err()
}

// ShortPackets is the number of packets in each of the connections that Short writes.
const ShortPackets = 10

// Short writes n connections of ten packets, each 10 ms long, one starting every 100 µs: a hundred go on at any time,
// and at a tracker that keeps a closed connection for 5 seconds, 50,000 are known.
func Short(out io.Writer, n int) error {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	w, err := New(out, start)
	if err != nil {
		return err
	}
	const apart, step, window = 100 * time.Microsecond, time.Millisecond, 100
	var open [window]TCP
	server := netip.MustParseAddrPort("10.1.0.10:80")
	for slot := 0; slot < n+window && w.Err() == nil; slot++ {
		// In each slot the connections that started 0, 10, 20 … slots ago write their next packet.
		for packet := ShortPackets - 1; packet >= 0; packet-- {
			i := slot - packet*int(step/apart)
			if i < 0 || i >= n {
				continue
			}
			c := &open[i%window]
			if packet == 0 {
				client := netip.AddrFrom4([4]byte{10, byte(2 + i>>16), byte(i >> 8), byte(i)})
				*c = w.tcp(netip.AddrPortFrom(client, uint16(1024+i%60000)), server)
			}
			w.At(start.Add(time.Duration(slot)*apart + time.Duration(ShortPackets-packet)*time.Microsecond))
			c.short(packet)
		}
	}
	return w.Err()
}

// short writes one packet of a short connection.
func (c *TCP) short(packet int) {
	switch packet {
	case 0:
		c.SYN()
	case 1:
		c.fromServer(flagsSYNACK, 0)
	case 2, 5, 9:
		c.Ack()
	case 3:
		c.Send(100)
	case 4, 6:
		c.Answer(200)
	case 7:
		c.fromClient(flagsFIN, 0)
	case 8:
		c.fromServer(flagsFIN, 0)
	}
}
