package store

import (
	"errors"
	"fmt"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store/table"
)

// MasterOptions say how a master works.
type MasterOptions struct {
	Common
	// Backend keeps the entries; nil: they are gone with the process.
	Backend Backend
	// BackendName is what Info calls it. "" means memory.
	BackendName string
	// Sync lets nothing out before it is durable. Of no meaning without a Backend.
	Sync bool
	// Clock is the node's, ns since 1970: keys expire by it. Required.
	Clock func() int64
	// Expire is how long a key is kept whose put says nothing; 0: for ever.
	Expire broker.Timespan
	// MaxBytes is how many bytes all keys and values may have. Zero means 16 GB; more than 30 GB
	// is not possible.
	MaxBytes int64
	// Ring is how many bytes of changes are kept for clones that come back. Zero means 16 MB.
	Ring int
}

// Master owns a store's entries. It implements Machine.
type Master struct {
	opts    MasterOptions
	self    wire.Entity
	in, out string // its topics: to the master, to clones
	opened  int64

	term    uint64
	entered bool   // the term is in the journal, so no other run can have it: clones may know it
	seq     uint64 // of the last change that was applied
	out1    uint64 // of the last change that may be seen outside: durable, with Sync
	table   *table.Table
	ring    ring
	journal groups
	held    []effect // what waits for the disk, in order
	heldAt  int      // the first of them that is still there

	followers []*follower
	unclaimed bool // a peer's lane had no room to hear that there is a master
	recording bool // there has been a clone, so changes go into the ring
	writers   map[wire.Entity]*writer
	touched   []*writer      // whose answers are to go at the next Flush
	channel   *masterChannel // those who follow and write in Broker's protocol; nil: there has been none
	refused   error          // another master has the name, or it is closed: why nothing is answered
	failed    error          // the disk
	retry     step.Time

	watching, asked bool // of this turn: what the watcher has said to Wants
	scratch         []byte
	info            Info
	local           outstanding
	backups         backups
	until           int64 // when what is being put expires, by the clock; 0: as the command says
}

// retryDisk is how long a master whose disk has failed waits before it looks again.
const retryDisk = time.Second

// OpenMaster makes a master of what the backend holds. The error matches broker.ErrMasterExists if a direct peer announces a master of
// that name, and broker.ErrBackendFailure if the backend can't be read.
func OpenMaster(opts MasterOptions) (*Master, error) {
	common, err := opts.Common.withDefaults()
	if err != nil {
		return nil, err
	}
	opts.Common = common
	if opts.Ring == 0 {
		opts.Ring = 16 << 20
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = 16 << 30
	}
	if opts.BackendName == "" {
		opts.BackendName = "memory"
	}
	m := &Master{opts: opts, self: opts.entity(), in: broker.MasterTopic(opts.Name), out: broker.CloneTopic(opts.Name),
		opened: opts.Clock(), retry: step.Never}
	for _, p := range opts.Bus.Peers() {
		if exactly, _ := p.announces(m.in); exactly {
			return nil, m.fail(broker.MasterExists, fmt.Sprintf("peer %s has a master of that name", p.ID))
		}
	}
	if err := m.load(); err != nil {
		return nil, fmt.Errorf("store %q: %w", opts.Name, err)
	}
	opts.Bus.Subscribe(m.in)
	m.PeersChanged()
	return m, nil
}

// fail is an error of this store.
func (m *Master) fail(code broker.Code, why string) error {
	return &broker.Error{Code: code, Context: fmt.Sprintf("store %q", m.opts.Name), Err: errors.New(why)}
}

// load makes the table what the backend holds, and begins a new term. When it fails everything is as before.
func (m *Master) load() error {
	oldTable, oldWriters := m.table, m.writers
	m.table, m.writers = table.New(), map[wire.Entity]*writer{}
	m.table.Expire(m.opts.Clock(), 0, nil) // so that it knows the time when it is filled
	m.journal = groups{token: m.journal.token + 1}
	last := m.term
	if b := m.opts.Backend; b != nil {
		l := &loading{m: m, now: m.opts.Clock()}
		if err := b.Load(l); err != nil {
			m.table, m.writers = oldTable, oldWriters
			return err
		}
		last = max(last, l.term)
		m.seq = l.seq
	}
	m.term = max(last+1, uint64(max(m.opts.Clock()/1e6, 0)))
	m.out1 = m.seq
	for _, w := range m.touched {
		w.touched = false
	}
	m.held, m.heldAt, m.touched = nil, 0, nil
	m.ring = ring{limit: m.opts.Ring}
	m.journal.dirty = m.opts.Backend != nil // the term
	m.entered = m.opts.Backend == nil
	return nil
}

// loading takes what a backend has kept.
type loading struct {
	m         *Master
	now       int64
	term, seq uint64
}

// Entry implements Loader.
func (l *loading) Entry(key, value []byte, expiry int64) error {
	if l.m.opts.overfull(l.m.table, key, value) || len(key)+len(value) > maxEntryBytes {
		return l.m.fail(broker.BackendFailure, "what is on disk is more than a store may hold")
	}
	l.m.table.Put(key, value, expiry)
	return nil
}

