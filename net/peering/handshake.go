package peering

import (
	"bytes"
	"errors"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// say sends a handshake message.
func (c *conn) say(m wire.Handshake) {
	c.link.AppendFrame(step.LaneControl, wire.AppendHandshake(nil, m))
	c.t.touch(c)
}

// shake takes one frame, without its length, of a connection that is not attached. What arrives after the end of the
// handshake's story is thrown away.
func (c *conn) shake(l step.Lane, frame []byte) {
	switch {
	case c.state >= refused:
	case l != step.LaneControl && !c.link.Broker():
		c.broke(errControl("a message before the link hello"))
	case c.state == awaitLinkHello:
		c.linkHello(frame)
	case c.state == awaitAdmitted:
		c.admitted(frame)
	default:
		m, err := wire.ParseHandshake(frame)
		if err != nil {
			e, _ := errors.AsType[*broker.Error](err)
			c.refuse(e.Code, e.Context)
			return
		}
		c.handshake(m)
	}
}

// handshake is Broker's state machine (native-peering §3).
func (c *conn) handshake(m wire.Handshake) {
	waiting := c.state == awaitHello || c.state == awaitHelloOrVersion || c.state == awaitVersionSelect
	switch m := m.(type) {
	case wire.Probe:
		if waiting {
			return
		}
	case wire.Hello:
		if c.state == awaitHello || c.state == awaitHelloOrVersion {
			c.hello(m)
			return
		}
	case wire.VersionSelect:
		if c.state == awaitVersionSelect || c.state == awaitHelloOrVersion {
			c.versionSelect(m)
			return
		}
	case wire.OriginatorSyn:
		if c.state == awaitOriginatorSyn {
			c.filter = m.Filter
			c.announced = c.t.opts.Hub.Filter()
			c.say(wire.ResponderSynAck{Filter: c.announced})
			c.state = awaitOriginatorAck
			return
		}
	case wire.ResponderSynAck:
		if c.state == awaitResponderSynAck {
			c.filter = m.Filter
			c.say(wire.OriginatorAck{})
			c.done()
			return
		}
	case wire.OriginatorAck:
		if c.state == awaitOriginatorAck {
			c.done()
			return
		}
	case wire.DropConn:
		c.dropped(m, waiting)
		return
	}
	c.close(broker.UnexpectedHandshakeMessage, fmt.Sprintf("unexpected message of type %d during the handshake", m.Type()))
}

// hello: the smaller id is the originator.
func (c *conn) hello(m wire.Hello) {
	me := c.t.opts.Hub.ID()
	c.them = m.ID
	switch order := bytes.Compare(me[:], m.ID[:]); {
	case order == 0 || m.ID.IsZero():
		c.close(broker.PeerInvalid, impossiblePeer(m.ID))
	case order < 0:
		c.t.admit(c, true)
	default:
		c.say(wire.Hello{ID: me, Min: wire.ProtocolVersion, Max: wire.ProtocolVersion})
		c.state = awaitVersionSelect
	}
}

func (c *conn) versionSelect(m wire.VersionSelect) {
	c.them = m.ID
	if m.ID == c.t.opts.Hub.ID() || m.ID.IsZero() {
		c.close(broker.PeerInvalid, impossiblePeer(m.ID))
		return
	}
	c.t.admit(c, false)
}

// impossiblePeer says why an endpoint of that id can't be a peer: the zero id means nobody in headers.
func impossiblePeer(id broker.EndpointID) string {
	if id.IsZero() {
		return "the peer's endpoint id is zero"
	}
	return "the peer is this node itself"
}

// originate goes on as the originator whom the table has admitted.
func (c *conn) originate() {
	c.say(wire.VersionSelect{ID: c.t.opts.Hub.ID(), Version: wire.ProtocolVersion})
	c.announced = c.t.opts.Hub.Filter()
	c.say(wire.OriginatorSyn{Filter: c.announced})
	c.state = awaitResponderSynAck
}

// refuse sends drop_conn. The other end closes when it has read it, or we do.
func (c *conn) refuse(code broker.Code, text string) {
	c.say(wire.DropConn{ID: c.t.opts.Hub.ID(), Code: code, Text: text})
	c.why = text
	c.state, c.deadline = refused, c.t.now().Add(dropTimeout)
	c.arm()
}

// dropped takes the other end's refusal. To a dialler a redundant connection is success, if the peer is there
// (native-peering §3.7).
func (c *conn) dropped(m wire.DropConn, waiting bool) {
	if e := c.t.byID[m.ID]; waiting && m.Code == broker.RedundantConnection && c.target != nil && e != nil && e.conn != nil {
		c.target.follow(e)
		c.target = nil
	}
	c.close(broker.NoError, fmt.Sprintf("the peer refused: %q (%s)", clip(m.Text), m.Code))
}

// done ends Broker's handshake. On a link of ours the hellos follow.
func (c *conn) done() {
	if c.link.Broker() {
		c.admission(hello{})
		return
	}
	c.state = awaitLinkHello
	c.ours = c.t.opts.Env.Rand.Uint64() | 1
	h := c.t.helloFor(c)
	c.told = h.forwards
	hd := c.t.header(c.them)
	c.link.Append(step.LaneControl, &hd, h.append(nil))
	c.t.touch(c)
}

// linkHello takes the first frame after the handshake.
func (c *conn) linkHello(frame []byte) {
	body, err := linkFrame(frame, kindHello)
	if err != nil {
		c.broke(err)
		return
	}
	h, err := parseHello(body)
	if err != nil {
		c.broke(err)
		return
	}
	c.name, c.epoch, c.theirs = h.name, h.epoch, h.link
	c.admission(h)
}

// hello books what the other end says about the former link; without a word it counts as told.
func (a *account) hello(h hello) {
	taken := a.former.confirmed
	if h.former != 0 && h.former == a.former.ours {
		taken = h.taken
	}
	a.settle(taken)
}

// attach makes the other end a peer of the hub.
func (c *conn) attach() {
	t := c.t
	now := t.now()
	c.state, c.deadline = peered, step.Never
	c.pinged = now.Add(-c.timeout) // not yet
	if c.heard = now; !t.quiet() {
		c.pingAt, c.peakAt = c.nextBeat(now), now.Add(c.window)
	}
	p, err := t.opts.Hub.Attach(c.them, c.link, endpoint.PeerOptions{Broker: c.link.Broker(), Forwards: c.greeting.forwards, Stores: c.greeting.stores,
		Filter: c.filter, Told: c.announced, Control: c.onControl})
	if err != nil {
		c.broke(err)
		return
	}
	c.peer, c.filter = p, nil
	c.link.Open()
	t.established(c)
	c.tellForwarding()
	c.arm()
}

// tellForwarding sends the hello again if it is not true any more.
func (c *conn) tellForwarding() {
	if now := c.t.opts.Hub.Forwarding(); now != c.told && !c.link.Broker() {
		c.told = now
		c.control(wire.TypeLink, c.t.helloFor(c).append(nil))
	}
}
