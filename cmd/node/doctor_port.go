package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"time"

	"moonpeer/net/peering"
)

// resolveWait bounds how long a host's name may take.
const resolveWait = 5 * time.Second

// portReading is what became of an attempt to listen.
type portReading struct {
	address peering.Address
	err     error
	owners  []string // processes that have the port, as far as they can be seen; only looked for when it is taken
}

// readPort listens on an address for a moment.
func readPort(ctx context.Context, a peering.Address) portReading {
	r := portReading{address: a}
	ctx, cancel := context.WithTimeout(ctx, resolveWait)
	defer cancel()
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", a.HostPort())
	if err != nil {
		r.err = err
		if errors.Is(err, errAddressInUse) {
			r.owners = udpOwners(a.Port)
		}
		return r
	}
	conn.Close()
	return r
}

// judgePort says what an attempt to listen means. goos and program are for the remedy.
func judgePort(r portReading, goos, program string) checkup {
	name := r.address.HostPort() + "/udp"
	row := checkup{Check: "port", State: healthOK, Found: name + " can be listened on"}
	everywhere := fmt.Sprintf("--listen :%d", r.address.Port)
	switch err := r.err; {
	case err == nil && r.address.Port == 0:
		row.Found = name + ": any free port"
	case err == nil:
	case errors.Is(err, errAddressInUse):
		row.State, row.Found = healthWarn, name+" is in use"
		if len(r.owners) > 0 {
			row.Found += " by " + strings.Join(r.owners, ", ")
		}
		row.Remedy = inUseRemedy(r, goos)
	case errors.Is(err, errAddressRefused), errors.Is(err, fs.ErrPermission):
		row.State, row.Found = healthFail, name+" may not be listened on: permission denied"
		row.Remedy = refusedRemedy(r.address.Port, goos, program)
	case errors.Is(err, errNoSuchAddress):
		row.State, row.Found = healthFail, name+": no interface of this machine has that address"
		row.Remedy = "name an address that it has, or none for all: " + everywhere
	default:
		row.State, row.Found = healthFail, name+": "+err.Error()
		row.Remedy = "correct the address, or listen on all of them: " + everywhere
	}
	return row
}

// inUseRemedy names the command that lists who has a port, where that is not known already.
func inUseRemedy(r portReading, goos string) string {
	text := "fine if that is your node; else stop it, or take another port with --listen"
	if len(r.owners) > 0 {
		return text
	}
	command := fmt.Sprintf("lsof -nP -iUDP:%d", r.address.Port)
	switch goos {
	case "linux":
		command = fmt.Sprintf("ss -lunp 'sport = :%d'", r.address.Port)
	case "windows":
		command = "netstat -abno -p UDP"
	}
	return text + "; as root, this tells who has it:\n" + command
}

// refusedRemedy tells a port that needs privilege from one that something else forbids.
func refusedRemedy(port int, goos, program string) string {
	switch {
	case goos == "windows":
		return "a reserved range may hold the port; take another one, or look at:\nnetsh int ipv4 show excludedportrange protocol=udp"
	case port >= 1024:
		return "a security policy of this machine forbids it (SELinux, a service's or container's restrictions)"
	case goos == "linux":
		return "ports below 1024 take a privilege; take another one, or give it to this program, as root:\n" +
			"setcap cap_net_bind_service=+ep " + shellWord(program)
	}
	return "ports below 1024 take a privilege; take one from 1024 up"
}

// shellWord quotes a word for a POSIX shell where it needs that.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
