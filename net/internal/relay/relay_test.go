package relay

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// socket is one end of a conversation.
type socket struct {
	t    testing.TB
	conn *net.UDPConn
}

func listen(t testing.TB, addr string) *socket {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadBuffer(socketBuffer)
	t.Cleanup(func() { conn.Close() })
	return &socket{t, conn}
}

func loopback(t testing.TB) *socket { t.Helper(); return listen(t, "127.0.0.1:0") }

func (s *socket) addr() string { return s.conn.LocalAddr().String() }

func (s *socket) send(to, text string) {
	s.t.Helper()
	if _, err := s.conn.WriteToUDPAddrPort([]byte(text), netip.MustParseAddrPort(to)); err != nil {
		s.t.Error(err)
	}
}

// next waits for a packet and returns it with its sender.
func (s *socket) next() (text, from string) {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, maxPacket)
	n, addr, err := s.conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(buf[:n]), addr.String()
}

func (s *socket) want(text string) (from string) {
	s.t.Helper()
	got, from := s.next()
	if got != text {
		s.t.Fatalf("got %q, want %q", got, text)
	}
	return from
}

// empty fails if anything is there. What came through a relay is there as soon as its counters say so.
func (s *socket) empty() {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, from, err := s.conn.ReadFromUDPAddrPort(make([]byte, maxPacket)); err == nil {
		s.t.Errorf("%d bytes came from %v", n, from)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	target := loopback(t)
	r := New(t, target.addr(), Options{})
	ups := map[string]bool{}
	for i := range 3 {
		client := loopback(t)
		for range 2 {
			text := fmt.Sprint("question ", i)
			client.send(r.Addr(), text)
			up := target.want(text)
			if up == client.addr() || up == r.Addr() {
				t.Errorf("it comes from %s itself", up)
			}
			ups[up] = true
			target.send(up, "answer")
			if from := client.want("answer"); from != r.Addr() {
				t.Errorf("the answer comes from %s, want %s", from, r.Addr())
			}
		}
	}
	if len(ups) != 3 {
		t.Errorf("three clients came from %v", ups)
	}
	if s, want := r.Stats(), (Stats{Received: 12, Passed: 12}); s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	target, client := loopback(t), loopback(t)
	r := New(t, target.addr(), Options{})
	for _, n := range []int{0, 1, 1452, 9000, 65507} {
		text := strings.Repeat("x", n)
		client.send(r.Addr(), text)
		target.send(target.want(text), text)
		client.want(text)
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"[::1]:0", "0.0.0.0:0", ":0"} {
		t.Run(addr, func(t *testing.T) {
			if probe, err := net.ListenPacket("udp", addr); err != nil {
				t.Skipf("this machine has no such address: %v", err)
			} else {
				probe.Close()
			}
			target := listen(t, addr)
			r := New(t, target.addr(), Options{})
			host, _, err := net.SplitHostPort(r.Addr())
			if err != nil {
				t.Fatal(err)
			}
			client := listen(t, net.JoinHostPort(host, "0"))
			client.send(r.Addr(), "question")
			target.send(target.want("question"), "answer")
			client.want("answer")
		})
	}
}

// oneWay sends n packets through a relay that does everything and returns what comes out, in order.
func oneWay(t *testing.T, seed uint64, n int) ([]string, Stats) {
	target, client := loopback(t), loopback(t)
	r := New(t, target.addr(), Options{Seed: seed, Loss: 0.1, Duplicate: 0.1, Reorder: 0.1})
	sent := uint64(0)
	for burst := range slices.Chunk(numbers(n), 50) { // so that no socket's buffer runs over
		for _, text := range burst {
			client.send(r.Addr(), text)
			sent++
		}
		r.Await(func(s Stats) bool { return s.Received == sent })
	}
	s := r.Await(func(s Stats) bool { return s.Held == 0 })
	var got []string
	for range s.Passed {
		text, _ := target.next()
		got = append(got, text)
	}
	target.empty()
	return got, s
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const n = 500
	got, s := oneWay(t, 1, n)
	if s.Dropped == 0 || s.Duplicated == 0 || s.Reordered == 0 || s.Received+s.Duplicated != s.Passed+s.Dropped {
		t.Errorf("%+v", s)
	}
	if slices.IsSorted(got) {
		t.Error("all came in order")
	}
	sent := numbers(n)
	different := slices.Compact(slices.Sorted(slices.Values(got)))
	unknown := func(x string) bool { return !slices.Contains(sent, x) }
	if uint64(len(different)) != n-s.Dropped || slices.ContainsFunc(different, unknown) {
		t.Errorf("%d different ones of %d arrived, %+v", len(different), n, s)
	}
}

// TestSeed: the same packets are lost and duplicated. The order may differ where the timer has let one go.
func TestSeed(t *testing.T) {
	t.Parallel()
	sorted := func(seed uint64) []string {
		got, _ := oneWay(t, seed, 300)
		slices.Sort(got)
		return got
	}
	first := sorted(5)
	if again := sorted(5); !slices.Equal(first, again) {
		t.Errorf("with one seed %d and %d arrived, or other ones", len(first), len(again))
	}
	if other := sorted(6); slices.Equal(first, other) {
		t.Error("two seeds choose the same packets")
	}
}

func TestTimers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		o     Options
		least time.Duration
	}{
		{"reordered, and nothing follows", Options{Reorder: 1}, 2 * holdTime},
		{"delayed", Options{Delay: 5 * time.Millisecond}, 10 * time.Millisecond},
		{"both", Options{Reorder: 1, Delay: 5 * time.Millisecond}, 2*holdTime + 10*time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target, client := loopback(t), loopback(t)
			r := New(t, target.addr(), c.o)
			start := time.Now()
			client.send(r.Addr(), "question")
			target.send(target.want("question"), "answer")
			client.want("answer")
			if took := time.Since(start); took < c.least {
				t.Errorf("there and back in %v, want %v at least", took, c.least)
			}
		})
	}
}

