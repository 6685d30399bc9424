package peering

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// DefaultPort is where nodes listen for peers if nobody says otherwise (Zeek's Broker::default_port).
const DefaultPort = 9999

// Transports are the schemes of addresses.
var Transports = []string{"quic", "tcp", "ws", "wss"}

// Address is where to dial or to listen.
type Address struct {
	Transport string // one of Transports
	Host      string // a name or an IP address without brackets; "" is all interfaces, for listening only
	Port      int
}

// String returns the address as users write it.
func (a Address) String() string { return a.Transport + "://" + a.HostPort() }

// HostPort returns host and port, an IPv6 address in brackets.
func (a Address) HostPort() string {
	host := a.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(a.Port)
}

// ParseAddress reads host, host:port or scheme://host:port (architecture §4). What the text leaves out is def's. An
// IPv6 address with a port stands in brackets.
func ParseAddress(text string, def Address) (Address, error) {
	a, rest := def, text
	if scheme, after, ok := strings.Cut(text, "://"); ok {
		if !slices.Contains(Transports, scheme) {
			return a, fmt.Errorf("address %q: unknown transport %q (there are %s)", text, scheme, strings.Join(Transports, ", "))
		}
		a.Transport, rest = scheme, after
	}
	host, port, hasPort, err := splitHost(rest)
	if err != nil {
		return a, fmt.Errorf("address %q: %w", text, err)
	}
	if err := checkHost(host); err != nil {
		return a, fmt.Errorf("address %q: %w", text, err)
	}
	a.Host = host
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return a, fmt.Errorf("address %q: %q is no port (0 to 65535)", text, port)
		}
		a.Port = int(n)
	}
	return a, nil
}

func splitHost(text string) (host, port string, hasPort bool, err error) {
	if _, err := netip.ParseAddr(text); err == nil {
		return text, "", false, nil
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		host, after, ok := strings.Cut(inner, "]")
		if !ok {
			return "", "", false, errors.New("the bracket is not closed")
		}
		if after == "" {
			return host, "", false, nil
		}
		port, ok := strings.CutPrefix(after, ":")
		if !ok {
			return "", "", false, errors.New("want [address]:port")
		}
		return host, port, true, nil
	}
	if strings.Count(text, ":") > 1 {
		return "", "", false, errors.New("write [address]:port for IPv6")
	}
	host, port, hasPort = strings.Cut(text, ":")
	return host, port, hasPort, nil
}

// checkHost refuses what can be neither a name nor an IP address.
func checkHost(host string) error {
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return nil
	}
	if len(host) > 253 {
		return fmt.Errorf("a host name has at most 253 characters, this one has %d", len(host))
	}
	for _, c := range host {
		if c != '-' && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return fmt.Errorf("%q can't be in a host name", c)
		}
	}
	return nil
}
