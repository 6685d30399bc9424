package store

import (
	"encoding/binary"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/journal"
	"moonpeer/store/rules"
)

// outstanding counts what one writer has under way.
type outstanding struct{ n, bytes int }

// full reports whether there is no room for one more.
func (o outstanding) full() bool { return o.n >= MaxWrites || o.bytes >= MaxWriteBytes }

// Do implements Store. Without Sync the outcome is known at once.
func (m *Master) Do(c *wire.Command, w Waiter) (Result, bool) {
	if err := m.accepts(c); err != nil {
		return Result{Err: err}, true
	}
	if m.holds() && m.local.full() {
		m.info.Refused++
		return Result{Err: m.fail(broker.RequestTimeout, fmt.Sprintf("%d writes wait for the disk already", m.local.n))}, true
	}
	c.Publisher = m.self
	r := m.apply(c, nil)
	if !m.waits() {
		return r, true
	}
	n := len(c.Key) + len(c.Value)
	m.local.n++
	m.local.bytes += n
	m.hold(effect{kind: effectLocal, waiter: w, result: r, bytes: n})
	return Result{}, false
}

// accepts says why a write is not even tried; nil if it is.
func (m *Master) accepts(c *wire.Command) error {
	switch {
	case m.refused != nil:
		return m.refused
	case m.failed != nil:
		return m.failed
	case len(m.journal.ops) > maxGroup && m.journal.behind:
		m.info.Refused++
		return m.fail(broker.RequestTimeout, fmt.Sprintf("%d bytes wait for the disk already", len(m.journal.ops)))
	case !asks(c.Kind):
		return m.fail(broker.InvalidData, fmt.Sprintf("%s is no change that can be asked for", c.Kind))
	}
	return nil
}

// apply does what a write says, and numbers what it changes. raw is the action's bytes if they are at hand; nil: they are
// made. The caller has called accepts.
func (m *Master) apply(c *wire.Command, raw []byte) Result {
	switch c.Kind {
	case wire.CmdPut:
		return Result{Err: m.put(c, raw)}
	case wire.CmdPutUnique:
		if _, _, there := m.table.Get(c.Key); there {
			return Result{}
		}
		put := *c
		put.Kind = wire.CmdPut
		if err := m.put(&put, nil); err != nil {
			return Result{Err: err}
		}
		return Result{Inserted: true}
	case wire.CmdErase:
		m.erase(c, raw, Erase)
	case wire.CmdClear:
		m.clear(c, raw)
	case wire.CmdAdd, wire.CmdSubtract:
		return Result{Err: m.alter(c)}
	}
	return Result{}
}

// put stores a value whose expiry, if it has any, is relative to now.
func (m *Master) put(c *wire.Command, raw []byte) error {
	if !c.HasExpiry && m.opts.Expire > 0 {
		c.Expiry, c.HasExpiry, raw = m.opts.Expire, true, nil
	}
	return m.keep(c, m.deadline(c), raw)
}

// keep stores a value that expires at a time, by the node's clock; 0: never.
func (m *Master) keep(c *wire.Command, at int64, raw []byte) error {
	if err := m.opts.fits(c.Key, c.Value); err != nil {
		return err
	}
	old, _, had := m.table.Get(c.Key)
	if err := m.room(c, old, had); err != nil {
		return err
	}
	if m.watched() {
		kind := Insert
		if had {
			kind = Update
		}
		m.changed(&Change{Kind: kind, Key: c.Key, Old: old, New: c.Value, Expiry: c.Expiry, HasExpiry: c.HasExpiry, Publisher: c.Publisher})
	}
	m.table.Put(c.Key, c.Value, at)
	if m.opts.Backend != nil {
		m.journal.ops = journal.AppendPut(m.journal.ops, c.Key, c.Value, at)
	}
	m.number(c, raw)
	return nil
}

// room says why a value would make the store too large; nil if it does not.
func (m *Master) room(c *wire.Command, old []byte, had bool) error {
	most := m.opts.MaxBytes
	if had && len(c.Value) <= len(old) {
		return nil
	}
	if m.opts.overfull(m.table, c.Key, c.Value) {
		return m.fail(broker.BackendFailure, fmt.Sprintf("it is full: %d entries, %d bytes", m.table.Len(), m.table.Size()))
	}
	size := m.table.Size() + int64(len(c.Value)-len(old))
	if !had {
		size += int64(len(c.Key))
	}
	if size > most {
		return m.fail(broker.BackendFailure, fmt.Sprintf("it is full: max_bytes is %d", most))
	}
	return nil
}