// Writer implements Loader.
func (l *loading) Writer(id, state []byte) error { return l.m.loadWriter(id, state, l.now) }

// Position implements Loader.
func (l *loading) Position(term, seq uint64) error {
	l.term, l.seq = term, seq
	return nil
}

// Name implements Store.
func (m *Master) Name() string { return m.opts.Name }

// IsMaster implements Store.
func (m *Master) IsMaster() bool { return true }

// SetWatcher implements Store.
func (m *Master) SetWatcher(w Watcher) { m.opts.Watcher, m.asked = w, false }

// Outstanding implements Store.
func (m *Master) Outstanding() int {
	if m.journal.behind {
		return m.local.n + 1 // what the disk has not taken, though it was answered
	}
	return m.local.n
}

// Get implements Store.
func (m *Master) Get(key []byte) ([]byte, error) {
	if m.refused != nil {
		return nil, m.refused
	}
	if v, _, ok := m.table.Get(key); ok {
		return v, nil
	}
	return nil, broker.ErrNoSuchKey
}

// Len implements Store.
func (m *Master) Len() (int, error) { return m.table.Len(), m.refused }

// Each implements Store.
func (m *Master) Each(fn func(key, value []byte) bool) error {
	if m.refused != nil {
		return m.refused
	}
	each(m.table, fn)
	return nil
}

// each calls fn for every entry of t, once each, until it returns false.
func each(t *table.Table, fn func(key, value []byte) bool) {
	t.NewWalk().Next(func(k, v []byte, _ int64) bool { return fn(k, v) })
}

// EachExpiring is Each with the time at which keys expire, ns since 1970; 0: never.
func (m *Master) EachExpiring(fn func(key, value []byte, expiry int64) bool) error {
	if m.refused != nil {
		return m.refused
	}
	m.table.NewWalk().Next(fn)
	return nil
}

// Info implements Store.
func (m *Master) Info() Info {
	i := m.info
	i.Name, i.Master, i.Backend, i.State = m.opts.Name, true, m.opts.BackendName, "open"
	switch {
	case m.refused != nil:
		i.State, i.Error = "refused", m.refused.Error()
	case m.failed != nil:
		i.State, i.Error = "failed", m.failed.Error()
	}
	i.Entries, i.Bytes, i.Memory = m.table.Len(), m.table.Size(), m.table.Memory()
	i.Term, i.Seq, i.Clones, i.Outstanding = m.term, m.seq, len(m.followers), m.local.n
	if m.channel != nil {
		i.Clones += m.channel.out.Len()
	}
	return i
}

// PeersChanged implements Machine: who may be a master of the same name is told of this one, and clones of peers that are
// gone are forgotten.
func (m *Master) PeersChanged() {
	if m.refused != nil {
		return
	}
	m.unclaimed = false
	peers := m.opts.Bus.Peers()
	m.dropGone(peers)
	for _, p := range peers {
		if _, wanted := p.announces(m.in); wanted && !p.Broker && m.opts.Bus.Send(p.ID, m.in, appendClaim(nil, m.self, m.opened)) == step.Full {
			m.unclaimed = true // Flush says it again
		}
	}
}

// claimed decides between two masters of one name: the one that was opened first keeps it.
func (m *Master) claimed(who wire.Entity, opened int64) {
	if who == m.self || opened > m.opened || opened == m.opened && lessEntity(m.self, who) {
		return
	}
	m.opts.Env.Log.Error("a second master of this name: this one serves nobody any more", "store", m.opts.Name, "other", who.Endpoint.String())
	m.refuse(m.fail(broker.MasterExists, fmt.Sprintf("endpoint %s has had a master of that name for longer", who.Endpoint)))
}

func lessEntity(a, b wire.Entity) bool {
	for i := range a.Endpoint {
		if a.Endpoint[i] != b.Endpoint[i] {
			return a.Endpoint[i] < b.Endpoint[i]
		}
	}
	return a.Object < b.Object
}

// refuse ends serving, for good.
func (m *Master) refuse(why error) {
	m.refused = why
	m.opts.Bus.Unsubscribe(m.in)
	for _, f := range m.followers {
		m.opts.Bus.Send(f.peer, m.out, appendRefuse(nil, broker.CodeOf(why), why.Error()))
	}
	m.followers, m.touched, m.channel = nil, nil, nil
	m.endHeld(why)
	m.opts.Changed()
}

// Close implements Store: what was committed is made durable, and who waits hears of it no more.
func (m *Master) Close() error {
	if errors.Is(m.refused, broker.ErrShuttingDown) {
		return nil
	}
	if m.failed == nil && m.refused == nil {
		m.commit()
	}
	if m.refused == nil {
		m.refuse(m.fail(broker.ShuttingDown, "the store is closed"))
	}
	m.refused = m.fail(broker.ShuttingDown, "the store is closed")
	if m.opts.Backend == nil {
		return nil
	}
	err := m.opts.Backend.Close()
	if m.journal.behind && err == nil {
		err = m.fail(broker.BackendFailure, fmt.Sprintf("%d bytes of changes were not taken by the disk and are lost", len(m.journal.ops)))
	}
	m.endBackups(m.refused)
	return err
}
