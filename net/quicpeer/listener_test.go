package quicpeer

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"moonpeer/net/peering"
	"moonpeer/net/step"
)

func at(host string, port int) peering.Address {
	return peering.Address{Transport: "quic", Host: host, Port: port}
}

func newTransport(t testing.TB, o Options) (*Transport, *inbox) {
	t.Helper()
	in := newInbox()
	o.Inbox, o.Log = in, discard
	tr := New(o)
	t.Cleanup(func() { in.close(); tr.Close() })
	return tr, in
}

func TestListen(t *testing.T) {
	t.Parallel()
	tr, _ := newTransport(t, Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "::1", "", "0.0.0.0", "::"} {
		t.Run(host, func(t *testing.T) {
			l, err := tr.Listen(1, at(host, 0), peering.Settings{})
			if err != nil {
				if strings.Contains(host, ":") && !hasIPv6() {
					t.Skip("no IPv6 here")
				}
				t.Fatal(err)
			}
			defer l.Close()
			if l.Port() == 0 {
				t.Error("port 0 was bound")
			}
			_, err = tr.Listen(2, at(host, l.Port()), peering.Settings{})
			if !errors.Is(err, peering.ErrInUse) || !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("a second time: %v", err)
			}
		})
	}
}

func hasIPv6() bool {
	c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err == nil {
		c.Close()
	}
	return err == nil
}

func TestListenErrors(t *testing.T) {
	t.Parallel()
	tr, _ := newTransport(t, Options{})
	for _, host := range []string{"example.org", "127.0.0", "127.0.0.1.2", "fe80::1%lo", "[::1]", " ", "-"} {
		_, err := tr.Listen(1, at(host, 0), peering.Settings{})
		want := fmt.Sprintf("a listener wants an IP address of this machine, localhost, or none for all interfaces; got %q", host)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v", host, err)
		}
	}
	if _, err := tr.Listen(1, at("192.0.2.1", 0), peering.Settings{}); err == nil || errors.Is(err, peering.ErrInUse) {
		t.Errorf("an address of another machine: %v", err)
	}
}

func TestNoPermission(t *testing.T) {
	t.Parallel()
	err := explainBind(&net.OpError{Op: "listen", Net: "udp", Err: os.NewSyscallError("bind", syscall.EACCES)})
	const want = "take one above 1023"
	if !strings.Contains(err.Error(), want) || !errors.Is(err, syscall.EACCES) || errors.Is(err, peering.ErrInUse) {
		t.Errorf("got %v", err)
	}
	if runtime.GOOS != "linux" || os.Geteuid() == 0 {
		return // who may is not refused
	}
	tr, _ := newTransport(t, Options{})
	if _, err := tr.Listen(1, at("127.0.0.1", 1), peering.Settings{}); err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("port 1: %v", err)
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	if !hasIPv6() {
		t.Skip("no IPv6 here")
	}
	a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{})
	var port int
	var err error
	b.do(func() { port, err = b.table.Listen(at("::1", 0), 0, peering.Settings{}) })
	if err != nil {
		t.Fatal(err)
	}
	a.dial(at("::1", port), 0, peering.Settings{})
	a.awaitPeer(b)
	b.awaitPeer(a)
	a.send(event, 1, 10, 100)
	b.awaitStream(event.Topic, 10)
	b.do(func() {
		if p := b.table.Peers(); len(p) != 1 || p[0].Address.Host != "::1" {
			t.Errorf("peers %+v", p)
		}
	})
}

// TestNames: a name may have several addresses; one that does not answer does not matter.
func TestNames(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{})
	to := b.listen(peering.Settings{})
	to.Host = "localhost"
	a.dial(to, 0, peering.Settings{})
	a.awaitPeer(b)

	a.dial(at("no-such-host.invalid", 1), 0, peering.Settings{})
	a.awaitEvent("peer_unavailable")
	a.wantLog(`the name \"no-such-host.invalid\" can't be resolved`)
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}) // takes packets and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	times := defaultTimeouts()
	times.dial /= 20
	n := newNode(t, "n", nodeOptions{times: times})
	n.dial(at("127.0.0.1", socket.LocalAddr().(*net.UDPAddr).Port), 0, peering.Settings{})
	n.awaitEvent("peer_unavailable")
	n.wantLog("no answer within 100ms")
}

func TestListenerClosed(t *testing.T) {
	t.Parallel()
	times := defaultTimeouts()
	times.dial /= 10
	a, b, late := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{}), newNode(t, "late", nodeOptions{times: times})
	var l peering.Listener
	var err error
	b.do(func() {
		port := b.OpenPort(func(in step.Input) bool { t.Errorf("%T", in); return true })
		l, err = b.tr.Listen(port, at("127.0.0.1", 0), peering.Settings{})
	})
	if err != nil {
		t.Fatal(err)
	}
	a.join(b, peering.Settings{})
	b.do(l.Close)
	late.dial(at("127.0.0.1", l.Port()), 0, peering.Settings{})
	late.awaitEvent("peer_unavailable")
	late.wantLog("no answer within 200ms")
	a.send(event, 1, 10, 100)
	b.awaitStream(event.Topic, 10)
}
