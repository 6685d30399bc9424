package broker

import (
	"strconv"
	"strings"
)

// Proto is the transport protocol of a Port, in Broker's numbers.
type Proto uint8

// The protocols. ProtoUnknown prints as ?.
const (
	ProtoUnknown Proto = iota
	TCP
	UDP
	ICMP
)

var protoNames = [...]string{ProtoUnknown: "?", TCP: "tcp", UDP: "udp", ICMP: "icmp"}

// Valid reports whether p is one of the four protocols.
func (p Proto) Valid() bool { return p <= ICMP }

// String returns tcp, udp, icmp or ?.
func (p Proto) String() string {
	if !p.Valid() {
		return "?"
	}
	return protoNames[p]
}

// Port is a port number with its protocol. The zero value is 0/?.
type Port struct {
	Number uint16
	Proto  Proto
}

// String returns number/protocol.
func (p Port) String() string { return string(p.AppendText(nil)) }

// AppendText appends what String returns.
func (p Port) AppendText(dst []byte) []byte {
	dst = append(strconv.AppendUint(dst, uint64(p.Number), 10), '/')
	return append(dst, p.Proto.String()...)
}

// ParsePort reads number/protocol. As in Broker a number alone is tcp, and
// whatever else stands after the slash, also TCP in capitals, is an unknown
// protocol. Anything but a decimal number up to 65535 before it is an error.
func ParsePort(s string) (Port, error) {
	number, proto, slash := strings.Cut(s, "/")
	n, ok := parseDecimal(number, 1<<16-1)
	if !ok {
		return Port{}, parseError("port", s, "want a number 0..65535, then /tcp, /udp, /icmp or /?")
	}
	p := Port{Number: uint16(n), Proto: TCP}
	if slash {
		p.Proto = parseProto(proto)
	}
	return p, nil
}

func parseProto(s string) Proto {
	for p := TCP; p <= ICMP; p++ {
		if s == protoNames[p] {
			return p
		}
	}
	return ProtoUnknown
}
