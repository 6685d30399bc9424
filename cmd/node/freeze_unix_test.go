//go:build unix

package main

import (
	"fmt"
	"syscall"
	"testing"
)

// TestPubToFrozenPeer: what the peer does not say it took is told, and pub does not wait for ever.
func TestPubToFrozenPeer(t *testing.T) {
	t.Parallel()
	node, address := listen(t, middle, "--listen", loopback)
	pub := start(t, "pub", "--peer", address, "--rate", "2", "--count", "2", "/cmd", "T::many")
	node.await(node.stdout, "^many\t1$")
	if err := node.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if code := pub.end(); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	pub.await(pub.stderr, fmt.Sprintf(`^error: quic://%s did not say that it took the last \d of 2 events: \w+`, address))
}
