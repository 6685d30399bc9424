package quicpeer

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/quic-go/quic-go"

	"moonpeer/net/broker"
	"moonpeer/net/lane"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// link implements peering.Link.
type link struct {
	*lane.Set
	t        *Transport
	conn     *quic.Conn
	control  *quic.Stream
	remote   peering.Address
	maxFrame int
	policy   lane.Policy // of the event lane
	leave    func()      // takes it off the list of strangers
	log      *slog.Logger

	id      step.LinkID
	bound   bool
	writers [step.NumLanes]*writer
	pace    pace

	ask  chan struct{} // closed by Close, with code and why set before
	code uint64
	why  string
	open chan struct{} // closed by Open
	wg   sync.WaitGroup

	mu    sync.Mutex
	ended bool // no writer is started any more
}

// newLink returns a link that reads nothing yet.
func (t *Transport) newLink(conn *quic.Conn, control *quic.Stream, s peering.Settings, remote peering.Address, leave func()) *link {
	l := &link{t: t, conn: conn, control: control, remote: remote, leave: leave, log: t.opts.Log,
		maxFrame: s.MaxFrame, policy: s.Limits[step.LaneEvents].Policy, ask: make(chan struct{}), open: make(chan struct{})}
	if l.maxFrame == 0 {
		l.maxFrame = wire.DefaultMaxFrame
	}
	for i := range l.writers {
		l.writers[i] = &writer{l: l, lane: step.Lane(i), wake: make(chan struct{}, 1)}
	}
	l.Set = lane.New(lane.Options{
		MaxFrame: l.maxFrame, Limits: s.Limits, Pool: &t.pool, Wake: l.wake,
		Writable: func(ln step.Lane) { t.opts.Inbox.Put(step.Writable{Link: l.id, Lane: ln}) },
		Overflow: l.overflow,
	})
	if !t.enlist(l) {
		conn.CloseWithError(quic.ApplicationErrorCode(broker.ShuttingDown), shuttingDown)
	}
	return l
}

// over takes the link off the transport's list.
func (l *link) over() {
	t := l.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.links[l]; ok {
		delete(t.links, l)
		t.ends.Done()
	}
}

// Broker implements peering.Link.
func (l *link) Broker() bool { return false }

// Bind implements peering.Link.
func (l *link) Bind(id step.LinkID) {
	l.id, l.bound = id, true
	l.wg.Go(func() { newReader(l, step.LaneControl, l.control).run() })
	l.wg.Go(l.acceptLanes)
	l.t.wg.Go(l.run)
}

// Open implements peering.Link.
func (l *link) Open() {
	l.leave()
	close(l.open)
}

// Close implements step.Link.
func (l *link) Close(code uint64, why string) {
	select {
	case <-l.ask:
		return
	default:
	}
	l.Set.Close()
	l.code, l.why = code, why
	close(l.ask)
	if !l.bound { // nobody waits for its end
		l.t.wg.Go(func() {
			l.conn.CloseWithError(quic.ApplicationErrorCode(code), clip(why))
			l.over()
		})
	}
}

// run waits for the end and tells of it when nothing else can come.
func (l *link) run() {
	select {
	case <-l.ask:
		l.conn.CloseWithError(quic.ApplicationErrorCode(l.code), clip(l.why))
	case <-l.conn.Context().Done():
	}
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.wg.Wait()
	l.over()
	code, why, remote := ending(context.Cause(l.conn.Context()))
	l.t.opts.Inbox.Put(step.Closed{Link: l.id, Code: code, Why: why, Remote: remote})
}

// clip keeps a reason short enough for one packet.
func clip(why string) string { return strings.ToValidUTF8(why[:min(len(why), maxReason)], "") }

const maxReason = 200

// fail ends the connection because of what the other end did.
func (l *link) fail(why string) {
	l.conn.CloseWithError(quic.ApplicationErrorCode(broker.InvalidMessage), clip(why))
}

// wake tells a lane's writer that there is something to take; the first time it starts it. The loop calls it.
func (l *link) wake(ln step.Lane) {
	w := l.writers[ln]
	if !w.started {
		w.started = true
		l.start(w)
	}
	select {
	case w.wake <- struct{}{}:
	default: // it has not looked yet since the last time
	}
}

// start starts a writer, but not when the connection has ended, of which the loop may not have heard yet.
func (l *link) start(w *writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.wg.Go(w.run)
	}
}

// overflow reports a burst of drops once when it begins and once when it is over, and ends the link if that is the
// lane's policy.
func (l *link) overflow(ln step.Lane, dropped uint64) {
	switch {
	case l.policy == lane.Disconnect && ln == step.LaneEvents:
		l.log.Warn("lane full, the link is closed", "peer", l.remote, "lane", ln, "dropped", dropped)
		l.Close(peering.CodeOverflow, peering.OverflowReason)
	case dropped == 0:
		l.log.Warn("lane full, messages are dropped until the peer catches up", "peer", l.remote, "lane", ln)
	default:
		l.log.Info("lane has room again", "peer", l.remote, "lane", ln, "dropped", dropped)
	}
}
