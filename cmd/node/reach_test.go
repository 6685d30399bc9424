package main

import (
	"bytes"
	"slices"
	"testing"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
)

// TestFailuresAreShownAsLines: what a node answers in several lines is shown so, below its first one; what steers a terminal is not.
func TestFailuresAreShownAsLines(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	f := &failures{inv: &invocation{console: console.New(&bytes.Buffer{}, &stderr, func(string) string { return "" })}}
	f.failed(control.Answer{Node: "worker-1", Error: &control.Error{Message: "p.lua:2: no\nstack traceback:\n\tp.lua:2: in \x1b[2J\nerror: forged"}})
	want := "    worker-1   <error: p.lua:2: no\n               stack traceback:\n               p.lua:2: in \\x1b[2J\n               error: forged>\n"
	if got := stderr.String(); got != want || !f.any {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestNamesAndAddresses: a host's address is one also without a port.
func TestNamesAndAddresses(t *testing.T) {
	t.Parallel()
	names, addresses := split([]string{"worker-1", "127.0.0.1", "::1", "host:9999", "quic://host", "10", "a.b.c.d"})
	if want := []string{"worker-1", "10", "a.b.c.d"}; !slices.Equal(names, want) {
		t.Errorf("got names %q, want %q", names, want)
	}
	if want := []string{"127.0.0.1", "::1", "host:9999", "quic://host"}; !slices.Equal(addresses, want) {
		t.Errorf("got addresses %q, want %q", addresses, want)
	}
}
