//go:build linux || darwin

package main

import "golang.org/x/sys/unix"

// What listening fails with.
const (
	errAddressInUse   = unix.EADDRINUSE
	errAddressRefused = unix.EACCES
	errNoSuchAddress  = unix.EADDRNOTAVAIL
)

func socketBuffers(fd uintptr) (receive, send int, err error) {
	receive, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return 0, 0, err
	}
	send, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
	return receive, send, err
}

// openFiles is how many files this process may have open at once.
func openFiles() (uint64, error) {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	return limit.Cur, err
}

// freeSpace is what the user of this process may still write below a folder, in bytes.
func freeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	err := unix.Statfs(dir, &s)
	return s.Bavail * uint64(s.Bsize), err
}
