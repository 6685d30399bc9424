package quicpeer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/stranger"
	"moonpeer/net/tlsconf"
)

// listener is an open listener with a socket of its own. The connections that it has accepted need the socket until
// the transport is closed.
type listener struct {
	t         *Transport
	at        step.PortID
	settings  peering.Settings
	certs     *tlsconf.Config
	socket    *net.UDPConn
	quic      *quic.Transport
	accepting *quic.Listener
	strangers *stranger.Limiter

	mu     sync.Mutex
	toldAt time.Time // when refused last wrote a line, and how many it has left out since
	untold int
}

// leaveKey is where a connection's context keeps what takes it off the list of strangers.
type leaveKey struct{}

// Listen implements peering.Transport.
func (t *Transport) Listen(at step.PortID, a peering.Address, s peering.Settings) (peering.Listener, error) {
	if t.isClosed() {
		return nil, net.ErrClosed
	}
	ip, err := listenIP(a.Host)
	if err != nil {
		return nil, err
	}
	certs, err := tlsconf.Load(s.TLS, time.Now, rand.Reader)
	if err != nil {
		return nil, err
	}
	if w := certs.Warning(); w != "" {
		t.opts.Log.Warn(w)
	}
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip, Port: a.Port})
	if err != nil {
		return nil, explainBind(err)
	}
	l := &listener{t: t, at: at, settings: s, certs: certs, socket: socket, strangers: stranger.New(t.opts.Strangers)}
	key := quic.StatelessResetKey(t.resetKey())
	l.quic = &quic.Transport{Conn: socket, StatelessResetKey: &key,
		VerifySourceAddress: func(net.Addr) bool { return l.strangers.MustVerify() }, ConnContext: l.enter}
	if l.accepting, err = l.quic.Listen(certs.Server(ALPN), t.config(s, false)); err != nil {
		socket.Close()
		return nil, err
	}
	checkBuffers(socket, t.opts.Log)
	t.mu.Lock()
	t.listeners = append(t.listeners, l)
	t.mu.Unlock()
	t.wg.Go(l.accept)
	return l, nil
}

// resetKey asks for the key once.
func (t *Transport) resetKey() [32]byte {
	t.keyOnce.Do(func() { t.key = t.opts.ResetKey() })
	return t.key
}

// CheckListen says what is wrong with the host of an address to listen on.
func CheckListen(host string) error {
	_, err := listenIP(host)
	return err
}

// listenIP reads the address of a listener: the loop does not wait for a name server.
func listenIP(host string) (net.IP, error) {
	switch host {
	case "":
		return nil, nil
	case "localhost":
		return net.IPv4(127, 0, 0, 1), nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" {
		return nil, fmt.Errorf("a listener wants an IP address of this machine, localhost, or none for all interfaces; got %q", host)
	}
	return ip.AsSlice(), nil
}

// Port implements peering.Listener.
func (l *listener) Port() int { return l.socket.LocalAddr().(*net.UDPAddr).Port }

// Close implements peering.Listener.
func (l *listener) Close() { l.accepting.Close() }

// shut closes the socket, too, and with it every connection.
func (l *listener) shut() {
	l.accepting.Close()
	l.quic.Close()
	l.socket.Close()
}

var errStrangers = errors.New("too many connections are shaking hands")

// enter counts a connection whose other end is not known yet.
func (l *listener) enter(ctx context.Context, info *quic.ClientInfo) (context.Context, error) {
	var ip netip.Addr
	if a, ok := info.RemoteAddr.(*net.UDPAddr); ok {
		ip = a.AddrPort().Addr()
	}
	leave, ok := l.strangers.Enter(ip, info.AddrVerified)
	if !ok {
		return nil, errStrangers
	}
	context.AfterFunc(ctx, func() {
		leave()
		l.refused(info.RemoteAddr, context.Cause(ctx))
	})
	return context.WithValue(ctx, leaveKey{}, leave), nil
}

// refusalEvery is how often at most a listener tells of certificates that are not accepted.
const refusalEvery = time.Second

// refused tells of a dialler whose certificate was not accepted, or who did not accept this node's.
func (l *listener) refused(from net.Addr, cause error) {
	e, ok := errors.AsType[*quic.TransportError](cause)
	if !ok || !e.ErrorCode.IsCryptoError() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.toldAt) < refusalEvery {
		l.untold++
	} else {
		l.t.opts.Log.Warn("a dialler was refused", "from", from, "why", explainDialler(e), "others", l.untold)
		l.toldAt, l.untold = now, 0
	}
}

// accept takes connections whose TLS handshake is done. None waits for another's.
func (l *listener) accept() {
	for {
		conn, err := l.accepting.Accept(l.t.ctx)
		if err != nil {
			return // closed
		}
		l.t.wg.Go(func() { l.accepted(conn) })
	}
}

// accepted waits for stream 0 and hands the connection over.
func (l *listener) accepted(conn *quic.Conn) {
	ctx, cancel := context.WithTimeout(l.t.ctx, l.t.times.stream)
	defer cancel()
	stream, err := conn.AcceptStream(ctx)
	if err != nil {
		conn.CloseWithError(quic.ApplicationErrorCode(broker.PeerTimeout), "no handshake")
		return
	}
	leave, _ := conn.Context().Value(leaveKey{}).(func())
	remote := peering.Address{Transport: "quic"}
	if a, ok := conn.RemoteAddr().(*net.UDPAddr); ok {
		remote.Host, remote.Port = a.AddrPort().Addr().Unmap().String(), a.Port
	}
	granted := l.certs.Granted(conn.ConnectionState().TLS)
	l.t.opts.Inbox.Put(peering.Up{At: l.at, Link: l.t.newLink(conn, stream, l.settings, remote, leave), Remote: remote, Granted: granted})
}
