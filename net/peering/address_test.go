package peering_test

import (
	"strings"
	"testing"

	"moonpeer/net/peering"
)

var defaults = peering.Address{Transport: "quic", Port: peering.DefaultPort}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                         "quic://:9999",
		"host":                     "quic://host:9999",
		"host:1":                   "quic://host:1",
		":7":                       "quic://:7",
		"10.0.0.1":                 "quic://10.0.0.1:9999",
		"10.0.0.1:0":               "quic://10.0.0.1:0",
		"::1":                      "quic://[::1]:9999",
		"[::1]":                    "quic://[::1]:9999",
		"[::1]:80":                 "quic://[::1]:80",
		"fe80::1%eth0":             "quic://[fe80::1%eth0]:9999",
		"tcp://host":               "tcp://host:9999",
		"quic://my-host_2.a:65535": "quic://my-host_2.a:65535",
		"wss://[2001:db8::1]:443":  "wss://[2001:db8::1]:443",
	} {
		a, err := peering.ParseAddress(in, defaults)
		if err != nil || a.String() != want {
			t.Errorf("%q: %v, %v, want %s", in, a, err, want)
		}
		if again, err := peering.ParseAddress(a.String(), peering.Address{}); err != nil || again != a {
			t.Errorf("%q: read again it is %v, %v", in, again, err)
		}
	}
	for in, want := range map[string]string{
		"udp://host":             "unknown transport",
		"host:65536":             "is no port",
		"host:-1":                "is no port",
		"host:":                  "is no port",
		"host:http":              "is no port",
		"::1:x:":                 "write [address]:port",
		"[::1":                   "not closed",
		"[::1]80":                "want [address]:port",
		"a b":                    "can't be in a host name",
		"host/path":              "can't be in a host name",
		"höst":                   "can't be in a host name",
		strings.Repeat("a", 254): "at most 253",
		"quic://quic://host":     "",
	} {
		if a, err := peering.ParseAddress(in, defaults); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want an error with %q", in, a, err, want)
		} else if !strings.HasPrefix(err.Error(), "address ") {
			t.Errorf("%q: the error does not name it: %v", in, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"host", "[::1]:80", "tcp://x:1", ":", "[", "fe80::1%e", "a:b:c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := peering.ParseAddress(s, defaults)
		if err != nil {
			return
		}
		if again, err := peering.ParseAddress(a.String(), peering.Address{}); err != nil || again != a {
			t.Errorf("%q: %#v becomes %#v, %v", s, a, again, err)
		}
	})
}
