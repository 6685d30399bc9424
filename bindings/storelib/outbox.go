package storelib

import (
	"errors"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store"
)

// outbox is what a container has still to write to its store. It outlives a reload. It implements step.Machine: a turn's
// changes go at the beginning of the next one.
//
// Of a container that leads, a key is written once for all that has happened to it since, one write at a time, and again until it
// is done. One that follows writes each change once, in their order.
type outbox struct {
	b     *binding // whose it is now
	leads bool
	s     store.Store // nil: it is not open
	entry *step.Entry

	queue    []*write
	head     int
	byKey    map[string]*write // of one that leads: what waits or is under way
	flying   int
	clearing int       // clears that wait or are under way
	missed   bool      // something has happened to the store meanwhile
	retry    step.Time // nothing is written before
	failing  bool      // the last one has failed, which was reported
}

// write is one that waits or is under way. It implements store.Waiter.
type write struct {
	o      *outbox
	cmd    wire.Command
	dirty  bool // it has to be written
	listed bool // it is in the queue
	flying bool
	missed bool // something has happened to the key meanwhile
}

const (
	// maxFlying leaves room in the store's window for what scripts write themselves.
	maxFlying = store.MaxWrites / 2
	// maxPerStep bounds a turn's work.
	maxPerStep = 4096
	// maxKeptBack bounds what a container that follows may have waiting.
	maxKeptBack = 1 << 16
	// outboxRetry is how long a store that has failed is left alone, fullRetry one that has no room.
	outboxRetry = time.Second
	fullRetry   = 10 * time.Millisecond
	// lookEvery is how often a clone is asked whether its entries have arrived.
	lookEvery = 100 * time.Millisecond
)

// attach begins to write.
func (o *outbox) attach(s store.Store) {
	o.s = s
	o.entry = o.b.lib.Async.Register(o)
	o.entry.Changed()
}

// abandon drops what waits.
func (o *outbox) abandon() {
	if n := o.waiting() + o.flying; n > 0 {
		o.b.lib.d.Reports.Warnf("%s: %d changes have not been written to store %q: %v", o.b.c.ID(), n, o.b.name, o.b.over)
	}
	if o.entry != nil {
		o.entry.Remove()
	}
	o.s, o.entry, o.queue, o.head, o.byKey = nil, nil, nil, 0, nil
}

func (o *outbox) waiting() int { return len(o.queue) - o.head }

// idle reports whether all is written.
func (o *outbox) idle() bool { return o.waiting() == 0 && o.flying == 0 }

// holds reports whether a key has still to be written, so that the container knows better than the store. noted: it is
// looked at again when it is written.
func (o *outbox) holds(key []byte, noted bool) bool {
	if !o.leads {
		return false
	}
	if o.clearing > 0 {
		o.missed = o.missed || noted
		return true
	}
	w := o.byKey[string(key)]
	if w != nil && noted {
		w.missed = true
	}
	return w != nil
}

// of returns what there is to write of a key.
func (o *outbox) of(key []byte) *write {
	w := o.byKey[string(key)]
	if w == nil {
		w = &write{o: o}
		if o.byKey == nil {
			o.byKey = map[string]*write{}
		}
		o.byKey[string(key)] = w
	}
	w.dirty = true
	if !w.listed && !w.flying {
		o.list(w)
	}
	return w
}

func (o *outbox) put(key, value []byte, expiry broker.Timespan, ends bool) {
	o.of(key).cmd = wire.Command{Kind: wire.CmdPut, Key: key, Value: value, Expiry: expiry, HasExpiry: ends}
}

func (o *outbox) erase(key []byte) {
	o.of(key).cmd = wire.Command{Kind: wire.CmdErase, Key: key}
}

// clear writes that there is nothing: what waited is of no interest any more.
func (o *outbox) clear() {
	for _, w := range o.queue[o.head:] {
		w.listed, w.dirty = false, false
		if w.cmd.Kind == wire.CmdClear {
			o.clearing--
		} else if !w.flying {
			delete(o.byKey, string(w.cmd.Key))
		}
	}
	for _, w := range o.byKey {
		w.dirty = false
	}
	o.queue, o.head = o.queue[:0], 0
	o.clearing++
	o.list(&write{o: o, dirty: true, cmd: wire.Command{Kind: wire.CmdClear}})
}

