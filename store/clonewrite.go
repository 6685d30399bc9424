package store

import (
	"encoding/binary"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Do implements Store: the write goes to the master, whose answer is its outcome.
func (c *Clone) Do(cmd *wire.Command, w Waiter) (Result, bool) {
	if err := c.accepts(cmd); err != nil {
		return Result{Err: err}, true
	}
	cmd.Publisher, cmd.RequestID = c.self, 0
	if cmd.Kind == wire.CmdPutUnique {
		c.writes.asked++
		cmd.Who, cmd.RequestID = c.self, c.writes.asked
	}
	message := make([]byte, 0, 1+8+8+1+len(cmd.Key)+len(cmd.Value)+10+2*entityBytes+8)
	message = appendU64s(append(message, byte(msgWrite)), c.writes.next, 0)
	message = wire.AppendCommandBody(message, cmd)
	if c.writes.len() == 0 && c.lost != step.Never {
		c.opts.Changed() // it may be given up sooner than anything else
	}
	c.writes.add(waiting{message: message, waiter: w, at: c.opts.Env.Now(), number: c.writes.next, request: cmd.RequestID})
	return Result{}, false
}

// accepts says why a write is not taken; nil if it is.
func (c *Clone) accepts(cmd *wire.Command) error {
	switch {
	case c.refused != nil:
		return c.refused
	case !asks(cmd.Kind):
		return c.fail(broker.InvalidData, fmt.Sprintf("%s is no change that can be asked for", cmd.Kind))
	case c.writes.full():
		c.info.Refused++
		return c.fail(broker.RequestTimeout, fmt.Sprintf("%d writes wait for their answer already", c.writes.len()))
	}
	if c.lost != step.Never {
		neverFound := !c.everFound && c.opts.Env.Now().Sub(c.lost) >= noMaster
		if neverFound || c.opts.MutationBuffer < 0 {
			return c.noMaster().never
		}
	}
	return c.opts.fits(cmd.Key, cmd.Value)
}

// Flush implements Machine: what waits is sent, as far as the lane takes it.
func (c *Clone) Flush() (more bool) {
	c.asked = false
	if c.refused != nil {
		return false
	}
	if c.sweeping {
		more = c.sweep()
	}
	if c.unasked && c.lost != step.Never {
		c.look(c.opts.Bus.Peers())
	}
	if c.session.channel {
		c.channel.flush()
	}
	if !c.session.open {
		return more
	}
	w := &c.writes
	for w.sent < w.len() {
		x := &w.writes[w.head+w.sent]
		message := x.message
		if x.ready {
			message = message[:writeHead] // it was done by a master of Broker's: only its number counts
		}
		binary.BigEndian.PutUint64(x.message[9:], w.answered())
		if c.opts.Bus.Send(c.session.peer, c.in, message) != step.Queued {
			break // the lane calls when it goes on
		}
		x.tried = true
		w.sent++
	}
	return more
}

// answered takes a master's answer: writes up to durable have their outcome, in the order in which they were made.
func (c *Clone) answered(f *fields) bool {
	applied, durable := f.u64(), f.u64()
	if f.bad || durable > applied || durable >= c.writes.next {
		return false
	}
	var o outcome
	for c.writes.len() > 0 && c.writes.writes[c.writes.head].number <= durable {
		number := c.writes.writes[c.writes.head].number
		for o.number < number && len(f.b) > 0 {
			if o = f.outcome(); f.bad {
				return false
			}
		}
		r := c.writes.writes[c.writes.head].result
		if o.number == number {
			r.Inserted = o.inserted
			if o.code != broker.NoError {
				r.Err = &broker.Error{Code: o.code, Context: o.text}
			}
		}
		if x := c.writes.pop(); x.waiter != nil {
			x.waiter.Done(r)
		}
	}
	c.writes.popReady()
	return true
}
