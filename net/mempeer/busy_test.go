package mempeer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// TestNoTime: a process that finds no time takes what arrives and sends nothing until it does; one that finds none for the
// peer timeout has lost its link.
func TestNoTime(t *testing.T) {
	busy := ""
	h := newHosts(t, Options{Answers: func(host string) bool { return host != busy }})
	h.change(func() { busy = "b" })
	h.send(h.a)
	h.send(h.b)
	h.until(1000)
	h.want(h.b, 1)
	h.want(h.a)
	h.change(func() { busy = "" })
	h.until(1010)
	h.want(h.a, 2)
	if h.net.Next() != step.Never {
		t.Error("something is still waited for")
	}
	h.change(func() { busy = "b" })
	h.until(h.now.Add(10*time.Second - 1)) // the listener's, which is the smaller one
	if len(h.a.closed) != 0 {
		t.Errorf("the link was lost early: %v", h.a.closed)
	}
	h.until(h.now + 1)
	if len(h.a.closed) != 1 || len(h.b.closed) != 1 {
		t.Errorf("closed: %v and %v", h.a.closed, h.b.closed)
	}
	h.account()
}

// TestTrace: a frame is shown once, when it arrives or is lost for good, with when it was sent first and last.
func TestTrace(t *testing.T) {
	var got []string
	h := newHosts(t, Options{Trace: func(a Arrival) {
		hd, _, _ := wire.ParseFrame(a.Frame[wire.LengthSize:])
		got = append(got, fmt.Sprintf("%d %s>%s sent %d again %d lost %v", hd.Seq, a.From, a.To, a.Sent, a.Again, a.Lost))
	}})
	h.send(h.a)
	h.until(200)
	h.resend = 50
	h.send(h.a)
	h.until(300)
	h.resend = 0
	h.change(func() { h.cut = true })
	h.send(h.a)
	h.send(h.b)
	h.until(400)
	h.b.link.Cut("broken")
	h.until(500)
	want := []string{"1 a>b sent 100 again 100 lost false", "2 a>b sent 200 again 250 lost false", "3 a>b sent 300 again 300 lost true", "4 b>a sent 300 again 300 lost true"}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
