package broker

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string // want "" for an error
	}{
		{"1.2.3.4", "1.2.3.4"},
		{"01.2.3.4", "1.2.3.4"},
		{"1.2.3.0004", "1.2.3.4"},
		{"255.255.255.255", "255.255.255.255"},
		{"::", "::"},
		{"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
		{"0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"},
		{"1:2:3:4:5:0:7:8", "1:2:3:4:5:0:7:8"},
		{"::ffff:1.2.3.4", "1.2.3.4"},
		{"::ffff:102:304", "1.2.3.4"},
		{"::FFFF:01.2.3.4", "1.2.3.4"},
		{"::1.2.3.4", "::102:304"},
		{"64:ff9b::1.2.3.4", "64:ff9b::102:304"},
		{"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
		{"2001:DB8::1", "2001:db8::1"},
		{"1.2.3.", ""}, // Broker reads 1.2.3.0
		{"1.2.3", ""},
		{"1.2.3.4.5", ""},
		{"1.2.3.256", ""},
		{"1.2.3.99999999999999999999", ""},
		{"1.2.3.-4", ""},
		{" 1.2.3.4", ""},
		{"1.2.3.4 ", ""},
		{"fe80::1%eth0", ""},
		{"[::1]", ""},
		{"::1::", ""},
		{"1:2:3:4:5:6:7", ""},
		{"1:2:3:4:5:6:7:8:9", ""},
		{"1:2:3:4:5:6:7:1.2.3.4", ""},
		{"12345::", ""},
		{"::1.2.3", ""},
		{"::1.2.3.4:5", ""},
		{"::g", ""},
		{"", ""},
		{":", ""},
		{strings.Repeat("0", 1000) + "1.2.3.4", "1.2.3.4"},
	}
	for _, tt := range tests {
		a, err := ParseAddress(tt.in)
		if tt.want == "" {
			if err == nil {
				t.Errorf("%q: got %v, want an error", tt.in, a)
			}
		} else if err != nil || a.String() != tt.want {
			t.Errorf("%q: got %v, %v, want %s", tt.in, a, err, tt.want)
		}
	}
}

func TestAddressForms(t *testing.T) {
	t.Parallel()
	v4 := AddressFrom4([4]byte{10, 1, 2, 3})
	if !v4.Is4() || (Address{}).Is4() || (Address{9: 1, 10: 0xff, 11: 0xff}).Is4() {
		t.Error("Is4 is wrong")
	}
	if got := v4.Netip(); got != netip.MustParseAddr("10.1.2.3") {
		t.Errorf("Netip %v", got)
	}
	for _, in := range []string{"10.1.2.3", "::ffff:10.1.2.3"} {
		if got := AddressFrom(netip.MustParseAddr(in)); got != v4 {
			t.Errorf("AddressFrom(%s) is %v", in, got)
		}
	}
	if got := AddressFrom(netip.Addr{}); got != (Address{}) {
		t.Errorf("AddressFrom of nothing is %v", got)
	}
	masks := []struct {
		n    uint8
		want string
	}{{255, "10.1.2.3"}, {128, "10.1.2.3"}, {127, "10.1.2.2"}, {120, "10.1.2.0"}, {104, "10.0.0.0"}, {98, "0.0.0.0"}, {95, "::fffe:0:0"}, {0, "::"}}
	for _, tt := range masks {
		if got := v4.Mask(tt.n).String(); got != tt.want {
			t.Errorf("Mask(%d) is %s, want %s", tt.n, got, tt.want)
		}
	}
}

func TestParseSubnet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string
	}{
		{"192.168.9.8/24", "192.168.9.0/24"},
		{"1.2.3.4/32", "1.2.3.4/32"},
		{"1.2.3.4/0", "0.0.0.0/0"},
		{"2001:db8::ffff/64", "2001:db8::/64"},
		{"::1/128", "::1/128"},
		{"::ffff:1.2.3.4/24", "1.2.3.0/24"},
		{"1.2.3.4/008", "1.0.0.0/8"},
		{"1.2.3.4/33", ""},
		{"::/129", ""},
		{"::ffff:1.2.3.0/120", ""}, // Broker makes it ::/0
		{"1.2.3.4/24abc", ""},
		{"1.2.3.4/ 8", ""},
		{"1.2.3.4/+8", ""},
		{"1.2.3.4/-1", ""},
		{"1.2.3.4/", ""},
		{"1.2.3.4", ""},
		{"/8", ""},
		{"x/8", ""},
		{"1.2.3.4/8/8", ""},
	}
	for _, tt := range tests {
		s, err := ParseSubnet(tt.in)
		if tt.want == "" {
			if err == nil {
				t.Errorf("%q: got %v, want an error", tt.in, s)
			}
		} else if err != nil || s.String() != tt.want {
			t.Errorf("%q: got %v, %v, want %s", tt.in, s, err, tt.want)
		}
	}
}

