package store

import (
	"slices"

	"moonpeer/net/wire"
)

// snapshot is all entries after a change.
type snapshot struct {
	term, seq uint64
	entries   int
	b         []byte // keys and values
}

// nack takes what a clone lacks; [0] is the wish for a snapshot.
func (k *masterChannel) nack(who wire.Entity, missing []uint64) {
	if len(missing) == 0 || missing[0] != 0 || !slices.IsSorted(missing) {
		k.out.Nack(who, missing)
		return
	}
	m := k.m
	_, known := k.out.Acked(who)
	switch {
	case !known && len(missing) > 1:
	case m.failed != nil: // the table may be ahead of the disk
	case m.follower(who.Endpoint) != nil: // it follows in our own protocol, which is better
	default:
		if s := k.take(); s != nil {
			k.join(who, s)
		}
	}
}

// take returns a snapshot of now; nil: there can't be one at present, and who wants it asks again.
func (k *masterChannel) take() *snapshot {
	m := k.m
	if size := m.table.Size(); size > int64(m.opts.MaxEntry) {
		k.complain(m.opts.Env.Log.Error, "a store is too large for a snapshot in Broker's protocol, so its clones get none", "bytes", size, "most", m.opts.MaxEntry)
		return nil
	}
	if k.budget <= 0 {
		return nil
	}
	if k.last == nil || k.last.term != m.term || k.last.seq != m.seq {
		s := &snapshot{term: m.term, seq: m.seq, entries: m.table.Len(), b: make([]byte, 0, m.table.Size())}
		each(m.table, func(key, value []byte) bool {
			s.b = append(append(s.b, key...), value...)
			return true
		})
		k.last = s
	}
	k.budget -= len(k.last.b) + 1
	return k.last
}

// join adds a clone, when its snapshot holds nothing that is not on disk. What changes meanwhile waits behind it.
func (k *masterChannel) join(who wire.Entity, s *snapshot) {
	admit := func() {
		k.greeting = s
		k.out.Nack(who, []uint64{0})
		k.greeting = nil
		k.wake()
	}
	if !k.m.waits() {
		admit()
		return
	}
	k.joining++
	k.m.hold(effect{kind: effectRun, run: func() {
		k.joining--
		admit()
	}})
}
