package membackend

import (
	"errors"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/store"
)

// Options say how a Backend answers.
type Options struct {
	// Port is the port of what is put into Inbox.
	Port step.PortID
	// Inbox gets DiskDone, DiskReady and store.BackupDone.
	Inbox step.Inbox
	// Manual has commits wait for Settle.
	Manual bool
	// MaxCommits bounds how many wait; 0: 4,096. It is of use with Manual only.
	MaxCommits int
}

// Backend is a store's disk as one process sees it.
type Backend struct {
	opts    Options
	disk    *Disk
	waiting []commit // with Manual
	refused bool
	failed  error // sticks until Load
	closed  bool
	dead    bool // the process has ended: nobody hears of anything
}

type commit struct {
	token uint64
	ops   []byte
	sync  bool
}

var _ store.Backend = (*Backend)(nil)

// Open opens the disk, which one backend at a time can.
func Open(d *Disk, o Options) (*Backend, error) {
	if o.Inbox == nil {
		return nil, errors.New("a backend needs an inbox")
	}
	if o.MaxCommits <= 0 {
		o.MaxCommits = 4096
	}
	if d.open != nil {
		return nil, failure(ErrLocked)
	}
	b := &Backend{opts: o, disk: d}
	d.open = b
	return b, nil
}

func failure(err error) error {
	if err == nil || errors.Is(err, broker.ErrBackendFailure) {
		return err
	}
	return &broker.Error{Code: broker.BackendFailure, Context: "store in memory", Err: err}
}

func (b *Backend) put(in step.Input) {
	if !b.dead {
		b.opts.Inbox.Put(in)
	}
}

// Commit implements step.Disk.
func (b *Backend) Commit(token uint64, ops []byte, sync bool) bool {
	c := commit{token, ops, sync}
	if !b.opts.Manual || b.closed || b.dead {
		b.finish(c)
		return true
	}
	if len(b.waiting) >= b.opts.MaxCommits {
		b.refused = true
		return false
	}
	b.waiting = append(b.waiting, c)
	return true
}

func (b *Backend) finish(c commit) {
	if b.dead {
		return
	}
	switch {
	case b.closed:
		b.failed = ErrClosed
	case b.failed == nil:
		b.failed = b.disk.accept(c.ops, c.sync)
	}
	b.put(step.DiskDone{At: b.opts.Port, Token: c.token, Err: failure(b.failed)})
}

// Waiting is how many commits Settle would answer.
func (b *Backend) Waiting() int { return len(b.waiting) }

// Settle answers the commits that wait.
func (b *Backend) Settle() { b.SettleSome(len(b.waiting)) }

// SettleSome answers the first n of the commits that wait.
func (b *Backend) SettleSome(n int) {
	for range min(n, len(b.waiting)) {
		c := b.waiting[0]
		b.waiting = b.waiting[1:]
		b.finish(c)
	}
	if b.refused && len(b.waiting) <= b.opts.MaxCommits/2 {
		b.refused = false
		b.put(step.DiskReady{At: b.opts.Port})
	}
}

// SetManual changes Options.Manual. When it ends, what waits is answered.
func (b *Backend) SetManual(manual bool) {
	b.opts.Manual = manual
	if !manual {
		b.Settle()
	}
}

// Load implements store.Backend. What is loaded is durable, as others will hear of it.
func (b *Backend) Load(l store.Loader) error {
	if b.closed || b.dead {
		return failure(ErrClosed)
	}
	b.Settle()
	if d := b.disk; d.Dirty() && d.broken != nil && d.deferral == 0 {
		return failure(d.broken)
	}
	b.disk.Sync()
	b.failed = nil
	return failure(b.disk.durable.load(l))
}

// Backup implements store.Backend. It is done at once.
func (b *Backend) Backup(token uint64, path string) {
	var err error
	switch {
	case b.closed:
		err = ErrClosed
	case b.failed != nil:
		err = b.failed
	case b.disk.backups[path] != nil:
		err = fmt.Errorf("backup to %q: %w", path, ErrExist)
	default:
		if b.disk.backups == nil {
			b.disk.backups = map[string]*Disk{}
		}
		s := b.disk.current()
		b.disk.backups[path] = &Disk{durable: s.clone()}
	}
	b.put(store.BackupDone{At: b.opts.Port, Token: token, Err: failure(err)})
}

// Close implements store.Backend. What was applied is synced.
func (b *Backend) Close() error {
	if b.closed || b.dead {
		return nil
	}
	b.Settle()
	b.closed = true
	b.disk.Sync()
	b.disk.open = nil
	return nil
}
