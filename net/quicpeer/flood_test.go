package quicpeer

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"moonpeer/net/peering"
	"moonpeer/net/stranger"
)

// TestGarbageDatagrams: what is not QUIC at the listener's port does not disturb those who speak it.
func TestGarbageDatagrams(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{})
	to := b.listen(peering.Settings{})
	a.dial(to, 0, peering.Settings{})
	a.awaitPeer(b)
	socket, err := net.Dial("udp", to.HostPort())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	random := rand.NewChaCha8([32]byte{1})
	rnd := rand.New(random)
	buf := make([]byte, 1500)
	const datagrams, every = 20_000, 100
	for i := range datagrams {
		p := buf[:rnd.IntN(len(buf))]
		random.Read(p)
		if len(p) > 5 && i%3 == 0 {
			p[0] |= 0xc0 // a long header
			if i%2 == 0 {
				copy(p[1:], "\x00\x00\x00\x01") // of QUIC version 1
			}
		}
		if _, err := socket.Write(p); err != nil {
			continue // what was not taken is no garbage
		}
		if i%every == 0 {
			n := uint64(i/every) + 1
			a.send(event, n, n, 100)
			b.awaitStream(event.Topic, n)
		}
	}
	late := newNode(t, "late", nodeOptions{})
	late.dial(to, 0, peering.Settings{})
	late.awaitPeer(b)
	b.awaitPeer(late)
	b.do(func() {
		if b.ups != 2 || len(b.table.Peers()) != 2 {
			t.Errorf("%d connections, peers %v", b.ups, b.table.Peers())
		}
	})
}

// deaf is a socket of clients that begin to connect and never go on: it sends, and gives them nothing to read but
// Retry packets if they are to answer these.
type deaf struct {
	*net.UDPConn
	retries bool
	wrote   chan struct{}
}

// ReadFrom implements net.PacketConn.
func (d *deaf) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := d.UDPConn.ReadFrom(b)
		if err != nil || d.retries && n > 0 && b[0]&0xf0 == 0xf0 {
			return n, from, err
		}
	}
}

// WriteTo implements net.PacketConn.
func (d *deaf) WriteTo(b []byte, to net.Addr) (int, error) {
	n, err := d.UDPConn.WriteTo(b, to)
	select {
	case d.wrote <- struct{}{}:
	default:
	}
	return n, err
}

// packetConn hides what QUIC would use to go around ReadFrom and WriteTo.
type packetConn struct{ net.PacketConn }

// flood makes attempts to connect, two at a time. Each is given up when it has sent its packets, and each is told when
// one has begun.
func flood(t testing.TB, to peering.Address, attempts int, retries bool, each func(i int)) {
	t.Helper()
	addr := &net.UDPAddr{IP: net.ParseIP(to.Host), Port: to.Port}
	conf := clientTLS(ALPN)
	conf.CurvePreferences = []tls.CurveID{tls.X25519} // the client's work is not the test's
	packets := 1
	if retries {
		packets = 2 // the first once more, with the token
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range 2 {
		socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		d := &deaf{UDPConn: socket, retries: retries, wrote: make(chan struct{}, 1)}
		tr := &quic.Transport{Conn: packetConn{d}}
		wg.Go(func() {
			defer socket.Close()
			defer tr.Close()
			for range next {
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					defer cancel()
					timeout := time.After(100 * time.Millisecond) // no Retry came
					for range packets {
						select {
						case <-d.wrote:
						case <-timeout:
						}
					}
				}()
				tr.Dial(ctx, addr, conf, nil)
				<-ctx.Done()
			}
		})
	}
	for i := range attempts {
		next <- i
		each(i)
	}
	close(next)
	wg.Wait()
}

// TestFlood: connection attempts that never finish cost a bounded amount, and neither peers nor those who want to
// become one suffer.
func TestFlood(t *testing.T) {
	for _, tc := range []struct {
		name           string
		short, long    int
		retries        bool
		verify         int
		newPeers       bool // can join meanwhile
		mostAtOnce     int
		mostMegaBytes  int64
		mostGoroutines int
	}{
		// Nobody reads: from 64 on the listener asks for a proof that the address is right, and keeps nothing.
		{"no answer is read", 2000, 10_000, false, 0, true, 64 + 8, 64, 64 * 8},
		// The proof is given: then one address gets 64.
		{"retries are answered", 300, 1500, true, 1, false, 64 + 8, 64, 64 * 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			attempts := tc.long
			if testing.Short() {
				attempts = tc.short
			}
			times := defaultTimeouts()
			if testing.Short() {
				times.shake /= 10
			}
			a, b := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{times: times,
				options: Options{Strangers: stranger.Options{Verify: tc.verify}}})
			to := b.listen(peering.Settings{})
			a.dial(to, 0, peering.Settings{})
			a.awaitPeer(b)
			heapBefore, goroutinesBefore := heap(), runtime.NumGoroutine()
			var grown int64
			var most, goroutines int
			flood(t, to, attempts, tc.retries, func(i int) {
				most = max(most, b.halfOpen())
				goroutines = max(goroutines, runtime.NumGoroutine()-goroutinesBefore)
				if i%100 == 0 {
					n := uint64(i/100) + 1
					a.send(event, n, n, 100)
					b.awaitStream(event.Topic, n)
				}
				if (i+1)%(attempts/4) == 0 {
					grown = max(grown, heap()-heapBefore)
				}
				if i == attempts/2 && tc.newPeers {
					n := newNode(t, "meanwhile", nodeOptions{})
					n.dial(to, 20*time.Millisecond, peering.Settings{})
					n.awaitPeer(b)
				}
			})
			t.Logf("%d attempts: heap at most %d KB more, %d more goroutines, %d half-open", attempts, grown>>10, goroutines, most)
			if grown > tc.mostMegaBytes<<20 || most < 64 || most > tc.mostAtOnce || goroutines > tc.mostGoroutines {
				t.Error("that is too much, or the flood was none")
			}
			eventually(t, "end of the half-open connections", func() bool { return b.halfOpen() == 0 })
			late := newNode(t, "late", nodeOptions{})
			late.dial(to, 20*time.Millisecond, peering.Settings{})
			late.awaitPeer(b)
			late.send(record, 1, 10, 100)
			b.awaitStream(record.Topic, 10)
			late.end()
			eventually(t, "end of their goroutines", func() bool { return runtime.NumGoroutine() < goroutinesBefore+20 })
			if left := heap() - heapBefore; left > 8<<20 {
				t.Errorf("%d KB are left", left>>10)
			}
		})
	}
}