// deadline is when what c puts expires, by the node's clock; 0: never.
func (m *Master) deadline(c *wire.Command) int64 {
	switch {
	case !c.HasExpiry:
		return 0
	case m.until != 0:
		return m.until
	}
	now := m.opts.Clock()
	at := now + int64(c.Expiry)
	switch {
	case at < now && c.Expiry > 0: // in some hundred years
		return 0
	case at <= 0:
		return 1 // overdue; 0 would mean never
	}
	return at
}

// alter adds or subtracts. Those who follow are told the new value (spec/stores.md §6.5).
func (m *Master) alter(c *wire.Command) error {
	old, expiry, had := m.table.Get(c.Key)
	if !had {
		old = nil
	}
	var err error
	if c.Kind == wire.CmdAdd {
		m.scratch, err = rules.Add(m.scratch[:0], old, c.Value, c.Init)
	} else {
		m.scratch, err = rules.Subtract(m.scratch[:0], old, c.Value)
	}
	if err != nil {
		return fmt.Errorf("store %q: %w", m.opts.Name, err)
	}
	switch {
	case c.HasExpiry:
		expiry = m.deadline(c)
	case !had:
		expiry = m.deadline(&wire.Command{Expiry: m.opts.Expire, HasExpiry: m.opts.Expire > 0})
	} // else as in Zeek, and unlike in Broker: changing a value leaves its expiry alone
	put := wire.Command{Kind: wire.CmdPut, Key: c.Key, Value: m.scratch, Publisher: c.Publisher}
	return m.keep(&put, expiry, nil)
}

// erase removes a key, which need not be there.
func (m *Master) erase(c *wire.Command, raw []byte, kind ChangeKind) {
	old, _, had := m.table.Get(c.Key)
	if !had {
		return
	}
	m.changed(&Change{Kind: kind, Key: c.Key, Old: old, Publisher: c.Publisher})
	m.table.Delete(c.Key)
	if m.opts.Backend != nil {
		m.journal.ops = journal.AppendErase(m.journal.ops, c.Key)
	}
	m.number(c, raw)
}

// clear removes all keys.
func (m *Master) clear(c *wire.Command, raw []byte) {
	if m.table.Len() == 0 {
		return
	}
	if m.watched() {
		each(m.table, func(k, v []byte) bool {
			m.changed(&Change{Kind: Erase, Key: k, Old: v, Publisher: c.Publisher})
			return true
		})
	}
	m.table.Clear()
	if m.opts.Backend != nil {
		m.journal.ops = journal.AppendClear(m.journal.ops)
	}
	m.number(c, raw)
}

// number gives a change its place among all. Its message waits in the ring for the clones; while there has never been one
// nobody needs it.
func (m *Master) number(c *wire.Command, raw []byte) {
	m.seq++
	m.journal.dirty = m.opts.Backend != nil
	if m.recording {
		b := append(m.ring.begin(m.seq), byte(msgChange))
		b = binary.BigEndian.AppendUint64(b, m.seq)
		if raw != nil {
			b = append(b, raw...)
		} else {
			b = wire.AppendCommandBody(b, c)
		}
		m.ring.finish(b, m.out1)
	}
	if m.channel != nil {
		m.channel.changed(c)
	}
	if !m.holds() {
		m.out1 = m.seq
	}
}

// watched reports whether somebody wants changes.
func (m *Master) watched() bool {
	if !m.asked {
		m.asked, m.watching = true, m.opts.Watcher != nil && m.opts.Watcher.Wants()
	}
	return m.watching
}

// changed tells the watcher of a change, when it may be known.
func (m *Master) changed(c *Change) {
	if !m.watched() {
		return
	}
	if !m.holds() {
		m.opts.Watcher.Changed(c)
		return
	}
	k := *c
	b := make([]byte, 0, len(c.Key)+len(c.Old)+len(c.New))
	b = append(append(append(b, c.Key...), c.Old...), c.New...)
	k.Key, b = cut(b, len(c.Key))
	k.Old, b = cut(b, len(c.Old))
	k.New, _ = cut(b, len(c.New))
	m.held = append(m.held, effect{kind: effectChange, change: &k, token: m.journal.token}) // its group is this turn's
}

func cut(b []byte, n int) (head, tail []byte) { return b[:n:n], b[n:] }

// expire removes what is overdue at now, at most most keys.
func (m *Master) expire(now int64, most int) (done bool) {
	_, done = m.table.Expire(now, most, func(key, value []byte) {
		c := wire.Command{Kind: wire.CmdExpire, Key: key, Publisher: m.self}
		m.changed(&Change{Kind: Expire, Key: key, Old: value, Publisher: m.self})
		if m.opts.Backend != nil {
			m.journal.ops = journal.AppendErase(m.journal.ops, key)
		}
		m.number(&c, nil)
	})
	return done
}
