package store

import (
	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// Handshake implements channel.ProducerOut: a clone gets the entries that go with the offset.
func (k *masterChannel) Handshake(who wire.Entity, offset uint64, heartbeat uint16) {
	s := k.greeting
	if s == nil {
		return // not reached: only join asks the channel for handshakes
	}
	k.m.info.Snapshots++
	k.send(who.Endpoint, &wire.Command{Seq: offset, Receiver: who, Kind: wire.CmdAckClone, Number: offset, Heartbeat: heartbeat,
		Snapshot: s.b, SnapshotLen: s.entries})
}

// Broadcast implements channel.ProducerOut.
func (k *masterChannel) Broadcast(seq uint64, body []byte) {
	k.action(broker.EndpointID{}, &wire.Command{Seq: seq}, body)
}

// Event implements channel.ProducerOut.
func (k *masterChannel) Event(who wire.Entity, seq uint64, body []byte) {
	k.action(who.Endpoint, &wire.Command{Seq: seq, Receiver: who}, body)
}

// HeartbeatAll implements channel.ProducerOut. It is not called: Broker's clones ignore what is not addressed to them.
func (k *masterChannel) HeartbeatAll(seq uint64) {
	k.send(broker.EndpointID{}, &wire.Command{Kind: wire.CmdKeepalive, Number: seq})
}

// Heartbeat implements channel.ProducerOut.
func (k *masterChannel) Heartbeat(who wire.Entity, seq uint64) {
	k.send(who.Endpoint, &wire.Command{Receiver: who, Kind: wire.CmdKeepalive, Number: seq})
}

// RetransmitFailed implements channel.ProducerOut.
func (k *masterChannel) RetransmitFailed(who wire.Entity, seq uint64) {
	k.send(who.Endpoint, &wire.Command{Receiver: who, Kind: wire.CmdRetransmitFailed, Number: seq})
}

// Attached implements channel.ProducerOut: a clone has its snapshot.
func (k *masterChannel) Attached(who wire.Entity) {
	k.attached[who] = true
	k.replaced = append(k.replaced, who)
}

// Dropped implements channel.ProducerOut.
func (k *masterChannel) Dropped(who wire.Entity, why broker.Code) {
	delete(k.attached, who)
	k.m.opts.Env.Log.Info("a clone that speaks Broker's protocol is gone", "store", k.m.opts.Name, "clone", who.Endpoint.String(), "why", why.String())
}

// send sends a control message of this master's.
func (k *masterChannel) send(to broker.EndpointID, c *wire.Command) {
	c.Sender = k.m.self
	k.publish(to, wire.AppendCommand(k.message[:0], c))
}

// action sends an action whose bytes are at hand.
func (k *masterChannel) action(to broker.EndpointID, c *wire.Command, body []byte) {
	c.Sender = k.m.self
	k.publish(to, append(appendCommandHead(k.message[:0], c), body...))
}

// appendCommandHead appends what of a command comes before its kind.
func appendCommandHead(b []byte, c *wire.Command) []byte {
	return appendEntity(appendEntity(appendU64s(b, c.Seq), c.Sender), c.Receiver)
}

// publish sends a message. What is lost is asked for again; what is too large for the network nobody ever gets.
func (k *masterChannel) publish(to broker.EndpointID, message []byte) {
	if err := k.m.opts.Bus.Command(k.m.out, to, message); err != nil {
		k.complain(k.m.opts.Env.Log.Error, "a command in Broker's protocol can't be sent", "error", err)
	}
	if cap(message) <= maxSpare {
		k.message = message
	}
}
