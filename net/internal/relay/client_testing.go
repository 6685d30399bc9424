package relay

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
)

// maxPacket is what fits into a UDP packet.
const maxPacket = 1 << 16

// socketBuffer is asked for, so that packets are lost where they are counted. The system may give less.
const socketBuffer = 4 << 20

// client is an address that packets came from, with a socket of its own towards the target, as behind a NAT.
type client struct {
	addr netip.AddrPort
	up   *net.UDPConn
	out  *direction // to the target
	back *direction // to addr
}

// arrival is a packet that a socket has received: from a client if via is nil, else for one, through via.
type arrival struct {
	from   netip.AddrPort
	client *client
	via    *net.UDPConn
	data   []byte
}

// newClient makes the client that addr stands for. It belongs to the loop.
func (r *Relay) newClient(addr netip.AddrPort) (*client, error) {
	c := &client{addr: addr}
	if err := r.connect(c); err != nil {
		return nil, err
	}
	number := 2 * uint64(len(r.clients))
	c.out = newDirection(r.faults.o.Seed, number, func(data []byte) {
		// An error is about an earlier packet, which found nobody at the target; it is told once, and in place of sending.
		if _, err := c.up.Write(data); err != nil {
			c.up.Write(data)
		}
	})
	c.back = newDirection(r.faults.o.Seed, number+1, func(data []byte) { r.down.WriteToUDPAddrPort(data, c.addr) })
	r.clients[addr] = c
	r.order = append(r.order, c)
	return c, nil
}

// connect gives c a new socket, and closes the old one only then, so that the port is another one.
func (r *Relay) connect(c *client) error {
	up, err := net.DialUDP("udp", nil, r.target)
	if err != nil {
		return err
	}
	if c.up != nil {
		c.up.Close()
	}
	c.up = up
	up.SetReadBuffer(socketBuffer)
	r.readers.Go(func() { r.read(up, arrival{client: c, via: up}) })
	return nil
}

// read hands all that conn receives to the loop, until conn is closed; a full inbox makes it wait, and the system
// then drops what does not fit into the socket's buffer. like is what the arrivals have in common.
func (r *Relay) read(conn *net.UDPConn, like arrival) {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an earlier packet of ours was refused, which a network does not tell its users
		}
		a := like
		a.from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		a.data = bytes.Clone(buf[:n])
		select {
		case r.inbox <- a:
		case <-r.stop:
			return
		}
	}
}
