package store

import (
	"bytes"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/rules"
)

// snapshot makes the table what a master has, by its differences. What is not in it is removed by the sweep that follows.
func (k *cloneChannel) snapshot(entries []byte) {
	c := k.c
	c.table.Mark()
	r := wire.NewReader(entries)
	for r.Remaining() > 0 {
		at := r.Offset()
		_ = r.Skip() // the command was parsed
		mid := r.Offset()
		_ = r.Skip()
		cmd := wire.Command{Kind: wire.CmdPut, Key: entries[at:mid], Value: entries[mid:r.Offset()], Publisher: k.master}
		var err error
		if k.key, k.value, err = canonical(&cmd, k.key, k.value); err != nil {
			c.info.Malformed++
			c.opts.Env.Log.Warn("an entry of a master can't be read", "store", c.opts.Name, "error", err)
			continue
		}
		if old, _, had := c.table.Get(cmd.Key); had && bytes.Equal(old, cmd.Value) {
			c.table.Touch(cmd.Key)
			continue
		}
		c.put(&cmd)
	}
}

// canonical makes key and value of a command from elsewhere what they are here, in the space it is given.
func canonical(c *wire.Command, key, value []byte) ([]byte, []byte, error) {
	var err error
	if c.Key != nil {
		if key, err = rules.CanonicalKey(key[:0], c.Key); err != nil {
			return key, value, err
		}
		c.Key = key
	}
	if c.Value != nil {
		if value, err = rules.Canonical(value[:0], c.Value); err != nil {
			return key, value, err
		}
		c.Value = value
	}
	return key, value, nil
}

// Deliver implements channel.ConsumerOut: a change, or the outcome of a put_unique.
func (k *cloneChannel) Deliver(_ uint64, body []byte) {
	c := k.c
	cmd, err := wire.ParseCommandBody(body)
	if err == nil {
		k.key, k.value, err = canonical(&cmd, k.key, k.value)
	}
	if err != nil {
		c.info.Malformed++
		c.opts.Env.Log.Warn("a change of a master can't be read", "store", c.opts.Name, "error", err)
		return
	}
	switch cmd.Kind {
	case wire.CmdPut:
		c.put(&cmd)
	case wire.CmdErase:
		c.erase(&cmd, Erase)
	case wire.CmdExpire:
		c.erase(&cmd, Expire)
	case wire.CmdClear:
		c.clear(&cmd)
	case wire.CmdPutUniqueResult:
		if cmd.Who == c.self {
			k.decided(cmd.RequestID, cmd.Inserted)
		}
	default:
		c.info.Malformed++
	}
}

// Lost implements channel.ConsumerOut: without a change the copy is none, so the clone takes all entries anew.
func (k *cloneChannel) Lost(uint64) (abort bool) {
	k.broken = "it does not have all changes any more"
	return true
}

// Ack implements channel.ConsumerOut.
func (k *cloneChannel) Ack(seq uint64) {
	k.send(k.master.Endpoint, &wire.Command{Receiver: k.master, Kind: wire.CmdCumulativeAck, Number: seq})
}

// Nack implements channel.ConsumerOut. Before there is a master, [0] asks for one.
func (k *cloneChannel) Nack(missing []uint64) {
	k.nacks++
	k.send(k.master.Endpoint, &wire.Command{Receiver: k.master, Kind: wire.CmdNack, Missing: missing})
}

// flush sends the writes that wait.
func (k *cloneChannel) flush() {
	c := k.c
	for w := &c.writes; w.sent < w.len(); w.sent++ {
		x := &w.writes[w.head+w.sent]
		if x.ready {
			continue
		}
		if c.session.link != 0 && !c.opts.Bus.Writable(c.session.peer) {
			return // the ticks go on
		}
		if _, sent := k.out.Produce(x.message[writeHead:]); !sent {
			return // the master was dropped for nonsense; see Dropped
		}
		x.tried = true
		k.numbers = append(k.numbers, x.number)
	}
}

// writeHead is how many bytes of a write in our own protocol come before the action.
const writeHead = 1 + 8 + 8

// acknowledged ends the writes that the master has. Broker's word for it is no more than that: if one has failed nobody says so.
func (k *cloneChannel) acknowledged() {
	w := &k.c.writes
	acked, _ := k.out.Acked(k.master)
	for len(k.numbers) > 0 && k.first <= acked {
		x := w.find(k.numbers[0])
		k.numbers = k.numbers[1:]
		k.first++
		if x != nil && x.request == 0 {
			x.ready = true
		}
	}
	w.popReady()
}

// decided ends a put_unique.
func (k *cloneChannel) decided(request uint64, inserted bool) {
	w := &k.c.writes
	if x := w.findRequest(request); x != nil && x.tried && !x.ready {
		x.ready, x.result = true, Result{Inserted: inserted}
		w.popReady()
	}
}

// Handshake implements channel.ProducerOut.
func (k *cloneChannel) Handshake(master wire.Entity, offset uint64, heartbeat uint16) {
	k.offset = offset
	k.send(broker.EndpointID{}, &wire.Command{Receiver: master, Kind: wire.CmdAttachWriter, Number: offset, Heartbeat: heartbeat})
}

// Broadcast implements channel.ProducerOut.
func (k *cloneChannel) Broadcast(seq uint64, body []byte) {
	head := wire.Command{Seq: seq, Sender: k.self, Receiver: k.master}
	k.publish(broker.EndpointID{}, append(appendCommandHead(k.message[:0], &head), body...))
}

// Event implements channel.ProducerOut.
func (k *cloneChannel) Event(_ wire.Entity, seq uint64, body []byte) { k.Broadcast(seq, body) }

// HeartbeatAll implements channel.ProducerOut. Until the master has opened the channel it does not know what it is about.
func (k *cloneChannel) HeartbeatAll(seq uint64) {
	if k.opened {
		k.send(broker.EndpointID{}, &wire.Command{Kind: wire.CmdKeepalive, Number: seq})
	}
}

// Heartbeat implements channel.ProducerOut. It is not called.
func (k *cloneChannel) Heartbeat(master wire.Entity, seq uint64) { k.HeartbeatAll(seq) }

// RetransmitFailed implements channel.ProducerOut.
func (k *cloneChannel) RetransmitFailed(master wire.Entity, seq uint64) {
	k.send(broker.EndpointID{}, &wire.Command{Receiver: master, Kind: wire.CmdRetransmitFailed, Number: seq})
}

// Attached implements channel.ProducerOut.
func (k *cloneChannel) Attached(wire.Entity) { k.opened = true }

// Dropped implements channel.ProducerOut.
func (k *cloneChannel) Dropped(wire.Entity, broker.Code) { k.broken = "it asks for nonsense" }
