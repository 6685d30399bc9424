package broker

import (
	"strconv"
	"strings"
)

// Subnet is a network address with a prefix length. The zero value is ::/0.
type Subnet struct {
	Net Address
	// Len counts over all 128 bits: an IPv4 /8 is 104. The wire does not
	// check it, so what a peer sent may be above 128 or, with an IPv4
	// address, below 96; see Valid.
	Len uint8
}

// NewSubnet returns the subnet of the first width bits of a as people count
// them, 0..32 for IPv4 and 0..128 for IPv6. Host bits are cleared.
func NewSubnet(a Address, width int) (Subnet, error) {
	if width < 0 || width > maxWidth(a) {
		return Subnet{}, parseError("subnet", a.String()+"/"+strconv.Itoa(width), widthRange(a))
	}
	n := uint8(width)
	if a.Is4() {
		n += v4Bits
	}
	return Subnet{Net: a.Mask(n), Len: n}, nil
}

// Valid reports whether the length fits the address. A subnet that does not
// contains no address, but it travels and prints like any other.
func (s Subnet) Valid() bool {
	return s.Len <= 128 && (s.Len >= v4Bits || !s.Net.Is4())
}

// Width returns the prefix length as people write it: 8 for 10.0.0.0/8. It is
// outside 0..32 or 0..128 only where Valid is false.
func (s Subnet) Width() int {
	if s.Net.Is4() {
		return int(s.Len) - v4Bits
	}
	return int(s.Len)
}

// Contains reports whether a lies in the subnet. IPv4 addresses lie in the
// IPv6 subnets around ::ffff:0:0/96, too.
func (s Subnet) Contains(a Address) bool {
	return s.Valid() && a.Mask(s.Len) == s.Net.Mask(s.Len)
}

// String returns address/width.
func (s Subnet) String() string { return string(s.AppendText(nil)) }

// AppendText appends what String returns.
func (s Subnet) AppendText(dst []byte) []byte {
	dst = append(s.Net.AppendText(dst), '/')
	return strconv.AppendInt(dst, int64(s.Width()), 10)
}

// ParseSubnet reads address/width and clears host bits: 192.168.9.8/24 is
// 192.168.9.0/24. A width that does not fit the address is an error.
func ParseSubnet(s string) (Subnet, error) {
	fail := func(why string) (Subnet, error) { return Subnet{}, parseError("subnet", s, why) }
	addr, width, ok := strings.Cut(s, "/")
	if !ok {
		return fail("no /width after the address")
	}
	a, err := ParseAddress(addr)
	if err != nil {
		return fail("bad address before the /")
	}
	n, ok := parseDecimal(width, uint64(maxWidth(a)))
	if !ok {
		return fail(widthRange(a))
	}
	return NewSubnet(a, int(n))
}

func maxWidth(a Address) int {
	if a.Is4() {
		return 32
	}
	return 128
}

func widthRange(a Address) string {
	if a.Is4() {
		return "the width of an IPv4 subnet is a number 0..32"
	}
	return "the width of an IPv6 subnet is a number 0..128"
}
