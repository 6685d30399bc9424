package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// defaultPort is where QUIC nodes listen unless told otherwise.
const defaultPort = "9999"

// resolveWait bounds how long a host's name may take.
const resolveWait = 5 * time.Second

// doctorAddress reads an address as nodes take it: host, host:port, [host]:port, with or without quic:// before it.
func doctorAddress(text string) (string, error) {
	rest, found := strings.CutPrefix(text, "quic://")
	if scheme, _, other := strings.Cut(text, "://"); other && !found {
		return "", fmt.Errorf("%s is not checked, only quic:// is", scheme)
	}
	if rest == "" {
		return "", errors.New("want HOST, HOST:PORT or :PORT")
	}
	bare := rest
	if inner, ok := strings.CutPrefix(rest, "["); ok && strings.HasSuffix(inner, "]") {
		bare = strings.TrimSuffix(inner, "]")
	}
	if _, err := netip.ParseAddr(bare); err == nil { // one that has no port
		return net.JoinHostPort(bare, defaultPort), nil
	}
	if !strings.Contains(rest, ":") {
		return net.JoinHostPort(rest, defaultPort), nil
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		return "", errors.New("want HOST, HOST:PORT or :PORT, and [ ] around an IPv6 address that has a port")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("port %q: want a number up to 65535", port)
	}
	return net.JoinHostPort(host, port), nil
}

// portReading is what became of an attempt to listen.
type portReading struct {
	address string // host:port
	err     error
	owners  []string // processes that have the port, as far as they can be seen; only looked for when it is taken
}

func (r portReading) port() int {
	_, port, _ := net.SplitHostPort(r.address)
	n, _ := strconv.Atoi(port)
	return n
}

// readPort listens on an address for a moment.
func readPort(ctx context.Context, address string) portReading {
	ctx, cancel := context.WithTimeout(ctx, resolveWait)
	defer cancel()
	r := portReading{address: address}
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", address)
	if err != nil {
		r.err = err
		if errors.Is(err, errAddressInUse) {
			r.owners = udpOwners(r.port())
		}
		return r
	}
	conn.Close()
	return r
}

// judgePort says what an attempt to listen means. goos and program are for the remedy.
func judgePort(r portReading, goos, program string) checkup {
	row := checkup{Check: "port", State: healthOK, Found: r.address + "/udp can be listened on"}
	switch err := r.err; {
	case err == nil && r.port() == 0:
		row.Found = r.address + "/udp: any free port"
	case err == nil:
	case errors.Is(err, errAddressInUse):
		row.State, row.Found = healthWarn, r.address+"/udp is in use"
		if len(r.owners) > 0 {
			row.Found += " by " + strings.Join(r.owners, ", ")
		}
		row.Remedy = inUseRemedy(r, goos)
	case errors.Is(err, errAddressRefused), errors.Is(err, fs.ErrPermission):
		row.State, row.Found = healthFail, r.address+"/udp may not be listened on: permission denied"
		row.Remedy = refusedRemedy(r.port(), goos, program)
	case errors.Is(err, errNoSuchAddress):
		row.State, row.Found = healthFail, r.address+"/udp: no interface of this machine has that address"
		row.Remedy = fmt.Sprintf("name an address that it has, or none for all: --listen :%d", r.port())
	default:
		row.State, row.Found = healthFail, r.address+"/udp: "+err.Error()
		row.Remedy = "correct the address, or listen on all of them: --listen :" + strconv.Itoa(r.port())
	}
	return row
}

// inUseRemedy names the command that lists who has a port, where that is not known already.
func inUseRemedy(r portReading, goos string) string {
	text := "fine if that is your node; else stop it, or take another port with --listen"
	if len(r.owners) > 0 {
		return text
	}
	command := fmt.Sprintf("lsof -nP -iUDP:%d", r.port())
	switch goos {
	case "linux":
		command = fmt.Sprintf("ss -lunp 'sport = :%d'", r.port())
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
