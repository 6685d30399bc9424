// Package peers tests nodes as processes that talk over QUIC: scenarios S01 to S21, and what happens when processes are
// killed, frozen and restarted. What needs no process is in tests/cluster and in net/mempeer, on a virtual clock.
package peers

import (
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"moonpeer/tests/testnode"
)

func TestMain(m *testing.M) { testnode.Main(m) }

// slow skips a test that has to wait for a timeout when -short asks for the quick ones.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it waits for a peer timeout")
	}
}

// statuses has a node print each event of the framework: its name, its text, and whom it is about.
const statuses = `
for _, name in ipairs { "peer_added", "peer_removed", "peer_lost", "endpoint_discovered", "endpoint_unreachable" } do
  on("Broker::" .. name, function(e, msg) print(name, msg, e.id) end)
end
on("Broker::error", function(code, msg) print("error", code, msg) end)
`

// start starts a node with a policy.
func start(t *testing.T, name, script string, args ...string) *testnode.Node {
	t.Helper()
	return testnode.Start(t, testnode.Options{Name: name, Script: script, Args: args})
}

// expect compares all that a node prints, up to the last line that is wanted.
func expect(t *testing.T, n *testnode.Node, want ...string) {
	t.Helper()
	if got := n.AwaitLines(len(want)); !slices.Equal(got, want) {
		t.Errorf("%s printed\n  %s\nwant\n  %s", n.Name(), strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// reported counts the lines of standard error that contain text.
func reported(n *testnode.Node, text string) (count int) {
	for _, line := range n.Reports() {
		if strings.Contains(line, text) {
			count++
		}
	}
	return count
}

// column returns a field of a line that a policy has printed.
func column(line string, i int) string {
	fields := strings.Split(line, "\t")
	if i >= len(fields) {
		return ""
	}
	return fields[i]
}

// columns returns the first n fields of a line.
func columns(line string, n int) string {
	fields := strings.Split(line, "\t")
	return strings.Join(fields[:min(n, len(fields))], "\t")
}

// held is a UDP port of 127.0.0.1 that the test keeps busy. It lies below what systems hand out to those who ask for
// any, so that nobody takes it when it is released.
type held struct {
	*net.UDPConn
	port string
	addr string // with the host
}

func hold(t *testing.T) *held {
	t.Helper()
	for range 100 {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 20_000 + rand.IntN(10_000)})
		if err != nil {
			continue
		}
		t.Cleanup(func() { c.Close() })
		_, port, _ := net.SplitHostPort(c.LocalAddr().String())
		return &held{c, port, c.LocalAddr().String()}
	}
	t.Fatal("there is no free port")
	return nil
}

// split takes host:port apart, for policies that want both.
func split(t *testing.T, addr string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	return host, port
}
