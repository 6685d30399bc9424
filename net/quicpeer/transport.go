package quicpeer

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"golang.org/x/sync/semaphore"

	"moonpeer/net/broker"
	"moonpeer/net/lane"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/stranger"
	"moonpeer/net/tlsconf"
)

// maxDials is how many attempts to connect are under way at once; further ones wait.
const maxDials = 64

// ALPN is the name of our protocol on QUIC.
const ALPN = "moonpeer/1"

// timeouts bound what nobody answers. Tests shorten them.
type timeouts struct {
	dial   time.Duration // one attempt, TLS included; Broker's is 1 s for TCP alone
	shake  time.Duration // a TLS handshake in which nothing comes; one that goes on has twice as long
	stream time.Duration // until a connection that was accepted opens stream 0
}

func defaultTimeouts() timeouts {
	return timeouts{dial: 2 * time.Second, shake: 2500 * time.Millisecond, stream: 10 * time.Second}
}

const (
	firstStreamWindow = 128 << 10
	maxStreamWindow   = 4 << 20
	connectionWindow  = 20 << 20
)

// Options say what a Transport works with.
type Options struct {
	Inbox step.Inbox   // required
	Log   *slog.Logger // required
	// ResetKey is asked at the first listener for what makes the tokens by which peers of a restarted listener notice
	// at once (design decision 18). Nil means a random key, which tells nobody.
	ResetKey func() [32]byte
	// Strangers bound connections whose other end is not known yet; each listener has a limiter of its own.
	Strangers stranger.Options
}

// Transport implements peering.Transport. Make one with New. Only the loop uses it, and Close ends it.
type Transport struct {
	opts   Options
	times  timeouts
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // everything that was started
	ends   sync.WaitGroup // connections that were handed over and have not ended
	pool   lane.Pool
	large  *semaphore.Weighted // bytes of large frames that arrive
	dials  *semaphore.Weighted // attempts under way

	keyOnce sync.Once
	key     [32]byte

	mu        sync.Mutex
	dialler   *quic.Transport // made at the first dial
	listeners []*listener
	links     map[*link]struct{} // handed over and not ended
	closed    bool
}

// New returns a transport without sockets.
func New(opts Options) *Transport {
	if opts.ResetKey == nil {
		opts.ResetKey = func() (key [32]byte) {
			rand.Read(key[:]) // never fails
			return key
		}
	}
	t := &Transport{opts: opts, times: defaultTimeouts(), links: map[*link]struct{}{},
		large: semaphore.NewWeighted(largeFrames), dials: semaphore.NewWeighted(maxDials)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Close closes every connection, tells the other ends, closes the sockets and waits until all is over. What is queued
// is not sent. The loop has ended, or calls it itself.
func (t *Transport) Close() {
	t.mu.Lock()
	t.closed = true
	dialler, listeners := t.dialler, t.listeners
	links := slices.Collect(maps.Keys(t.links))
	t.mu.Unlock()
	t.cancel()
	for _, l := range links {
		l.Close(uint64(broker.ShuttingDown), shuttingDown)
	}
	t.ends.Wait() // a socket that is closed before says nothing to the other end
	for _, l := range listeners {
		l.shut()
	}
	if dialler != nil {
		dialler.Close()
		dialler.Conn.Close()
	}
	t.wg.Wait()
}

const shuttingDown = "shutting down"

// enlist puts a link on the list of those that Close closes, unless it has been called.
func (t *Transport) enlist(l *link) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.links[l] = struct{}{}
	t.ends.Add(1)
	return true
}

func (t *Transport) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// config is what both ends of a connection agree on.
func (t *Transport) config(s peering.Settings, dialler bool) *quic.Config {
	c := &quic.Config{
		HandshakeIdleTimeout:           t.times.shake,
		MaxIdleTimeout:                 s.Timeout(),
		KeepAlivePeriod:                s.Timeout() / 3,
		InitialStreamReceiveWindow:     firstStreamWindow,
		MaxStreamReceiveWindow:         maxStreamWindow,
		InitialConnectionReceiveWindow: connectionWindow,
		MaxConnectionReceiveWindow:     connectionWindow,
		MaxIncomingStreams:             1,
		MaxIncomingUniStreams:          step.NumLanes - 1,
	}
	if dialler {
		c.MaxIncomingStreams = -1 // stream 0 is ours to open
	}
	return c
}

// WatchesSilence implements peering.Transport: QUIC's own timeout proves a living process, not a loop that runs.
func (t *Transport) WatchesSilence() bool { return false }

// Dial implements peering.Transport.
func (t *Transport) Dial(at step.PortID, a peering.Address, s peering.Settings) {
	t.wg.Go(func() {
		if t.dials.Acquire(t.ctx, 1) == nil { // else the dial fails at once
			defer t.dials.Release(1)
		}
		up := peering.Up{At: at, Remote: a}
		certs, err := tlsconf.Load(s.TLS, time.Now, rand.Reader)
		if err == nil {
			up.Link, up.Granted, err = t.dial(a, s, certs)
		}
		up.Err = err
		t.opts.Inbox.Put(up)
	})
}

// dial returns a link, and what the listener's certificate grants.
func (t *Transport) dial(a peering.Address, s peering.Settings, certs *tlsconf.Config) (peering.Link, []string, error) {
	qt, err := t.dialTransport()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(t.ctx, t.times.dial)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", a.Host)
	if err != nil {
		return nil, nil, fmt.Errorf("the name %q can't be resolved: %w", a.Host, err)
	}
	conn, err := race(ctx, addrs, func(ctx context.Context, ip netip.Addr) (*quic.Conn, error) {
		to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(a.Port)))
		return qt.Dial(ctx, to, certs.Client(ALPN), t.config(s, true))
	})
	checkBuffers(qt.Conn.(*net.UDPConn), t.opts.Log)
	if err != nil {
		return nil, nil, t.explain(err)
	}
	stream, err := conn.OpenStreamSync(ctx)
	if err != nil {
		conn.CloseWithError(0, "")
		return nil, nil, t.explain(err)
	}
	granted := certs.Granted(conn.ConnectionState().TLS)
	return t.newLink(conn, stream, s, a, func() {}), granted, nil
}

// maxAddresses is how many addresses of a name are tried, all at once: one of two that does not answer must not
// keep the other waiting.
const maxAddresses = 4

// race returns the first connection to one of the addresses, or the last error.
func race(ctx context.Context, addrs []netip.Addr, dial func(context.Context, netip.Addr) (*quic.Conn, error)) (*quic.Conn, error) {
	addrs = addrs[:min(len(addrs), maxAddresses)]
	type result struct {
		conn *quic.Conn
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan result, len(addrs))
	for _, ip := range addrs {
		go func() {
			conn, err := dial(ctx, ip)
			results <- result{conn, err}
		}()
	}
	var won *quic.Conn
	var err error
	for range addrs {
		r := <-results
		switch {
		case r.err != nil:
			err = r.err
		case won == nil:
			won = r.conn
			cancel()
		default:
			r.conn.CloseWithError(0, "")
		}
	}
	if won != nil {
		return won, nil
	}
	return nil, err
}

// dialTransport returns the socket to dial from.
func (t *Transport) dialTransport() (*quic.Transport, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return nil, net.ErrClosed
	case t.dialler != nil:
		return t.dialler, nil
	}
	c, err := net.ListenUDP("udp", nil) // handed over as it is: a wrapped one loses segmentation offload
	if err != nil {
		return nil, fmt.Errorf("no socket to dial from: %w", err)
	}
	t.dialler = &quic.Transport{Conn: c}
	return t.dialler, nil
}