// add has a container that follows ask for a change. It reports false when too many wait.
func (o *outbox) add(c wire.Command) bool {
	if o.waiting() >= maxKeptBack {
		return false
	}
	o.list(&write{o: o, dirty: true, cmd: c})
	return true
}

func (o *outbox) list(w *write) {
	if o.head > 0 && o.head == len(o.queue) {
		o.queue, o.head = o.queue[:0], 0
	}
	w.listed = true
	o.queue = append(o.queue, w)
	o.wake()
}

func (o *outbox) wake() {
	if o.entry != nil {
		o.entry.Changed()
	}
}

// Next implements step.Machine.
func (o *outbox) Next() step.Time {
	if o.waiting() > 0 && o.flying < maxFlying || o.unfilled() {
		return o.retry
	}
	return step.Never
}

// unfilled reports whether the entries of the beginning are still to come.
func (o *outbox) unfilled() bool { return o.b.h != nil && !o.b.filled }

// Step implements step.Machine.
func (o *outbox) Step(now step.Time) (more bool) {
	if o.s == nil {
		return false
	}
	if o.unfilled() {
		if o.b.fill(); o.unfilled() {
			o.retry = max(o.retry, now.Add(lookEvery))
			return false
		}
	}
	for n := 0; o.waiting() > 0 && o.flying < maxFlying && now >= o.retry; n++ {
		if n == maxPerStep {
			return true
		}
		w := o.queue[o.head]
		o.queue[o.head] = nil
		o.head++
		w.listed, w.dirty, w.flying = false, false, true
		o.flying++
		cmd := w.cmd
		r, done := o.s.Do(&cmd, w)
		if !done {
			continue
		}
		if broker.CodeOf(r.Err) == broker.RequestTimeout && o.s != nil { // the store has no room
			o.flying--
			w.flying, w.dirty, w.listed = false, true, true
			o.head--
			o.queue[o.head] = w
			o.retry = now.Add(fullRetry)
			return false
		}
		w.Done(r)
	}
	o.leave()
	return false
}

// leave ends the outbox of a binding that is no more, when all is written.
func (o *outbox) leave() {
	if o.b.h == nil && o.idle() && o.entry != nil {
		o.entry.Remove()
		o.entry = nil
	}
}

// Done implements store.Waiter.
func (w *write) Done(r store.Result) {
	o := w.o
	o.flying--
	w.flying = false
	o.wake()
	switch {
	case o.s == nil: // it is over
	case !o.leads:
		if r.Err != nil {
			o.b.refused(w, r.Err)
		}
	case r.Err == nil || !again(r.Err):
		o.settled(w, r.Err)
	default:
		o.failed(w, r.Err)
	}
}

// again reports whether a write that has failed may do another time.
func again(err error) bool {
	for _, e := range []error{broker.ErrInvalidData, broker.ErrTypeClash, broker.ErrMasterExists, broker.ErrShuttingDown} {
		if errors.Is(err, e) {
			return false
		}
	}
	return true
}

// settled ends a write of a container that leads.
func (o *outbox) settled(w *write, err error) {
	if err != nil {
		o.b.refused(w, err)
	} else if o.failing {
		o.failing = false
		o.b.lib.d.Reports.Infof("%s: store %q takes it again", o.b.c.ID(), o.b.name)
	}
	if w.cmd.Kind == wire.CmdClear {
		if o.clearing--; o.clearing == 0 && o.missed {
			o.missed = false
			o.b.compareLater()
		}
		return
	}
	if w.dirty {
		o.list(w)
		return
	}
	delete(o.byKey, string(w.cmd.Key))
	if w.missed {
		o.b.lookLater(w.cmd.Key)
	}
}

// failed has what could not be written be written again.
func (o *outbox) failed(w *write, err error) {
	if !o.failing {
		o.failing = true
		o.b.lib.d.Reports.Warnf("%s: store %q does not take it, which is tried again each second: %v", o.b.c.ID(), o.b.name, err)
	}
	o.retry = o.b.lib.Async.Now().Add(outboxRetry)
	w.dirty = true
	o.list(w)
}