func TestSubnet(t *testing.T) {
	t.Parallel()
	parse := func(s string) Subnet {
		n, err := ParseSubnet(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	tests := []struct {
		subnet, addr string
		want         bool
	}{
		{"10.0.0.0/8", "10.255.0.1", true},
		{"10.0.0.0/8", "11.0.0.1", false},
		{"10.0.0.0/8", "::a00:1", false},
		{"1.2.3.4/32", "1.2.3.4", true},
		{"1.2.3.4/32", "1.2.3.5", false},
		{"0.0.0.0/0", "1.2.3.4", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "1.2.3.4", true},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
	}
	for _, tt := range tests {
		a, err := ParseAddress(tt.addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(tt.subnet).Contains(a); got != tt.want {
			t.Errorf("%s in %s: %v, want %v", tt.addr, tt.subnet, got, tt.want)
		}
	}
	if s := parse("10.0.0.0/8"); s.Len != 104 || s.Width() != 8 || !s.Valid() {
		t.Errorf("10.0.0.0/8 is %+v", s)
	}
	for _, odd := range []Subnet{{Len: 129}, {Net: AddressFrom4([4]byte{10}), Len: 8}} {
		if odd.Valid() || odd.Contains(odd.Net) {
			t.Errorf("%v is no subnet", odd)
		}
	}
	for _, width := range []int{-1, 33, 300} {
		if s, err := NewSubnet(AddressFrom4([4]byte{10}), width); err == nil {
			t.Errorf("width %d: %v", width, s)
		}
	}
}

func TestParsePort(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string
	}{
		{"8080/tcp", "8080/tcp"},
		{"53/udp", "53/udp"},
		{"8/icmp", "8/icmp"},
		{"0/?", "0/?"},
		{"80", "80/tcp"},
		{"42/nonsense", "42/?"},
		{"42/TCP", "42/?"},
		{"42/", "42/?"},
		{"42/tcp/udp", "42/?"},
		{"65535/udp", "65535/udp"},
		{"0080/tcp", "80/tcp"},
		{"65536/tcp", ""},
		{"99999/tcp", ""},
		{"-1/tcp", ""},
		{"+1/tcp", ""},
		{" 80/udp", ""},
		{"80x/udp", ""},
		{"/udp", ""},
		{"abc", ""},
		{"", ""},
		{"99999999999999999999999/tcp", ""},
	}
	for _, tt := range tests {
		p, err := ParsePort(tt.in)
		if tt.want == "" {
			if err == nil {
				t.Errorf("%q: got %v, want an error", tt.in, p)
			}
		} else if err != nil || p.String() != tt.want {
			t.Errorf("%q: got %v, %v, want %s", tt.in, p, err, tt.want)
		}
	}
	if got := (Port{1, 9}).String(); got != "1/?" {
		t.Errorf("unknown protocol prints %s", got)
	}
}

func TestParseErrorsQuoteTheText(t *testing.T) {
	t.Parallel()
	_, err := ParsePort("99999/tcp")
	if err == nil || !strings.HasPrefix(err.Error(), `port "99999/tcp": `) {
		t.Errorf("got %v", err)
	}
	_, err = ParseAddress(strings.Repeat("x", 1<<20))
	if perr, ok := errors.AsType[*ParseError](err); !ok || perr.What != "address" || len(err.Error()) > 200 {
		t.Errorf("long text: %d bytes of error", len(err.Error()))
	}
}
