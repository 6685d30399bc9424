package backendtest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"moonpeer/net/step"
	"moonpeer/store"
)

// Disk is where a backend keeps its store. It outlives the backends that are opened on it, one at a time.
type Disk struct {
	// Open opens the store.
	Open func(inbox step.Inbox, port step.PortID) (store.Backend, error)
	// BackupPath returns a path at which there is nothing.
	BackupPath func() string
	// OpenBackup opens what a backup has written there, as a store of its own.
	OpenBackup func(path string, inbox step.Inbox, port step.PortID) (store.Backend, error)
	// Crash is a power failure: the backend that is open is gone without being closed.
	Crash func()
	// Break has everything that changes the disk fail until Heal.
	Break func(error)
	Heal  func()
	// Hold keeps commits with sync from being answered until Release.
	Hold    func()
	Release func()
}

// port is the port of every backend under test.
const port step.PortID = 41

// patience is how long something that must come may take.
const patience = 60 * time.Second

// Inbox collects inputs. Any goroutine may use it.
type Inbox struct {
	mu     sync.Mutex
	inputs []step.Input
	wake   chan struct{}
}

// NewInbox returns an empty Inbox.
func NewInbox() *Inbox { return &Inbox{wake: make(chan struct{}, 1)} }

// Put implements step.Inbox.
func (b *Inbox) Put(in step.Input) {
	b.mu.Lock()
	b.inputs = append(b.inputs, in)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// All returns what has come so far.
func (b *Inbox) All() []step.Input {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.inputs)
}

// Dones returns the DiskDones that have come so far.
func (b *Inbox) Dones() (dones []step.DiskDone) {
	for _, in := range b.All() {
		if d, ok := in.(step.DiskDone); ok {
			dones = append(dones, d)
		}
	}
	return dones
}

// Await waits for an input that is wanted. It is for one goroutine at a time.
func (b *Inbox) Await(t *testing.T, what string, wanted func(step.Input) bool) step.Input {
	t.Helper()
	late := time.After(patience)
	for seen := 0; ; {
		all := b.All()
		for ; seen < len(all); seen++ {
			if wanted(all[seen]) {
				return all[seen]
			}
		}
		select {
		case <-b.wake:
		case <-late:
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// Done waits for the answer to a commit and returns its error.
func (b *Inbox) Done(t *testing.T, token uint64) error {
	t.Helper()
	in := b.Await(t, "a DiskDone", func(in step.Input) bool {
		d, ok := in.(step.DiskDone)
		return ok && d.Token == token
	})
	if in.Port() != port {
		t.Fatalf("a DiskDone came from port %d, want %d", in.Port(), port)
	}
	return in.(step.DiskDone).Err
}

// Ready waits for a DiskReady.
func (b *Inbox) Ready(t *testing.T) {
	t.Helper()
	b.Await(t, "a DiskReady", func(in step.Input) bool {
		_, ok := in.(step.DiskReady)
		return ok
	})
}

// Backup waits for the end of a backup and returns its error.
func (b *Inbox) Backup(t *testing.T, token uint64) error {
	t.Helper()
	in := b.Await(t, "a BackupDone", func(in step.Input) bool {
		d, ok := in.(store.BackupDone)
		return ok && d.Token == token
	})
	return in.(store.BackupDone).Err
}
