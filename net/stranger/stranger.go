// Package stranger bounds what connections may cost whose other end is not known yet. A transport asks a [Limiter]
// before it spends memory on a connection: one from which nothing but a first packet has come is cheap to make for
// an attacker and dear to hold for us.
//
// A connection is half-open from Limiter.Enter until the function that Enter returned is called: when the handshake
// has told who the peer is, or when the connection has ended, whichever is first. The limits come one behind the
// other. From Options.Verify half-open connections on the source address has to be proven, so that from there on a
// connection costs the sender a real address; then one address gets no more than Options.PerAddr; and Options.Max is
// what all of them get.
//
// For QUIC:
//
//	t.VerifySourceAddress = func(net.Addr) bool { return limiter.MustVerify() }
//	t.ConnContext = func(ctx context.Context, info *quic.ClientInfo) (context.Context, error) {
//	        leave, ok := limiter.Enter(addrOf(info.RemoteAddr), info.AddrVerified)
//	        if !ok {
//	                return nil, errBusy
//	        }
//	        context.AfterFunc(ctx, leave)
//	        return context.WithValue(ctx, leaveKey, leave), nil // called too when the handshake is done
//	}
//
// For TCP the system has verified the address before Accept returns: Enter with verified true, MustVerify is not
// needed.
package stranger

import (
	"net/netip"
	"sync"
)

// Options bound half-open connections. Zero or less means the default.
type Options struct {
	Verify  int // from so many half-open ones on, source addresses are verified first; 64
	Max     int // so many at once, further ones are refused; 512
	PerAddr int // so many at once of one verified address, or of one /64 of IPv6; 64
}

func (o Options) withDefaults() Options {
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	set(&o.Verify, 64)
	set(&o.Max, 512)
	set(&o.PerAddr, 64)
	return o
}

// Stats is what a Limiter counted since it was made, but for HalfOpen, which is now.
type Stats struct {
	HalfOpen       int
	Refused        uint64 // by Max or PerAddr
	PerAddrRefused uint64 // of these, by PerAddr
	Asked          uint64 // how often MustVerify said yes
}

// Limiter counts half-open connections. Any goroutine may use it; no method waits for more than a short lock.
type Limiter struct {
	o Options

	mu    sync.Mutex
	stats Stats
	per   map[netip.Prefix]int // half-open and verified; no entry is zero, so it is never longer than HalfOpen
}

// New returns a Limiter that has counted nothing yet.
func New(o Options) *Limiter {
	return &Limiter{o: o.withDefaults(), per: map[netip.Prefix]int{}}
}

// MustVerify tells whether a new connection has to prove its source address first, and counts it if so.
func (l *Limiter) MustVerify() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stats.HalfOpen < l.o.Verify {
		return false
	}
	l.stats.Asked++
	return true
}

// Enter counts one more half-open connection from addr. It returns false, counted as refused, when there are too
// many. verified says that addr is proven not to be spoofed; only then it is counted per address, so that nobody can
// shut out another one by sending in its name.
//
// leave takes the connection out again. It is never nil, may be called by any goroutine, and does something the
// first time only.
func (l *Limiter) Enter(addr netip.Addr, verified bool) (leave func(), ok bool) {
	key := sourceOf(addr)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.stats.HalfOpen >= l.o.Max:
		l.stats.Refused++
		return func() {}, false
	case verified && l.per[key] >= l.o.PerAddr:
		l.stats.Refused++
		l.stats.PerAddrRefused++
		return func() {}, false
	}
	l.stats.HalfOpen++
	if verified {
		l.per[key]++
	}
	return sync.OnceFunc(func() { l.leave(key, verified) }), true
}

// Stats returns the counts.
func (l *Limiter) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

func (l *Limiter) leave(key netip.Prefix, verified bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.HalfOpen--
	if !verified {
		return
	}
	if l.per[key]--; l.per[key] == 0 {
		delete(l.per, key)
	}
}

// sourceOf is what counts as one source: an IPv4 address, however it is written, or a /64 of IPv6, which is what a
// single host usually has to choose from. Addresses that are not valid are one source together.
func sourceOf(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap()
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, _ := addr.Prefix(bits) // fails for an address that is not valid, and returns the zero Prefix
	return p
}
