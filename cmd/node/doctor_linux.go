package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// kernelLimits reads what bounds a socket's buffers.
func kernelLimits(want int) (limits []kernelLimit) {
	for _, name := range []string{"net.core.rmem_max", "net.core.wmem_max"} {
		l := kernelLimit{name: name, want: want}
		var text []byte
		if text, l.err = os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/")); l.err == nil {
			l.have, l.err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		limits = append(limits, l)
	}
	return limits
}

// bufferSizes tells what a socket has. Linux answers with twice what it gives to data, the other half is for its
// bookkeeping.
func bufferSizes(fd uintptr) (receive, send int, err error) {
	receive, send, err = socketBuffers(fd)
	return receive / 2, send / 2, err
}

// tryOffload asks a socket to cut what is sent into packets of an Ethernet's size.
func tryOffload() error {
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, 1452) })
	return errors.Join(err, inner)
}

// clockSync asks the kernel whether somebody sets its clock; it changes nothing.
func clockSync() syncReading {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return syncReading{
		known:    true,
		synced:   state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0,
		maxError: time.Duration(t.Maxerror) * time.Microsecond,
		err:      err,
	}
}

// cgroupMemory is the smallest memory limit of the groups that this process is in, versions 1 and 2. root is the root
// of the file system; inside a container the path of a group may not be visible, then those above it count.
func cgroupMemory(root fs.FS) uint64 {
	limit := uint64(unlimited)
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return limit
	}
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		mount, file := "sys/fs/cgroup", "memory.max"
		switch {
		case slices.Contains(strings.Split(controllers, ","), "memory"):
			mount, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case controllers != "":
			continue
		}
		for group = path.Clean("/" + group); ; group = path.Dir(group) {
			limit = min(limit, readLimit(root, path.Join(mount, group, file)))
			if group == "/" {
				break
			}
		}
	}
	return limit
}

// readLimit reads one limit; version 1 says "none" by a number near the largest.
func readLimit(root fs.FS, file string) uint64 {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return unlimited
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil || n >= 1<<62 {
		return unlimited
	}
	return n
}

func udpOwners(port int) []string { return findOwners("/proc", port) }

// maxLinks bounds how many open files of other processes are looked at.
const maxLinks = 1 << 16

// findOwners names the processes that have a UDP port, as far as this user may see. Name and number are enough to
// know them by.
func findOwners(proc string, port int) (owners []string) {
	sockets := map[string]bool{}
	for _, table := range []string{"net/udp", "net/udp6"} {
		if f, err := os.Open(filepath.Join(proc, table)); err == nil {
			portSockets(f, port, sockets)
			f.Close()
		}
	}
	if len(sockets) == 0 {
		return nil
	}
	processes, _ := filepath.Glob(filepath.Join(proc, "[0-9]*"))
	left := maxLinks
	for _, process := range processes {
		links, _ := os.ReadDir(filepath.Join(process, "fd")) // of others' processes only root sees any
		for _, link := range links {
			target, err := os.Readlink(filepath.Join(process, "fd", link.Name()))
			if err == nil && sockets[target] {
				name, _ := os.ReadFile(filepath.Join(process, "comm"))
				owners = append(owners, fmt.Sprintf("%s (process %s)", bytes.TrimSpace(name), filepath.Base(process)))
				break
			}
		}
		if left -= len(links); left <= 0 {
			break
		}
	}
	return owners
}

// portSockets adds the sockets of a table like /proc/net/udp that have a local port, each as its links read.
func portSockets(table io.Reader, port int, sockets map[string]bool) {
	suffix := fmt.Sprintf(":%04X", port)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text()) // slot, local, remote, state, queues, timer, retransmits, user, timeout, inode
		if len(fields) > 9 && strings.HasSuffix(fields[1], suffix) {
			sockets["socket:["+fields[9]+"]"] = true
		}
	}
}
