package peering

import (
	"encoding/binary"
	"fmt"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// maxPing is how large a ping of ours may be.
const maxPing = 1 << 10

// onControl takes the messages between the two ends of an attached link. The hub calls it from within Receive.
func (c *conn) onControl(h *wire.Header, payload []byte) error {
	switch h.Type {
	case wire.TypePing:
		c.pinged = c.t.now()
		if len(payload) > maxPing && !c.link.Broker() {
			return errControl(fmt.Sprintf("a ping of %d bytes", len(payload)))
		}
		c.control(wire.TypePong, payload)
	case wire.TypePong:
		c.pong(payload)
	case wire.TypeLink:
		return c.linkControl(payload)
	}
	return nil
}

func (c *conn) pong(payload []byte) {
	c.heard = c.t.now()
	if c.state == leaving && c.link.Broker() && string(payload) == string(c.brokerToken()) {
		for l := range c.confirmed {
			c.confirmed[l] = c.written(step.Lane(l)) // the ping came behind it all
		}
		c.close(broker.NoError, "")
	}
}

// linkControl takes what only links of ours say. A kind that a later version may have is skipped.
func (c *conn) linkControl(payload []byte) error {
	if len(payload) == 0 {
		return errControl("an empty message")
	}
	body := payload[1:]
	switch payload[0] {
	case kindHello:
		h, err := parseHello(body)
		if err != nil {
			return err
		}
		c.peer.SetForwards(h.forwards) // who the peer is was settled by the first one
	case kindCounters:
		n, err := parseCounts(body)
		if err != nil {
			return err
		}
		c.confirm(n)
		c.watchPeak()
	case kindBye:
		if len(body) < step.NumLanes*8 {
			return errControl("a bye for too few lanes")
		}
		for l := range c.bye {
			c.bye[l] = binary.BigEndian.Uint64(body[l*8:])
		}
		c.byeAsked = true
	case kindDone:
		c.answered = c.state == leaving
		c.parted()
	}
	return nil
}

// confirm books what the other end says it took, as far as it can be true.
func (c *conn) confirm(n laneCounts) {
	for l := range n {
		most := c.written(step.Lane(l))
		if n[l].Messages <= most.Messages && n[l].Bytes <= most.Bytes {
			c.confirmed[l] = n[l]
		}
	}
}

// written is what the link's writer has taken of a lane, and what can't be dropped any more.
func (c *conn) written(l step.Lane) step.Count {
	n := c.link.Counters(l)
	return n.Offered.Minus(n.Dropped).Minus(c.link.Queued(l))
}

// leave ends the peering in good order: no message goes out any more, and when the other end has taken what did, the
// link is closed.
func (c *conn) leave() {
	c.removed = true
	switch {
	case c.state == leaving || c.state == closing:
		return
	case c.state != peered:
		c.close(broker.ShuttingDown, "shutting down")
		return
	}
	c.state, c.deadline = leaving, c.t.now().Add(byeTimeout)
	c.peer.Mute()
	if c.link.Broker() {
		c.brokerBye()
	} else {
		c.control(wire.TypeLink, c.byeMessage())
	}
	c.arm()
}

// byeMessage says how many frames of each lane the other end will have got. Nothing is appended any more but
// control messages, which need no waiting for: they are in front of the answer.
func (c *conn) byeMessage() []byte {
	b := []byte{kindBye}
	for l := range step.Lane(step.NumLanes) {
		n := uint64(0)
		if l != step.LaneControl {
			c.link.Flush() // what is not handed over may still be dropped
			sent := c.link.Counters(l)
			n = sent.Offered.Minus(sent.Dropped).Messages
		}
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

// answerBye says done when everything has been taken that the leaving end has written.
func (c *conn) answerBye() {
	for l, n := range c.bye {
		if c.taken[l].Messages < n {
			return
		}
	}
	c.byeAsked, c.waved = false, true
	c.report()
	c.control(wire.TypeLink, []byte{kindDone})
	c.parted()
}

// parted closes the link of a peering that is over: the other end has taken everything, and, if it is leaving as well,
// so have we. Then it gets a moment to hear of that.
func (c *conn) parted() {
	switch {
	case !c.answered || c.byeAsked || c.state != leaving:
	case c.waved:
		c.deadline = min(c.deadline, c.t.now().Add(partTimeout))
		c.arm()
	default:
		c.close(broker.NoError, "")
	}
}

// byePoll is how often a link to a Broker that is to end looks whether all was written.
const byePoll = 10 * time.Millisecond

// brokerBye sends Broker's ping of goodbye behind everything else (native-peering §5.1): its lanes share one stream,
// in which control messages overtake what is still queued.
func (c *conn) brokerBye() {
	for l := range step.Lane(step.NumLanes) {
		if c.link.Queued(l).Messages > 0 {
			c.byeAt = c.t.now().Add(byePoll)
			return
		}
	}
	c.byeAt = step.Never
	if c.ours == 0 {
		c.ours = c.t.opts.Env.Rand.Uint64() | 1
		c.control(wire.TypePing, c.brokerToken())
	}
}

func (c *conn) brokerToken() []byte {
	return binary.LittleEndian.AppendUint64([]byte("BYE"), c.ours)
}
