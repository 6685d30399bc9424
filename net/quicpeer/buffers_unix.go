//go:build unix

package quicpeer

import (
	"net"
	"syscall"
)

// bufferSizes returns what the socket has got. Linux counts its own overhead in, which is half of it.
func bufferSizes(c *net.UDPConn) (read, write int, ok bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, 0, false
	}
	var rerr, werr error
	err = raw.Control(func(fd uintptr) {
		read, rerr = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
		write, werr = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	})
	return read, write, err == nil && rerr == nil && werr == nil
}
