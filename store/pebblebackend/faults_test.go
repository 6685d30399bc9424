package pebblebackend

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"moonpeer/net/broker"
	"moonpeer/store"
	"moonpeer/store/backendtest"
	"moonpeer/store/journal"
)

// run is a store's life, from opening to closing, in which something fails.
type run struct {
	groups  [][]byte
	durable int // of them
	failed  bool
}

// live opens a store, fills several tables, makes a backup and closes it. Errors are as they may be.
func live(t *testing.T, fs vfs.FS) (r run) {
	inbox := backendtest.NewInbox()
	b, err := Open(Options{Dir: "data/one", FS: fs, Inbox: inbox, Port: 41, Logger: quiet, MemTableSize: 32 << 10})
	if err != nil {
		mustBeFailure(t, err)
		return run{failed: true}
	}
	value := make([]byte, 3000)
	for i := range 60 {
		g := journal.AppendPut(nil, fmt.Appendf(nil, "key %d", i%23), value, 0)
		r.groups = append(r.groups, journal.AppendPosition(g, 1, uint64(i+1)))
		if !b.Commit(uint64(i), r.groups[i], i%3 == 0) {
			t.Fatal("no room")
		}
		if i%5 == 0 {
			r.failed = inbox.Done(t, uint64(i)) != nil || r.failed
		}
		if i == 30 {
			b.Backup(1, "data/backup")
			if err := inbox.Backup(t, 1); err != nil {
				mustBeFailure(t, err)
			}
		}
	}
	r.failed = inbox.Done(t, 59) != nil || r.failed
	for _, d := range inbox.Dones() {
		if d.Err != nil {
			mustBeFailure(t, d.Err)
		} else if d.Token%3 == 0 {
			r.durable = int(d.Token) + 1
		}
	}
	if err := b.Close(); err == nil {
		r.durable = len(r.groups)
	} else {
		mustBeFailure(t, err)
		r.failed = true
	}
	return r
}

func mustBeFailure(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, broker.ErrBackendFailure) || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), errFault.Error()) {
		t.Fatalf("got %v, want a backend failure that says %q", err, errFault)
	}
}

// check opens the store again and compares it with a prefix of the groups.
func (r run) check(t *testing.T, what string, fs vfs.FS) {
	t.Helper()
	b, err := Open(Options{Dir: "data/one", FS: fs, Inbox: backendtest.NewInbox(), Logger: quiet})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer b.Close()
	got, want := loaded(t, b), backendtest.NewContents()
	if int(got.Seq) < r.durable || int(got.Seq) > len(r.groups) {
		t.Fatalf("%s: of %d groups, %d durable, there are %d", what, len(r.groups), r.durable, got.Seq)
	}
	for _, g := range r.groups[:got.Seq] {
		want.Apply(g)
	}
	if d := got.Diff(want); d != "" {
		t.Fatalf("%s: %s", what, d)
	}
}

// sweep has the operation with each number fail, in turn, in a life of its own, once or from then on.
func sweep(t *testing.T, counts func(errorfs.Op) bool, once bool) {
	stride := int64(1)
	if testing.Short() {
		stride = 7
	}
	fired := true
	for at := int64(0); fired; at += stride {
		mem := vfs.NewCrashableMem()
		var n atomic.Int64
		var on, hit atomic.Bool
		on.Store(true)
		fs := inject(mem, func(op errorfs.Op) error {
			if !on.Load() || !counts(op) {
				return nil
			}
			if k := n.Add(1) - 1; k == at || k > at && !once {
				hit.Store(true)
				return errFault
			}
			return nil
		})
		r := live(t, fs)
		on.Store(false)
		fired = hit.Load()
		what := fmt.Sprintf("operation %d of %d", at, n.Load())
		crashed := mem.CrashClone(vfs.CrashCloneCfg{})
		r.check(t, what+" failed", fs)
		r.check(t, what+" failed, then a crash", crashed)
		if t.Failed() {
			return
		}
	}
}

func isWrite(op errorfs.Op) bool { return op.Kind.ReadOrWrite() == errorfs.OpIsWrite }

// The process must live whatever operation fails, and what was answered must be there.
func TestEachWriteFails(t *testing.T) {
	t.Run("once", func(t *testing.T) { t.Parallel(); sweep(t, isWrite, true) })
	t.Run("for good", func(t *testing.T) { t.Parallel(); sweep(t, isWrite, false) })
}

