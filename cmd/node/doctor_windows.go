package main

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/windows"
)

// What listening fails with.
const (
	errAddressInUse   = windows.WSAEADDRINUSE
	errAddressRefused = windows.WSAEACCES
	errNoSuchAddress  = windows.WSAEADDRNOTAVAIL
)

func kernelLimits(int) []kernelLimit { return nil }

func bufferSizes(fd uintptr) (receive, send int, err error) {
	receive, err = windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_RCVBUF)
	if err != nil {
		return 0, 0, err
	}
	send, err = windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_SNDBUF)
	return receive, send, err
}

func tryOffload() error { return errors.ErrUnsupported }

func clockSync() syncReading { return syncReading{} }

func openFiles() (uint64, error) { return 0, errors.ErrUnsupported }

func cgroupMemory(fs.FS) uint64 { return unlimited }

func udpOwners(int) []string { return nil }

// freeSpace is what the user of this process may still write below a folder, in bytes.
func freeSpace(dir string) (free uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	return free, err
}
