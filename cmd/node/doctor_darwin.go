package main

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// kernelLimits reads the one setting that there is. The system keeps a ninth of it for its bookkeeping, and refuses a
// socket that asks for more than the rest.
func kernelLimits(want int) []kernelLimit {
	n, err := unix.SysctlUint32("kern.ipc.maxsockbuf")
	return []kernelLimit{{name: "kern.ipc.maxsockbuf", have: int(n), want: want / 8 * 9, err: err}}
}

func bufferSizes(fd uintptr) (receive, send int, err error) { return socketBuffers(fd) }

func tryOffload() error { return errors.ErrUnsupported }

func clockSync() syncReading { return syncReading{} }

func cgroupMemory(fs.FS) uint64 { return unlimited }

func udpOwners(int) []string { return nil }