func TestEachReadFails(t *testing.T) {
	isRead := func(op errorfs.Op) bool { return !isWrite(op) }
	t.Run("once", func(t *testing.T) { t.Parallel(); sweep(t, isRead, true) })
	t.Run("for good", func(t *testing.T) { t.Parallel(); sweep(t, isRead, false) })
}

// TestDiskFull: a full disk fails the commits, and the store goes on when there is room.
func TestDiskFull(t *testing.T) {
	m := newMachine(1, Options{})
	inbox := backendtest.NewInbox()
	b, err := Open(m.options(inbox, 41))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	commit := func(token uint64) error {
		b.Commit(token, journal.AppendPut(nil, fmt.Append(nil, token), make([]byte, 1000), 0), true)
		return inbox.Done(t, token)
	}
	if err := commit(1); err != nil {
		t.Fatal(err)
	}
	var full error = syscall.ENOSPC
	m.broken.Store(&full)
	for token := uint64(2); token < 5; token++ {
		if err := commit(token); !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, broker.ErrBackendFailure) {
			t.Fatalf("commit %d: got %v, want %v", token, err, full)
		}
	}
	if err := b.Load(backendtest.NewContents()); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("load: got %v, want %v", err, full)
	}
	if err := commit(5); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("after a load that failed: got %v, want %v", err, full)
	}
	if _, err := Open(m.options(inbox, 41)); !errors.Is(err, ErrLocked) {
		t.Fatalf("the lock is lost: %v", err)
	}
	m.broken.Store(nil)
	if c := loaded(t, b); c.Entries["1"].Value == "" {
		t.Fatalf("got %v, want what was there before", c.Entries)
	}
	if err := commit(6); err != nil {
		t.Fatal(err)
	}
	if c := loaded(t, b); c.Entries["6"].Value == "" {
		t.Fatal("the store does not go on")
	}
}

// TestFatal: what would end the process ends the commits.
func TestFatal(t *testing.T) {
	m := newMachine(1, Options{})
	inbox := backendtest.NewInbox()
	b, err := Open(m.options(inbox, 41))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	logger{quiet, b.s.fence}.Fatalf("a %s is missing", "bolt")
	b.Commit(1, nil, true)
	if err := inbox.Done(t, 1); !errors.Is(err, fatalError("a bolt is missing")) {
		t.Fatalf("got %v", err)
	}
	loaded(t, b)
	b.Commit(2, nil, true)
	if err := inbox.Done(t, 2); err != nil {
		t.Fatal(err)
	}
}

// TestPanic: so does a panic, after which Pebble is left behind, and opened anew all the same.
func TestPanic(t *testing.T) {
	m := newMachine(1, Options{})
	inbox := backendtest.NewInbox()
	b, err := Open(m.options(inbox, 41))
	if err != nil {
		t.Fatal(err)
	}
	left := b.s.db
	_ = b.s.guard(func() error { panic("the bolt has broken") })
	b.Commit(1, nil, true)
	if err := inbox.Done(t, 1); !errors.Is(err, broker.ErrBackendFailure) || !strings.Contains(err.Error(), "the bolt") {
		t.Fatalf("got %v", err)
	}
	loaded(t, b)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := left.Close(); err != nil { // for goleak; in truth it would hang
		t.Fatal(err)
	}
}

// TestSyncEvery: what is committed without sync is synced before long, and nothing ticks afterwards.
func TestSyncEvery(t *testing.T) {
	synced := make(chan struct{}, 100)
	var armed atomic.Bool
	fs := inject(vfs.NewMem(), func(op errorfs.Op) error {
		if isLogSync(op) && armed.Load() {
			synced <- struct{}{}
		}
		return nil
	})
	inbox := backendtest.NewInbox()
	b, err := Open(Options{Dir: "one", FS: fs, Inbox: inbox, Port: 41, Logger: quiet, SyncEvery: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	armed.Store(true)
	for token := range uint64(3) {
		b.Commit(token, journal.AppendErase(nil, nil), false)
		if err := inbox.Done(t, token); err != nil {
			t.Fatal(err)
		}
		<-synced
	}
	armed.Store(false)
	if len(synced) > 0 {
		t.Fatal("it syncs with nothing to sync")
	}
}

var _ store.Loader = nothing{}
