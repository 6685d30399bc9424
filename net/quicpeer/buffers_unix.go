//go:build unix

package quicpeer

import (
	"net"
	"runtime"
	"syscall"
)

// bufferSizes returns what the socket has got. Linux says twice as much, its own overhead included.
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
	if runtime.GOOS == "linux" {
		read, write = read/2, write/2
	}
	return read, write, err == nil && rerr == nil && werr == nil
}

var buffersRemedy = map[string]string{
	"linux":  "sysctl -w net.core.rmem_max=7340032 net.core.wmem_max=7340032",
	"darwin": "sysctl -w kern.ipc.maxsockbuf=14680064",
}[runtime.GOOS]
