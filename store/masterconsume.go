package store

import (
	"slices"

	"moonpeer/net/wire"
	"moonpeer/store/channel"
)

// channelWriter is a clone that writes in Broker's protocol.
type channelWriter struct {
	k         *masterChannel
	who       wire.Entity
	in        *channel.Consumer
	heartbeat uint16
	durable   uint64 // up to which it may be told that its writes are done
	seen      uint64 // the tick of its last sign of life
	waiting   outstanding
}

// attach takes an attach_writer. A repeated one is acknowledged again.
func (k *masterChannel) attach(w *channelWriter, c *wire.Command) {
	if w == nil {
		if len(k.writers) >= channelWriters {
			return // it asks again
		}
		w = &channelWriter{k: k, who: c.Sender, heartbeat: c.Heartbeat, durable: c.Number}
		w.in = channel.NewConsumer(channel.ConsumerOptions{}, w)
		if !w.in.Handshake(c.Number, c.Heartbeat) {
			return
		}
		k.writers = append(k.writers, w)
		k.known[w.who] = w
	} else {
		w.Ack(w.in.Next() - 1)
	}
	w.seen = k.now
}

// drop forgets a writer.
func (k *masterChannel) drop(w *channelWriter) {
	_, bytes := w.in.Buffered()
	k.early -= bytes
	delete(k.known, w.who)
	k.writers = slices.DeleteFunc(k.writers, func(o *channelWriter) bool { return o == w })
}

// feed gives the channel an event, or says that it is lost. What comes too early waits, as far as there is room for all.
func (w *channelWriter) feed(seq uint64, body []byte, lost bool) {
	k := w.k
	_, before := w.in.Buffered()
	if w.waiting.full() || seq != w.in.Next() && k.early+len(body) > earlyBytes {
		return // it is asked for later
	}
	if lost {
		w.in.RetransmitFailed(seq)
	} else {
		w.in.Event(seq, body)
	}
	_, after := w.in.Buffered()
	k.early += after - before
}

// rewind forgets what was applied and is not on disk: the writer sends it again.
func (w *channelWriter) rewind() {
	_, bytes := w.in.Buffered()
	w.k.early -= bytes
	w.waiting = outstanding{}
	w.in = channel.NewConsumer(channel.ConsumerOptions{}, w)
	w.in.Handshake(w.durable, w.heartbeat)
}

// Deliver implements channel.ConsumerOut: the next write is applied.
func (w *channelWriter) Deliver(seq uint64, body []byte) {
	k, m := w.k, w.k.m
	c, err := wire.ParseCommandBody(body)
	if err == nil {
		k.key, k.value, err = canonical(&c, k.key, k.value)
	}
	var r Result
	if err == nil {
		r = m.serve(&c, nil)
		err = r.Err
	}
	if err != nil { // Broker has no way to tell the writer
		k.complain(m.opts.Env.Log.Warn, "a write in Broker's protocol has failed", "kind", c.Kind.String(), "clone", w.who.Endpoint.String(), "error", err)
	}
	if c.Kind == wire.CmdPutUnique {
		k.tell(wire.AppendCommandBody(nil, &wire.Command{Kind: wire.CmdPutUniqueResult, Inserted: r.Inserted, Who: c.Who, RequestID: c.RequestID, Publisher: m.self}))
	}
	w.settle(seq, len(body))
}

// settle says that a write has had its effect: the writer is told when that is on disk.
func (w *channelWriter) settle(seq uint64, bytes int) {
	m := w.k.m
	if !m.waits() {
		w.durable = seq
		return
	}
	w.waiting.n++
	w.waiting.bytes += bytes
	m.hold(effect{kind: effectRun, run: func() {
		w.durable = seq
		w.waiting.n--
		w.waiting.bytes -= bytes
	}})
}

// Lost implements channel.ConsumerOut: the write is skipped, as in Broker.
func (w *channelWriter) Lost(seq uint64) (abort bool) {
	w.k.complain(w.k.m.opts.Env.Log.Warn, "a write in Broker's protocol is lost", "clone", w.who.Endpoint.String())
	w.settle(seq, 0)
	return false
}

// Ack implements channel.ConsumerOut.
func (w *channelWriter) Ack(seq uint64) {
	w.k.send(w.who.Endpoint, &wire.Command{Receiver: w.who, Kind: wire.CmdCumulativeAck, Number: min(seq, w.durable)})
}

// Nack implements channel.ConsumerOut. It would acknowledge all before the first number, so what is on its way to the disk
// comes first.
func (w *channelWriter) Nack(missing []uint64) {
	if w.durable < w.in.Next()-1 {
		w.Ack(w.durable)
		return
	}
	w.k.send(w.who.Endpoint, &wire.Command{Receiver: w.who, Kind: wire.CmdNack, Missing: missing})
}
