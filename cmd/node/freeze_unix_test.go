//go:build unix

package main

import (
	"fmt"
	"strings"
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

// TestClusterFrozenSupervisor: nodes whose supervisor does not answer are asked all the same.
func TestClusterFrozenSupervisor(t *testing.T) {
	t.Parallel()
	c := startCluster(t, nil, asked)
	c.ready()
	signal := func(s syscall.Signal) {
		t.Helper()
		if err := c.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	const warning = "warning: the supervisor does not answer, asking the nodes themselves\n"
	for _, words := range [][]string{{"print", "EX::seen"}, {"status"}, {"peers"}, {"stats"}, {"eval", "worker-1", "return 1"}} {
		out, errs := c.ask(exitOK, words...)
		if errs != warning || !strings.Contains(out, "worker-1") && words[0] != "eval" {
			t.Errorf("%q: got\n%s%s", words, out, errs)
		}
	}
	signal(syscall.SIGCONT)
	if out, errs := c.ask(exitOK, "status"); !strings.Contains(out, "worker-1") || errs != "" {
		t.Errorf("after it goes on: got\n%s%s", out, errs)
	}
	c.stop(exitOK)
}
