package peering

import (
	"errors"
	"slices"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
)

// target is an address that this node wants to be peered with.
type target struct {
	t        *Table
	addr     Address
	retry    time.Duration // 0: one attempt
	settings func() Settings
	port     step.PortID
	timer    *step.Item[timed]

	dialing bool
	hurried bool   // if the attempt under way fails, the next follows at once
	gone    bool   // dropped while a dial was under way
	conn    *conn  // shaking hands
	entry   *entry // the peer it has led to
	reached bool   // it has led to a peer once
	failing string // what was last reported to the log; "" after a success
}

// Dial peers with an address, for ever, trying again after retry; with 0 only once. Further calls for an address change
// its retry, and bring a next try forward that would be later than that. Settings are asked at each attempt. What comes of it arrives as events.
func (t *Table) Dial(a Address, retry time.Duration, settings func() Settings) error {
	if err := t.usable(a); err != nil {
		return err
	}
	if a.Host == "" || a.Port == 0 {
		return errors.New("an address to dial has a host and a port above 0")
	}
	if x := t.target(a); x != nil {
		x.retry = retry
		if at := t.now().Add(retry); x.timer.At() != step.Never && x.timer.At() > at {
			t.heap.Move(x.timer, at) // it waits for longer than it would now
			t.opts.Changed()
		}
		return nil
	}
	x := &target{t: t, addr: a, retry: retry, settings: settings}
	x.port = t.opts.Ports.OpenPort(x.receive)
	x.timer = t.heap.Add(step.Never, x)
	t.targets = append(t.targets, x)
	x.dial()
	return nil
}

// target returns what dials an address, or nil.
func (t *Table) target(a Address) *target {
	i := slices.IndexFunc(t.targets, func(x *target) bool { return x.addr == a })
	if i < 0 {
		return nil
	}
	return t.targets[i]
}

func (x *target) dial() {
	x.dialing = true
	x.t.opts.Transport.Dial(x.port, x.addr, x.settings())
}

// receive owns the target's port: how dials end.
func (x *target) receive(in step.Input) (done bool) {
	up, ok := in.(Up)
	if !ok {
		return true
	}
	x.dialing = false
	switch {
	case x.gone:
		if up.Link != nil {
			up.Link.Close(uint64(broker.NoError), "not wanted any more")
		}
		x.t.opts.Ports.DropPort(x.port)
		return true
	case up.Err != nil:
		x.failed(up.Err.Error())
		return true
	}
	up.Remote = x.addr
	x.conn = x.t.connect(up, x, x.settings())
	return true
}

// step is the time to try again.
func (x *target) step(step.Time) { x.dial() }

// follow has the target stay with the peer it has led to: when that is lost it is dialled again. Its address becomes the
// peer's, if that has none yet that is dialled.
func (x *target) follow(e *entry) {
	if x.retry > 0 && !x.t.followed(e) {
		e.addr = x.addr
	}
	x.conn, x.entry, x.hurried = nil, e, false
	if e.conn != nil && e.conn.state == peered {
		x.arrived()
	}
}

// arrived says that the address has led to a peer.
func (x *target) arrived() {
	x.failing = ""
	if !x.reached {
		x.reached = true
		if x.t.OnReached != nil {
			x.t.OnReached(x.addr)
		}
	}
}

// lost says that the peer is gone.
func (x *target) lost() {
	x.entry = nil
	x.again()
}

// failed says that an attempt came to nothing. Scripts hear of each, the log of a new reason only.
func (x *target) failed(why string) {
	x.conn = nil
	if x.failing != why {
		x.failing = why
		x.t.opts.Env.Log.Warn("peer can't be reached", "peer", x.addr, "why", why, "retry", x.retry)
	}
	x.t.failed(broker.PeerUnavailable, x.addr, textUnavailable, why)
	if x.hurried && x.retry > 0 {
		x.hurried = false
		x.dial()
		return
	}
	x.again()
}

// Hurry has an address dialled now if it waits for its next try, as somebody knows that a node is up there. An attempt
// that is under way may have begun too early: if it fails, the next follows without waiting. For an address that has led
// to a peer, or that is not dialled, it does nothing.
func (t *Table) Hurry(a Address) {
	x := t.target(a)
	switch {
	case x == nil || x.entry != nil:
	case x.dialing || x.conn != nil:
		x.hurried = true
	default:
		t.heap.Move(x.timer, step.Never)
		t.opts.Changed()
		x.dial()
	}
}

// again tries again after a while, a fifth more or less, so that a thousand nodes do not come back at one moment.
func (x *target) again() {
	if x.retry == 0 {
		x.t.drop(x)
		return
	}
	wait := time.Duration(float64(x.retry) * (0.8 + 0.4*x.t.opts.Env.Rand.Float64()))
	x.t.heap.Move(x.timer, x.t.now().Add(wait))
	x.t.opts.Changed()
}

// drop forgets a target. The connection that a dial under way may lead to is closed; one that is shaking hands is the
// caller's, and is no target's any more.
func (t *Table) drop(x *target) {
	if x.conn != nil {
		x.conn.target, x.conn = nil, nil
	}
	t.targets = slices.DeleteFunc(t.targets, func(y *target) bool { return y == x })
	t.heap.Remove(x.timer)
	if x.gone = x.dialing; !x.gone {
		t.opts.Ports.DropPort(x.port)
	}
}

// Unpeer ends what Dial began, or a peering that an address names. The other end is told goodbye; peer_removed follows
// when that is over. For an address that is no peer's it returns an error, which is also an event.
func (t *Table) Unpeer(a Address) error {
	x := t.target(a)
	if x != nil {
		c := x.conn
		if x.entry != nil {
			c = x.entry.conn
		}
		t.drop(x)
		if c != nil {
			c.leave()
		}
		return nil
	}
	for _, e := range t.entries {
		if e.conn != nil && e.conn.peer != nil && e.addr == a {
			e.conn.leave()
			return nil
		}
	}
	t.failed(broker.PeerInvalid, a, textUnknown, "")
	return errors.New(textUnknown)
}
