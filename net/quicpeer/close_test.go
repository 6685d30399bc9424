package quicpeer

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

var discard = slog.New(slog.DiscardHandler)

// ends is two links without nodes: dialled and accepted, not bound.
type ends struct {
	from, to   *link
	dialling   *Transport
	listening  *Transport
	inFrom, in *inbox
}

const (
	fromID step.LinkID = 7
	toID   step.LinkID = 8
)

func newEnds(t testing.TB, s peering.Settings) *ends {
	t.Helper()
	e := new(ends)
	e.dialling, e.inFrom = newTransport(t, Options{})
	e.listening, e.in = newTransport(t, Options{})
	l, err := e.listening.Listen(1, at("127.0.0.1", 0), s)
	if err != nil {
		t.Fatal(err)
	}
	e.dialling.Dial(2, at("127.0.0.1", l.Port()), s)
	up := next[peering.Up](t, e.inFrom)
	if up.Err != nil || up.Port() != 2 {
		t.Fatalf("dialled: %+v", up)
	}
	e.from = up.Link.(*link)
	e.from.AppendFrame(step.LaneControl, wire.AppendHandshake(nil, wire.Probe{}))
	e.from.Flush()
	up = next[peering.Up](t, e.in)
	if up.Port() != 1 || up.Remote.Host != "127.0.0.1" {
		t.Fatalf("accepted: %+v", up)
	}
	e.to = up.Link.(*link)
	return e
}

func (e *ends) bind() {
	for id, l := range map[step.LinkID]*link{fromID: e.from, toID: e.to} {
		l.Bind(id)
		l.Open()
	}
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	e := newEnds(t, peering.Settings{})
	e.bind()
	e.from.Close(uint64(broker.PeerTimeout), "first")
	e.from.Close(uint64(broker.Unspecified), "second")
	want := step.Closed{Link: fromID, Code: uint64(broker.PeerTimeout), Why: "first"}
	if got := next[step.Closed](t, e.inFrom); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want.Link, want.Remote = toID, true
	if got := next[step.Closed](t, e.in); got != want {
		t.Errorf("the other end got %+v, want %+v", got, want)
	}
	e.from.Close(0, "third")
	e.to.Close(0, "after the other end has closed")
	if v := e.to.Append(step.LaneEvents, &header, payload(1, 8)); v != step.Dropped {
		t.Errorf("after the end: %v", v)
	}
	e.dialling.Close()
	e.dialling.Close()
}

func TestCloseBeforeBind(t *testing.T) {
	t.Parallel()
	e := newEnds(t, peering.Settings{})
	e.to.Close(uint64(broker.ShuttingDown), "not wanted")
	e.from.Bind(fromID)
	want := step.Closed{Link: fromID, Code: uint64(broker.ShuttingDown), Why: "not wanted", Remote: true}
	if got := next[step.Closed](t, e.inFrom); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	e.to.Bind(toID) // of no use, and no harm
	want.Link, want.Remote = toID, false
	if got := next[step.Closed](t, e.in); got != want {
		t.Errorf("bound after close: got %+v, want %+v", got, want)
	}
	e.listening.Close()
}

// TestBindAfterEnd: a connection may end before the loop looks at it.
func TestBindAfterEnd(t *testing.T) {
	t.Parallel()
	e := newEnds(t, peering.Settings{})
	e.from.Close(uint64(broker.NoError), "changed my mind")
	<-e.to.conn.Context().Done()
	e.to.Bind(toID)
	want := step.Closed{Link: toID, Why: "changed my mind", Remote: true}
	if got := next[step.Closed](t, e.in); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTransportClose(t *testing.T) {
	t.Parallel()
	a, b, c := newNode(t, "a", nodeOptions{}), newNode(t, "b", nodeOptions{}), newNode(t, "c", nodeOptions{})
	a.join(b, peering.Settings{})
	a.join(c, peering.Settings{})
	a.send(event, 1, 10_000, 100)
	b.end()
	b.tr.Close() // once more
	a.awaitEvent("peer_lost")
	a.wantLog("why=\"" + shuttingDown)
	c.awaitStream(event.Topic, 10_000)

	if _, err := b.tr.Listen(1, at("127.0.0.1", 0), peering.Settings{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("listen after close: %v", err)
	}
	b.tr.Dial(1, at("127.0.0.1", 1), peering.Settings{}) // its inbox is closed
	b.tr.Close()
}

// TestCloseWithUnbound: connections that the loop has not taken up end with the transport, too.
func TestCloseWithUnbound(t *testing.T) {
	t.Parallel()
	e := newEnds(t, peering.Settings{})
	e.listening.Close()
	<-e.from.conn.Context().Done()
	code, why, remote := ending(context.Cause(e.from.conn.Context()))
	if code != uint64(broker.ShuttingDown) || why != shuttingDown || !remote {
		t.Errorf("ended with %d %q %v", code, why, remote)
	}

	// One that comes about while Close runs is ended at once.
	e = newEnds(t, peering.Settings{})
	e.dialling.mu.Lock()
	e.dialling.closed = true
	e.dialling.mu.Unlock()
	l := e.dialling.newLink(e.from.conn, e.from.control, peering.Settings{}, peering.Address{}, func() {})
	<-l.conn.Context().Done()
	l.Bind(fromID)
	if got := next[step.Closed](t, e.inFrom); got.Why != shuttingDown {
		t.Errorf("got %+v", got)
	}
}

// TestAppendAtEnd: the loop may write to lanes of a link whose end it has not heard of. Nothing follows Closed, at
// either end.
func TestAppendAtEnd(t *testing.T) {
	t.Parallel()
	for range 20 {
		e := newEnds(t, peering.Settings{})
		e.bind()
		go e.to.Close(0, "")
		for l := step.LaneEvents; l < step.NumLanes; l++ {
			for range 50 {
				e.from.Append(l, &header, payload(1, 1000))
				e.from.Flush()
				e.from.Writable(l)
			}
		}
		next[step.Closed](t, e.inFrom)
		for l := step.LaneEvents; l < step.NumLanes; l++ {
			e.from.Append(l, &header, payload(1, 1000))
			e.from.Flush()
		}
		e.dialling.Close()
		e.listening.Close()
		if in := e.inFrom.take(nil); len(in) > 0 {
			t.Fatalf("after Closed came %T", in[0])
		}
		in := e.in.take(nil)
		for i, x := range in {
			if _, ok := x.(step.Closed); ok != (i == len(in)-1) {
				t.Fatalf("input %d of %d is %T", i+1, len(in), x)
			}
			release(x)
		}
	}
}

var header = wire.Header{Type: wire.TypeData, TTL: 16, Seq: 1, Topic: []byte("t/raw")}
