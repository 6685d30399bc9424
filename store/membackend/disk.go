package membackend

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"syscall"

	"moonpeer/store"
	"moonpeer/store/journal"
)

// Errors of a Disk. Backends return them within errors that match broker.ErrBackendFailure.
var (
	// ErrFull is the error of a commit for which there is no room.
	ErrFull = fmt.Errorf("simulated disk: %w", syscall.ENOSPC)
	// ErrLocked says that a Backend is open on the Disk.
	ErrLocked = errors.New("another process or store has it open")
	// ErrExist says that there is a backup under this path.
	ErrExist = fmt.Errorf("simulated disk: %w", syscall.EEXIST)
	// ErrClosed says that the backend is closed.
	ErrClosed = errors.New("the store is closed")
)

// Disk is what stays of a store when its process ends.
type Disk struct {
	durable state
	tail    [][]byte // groups that were applied and are not synced, in order
	open    *Backend
	backups map[string]*Disk

	broken   error // not nil: commits fail, once deferral is 0
	deferral int   // commits that go well before broken takes effect
	limit    int   // bytes; 0: none
}

// entry is one value in a state.
type entry struct {
	value  []byte
	expiry int64
}

// state is a store's contents.
type state struct {
	entries   map[string]entry
	writers   map[string][]byte
	bytes     int // of entries and writers
	term, seq uint64
	position  bool
}

// NewDisk returns an empty disk.
func NewDisk() *Disk { return &Disk{durable: newState()} }

func newState() state {
	return state{entries: map[string]entry{}, writers: map[string][]byte{}}
}

func (s *state) clone() state {
	c := *s
	c.entries, c.writers = maps.Clone(s.entries), maps.Clone(s.writers)
	return c
}

// apply applies a group, which must have been checked.
func (s *state) apply(ops []byte) {
	for len(ops) > 0 {
		op, rest, err := journal.Next(ops)
		if err != nil {
			return
		}
		ops = rest
		s.applyOp(op)
	}
}

func (s *state) applyOp(op journal.Op) {
	switch op.Kind {
	case journal.Put:
		s.erase(op.Key)
		s.entries[string(op.Key)] = entry{slices.Clone(op.Value), op.Expiry}
		s.bytes += len(op.Key) + len(op.Value)
	case journal.Erase:
		s.erase(op.Key)
	case journal.Clear:
		for _, e := range s.entries {
			s.bytes -= len(e.value)
		}
		for k := range s.entries {
			s.bytes -= len(k)
		}
		clear(s.entries)
	case journal.Writer:
		s.forget(op.Key)
		s.writers[string(op.Key)] = slices.Clone(op.Value)
		s.bytes += len(op.Key) + len(op.Value)
	case journal.Forget:
		s.forget(op.Key)
	case journal.Position:
		s.term, s.seq, s.position = op.Term, op.Seq, true
	}
}

func (s *state) erase(key []byte) {
	if e, ok := s.entries[string(key)]; ok {
		s.bytes -= len(key) + len(e.value)
		delete(s.entries, string(key))
	}
}

func (s *state) forget(id []byte) {
	if v, ok := s.writers[string(id)]; ok {
		s.bytes -= len(id) + len(v)
		delete(s.writers, string(id))
	}
}

// load gives everything to l, in the order of keys.
func (s *state) load(l store.Loader) error {
	for _, k := range slices.Sorted(maps.Keys(s.entries)) {
		e := s.entries[k]
		if err := l.Entry([]byte(k), e.value, e.expiry); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.writers)) {
		if err := l.Writer([]byte(id), s.writers[id]); err != nil {
			return err
		}
	}
	if s.position {
		return l.Position(s.term, s.seq)
	}
	return nil
}

// Sync makes durable what was applied.
func (d *Disk) Sync() {
	for _, ops := range d.tail {
		d.durable.apply(ops)
	}
	d.tail = nil
}

// Dirty reports whether there is something that a Crash would lose.
func (d *Disk) Dirty() bool { return len(d.tail) > 0 }

// Crash is a power failure: the un-synced tail is lost, and the backend that was open is dead. It puts nothing any more,
// and the disk can be opened again.
func (d *Disk) Crash() { d.CrashKeeping(0) }

// CrashKeeping is a Crash after which the first n groups of the tail happen to be on disk all the same.
func (d *Disk) CrashKeeping(n int) {
	d.tail = d.tail[:min(n, len(d.tail))]
	d.Kill()
	d.Sync()
}

// Kill is the end of the process only: what was applied stays, and nothing that waits is answered.
func (d *Disk) Kill() {
	if d.open != nil {
		d.open.dead = true
		d.open.waiting = nil
		d.open = nil
	}
}

// Break has all commits fail with err from now on.
func (d *Disk) Break(err error) { d.BreakAfter(0, err) }

// BreakAfter has commits fail with err after n more that go well.
func (d *Disk) BreakAfter(n int, err error) { d.broken, d.deferral = err, n }

// Heal ends what Break and BreakAfter began. A backend that has failed goes on with its next Load.
func (d *Disk) Heal() { d.broken = nil }

// Limit bounds how many bytes keys, values, ids and states may have; a commit that would exceed it fails with ErrFull.
// 0: no bound.
func (d *Disk) Limit(bytes int) { d.limit = bytes }

// Backup returns the disk that a backup to path has made, nil if there is none.
func (d *Disk) Backup(path string) *Disk { return d.backups[path] }

// current is what a process sees that reads the disk now.
func (d *Disk) current() state {
	s := d.durable
	if len(d.tail) > 0 {
		s = s.clone()
		for _, ops := range d.tail {
			s.apply(ops)
		}
	}
	return s
}

// accept applies a group, durably if sync is set, or says why it does not.
func (d *Disk) accept(ops []byte, sync bool) error {
	if err := journal.Check(ops); err != nil {
		return err
	}
	if d.broken != nil {
		if d.deferral == 0 {
			return d.broken
		}
		d.deferral--
	}
	if d.limit > 0 {
		s := d.current()
		s = s.clone() // slow, and only with a limit
		if s.apply(ops); s.bytes > d.limit {
			return ErrFull
		}
	}
	d.tail = append(d.tail, slices.Clone(ops))
	if sync {
		d.Sync()
	}
	return nil
}
