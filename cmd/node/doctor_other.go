//go:build !linux && !darwin && !windows

package main

import (
	"errors"
	"io/fs"
	"syscall"
)

// What listening fails with.
const (
	errAddressInUse   = syscall.EADDRINUSE
	errAddressRefused = syscall.EACCES
	errNoSuchAddress  = syscall.EADDRNOTAVAIL
)

func kernelLimits(int) []kernelLimit { return nil }

func bufferSizes(uintptr) (receive, send int, err error) { return 0, 0, errors.ErrUnsupported }

func tryOffload() error { return errors.ErrUnsupported }

func clockSync() syncReading { return syncReading{} }

func openFiles() (uint64, error) { return 0, errors.ErrUnsupported }

func cgroupMemory(fs.FS) uint64 { return unlimited }

func udpOwners(int) []string { return nil }

func freeSpace(string) (uint64, error) { return 0, errors.ErrUnsupported }
