package broker

import (
	"bytes"
	"encoding/hex"
	"strings"
)

// EndpointID names an endpoint: sixteen bytes, made afresh at every start. The
// zero value stands for nobody.
type EndpointID [16]byte

// NewEndpointID makes an id of random bytes. Version and variant are set as in
// a random UUID, since Broker's text parser refuses others.
func NewEndpointID(random [16]byte) EndpointID {
	random[6] = random[6]&0x0f | 0x40
	random[8] = random[8]&0x3f | 0x80
	return random
}

// IsZero reports whether the id stands for nobody.
func (id EndpointID) IsZero() bool { return id == EndpointID{} }

// Compare orders ids by their unsigned bytes. The smaller of two is the
// originator of a handshake.
func (id EndpointID) Compare(other EndpointID) int { return bytes.Compare(id[:], other[:]) }

// uuidGroups are the lengths in bytes of the five groups of a UUID.
var uuidGroups = [...]int{4, 2, 2, 2, 6}

// String returns the id as a lower-case UUID.
func (id EndpointID) String() string { return string(id.AppendText(nil)) }

// AppendText appends what String returns.
func (id EndpointID) AppendText(dst []byte) []byte {
	b := id[:]
	for i, n := range uuidGroups {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[:n])
		b = b[n:]
	}
	return dst
}

// ParseEndpointID reads a UUID with dashes, in either case, with white space
// around it. Every version is taken: an id that came over the wire must be
// readable again (Broker's parser takes versions 1 to 5 only).
func ParseEndpointID(s string) (EndpointID, error) {
	fail := func() (EndpointID, error) {
		return EndpointID{}, parseError("endpoint id", s, "want a UUID, 8-4-4-4-12 hexadecimal digits")
	}
	rest := strings.TrimSpace(s)
	if len(rest) != 36 {
		return fail()
	}
	var id EndpointID
	at := 0
	for i, n := range uuidGroups {
		if i > 0 {
			if rest[0] != '-' {
				return fail()
			}
			rest = rest[1:]
		}
		if _, err := hex.Decode(id[at:at+n], []byte(rest[:2*n])); err != nil {
			return fail()
		}
		at, rest = at+n, rest[2*n:]
	}
	return id, nil
}