func TestCutAndHeal(t *testing.T) {
	t.Parallel()
	target, client := loopback(t), loopback(t)
	r := New(t, target.addr(), Options{})
	client.send(r.Addr(), "before")
	up := target.want("before")
	r.Cut()
	client.send(r.Addr(), "during")
	target.send(up, "during")
	r.Await(func(s Stats) bool { return s.Dropped == 2 })
	r.Heal()
	client.send(r.Addr(), "after")
	if again := target.want("after"); again != up {
		t.Errorf("it came from %s, now from %s", up, again)
	}
	target.send(up, "after")
	client.want("after")
}

func TestSetLoss(t *testing.T) {
	t.Parallel()
	target, client := loopback(t), loopback(t)
	r := New(t, target.addr(), Options{})
	client.send(r.Addr(), "before")
	up := target.want("before")
	r.SetLoss(1)
	client.send(r.Addr(), "during")
	target.send(up, "during")
	r.Await(func(s Stats) bool { return s.Dropped == 2 })
	r.SetLoss(0)
	client.send(r.Addr(), "after")
	target.send(target.want("after"), "after")
	client.want("after")
}

func TestRebind(t *testing.T) {
	t.Parallel()
	target := loopback(t)
	r := New(t, target.addr(), Options{})
	clients := []*socket{loopback(t), loopback(t)}
	var old []string
	for _, c := range clients {
		c.send(r.Addr(), "before")
		old = append(old, target.want("before"))
	}
	r.Rebind()
	for _, up := range old {
		target.send(up, "to the old port")
	}
	for _, c := range clients {
		c.send(r.Addr(), "after")
		up := target.want("after")
		if slices.Contains(old, up) {
			t.Errorf("it still comes from %s", up)
		}
		target.send(up, "answer")
		c.want("answer")
		c.empty()
	}
}

// TestForgotten: an answer that was received on the old port, but not yet sent on, is lost as well.
func TestForgotten(t *testing.T) {
	t.Parallel()
	target, client := loopback(t), loopback(t)
	r := New(t, target.addr(), Options{})
	client.send(r.Addr(), "before")
	target.want("before")
	r.do(func() {
		c := r.order[0]
		old := c.up
		if err := r.connect(c); err != nil {
			t.Error(err)
		}
		r.arrive(arrival{client: c, via: old, data: []byte("late")})
	})
	client.empty()
	if s := r.Stats(); s.Dropped != 1 {
		t.Errorf("%+v, want one dropped", s)
	}
}

// TestTargetGone: packets that find nobody must not end what comes when the target is back.
func TestTargetGone(t *testing.T) {
	t.Parallel()
	target, client := loopback(t), loopback(t)
	r := New(t, target.addr(), Options{})
	target.conn.Close()
	for i := range uint64(20) {
		client.send(r.Addr(), "lost")
		r.Await(func(s Stats) bool { return s.Passed > i })
	}
	target = listen(t, target.addr())
	client.send(r.Addr(), "question")
	target.send(target.want("question"), "answer")
	client.want("answer")
}

func TestTooManyClients(t *testing.T) {
	t.Parallel()
	target := loopback(t)
	r := New(t, target.addr(), Options{})
	for i := range maxClients {
		loopback(t).send(r.Addr(), fmt.Sprint(i))
		target.want(fmt.Sprint(i))
	}
	loopback(t).send(r.Addr(), "one more")
	r.Await(func(s Stats) bool { return s.Dropped == 1 })
	target.empty()
}

// TestEnd: after the test nothing runs, which TestMain sees, and nothing hangs.
func TestEnd(t *testing.T) {
	t.Parallel()
	target, client := loopback(t), loopback(t)
	var r *Relay
	t.Run("inner", func(t *testing.T) {
		r = New(t, target.addr(), Options{Delay: time.Hour})
		client.send(r.Addr(), "never comes")
		r.Await(func(s Stats) bool { return s.Held == 1 })
	})
	r.Cut()
	r.Heal()
	r.Rebind()
	r.SetLoss(1)
	if s := r.Stats(); s.Received != 1 {
		t.Errorf("%+v", s)
	}
	target.empty()
	if free, err := net.ListenPacket("udp", r.Addr()); err != nil {
		t.Errorf("its port is still taken: %v", err)
	} else {
		free.Close()
	}
}

// TestConcurrent is for the race detector: everything at once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	target := loopback(t)
	r := New(t, target.addr(), Options{Loss: 0.1, Duplicate: 0.1, Reorder: 0.1, Delay: time.Millisecond})
	var wg sync.WaitGroup
	for range 4 {
		client := loopback(t)
		wg.Go(func() {
			for i := range 200 {
				client.send(r.Addr(), fmt.Sprint(i))
			}
		})
	}
	wg.Go(func() {
		for i := range 20 {
			r.SetLoss(float64(i%3) / 3)
			r.Rebind()
			r.Cut()
			r.Stats()
			r.Heal()
		}
	})
	wg.Wait()
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, good := range []float64{0, 0.5, 1} {
		if err := (Options{Loss: good, Duplicate: good, Reorder: good}).check(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
		for name, o := range map[string]Options{"loss": {Loss: bad}, "duplicate": {Duplicate: bad}, "reorder": {Reorder: bad}} {
			if err := o.check(); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s of %v: %v", name, bad, err)
			}
		}
	}
}
