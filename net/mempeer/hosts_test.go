package mempeer

import (
	"slices"
	"testing"
	"time"

	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// host is a transport and what came of it.
type host struct {
	*Transport
	link   *Link
	failed []string
	got    []uint64 // sequence numbers
	closed []step.Closed
}

func (h *host) Put(in step.Input) {
	switch in := in.(type) {
	case peering.Up:
		if in.Err != nil {
			h.failed = append(h.failed, in.Err.Error())
			return
		}
		h.link = in.Link.(*Link)
		h.link.Bind(1)
		h.link.Open()
	case *step.Batch:
		for i := range in.Len() {
			hd, _, _ := wire.ParseFrame(in.Frame(i)[wire.LengthSize:])
			h.got = append(h.got, hd.Seq)
		}
		in.Release()
	case step.Closed:
		h.closed = append(h.closed, in)
	}
}

// hosts is two of them on a net whose faults the test sets; a batch takes 10 ns.
type hosts struct {
	t       *testing.T
	net     *Net
	now     step.Time
	cut     bool
	stopped string // the host that does not run
	resend  time.Duration
	a, b    *host
	seq     uint64
}

func newHosts(t *testing.T, opts Options) *hosts {
	h := &hosts{t: t}
	opts.Delay = func(*Link, step.Lane, int) time.Duration { return 10 }
	opts.Resend = func(*Link, step.Lane, int) time.Duration { return h.resend }
	opts.RoundTrip = func(_, _ string) time.Duration { return 20 }
	opts.Reach = func(_, _ string) bool { return !h.cut }
	opts.Runs = func(host string) bool { return host != h.stopped }
	opts.Watch = true
	h.net = New(opts)
	h.a, h.b = h.host("a"), h.host("b")
	if _, err := h.b.Listen(1, addrOf("b"), peering.Settings{}); err != nil {
		t.Fatal(err)
	}
	h.dial()
	h.until(100)
	if h.a.link == nil || h.b.link == nil || h.a.link.Other() != h.b.link {
		t.Fatal("they are not linked")
	}
	return h
}

func (h *hosts) host(name string) *host {
	x := new(host)
	x.Transport = h.net.Transport(End{Name: name, Inbox: x})
	return x
}

func addrOf(name string) peering.Address {
	return peering.Address{Transport: "quic", Host: name, Port: 9999}
}

func (h *hosts) dial() { h.a.Dial(2, addrOf("b"), peering.Settings{PeerTimeout: time.Minute}) }

// until moves everything up to a time.
func (h *hosts) until(end step.Time) {
	for at := h.net.Next(); at <= end; at = h.net.Next() {
		h.now = max(h.now, at)
		h.net.Step(h.now)
	}
	h.now = end
	h.net.Step(end)
}

// change has a fault begin or end.
func (h *hosts) change(f func()) {
	f()
	h.net.Recheck(h.now)
}

// send sends a message from a host.
func (h *hosts) send(from *host) {
	h.seq++
	hd := wire.Header{Type: wire.TypeData, Seq: h.seq, Topic: []byte("t")}
	from.link.Append(step.LaneEvents, &hd, []byte("m"))
	from.link.Flush()
	h.net.Step(h.now)
}

func (h *hosts) want(x *host, got ...uint64) {
	h.t.Helper()
	if !slices.Equal(x.got, got) {
		h.t.Errorf("at %d %s got %v, want %v", h.now, x.end.Name, x.got, got)
	}
}

// account checks that everything written has become something, both ways.
func (h *hosts) account() {
	h.t.Helper()
	for _, l := range [...]*Link{h.a.link, h.b.link} {
		s, r := l.Counters(step.LaneEvents), l.Other().Counters(step.LaneEvents)
		if s.Written != r.Received.Plus(l.Lost(step.LaneEvents)).Plus(l.OnWire(step.LaneEvents)) {
			h.t.Errorf("%s: written %+v, received %+v, lost %+v", l.Name(), s.Written, r.Received, l.Lost(step.LaneEvents))
		}
	}
}

// TestCutOff: what does not get through is sent again when it does, and takes its time then.
func TestCutOff(t *testing.T) {
	h := newHosts(t, Options{})
	h.send(h.a)
	h.until(105)
	h.change(func() { h.cut = true })
	h.send(h.a)
	h.until(1000)
	if h.net.Arrival() != step.Never || h.net.Next() == step.Never {
		t.Error("what is cut off counts as on its way, or nobody loses patience")
	}
	h.change(func() { h.cut = false })
	h.until(1009)
	h.want(h.b)
	h.until(1010)
	h.want(h.b, 1, 2)
	if h.net.Next() != step.Never {
		t.Error("something is still waited for")
	}
	h.account()
}

// TestSilence: both ends lose the link after the smaller peer timeout, and nothing is left of it.
func TestSilence(t *testing.T) {
	h := newHosts(t, Options{})
	h.change(func() { h.cut = true })
	h.send(h.a)
	end := h.now.Add(peering.DefaultPeerTimeout)
	h.until(end - 1)
	if len(h.a.closed)+len(h.b.closed) > 0 {
		t.Fatal("too early")
	}
	h.until(end)
	for _, x := range []*host{h.a, h.b} {
		if len(x.closed) != 1 || !x.closed[0].Remote || x.closed[0].Why != "no answer from the peer for 10s" {
			t.Errorf("%s heard %+v", x.end.Name, x.closed)
		}
	}
	h.account()
	if len(h.net.cables)+h.net.due.Len()+h.net.late.Len() > 0 {
		t.Errorf("%d links, %d timers are left", len(h.net.cables), h.net.due.Len()+h.net.late.Len())
	}
}

// TestClosedWhileCut: the news of a close do not get through either; then the other end hears silence.
func TestClosedWhileCut(t *testing.T) {
	for _, healed := range []bool{true, false} {
		h := newHosts(t, Options{})
		h.change(func() { h.cut = true })
		h.a.link.Close(7, "enough")
		h.until(h.now + 1000)
		if len(h.a.closed) != 1 || len(h.b.closed) != 0 {
			t.Fatalf("%+v, %+v", h.a.closed, h.b.closed)
		}
		want := "no answer from the peer for 10s"
		if healed {
			want = "enough"
			h.change(func() { h.cut = false })
		}
		h.until(h.now.Add(peering.DefaultPeerTimeout))
		if len(h.b.closed) != 1 || h.b.closed[0].Why != want {
			t.Errorf("healed=%v: %+v", healed, h.b.closed)
		}
	}
}

// TestCloseTakesTime: the other end hears of a close as late as of anything.
func TestCloseTakesTime(t *testing.T) {
	h := newHosts(t, Options{})
	h.a.link.Close(0, "")
	h.until(109)
	if len(h.b.closed) > 0 {
		t.Error("too early")
	}
	h.until(110)
	if len(h.b.closed) != 1 || h.net.Next() != step.Never {
		t.Errorf("heard %+v", h.b.closed)
	}
}

// TestCrashOnWire: what a crashed host has sent arrives; what it would have sent again does not, nor what is behind that.
func TestCrashOnWire(t *testing.T) {
	h := newHosts(t, Options{})
	h.send(h.a)
	h.resend = 50
	h.send(h.a)
	h.resend = 0
	h.send(h.a)
	h.a.Crash(h.now)
	h.send(h.b)
	h.until(h.now + 1000)
	h.want(h.b, 1)
	h.until(h.now.Add(peering.DefaultPeerTimeout))
	if len(h.b.closed) != 1 || len(h.a.closed) != 0 || len(h.a.got) != 0 {
		t.Errorf("%+v, %+v, %v", h.a.closed, h.b.closed, h.a.got)
	}
	h.account()
	if len(h.net.cables) > 0 {
		t.Error("the link is still there")
	}
}

// TestStoppedHost: a host that does not run neither takes nor sends, not even what its queue holds.
func TestStoppedHost(t *testing.T) {
	h := newHosts(t, Options{Window: 1})
	for range 3 {
		h.send(h.a)
		h.send(h.b)
	}
	h.change(func() { h.stopped = "a" })
	h.until(1000)
	h.want(h.a)
	h.want(h.b, 1) // what was on the wire
	h.change(func() { h.stopped = "" })
	h.until(2000)
	h.want(h.a, 2, 4, 6)
	h.want(h.b, 1, 3, 5)
}

// TestDials: how they end, and when.
func TestDials(t *testing.T) {
	h := newHosts(t, Options{})
	h.a.Dial(2, addrOf("c"), peering.Settings{})
	h.until(120)
	if len(h.a.failed) != 1 || h.a.failed[0] != "nobody listens there" {
		t.Errorf("where nobody listens: %q", h.a.failed)
	}
	h.change(func() { h.stopped = "b" })
	h.dial()
	h.until(1_000_000_000)
	link := h.a.link
	h.change(func() { h.stopped = "" })
	h.until(1_000_000_020)
	if h.a.link == link {
		t.Error("a dial does not get through after all")
	}
	h.b.Crash(h.now)
	h.a.failed = nil
	h.dial()
	h.until(3_000_000_019)
	if len(h.a.failed) > 0 {
		t.Error("too early")
	}
	h.until(3_000_000_020)
	if len(h.a.failed) != 1 || h.a.failed[0] != "no answer within 2s" {
		t.Errorf("where the process is gone: %q", h.a.failed)
	}
	h.host("b") // which does not listen yet
	h.dial()
	h.until(3_000_000_040)
	if len(h.a.failed) != 2 || h.a.failed[1] != "nobody listens there" {
		t.Errorf("where a new one does not listen: %q", h.a.failed)
	}
}
