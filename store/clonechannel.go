package store

import (
	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store/channel"
)

// cloneChannel is a clone's side of Broker's protocol, while there is no master of ours: it asks for one, and then has a
// channel from it and one to it. See doc.go.
type cloneChannel struct {
	c      *Clone
	spent  uint64      // how many names were used
	self   wire.Entity // in this session: a master knows each only once
	master wire.Entity // zero: none has answered yet
	offset uint64      // of the channel to it
	opened bool        // it knows of that

	in      *channel.Consumer              // nil: nothing is wanted
	out     *channel.Producer[wire.Entity] // nil: there is no master
	first   uint64                         // the channel's number of numbers[0]
	numbers []uint64                       // of the writes that were sent and not acknowledged

	next    step.Time // of the next tick; Never: nothing is wanted
	ticks   uint64    // of this session
	silent  int       // ticks since the master has acknowledged anything, which it does all the time
	nacks   int       // that have brought nothing
	reached uint64    // of in, when nacks was 0
	broken  string    // why the session can't go on

	key, value, message []byte // scratch
}

// A master is given up after so many ticks without a word to the writer: 5 s. It acknowledges every 500 ms.
const channelSilence = 50

// wastedNacks is after how many nacks without an answer a master is given up: it has dropped this clone.
const wastedNacks = 25

// askedTicks is how often a clone repeats its attach_writer: broker.store.heartbeat-interval.
const askedTicks = 5

// ask looks for a master that only Broker's commands reach, if there is a way to one.
func (c *Clone) ask(peers []Peer) {
	switch k := c.channel; {
	case !distant(peers, c.in):
		if k != nil {
			k.end()
		}
	case k == nil:
		c.channel = &cloneChannel{c: c, next: step.Never}
		c.channel.begin()
	case k.in == nil:
		k.begin()
	}
}

// source is the master whose table a clone has, as far as that is known.
func (c *Clone) source() wire.Entity {
	if c.session.channel {
		return c.channel.master
	}
	return wire.Entity{}
}

// begin asks for a master, at once and then at ticks.
func (k *cloneChannel) begin() {
	c := k.c
	*k = cloneChannel{c: c, spent: k.spent + 1, self: c.self, key: k.key, value: k.value, message: k.message}
	k.self.Object |= (k.spent - 1) << 32 // the node gives out small numbers
	k.in = channel.NewConsumer(channel.ConsumerOptions{}, k)
	k.next = c.opts.Env.Now().Add(channelTick)
	k.Nack([]uint64{0})
	c.opts.Changed()
}

// end forgets the session.
func (k *cloneChannel) end() {
	k.in, k.out, k.master, k.numbers, k.next = nil, nil, wire.Entity{}, nil, step.Never
}

// tick lets 100 ms pass.
func (k *cloneChannel) tick(now step.Time) {
	if k.next = k.next.Add(channelTick); k.next <= now {
		k.next = now.Add(channelTick)
	}
	k.in.Tick()
	if k.out == nil {
		return
	}
	k.ticks++
	k.silent++
	if next := k.in.Next(); next != k.reached {
		k.reached, k.nacks = next, 0
	}
	k.out.Tick()
	if !k.opened && k.ticks%askedTicks == 0 {
		k.Handshake(k.master, k.offset, askedTicks)
	}
	switch {
	case k.silent >= channelSilence:
		k.broken = "it acknowledges nothing"
	case k.nacks >= wastedNacks:
		k.broken = "it does not send what is missing"
	}
	k.check()
}

// check ends a session that can't go on, and looks for another one.
func (k *cloneChannel) check() {
	if k.broken == "" {
		return
	}
	c := k.c
	c.opts.Env.Log.Info("a clone lets its master go", "store", c.opts.Name, "master", k.master.Endpoint.String(), "why", k.broken)
	k.broken = ""
	c.lose()
	c.look(c.opts.Bus.Peers())
}

// ReceiveCommand implements Machine.
func (c *Clone) ReceiveCommand(topic, payload []byte) bool {
	if string(topic) != c.out || c.refused != nil {
		return false
	}
	k := c.channel
	if k == nil || k.in == nil {
		return true // nothing was asked for
	}
	cmd, err := wire.ParseCommand(payload)
	if err != nil || cmd.Sender.IsZero() {
		c.info.Malformed++
		return true
	}
	k.receive(&cmd, payload[commandHead:])
	k.check()
	return true
}

// receive takes a command; body is what follows its head. Broker's own clones leave a keepalive that is not addressed to
// them out.
func (k *cloneChannel) receive(cmd *wire.Command, body []byte) {
	toAll := cmd.Kind.IsAction() || cmd.Kind == wire.CmdKeepalive && cmd.Receiver.IsZero()
	switch {
	case !toAll && cmd.Receiver != k.self:
		return
	case k.out == nil:
		if cmd.Kind == wire.CmdAckClone {
			k.found(cmd)
		}
		return
	case cmd.Sender != k.master:
		return
	}
	switch cmd.Kind {
	case wire.CmdKeepalive:
		k.in.Heartbeat(cmd.Number)
	case wire.CmdRetransmitFailed:
		k.in.RetransmitFailed(cmd.Number)
	case wire.CmdCumulativeAck:
		k.silent = 0
		k.out.Ack(k.master, cmd.Number)
		k.acknowledged()
	case wire.CmdNack:
		k.silent = 0
		k.out.Nack(k.master, cmd.Missing)
		k.acknowledged()
	case wire.CmdAckClone: // the first one counts
	default:
		if cmd.Kind.IsAction() {
			k.in.Event(cmd.Seq, body)
		}
	}
}

// found follows the master that has sent a snapshot.
func (k *cloneChannel) found(cmd *wire.Command) {
	c := k.c
	if cmd.Number == 0 {
		return
	}
	c.info.Snapshots++
	k.master = cmd.Sender
	k.snapshot(cmd.Snapshot)
	c.session = session{peer: k.master.Endpoint, link: linkOf(c.opts.Bus.Peers(), k.master.Endpoint), channel: true}
	c.lost, c.everFound = step.Never, true
	c.foreign, c.partial, c.sweeping = true, true, true
	k.in.Handshake(cmd.Number, cmd.Heartbeat)
	k.out = channel.NewProducer(channel.ProducerOptions[wire.Entity]{Keep: func(wire.Entity) bool { return true }}, k)
	_ = k.out.Add(k.master) // the first one
	k.first = k.out.Seq() + 1
	c.opts.Changed()
}

// publish sends a message. What is lost is asked for again.
func (k *cloneChannel) publish(to broker.EndpointID, message []byte) {
	if err := k.c.opts.Bus.Command(k.c.in, to, message); err != nil {
		k.c.opts.Env.Log.Error("a command in Broker's protocol can't be sent", "store", k.c.opts.Name, "error", err)
	}
	if cap(message) <= maxSpare {
		k.message = message
	}
}

// send sends a control message of this clone's.
func (k *cloneChannel) send(to broker.EndpointID, cmd *wire.Command) {
	cmd.Sender = k.self
	k.publish(to, wire.AppendCommand(k.message[:0], cmd))
}
