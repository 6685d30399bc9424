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

	mu      sync.Mutex
	retried bool // the attempt has read a Retry
	wrote   int  // packets of it
	enough  func()
}

// begin starts to count for an attempt, which is told when it has sent its packets: the first one, or the one that
// answers a Retry. No Retry comes while the listener wants no proof, then it is what QUIC sends by itself.
func (d *deaf) begin(enough func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.retried, d.wrote, d.enough = false, 0, enough
}

// ReadFrom implements net.PacketConn.
func (d *deaf) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := d.UDPConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		if d.retries && n > 0 && b[0]&0xf0 == 0xf0 {
			d.mu.Lock()
			d.retried = true
			d.mu.Unlock()
			return n, from, nil
		}
	}
}

// WriteTo implements net.PacketConn.
func (d *deaf) WriteTo(b []byte, to net.Addr) (int, error) {
	n, err := d.UDPConn.WriteTo(b, to)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrote++
	if !d.retries || d.retried || d.wrote == 3 {
		d.enough()
	}
	return n, err
}

// packetConn hides what QUIC would use to go around ReadFrom and WriteTo.
type packetConn struct{ net.PacketConn }

// flood makes attempts to connect, two at a time, as long as each wants more; it is asked when one has begun. An
// attempt is given up when it has sent its packets.
func flood(t testing.TB, to peering.Address, retries bool, each func(i int) (more bool)) {
	t.Helper()
	addr := &net.UDPAddr{IP: net.ParseIP(to.Host), Port: to.Port}
	conf := clientTLS(ALPN)
	conf.CurvePreferences = []tls.CurveID{tls.X25519} // the client's work is not the test's
	var wg sync.WaitGroup
	next := make(chan int)
	for range 2 {
		socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		d := &deaf{UDPConn: socket, retries: retries}
		tr := &quic.Transport{Conn: packetConn{d}}
		wg.Go(func() {
			defer socket.Close()
			defer tr.Close()
			for range next {
				ctx, cancel := context.WithCancel(t.Context())
				d.begin(cancel)
				tr.Dial(ctx, addr, conf, nil)
				cancel()
			}
		})
	}
	next <- 0
	for i := 0; each(i); i++ {
		next <- i + 1
	}
	close(next)
	wg.Wait()
}

// flooded is a node under a flood, with a peer that it had before.
type flooded struct {
	t    *testing.T
	a, b *node
	to   peering.Address

	heapBefore       int64
	goroutinesBefore int
	grown            int64 // bytes, the most that were seen
	most, goroutines int
}

func newFlooded(t *testing.T, times timeouts, verify int) *flooded {
	f := &flooded{t: t, a: newNode(t, "a", nodeOptions{}),
		b: newNode(t, "b", nodeOptions{times: times, options: Options{Strangers: stranger.Options{Verify: verify}}})}
	f.to = f.b.listen(peering.Settings{})
	f.a.dial(f.to, 0, peering.Settings{})
	f.a.awaitPeer(f.b)
	f.heapBefore, f.goroutinesBefore = heap(), runtime.NumGoroutine()
	return f
}

// look takes note of what attempt i costs; the peer is served meanwhile.
func (f *flooded) look(i int) {
	f.most = max(f.most, f.b.halfOpen())
	f.goroutines = max(f.goroutines, runtime.NumGoroutine()-f.goroutinesBefore)
	if i%100 == 0 {
		n := uint64(i/100) + 1
		f.a.send(event, n, n, 100)
		f.b.awaitStream(event.Topic, n)
		f.grown = max(f.grown, heap()-f.heapBefore)
	}
}

// bounded checks what it has cost, and that there were that many half-open connections at once.
func (f *flooded) bounded(attempts, least int) {
	f.t.Helper()
	f.grown = max(f.grown, heap()-f.heapBefore)
	f.t.Logf("%d attempts: heap at most %d KB more, %d more goroutines, %d half-open", attempts, f.grown>>10, f.goroutines, f.most)
	if f.most < least {
		f.t.Errorf("%d connections were half-open at once, and a flood makes %d", f.most, least)
	}
	if f.grown > 64<<20 || f.most > 64+8 || f.goroutines > 64*8 {
		f.t.Error("that is too much")
	}
}

// over checks that nothing of it is left.
func (f *flooded) over() {
	f.t.Helper()
	eventually(f.t, "end of their goroutines", func() bool { return runtime.NumGoroutine() < f.goroutinesBefore+20 })
	if left := heap() - f.heapBefore; left > 8<<20 {
		f.t.Errorf("%d KB are left", left>>10)
	}
}

// joins has a new node become a peer.
func (f *flooded) joins(name string) *node {
	f.t.Helper()
	n := newNode(f.t, name, nodeOptions{})
	n.dial(f.to, 20*time.Millisecond, peering.Settings{})
	n.awaitPeer(f.b)
	return n
}

// TestFlood: connection attempts that never finish cost a bounded amount, and neither peers nor those who want to
// become one suffer. Here none is given up, however slow the machine is, so that there are as many as may be; the
// transport's end is theirs.
func TestFlood(t *testing.T) {
	for _, tc := range []struct {
		name        string
		short, long int
		retries     bool
		verify      int
		newPeers    bool // can join meanwhile
	}{
		// Nobody reads: from 64 on the listener asks for a proof that the address is right, and keeps nothing.
		{"no answer is read", 2000, 10_000, false, 0, true},
		// The proof is given: then one address gets 64.
		{"retries are answered", 300, 1500, true, 1, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			attempts := tc.long
			if testing.Short() {
				attempts = tc.short
			}
			times := defaultTimeouts()
			times.shake = time.Hour
			f := newFlooded(t, times, tc.verify)
			flood(t, f.to, tc.retries, func(i int) (more bool) {
				f.look(i)
				if i == attempts/2 && tc.newPeers {
					f.joins("meanwhile")
				}
				return i+1 < attempts
			})
			f.bounded(attempts, 64)
			f.b.end()
			eventually(t, "end of the half-open connections", func() bool { return f.b.halfOpen() == 0 })
			f.over()
		})
	}
}

// TestFloodEnds: attempts that never finish are given up after a while, and then everything is as it was before.
func TestFloodEnds(t *testing.T) {
	attempts, times := 1500, defaultTimeouts()
	if testing.Short() {
		attempts = 300
		times.shake /= 10
	}
	f := newFlooded(t, times, 1)
	flood(t, f.to, true, func(i int) (more bool) {
		f.look(i)
		return i+1 < attempts || f.most == 0
	})
	f.bounded(attempts, 1)
	eventually(t, "end of the half-open connections", func() bool { return f.b.halfOpen() == 0 })
	late := f.joins("late")
	late.send(record, 1, 10, 100)
	f.b.awaitStream(record.Topic, 10)
	late.end()
	f.over()
}
