package stranger

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	alice = netip.MustParseAddr("192.0.2.1")
	bob   = netip.MustParseAddr("192.0.2.2")
)

// enter expects to be let in.
func enter(t *testing.T, l *Limiter, addr netip.Addr, verified bool) (leave func()) {
	t.Helper()
	leave, ok := l.Enter(addr, verified)
	if !ok {
		t.Fatalf("%v refused, %+v", addr, l.Stats())
	}
	return leave
}

func refused(t *testing.T, l *Limiter, addr netip.Addr, verified bool) {
	t.Helper()
	before := l.Stats().HalfOpen
	leave, ok := l.Enter(addr, verified)
	if ok {
		t.Fatalf("%v was let in, %+v", addr, l.Stats())
	}
	leave()
	if after := l.Stats().HalfOpen; after != before {
		t.Errorf("a refused one changes half-open from %d to %d", before, after)
	}
}

func wantStats(t *testing.T, l *Limiter, want Stats) {
	t.Helper()
	if got := l.Stats(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{}, {Verify: -1, Max: -1, PerAddr: -1}} {
		if got, want := New(o).o, (Options{Verify: 64, Max: 512, PerAddr: 64}); got != want {
			t.Errorf("%+v becomes %+v, want %+v", o, got, want)
		}
	}
	if own := (Options{Verify: 1, Max: 2, PerAddr: 3}); New(own).o != own {
		t.Errorf("%+v becomes %+v", own, New(own).o)
	}
}

func TestMustVerify(t *testing.T) {
	t.Parallel()
	l := New(Options{Verify: 2})
	enter(t, l, alice, false)
	if l.MustVerify() {
		t.Error("asked with one half-open, from 2 on is the rule")
	}
	leave := enter(t, l, alice, false)
	for range 2 {
		if !l.MustVerify() {
			t.Error("not asked with two half-open")
		}
	}
	leave()
	if l.MustVerify() {
		t.Error("asked after one has left")
	}
	wantStats(t, l, Stats{HalfOpen: 1, Asked: 2})
}

func TestMax(t *testing.T) {
	t.Parallel()
	l := New(Options{Max: 2})
	enter(t, l, alice, false)
	leave := enter(t, l, bob, true)
	refused(t, l, alice, false)
	refused(t, l, alice, true)
	wantStats(t, l, Stats{HalfOpen: 2, Refused: 2})
	leave()
	enter(t, l, alice, true)
}

func TestPerAddr(t *testing.T) {
	t.Parallel()
	l := New(Options{PerAddr: 2})
	enter(t, l, alice, true)
	leave := enter(t, l, alice, true)
	refused(t, l, alice, true)
	enter(t, l, bob, true)
	wantStats(t, l, Stats{HalfOpen: 3, Refused: 1, PerAddrRefused: 1})
	leave()
	enter(t, l, alice, true)
}

// TestSpoofed: whoever sends in alice's name must not be able to shut her out.
func TestSpoofed(t *testing.T) {
	t.Parallel()
	l := New(Options{PerAddr: 2})
	for range 10 {
		enter(t, l, alice, false)
	}
	if len(l.per) != 0 {
		t.Errorf("addresses that are not verified are counted: %v", l.per)
	}
	enter(t, l, alice, true)
}

func TestLeaveTwice(t *testing.T) {
	t.Parallel()
	l := New(Options{PerAddr: 2})
	leave := enter(t, l, alice, true)
	enter(t, l, alice, true)
	leave()
	leave()
	wantStats(t, l, Stats{HalfOpen: 1})
	enter(t, l, alice, true)
	refused(t, l, alice, true)
}

func TestOneSource(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"mapped IPv4 is IPv4", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"mapped IPv4 with a zone", "192.0.2.1", "::ffff:192.0.2.1%eth0", true},
		{"neighbours in IPv4", "192.0.2.1", "192.0.2.2", false},
		{"mapped neighbours", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"one /64", "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
		{"two /64", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"zones", "fe80::1%eth0", "fe80::1%eth1", true},
		{"low IPv6 is not IPv4", "0.0.0.1", "::1", false},
		{"invalid ones", "", "", true},
		{"invalid is not all zero", "", "::", false},
		{"invalid is not all zero in IPv4", "", "0.0.0.0", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := New(Options{PerAddr: 1})
			a, _ := netip.ParseAddr(c.a)
			b, _ := netip.ParseAddr(c.b)
			leave := enter(t, l, a, true)
			if _, ok := l.Enter(b, true); ok == c.same {
				t.Errorf("%q then %q: let in is %v", c.a, c.b, ok)
			}
			leave()
			if c.same && len(l.per) != 0 {
				t.Errorf("left behind: %v", l.per)
			}
		})
	}
}

// TestConcurrent lets many goroutines come and go at once; run it with the race detector.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	const workers, rounds = 16, 500
	l := New(Options{Verify: 4, Max: 10, PerAddr: 3})
	var in, let, refusals, asked atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(w % 4)})
			for range rounds {
				if l.MustVerify() {
					asked.Add(1)
				}
				leave, ok := l.Enter(addr, w%2 == 0)
				if !ok {
					refusals.Add(1)
					continue
				}
				let.Add(1)
				if n := in.Add(1); n > 10 {
					t.Errorf("%d at once", n)
				}
				if s := l.Stats(); s.HalfOpen < 1 || s.HalfOpen > 10 {
					t.Errorf("inside: %+v", s)
				}
				in.Add(-1) // before leaving, so that in is never above the truth
				var both sync.WaitGroup
				both.Go(leave)
				leave()
				both.Wait()
			}
		})
	}
	wg.Wait()
	if let.Load()+refusals.Load() != workers*rounds {
		t.Errorf("%d let in, %d refused", let.Load(), refusals.Load())
	}
	s := l.Stats()
	if s.HalfOpen != 0 || int64(s.Refused) != refusals.Load() || int64(s.Asked) != asked.Load() || len(l.per) != 0 {
		t.Errorf("%+v with %d refused and %d asked; %d addresses left", s, refusals.Load(), asked.Load(), len(l.per))
	}
}
