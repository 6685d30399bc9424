package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/journal"
)

// writer is what a master knows of one clone's writes, also while that is away.
type writer struct {
	who      wire.Entity
	follower *follower // the clone now; nil: it is not attached
	applied  uint64    // the number of the last write that was applied
	durable  uint64    // up to which their outcome is certain
	told     uint64    // up to which it was told on this link
	outcomes []outcome // of those that did not simply succeed, by number, until the writer has them
	seen     int64     // by the node's clock
	touched  bool      // it is to be answered
	changed  bool      // its state is to be journaled
}

// forgetWriter is how long a writer that is not heard of is remembered. It must be longer than a clone keeps its writes.
const forgetWriter = 24 * time.Hour

// maxMutationBuffer is the longest time for which a clone may keep writes.
const maxMutationBuffer = 12 * time.Hour

// maxWriters bounds how many writers are remembered; who is not attached goes first, the one not heard of for longest.
const maxWriters = 16 << 10

// writerOf returns what is known of a writer. It is remembered from its first write on.
func (m *Master) writerOf(who wire.Entity) *writer {
	if w := m.writers[who]; w != nil {
		return w
	}
	return &writer{who: who}
}

// remember keeps a writer, also when it is away.
func (m *Master) remember(w *writer) {
	w.seen = m.opts.Clock()
	if m.writers[w.who] == w {
		return
	}
	m.writers[w.who] = w
	if len(m.writers) <= maxWriters {
		return
	}
	var oldest *writer
	for _, o := range m.writers { // the order does not matter: ties are broken by name
		if m.following(o) == nil && (oldest == nil || o.seen < oldest.seen || o.seen == oldest.seen && lessEntity(o.who, oldest.who)) {
			oldest = o
		}
	}
	if oldest != nil {
		delete(m.writers, oldest.who)
		if m.opts.Backend != nil {
			m.journal.ops = journal.AppendForget(m.journal.ops, appendEntity(nil, oldest.who))
		}
	}
}

// fail ends the writes that are not durable, also those of a clone that is away: later ones are known at once, and would
// have these pass for done.
func (w *writer) fail(why error) {
	w.outcomes = slices.DeleteFunc(w.outcomes, func(o outcome) bool { return o.number > w.durable })
	for n := min(w.applied-w.durable, MaxWrites); n > 0; n-- { // who says more has under way lies
		w.note(outcome{number: w.applied - n + 1, code: broker.BackendFailure, text: why.Error()})
	}
	w.durable = w.applied
}

// following returns the clone that a writer is now; nil: it is away.
func (m *Master) following(w *writer) *follower {
	if f := w.follower; f != nil && f.writer == w && m.follower(f.peer) == f {
		return f
	}
	return nil
}

// note keeps an outcome until the writer has it.
func (w *writer) note(o outcome) {
	if len(o.text) > maxText {
		o.text = o.text[:maxText]
	}
	w.outcomes = append(w.outcomes, o)
}

// confirmed says that the writer has the outcomes up to a number.
func (w *writer) confirmed(number uint64) {
	n := 0
	for n < len(w.outcomes) && w.outcomes[n].number <= number {
		n++
	}
	w.outcomes = slices.Delete(w.outcomes, 0, n)
}

// touch has a writer answered at the end of the turn.
func (m *Master) touch(w *writer) {
	if !w.touched {
		w.touched = true
		m.touched = append(m.touched, w)
	}
}

// written takes one write of a clone. It returns false if it is malformed.
func (m *Master) written(from broker.EndpointID, number, answered uint64, rest *fields) bool {
	f := m.follower(from)
	if rest.bad {
		return false
	}
	if f == nil {
		m.turnAway(from)
		return true // it attaches again, and sends it again
	}
	var c wire.Command
	done := len(rest.b) == 0 // the clone knows its outcome by another way
	if !done {
		var err error
		if c, err = wire.ParseCommandBody(rest.b); err != nil || !asks(c.Kind) || c.Publisher.Endpoint != from {
			return false
		}
		if c.Publisher != f.who {
			m.turnAway(from)
			return true
		}
	}
	if number == 0 || answered >= number || number == math.MaxUint64 {
		return false
	}
	w := f.writer
	if number > max(w.applied, answered)+1 {
		return true // it was on its way when all was read from the disk again, and is sent again behind those before it
	}
	w.confirmed(answered)
	w.durable = max(w.durable, answered)
	m.touch(w)
	if number <= w.applied {
		return true // it was sent again
	}
	if len(w.outcomes) >= MaxWrites+1 {
		return false // more than a writer may have under way
	}
	w.applied, w.changed = number, true
	m.remember(w)
	var r Result
	if !done {
		r = m.serve(&c, rest.b)
	}
	if r.Err != nil || c.Kind == wire.CmdPutUnique {
		o := outcome{number: number, inserted: r.Inserted}
		if r.Err != nil {
			o.code, o.text = broker.CodeOf(r.Err), r.Err.Error()
		}
		w.note(o)
	}
	if !m.waits() {
		w.durable = number
		return true
	}
	m.holdWriter(w)
	return true
}

