package store

import (
	"slices"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store/channel"
)

// masterChannel is a master's side of Broker's protocol: one channel to all clones that have joined it, and one from each
// clone that writes. See doc.go.
type masterChannel struct {
	m        *Master
	out      *channel.Producer[wire.Entity]
	attached map[wire.Entity]bool // who has acknowledged its snapshot
	joining  int                  // clones whose snapshot waits for the disk
	greeting *snapshot            // the one that goes with the handshake that is under way

	writers []*channelWriter // in the order in which they came
	known   map[wire.Entity]*channelWriter
	early   int // bytes of writes that came too early, of all writers

	next   step.Time // of the next tick; Never: there is nobody
	now    uint64    // ticks so far
	last   *snapshot // the last one that was made, until the next tick
	budget int       // bytes of snapshots that may go out until then

	replaced     []wire.Entity // who has just acknowledged its snapshot: what its endpoint had before is over
	nextComplain step.Time

	key, value, message []byte // scratch
}

// The bounds of what a master does for those who speak Broker's protocol.
const (
	channelTick    = 100 * time.Millisecond
	channelTimeout = 500      // ticks: broker.store.heartbeat-interval times connection-timeout
	channelWriters = 4096     // as many as may join
	earlyBytes     = 64 << 20 // writes that wait for earlier ones
	snapshotBytes  = 32 << 20 // in one tick; one snapshot always passes
	complainEvery  = 10 * time.Second
)

// channelOf returns the master's channels, which are made for the first command.
func (m *Master) channelOf() *masterChannel {
	if m.channel == nil {
		k := &masterChannel{m: m, attached: map[wire.Entity]bool{}, known: map[wire.Entity]*channelWriter{}, next: step.Never, budget: snapshotBytes}
		k.out = channel.NewProducer(channel.ProducerOptions[wire.Entity]{Unicast: true, Fresh: true, Keep: k.keeps, MaxBytes: m.opts.Ring, MaxConsumers: channelWriters}, k)
		m.channel = k
	}
	return m.channel
}

// ReceiveCommand implements Machine.
func (m *Master) ReceiveCommand(topic, payload []byte) bool {
	if string(topic) != m.in || m.refused != nil {
		return false
	}
	c, err := wire.ParseCommand(payload)
	switch {
	case err != nil || c.Sender.IsZero():
		m.info.Malformed++
	case c.Sender.Endpoint == m.self.Endpoint || !c.Receiver.IsZero() && c.Receiver != m.self: // another master's
	default:
		k := m.channelOf()
		k.receive(&c, payload[commandHead:])
		for _, who := range k.replaced {
			k.leave(who.Endpoint, who)
		}
		k.replaced = k.replaced[:0]
		k.wake()
	}
	return true
}

// commandHead is how many bytes of a command come before its kind.
const commandHead = 8 + 2*entityBytes

// receive takes a command; body is what follows its head.
func (k *masterChannel) receive(c *wire.Command, body []byte) {
	switch c.Kind {
	case wire.CmdNack:
		k.nack(c.Sender, c.Missing)
		return
	case wire.CmdCumulativeAck:
		k.out.Ack(c.Sender, c.Number)
		return
	}
	if k.m.failed != nil {
		return // writers keep what is not acknowledged
	}
	w := k.known[c.Sender]
	switch {
	case c.Kind == wire.CmdAttachWriter:
		k.attach(w, c)
	case w == nil: // it attaches, and sends it again
	case c.Kind == wire.CmdKeepalive:
		w.seen = k.now
		w.in.Heartbeat(c.Number)
	case c.Kind == wire.CmdRetransmitFailed:
		w.seen = k.now
		w.feed(c.Number, nil, true)
	case asks(c.Kind):
		w.seen = k.now
		w.feed(c.Seq, body, false)
	default:
		k.m.info.Malformed++
	}
}

// changed tells those who follow of a change.
func (k *masterChannel) changed(c *wire.Command) {
	if k.out.Len() > 0 || k.joining > 0 {
		k.tell(wire.AppendCommandBody(nil, c))
	}
}

// tell sends an action, when it may be known.
func (k *masterChannel) tell(body []byte) {
	if !k.m.waits() {
		k.out.Produce(body)
		return
	}
	k.m.hold(effect{kind: effectRun, run: func() { k.out.Produce(body) }})
}

// tick lets 100 ms pass.
func (k *masterChannel) tick(now step.Time) {
	if k.next = k.next.Add(channelTick); k.next <= now {
		k.next = now.Add(channelTick)
	}
	k.now++
	k.last, k.budget = nil, snapshotBytes
	k.out.Tick()
	for _, w := range slices.Clone(k.writers) {
		w.in.Tick()
		if k.now-w.seen >= channelTimeout && !k.keeps(w.who) {
			k.drop(w)
		}
	}
	if k.out.Len()+k.joining+len(k.writers) == 0 {
		k.next = step.Never
	}
}

// wake begins to tick if there is somebody.
func (k *masterChannel) wake() {
	if k.next == step.Never && k.out.Len()+k.joining+len(k.writers) > 0 {
		k.next = k.m.opts.Env.Now().Add(channelTick)
		k.m.opts.Changed()
	}
}

// keeps reports whether a clone stays although it was silent for long: a Broker that was dropped can't come back, and as
// long as it is a peer that still announces the topic it may be there.
func (k *masterChannel) keeps(who wire.Entity) bool {
	if !k.attached[who] {
		return false
	}
	for _, p := range k.m.opts.Bus.Peers() {
		if p.ID == who.Endpoint {
			exactly, _ := p.announces(k.m.out)
			return exactly
		}
	}
	return false
}

// leave forgets what an endpoint has but for one entity.
func (k *masterChannel) leave(id broker.EndpointID, but wire.Entity) {
	for _, who := range k.out.Consumers() {
		if who.Endpoint == id && who != but {
			k.out.Remove(who)
			delete(k.attached, who)
		}
	}
	for _, w := range slices.Clone(k.writers) {
		if w.who.Endpoint == id && w.who != but {
			k.drop(w)
		}
	}
}

// failed says that nothing counts that was not on disk.
func (k *masterChannel) failed() {
	k.joining = 0
	k.last = nil
	for _, w := range k.writers {
		w.rewind()
	}
}

// recovered says that the table was read again: those who follow get it as changes, since a Broker takes no second snapshot.
func (k *masterChannel) recovered() {
	m := k.m
	if k.out.Len() == 0 {
		return
	}
	k.out.Produce(wire.AppendCommandBody(nil, &wire.Command{Kind: wire.CmdClear, Publisher: m.self}))
	each(m.table, func(key, value []byte) bool {
		k.out.Produce(wire.AppendCommandBody(nil, &wire.Command{Kind: wire.CmdPut, Key: key, Value: value, Publisher: m.self}))
		return true
	})
}

// complain writes to the log, not too often.
func (k *masterChannel) complain(log func(string, ...any), text string, args ...any) {
	if now := k.m.opts.Env.Now(); now >= k.nextComplain {
		k.nextComplain = now.Add(complainEvery)
		log(text, append(args, "store", k.m.opts.Name)...)
	}
}
