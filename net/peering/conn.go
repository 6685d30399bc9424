package peering

import (
	"fmt"
	"log/slog"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// state is how far a connection has come.
type state uint8

const (
	awaitHello           state = iota // acceptor
	awaitHelloOrVersion               // dialler
	paused                            // another connection to that peer is shaking hands
	awaitVersionSelect                // responder
	awaitOriginatorSyn                // responder
	awaitResponderSynAck              // originator
	awaitOriginatorAck                // responder
	awaitLinkHello                    // Broker's handshake is done, ours begins
	awaitAdmitted                     // the other end decides whether to take us
	peered
	leaving // we have said bye
	refused // we have sent drop_conn, the other end is to close
	closing // Close was called; only Closed is waited for
)

const (
	handshakeTimeout = 10 * time.Second
	dropTimeout      = time.Second     // for the other end to read drop_conn and close
	byeTimeout       = 3 * time.Second // as in Broker
	partTimeout      = 100 * time.Millisecond
	reportEvery      = time.Second
	maxMessages      = 256 // routed per call
)

// conn is one connection, from Up to Closed.
type conn struct {
	t       *Table
	link    Link
	id      step.LinkID
	remote  Address
	granted []string
	target  *target // that dialled it; nil if it was accepted
	timeout time.Duration
	window  time.Duration // after which ResetPeak is due

	state     state
	deadline  step.Time // of the state; Never in peered
	timer     *step.Item[timed]
	them      broker.EndpointID
	entry     *entry        // once the table has admitted it
	filter    []string      // theirs
	greeting  hello         // theirs, until they are attached
	announced broker.Filter // ours, as the handshake told it
	peer      *endpoint.Peer
	why       string // it was closed, for the log
	removed   bool   // the peering ends because we want it to
	over      bool   // the peering has ended before the link; only Closed is waited for
	reason    string // shown in peer_removed; "" if that is how it should end

	name   string // of the other node, and the epoch of its run, as its first hello said them
	epoch  uint64
	told   bool   // whether we forward, as the other end knows it
	ours   uint64 // our name for the link, and theirs
	theirs uint64

	spoke     bool       // the other end has sent more than its hello, so it has attached us
	taken     laneCounts // from this link
	reported  laneCounts // to the other end
	reportAt  step.Time  // Never: nothing new
	confirmed laneCounts // what the other end says it took
	bye       [step.NumLanes]uint64
	byeAsked  bool      // the other end is leaving and will have written as many frames as bye says
	waved     bool      // we have taken all of them and said so
	answered  bool      // we are leaving, and the other end has taken everything
	byeAt     step.Time // leaving a Broker: when to look again whether all was written

	pings  uint64
	pingAt step.Time
	heard  step.Time // when the other loop last answered
	pinged step.Time // when it last asked
	peakAt step.Time // when ResetPeak is due; on a link without pings Never while no event has waited
}

// connect takes up a new connection and says what comes first.
func (t *Table) connect(up Up, target *target, s Settings) *conn {
	c := &conn{t: t, link: up.Link, remote: up.Remote, granted: up.Granted, target: target, timeout: s.Timeout(), window: s.peakWindow(), pingAt: step.Never, reportAt: step.Never, byeAt: step.Never, peakAt: step.Never}
	c.id = step.LinkID(t.opts.Ports.OpenPort(c.receive))
	c.deadline = t.now().Add(handshakeTimeout)
	c.timer = t.heap.Add(c.deadline, c)
	t.conns = append(t.conns, c)
	c.link.Bind(c.id)
	if target == nil {
		c.say(wire.Probe{})
		c.state = awaitHello
	} else {
		c.say(wire.Hello{ID: t.opts.Hub.ID(), Min: wire.ProtocolVersion, Max: wire.ProtocolVersion})
		c.state = awaitHelloOrVersion
	}
	t.opts.Changed()
	return c
}

// receive owns the connection's port.
func (c *conn) receive(in step.Input) (done bool) {
	switch in := in.(type) {
	case *step.Batch:
		if !c.batch(in) { // of a peering that is over nothing is routed
			return false
		}
		in.Release()
	case step.Writable:
		c.link.Writable(in.Lane) // looking ends the report on a burst of drops
	case step.Closed:
		c.closed(in)
	}
	return true
}

// batch takes frames; what is not done stays for the next turn.
func (c *conn) batch(b *step.Batch) (done bool) {
	before := b.Done
	for b.Done < b.Len() && c.peer == nil {
		frame := b.Frame(b.Done)
		b.Done++
		c.shake(b.Lane, frame[wire.LengthSize:])
	}
	var err error
	if b.Done < b.Len() {
		c.spoke = true
		_, err = c.peer.Receive(b, maxMessages)
	}
	c.took(b, before)
	if err != nil {
		c.broke(err)
		b.Done = b.Len() // what is behind it is not taken, nor counted
	}
	return b.Done == b.Len()
}

// took counts the frames of b from the given one on.
func (c *conn) took(b *step.Batch, from int) {
	n := &c.taken[b.Lane]
	if b.Done == from {
		return
	}
	bytes := len(b.Buf)
	if b.Done < b.Len() {
		bytes = int(b.Off[b.Done])
	}
	n.Messages += uint64(b.Done - from)
	n.Bytes += uint64(bytes - int(b.Off[from]))
	if c.state != peered && c.state != leaving {
		return
	}
	// Counting the reports themselves would set off a report by the other end, and so on for ever.
	if b.Lane != step.LaneControl && c.reportAt == step.Never && !c.link.Broker() {
		c.reportAt = c.t.now().Add(reportEvery)
		c.arm()
	}
	if c.byeAsked {
		c.answerBye()
	}
}

// Step does what is due.
func (c *conn) step(now step.Time) {
	if now >= c.deadline {
		c.late()
		return
	}
	if c.state != peered && c.state != leaving {
		c.arm()
		return
	}
	if now >= c.reportAt {
		c.reportAt = step.Never
		c.report()
	}
	if now >= c.pingAt {
		c.beat(now)
	}
	if now >= c.peakAt {
		c.calm(now)
	}
	if now >= c.byeAt {
		c.brokerBye()
	}
	c.arm()
}

// late ends a state that has lasted too long.
func (c *conn) late() {
	switch c.state {
	case leaving:
		if !c.answered {
			c.why = "timeout during graceful disconnect"
			c.reason = c.why
		}
		c.close(broker.NoError, c.why)
	case refused:
		c.close(broker.NoError, c.why)
	case closing:
		c.arm()
	default:
		c.close(broker.PeerTimeout, fmt.Sprintf("the handshake was not done within %v", handshakeTimeout))
	}
}

// arm makes the connection due at the earliest of its times.
func (c *conn) arm() {
	at := c.deadline
	if c.state == peered || c.state == leaving {
		at = min(at, c.reportAt, c.pingAt, c.byeAt, c.peakAt)
	}
	c.t.heap.Move(c.timer, at)
	c.t.opts.Changed()
}

// control sends a message of the link's own, once it is attached.
func (c *conn) control(typ uint8, payload []byte) {
	if c.peer.Control(typ, payload) == step.Full {
		c.close(broker.PeerTimeout, "control lane full: the peer does not read")
	}
}

// report tells the other end how much was taken.
func (c *conn) report() {
	if c.taken != c.reported {
		c.reported = c.taken
		c.control(wire.TypeLink, c.taken.append([]byte{kindCounters}))
	}
}

// broke ends a link whose other end has broken the protocol.
func (c *conn) broke(err error) {
	if c.state == closing {
		return // what was on its way already
	}
	c.t.log(slog.LevelWarn, "the peer broke the protocol, the link is closed", "peer", c.remote, "err", clip(err.Error()))
	c.close(broker.CodeOf(err), err.Error())
}

// close ends the connection without waiting for anything but Closed.
func (c *conn) close(code broker.Code, why string) { c.cut(uint64(code), why) }

// cut is close with a code that may be one of ours.
func (c *conn) cut(code uint64, why string) {
	if c.state == closing {
		return
	}
	if c.why == "" {
		c.why = why
	}
	c.state, c.deadline = closing, step.Never
	c.link.Close(code, why)
	c.arm()
}

// closed is the end of the connection.
func (c *conn) closed(in step.Closed) {
	t := c.t
	t.heap.Remove(c.timer)
	t.forget(c)
	t.opts.Ports.DropPort(step.PortID(c.id))
	why := c.why
	switch {
	case why == "" && in.Remote && in.Code == CodeRefused:
		c.why = fmt.Sprintf("the peer refused this node: %s", clip(in.Why))
		why = c.why
	case why == "":
		why = in.Why
	}
	switch {
	case c.over:
		return
	case c.peer == nil:
		t.shakingEnded(c, why)
		return
	}
	if in.Code == CodeOverflow && !in.Remote {
		c.removed, c.reason = true, OverflowReason
	}
	c.end(why)
}

// end ends a peering for all but the link, whose Closed may be still to come.
func (c *conn) end(why string) {
	c.over = true
	c.peer.Detach()
	c.link.Close(uint64(broker.NoError), "") // what is still queued is dropped, and counted
	c.entry.account.close(c)
	c.t.lost(c, why)
}

// abandon ends a connection whose other end is known to be gone. A peering is over at once: what the old process may
// have sent and nobody has routed yet is not taken. Nothing comes any more of what was written either, so it is settled.
func (c *conn) abandon(code uint64, why string) {
	c.cut(code, why)
	if c.peer == nil || c.over {
		return
	}
	c.end(c.why)
	c.entry.account.settle(c.entry.account.former.confirmed)
}