// turnAway tells a clone that it is not attached, so that it does so.
func (m *Master) turnAway(from broker.EndpointID) {
	m.opts.Bus.Send(from, m.out, appendRefuse(nil, broker.BrokenClone, "it is not attached"))
}

// serve applies a clone's write.
func (m *Master) serve(c *wire.Command, raw []byte) Result {
	if err := m.accepts(c); err != nil {
		return Result{Err: err}
	}
	return m.apply(c, raw)
}

// holdWriter keeps in the outcome of a writer's last write. Those of one turn are kept together.
func (m *Master) holdWriter(w *writer) {
	token := m.journal.token
	if !m.journal.dirty {
		token-- // see hold
	}
	if n := len(m.held); n > m.heldAt {
		e := &m.held[n-1]
		if e.kind == effectWriter && e.writer == w && e.token == token {
			e.upTo = w.applied
			return
		}
	}
	m.hold(effect{kind: effectWriter, writer: w, upTo: w.applied})
}

// answer tells the writers what has become of their writes.
func (m *Master) answer() {
	again := m.touched[:0]
	for _, w := range m.touched {
		w.touched = false
		f := m.following(w)
		if f == nil {
			continue
		}
		if !f.caughtUp(m) || !f.greeted {
			w.touched = true
			again = append(again, w)
			continue
		}
		upTo := m.makeAnswer(w)
		sent := f.send(m, m.scratch)
		if sent {
			w.told = upTo
		}
		if !sent || upTo < w.durable {
			w.touched = true
			again = append(again, w)
		}
	}
	clear(m.touched[len(again):])
	m.touched = again
}

// makeAnswer writes what a writer is to be told, as far as it fits into a message, and returns up to which write that is.
func (m *Master) makeAnswer(w *writer) (upTo uint64) {
	upTo = w.durable
	b := appendU64s(append(m.scratch[:0], byte(msgAnswer)), w.applied, 0)
	durable := len(b) - 8
	for i := range w.outcomes {
		o := &w.outcomes[i]
		if o.number <= w.told || o.number > w.durable {
			continue
		}
		if len(b) > m.opts.MaxEntry/2 {
			upTo = o.number - 1
			break
		}
		b = appendOutcome(b, o)
	}
	binary.BigEndian.PutUint64(b[durable:], upTo)
	m.scratch = b
	return upTo
}

// saveWriters adds to the journal what the turn's writers have reached, if they have changed anything: what they have not
// changed may be tried again.
func (m *Master) saveWriters() {
	for _, w := range m.touched {
		if !w.changed {
			continue
		}
		w.changed = false
		if m.journal.dirty && m.writers[w.who] == w { // else it was forgotten again
			m.scratch = w.appendState(m.scratch[:0])
			var id [entityBytes]byte
			m.journal.ops = journal.AppendWriter(m.journal.ops, appendEntity(id[:0], w.who), m.scratch)
		}
	}
}

// appendState appends what of a writer survives its master.
func (w *writer) appendState(b []byte) []byte {
	b = appendU64s(b, uint64(w.seen), w.applied)
	for i := range w.outcomes {
		b = appendOutcome(b, &w.outcomes[i])
	}
	return b
}

// loadWriter takes what appendState has made. Who was not heard of for long is forgotten.
func (m *Master) loadWriter(id, state []byte, now int64) error {
	f := fields{b: id}
	w := &writer{who: f.entity()}
	if !f.end() {
		return fmt.Errorf("a writer's id has %d bytes: %w", len(id), broker.ErrBackendFailure)
	}
	f = fields{b: state}
	w.seen, w.applied = int64(f.u64()), f.u64()
	for !f.bad && len(f.b) > 0 {
		w.outcomes = append(w.outcomes, f.outcome())
	}
	if f.bad {
		return fmt.Errorf("the state of writer %x is damaged: %w", binary.BigEndian.AppendUint64(nil, w.who.Object), broker.ErrBackendFailure)
	}
	if now-w.seen > int64(forgetWriter) || len(m.writers) >= maxWriters {
		m.journal.ops = journal.AppendForget(m.journal.ops, id)
		return nil
	}
	w.durable = w.applied
	m.writers[w.who] = w
	return nil
}
