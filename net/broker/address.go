package broker

import (
	"net/netip"
	"strings"
)

// Address is an IPv6 address, or an IPv4 address in the form ::ffff:a.b.c.d.
// The zero value is ::.
type Address [16]byte

// v4Bits is what the length of an IPv4 prefix grows by inside an Address.
const v4Bits = 96

// AddressFrom4 returns the address of four octets.
func AddressFrom4(o [4]byte) Address {
	return Address{10: 0xff, 11: 0xff, 12: o[0], 13: o[1], 14: o[2], 15: o[3]}
}

// AddressFrom converts a; a zone is dropped and the invalid Addr gives ::.
func AddressFrom(a netip.Addr) Address {
	if !a.IsValid() {
		return Address{}
	}
	return a.As16()
}

// Netip converts to net/netip; an IPv4 address comes out in its short form.
func (a Address) Netip() netip.Addr { return netip.AddrFrom16(a).Unmap() }

// Is4 reports whether a is an IPv4 address. All others, also ::, are IPv6.
func (a Address) Is4() bool {
	return a[0]|a[1]|a[2]|a[3]|a[4]|a[5]|a[6]|a[7]|a[8]|a[9] == 0 && a[10] == 0xff && a[11] == 0xff
}

// Mask keeps the top n of the 128 bits and clears the rest. For the first 24
// bits of an IPv4 address n is 120.
func (a Address) Mask(n uint8) Address {
	for i := range a {
		switch bits := int(n) - 8*i; {
		case bits <= 0:
			a[i] = 0
		case bits < 8:
			a[i] &= 0xff << (8 - bits)
		}
	}
	return a
}

// String returns dotted decimals for IPv4, else lower-case hex groups with the
// longest run of zero groups as ::.
func (a Address) String() string { return string(a.AppendText(nil)) }

// AppendText appends what String returns.
func (a Address) AppendText(dst []byte) []byte { return a.Netip().AppendTo(dst) }

// ParseAddress reads dotted decimals, where leading zeros are allowed and mean
// nothing (01.2.3.4 is 1.2.3.4), or any RFC 4291 form of an IPv6 address.
// Zones, brackets and blanks are refused.
func ParseAddress(s string) (Address, error) {
	fail := func(why string) (Address, error) { return Address{}, parseError("address", s, why) }
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		o, ok := parseOctets(s)
		if !ok {
			return fail("not four decimal octets 0..255, nor an IPv6 address")
		}
		return AddressFrom4(o), nil
	}
	if len(s) > 64 || strings.IndexByte(s, '%') >= 0 {
		return fail("not an IPv6 address without zone")
	}
	var tail [4]byte
	dotted := strings.IndexByte(s[colon:], '.') >= 0
	groups := s
	if dotted {
		// netip refuses leading zeros in the dotted part, so it is read
		// here and stands in as two groups.
		var ok bool
		if tail, ok = parseOctets(s[colon+1:]); !ok {
			return fail("bad dotted part, want four decimal octets 0..255")
		}
		groups = s[:colon+1] + "1:1"
	}
	na, err := netip.ParseAddr(groups)
	if err != nil {
		return fail("not an IPv6 address")
	}
	a := Address(na.As16())
	if dotted {
		copy(a[12:], tail[:])
	}
	return a, nil
}

// parseOctets reads four dotted decimal numbers up to 255, each with any
// number of leading zeros.
func parseOctets(s string) (o [4]byte, ok bool) {
	for i := range o {
		part := s
		if i < 3 {
			var found bool
			if part, s, found = strings.Cut(s, "."); !found {
				return o, false
			}
		}
		n, ok := parseDecimal(part, 255)
		if !ok {
			return o, false
		}
		o[i] = byte(n)
	}
	return o, true
}

// parseDecimal reads one or more digits with a value up to limit.
func parseDecimal(s string, limit uint64) (n uint64, ok bool) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		if n = n*10 + uint64(c); n > limit {
			return 0, false
		}
	}
	return n, s != ""
}
