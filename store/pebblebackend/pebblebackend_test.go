package pebblebackend

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"go.uber.org/goleak"

	"moonpeer/net/step"
	"moonpeer/store"
	"moonpeer/store/backendtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet drops what is logged.
var quiet = slog.New(slog.DiscardHandler)

// machine is a computer with a crashable disk that can be broken and held.
type machine struct {
	mem    *vfs.MemFS
	fs     vfs.FS
	rand   *rand.Rand
	broken atomic.Pointer[error]
	held   sync.RWMutex // syncs of logs take it for reading
	open   store.Backend
	opts   Options
	paths  int
}

func newMachine(seed uint64, o Options) *machine {
	m := &machine{rand: rand.New(rand.NewPCG(seed, 2)), opts: o}
	m.mount(vfs.NewCrashableMem())
	return m
}

func (m *machine) mount(mem *vfs.MemFS) {
	m.mem, m.fs = mem, inject(mem, m.inject)
}

func (m *machine) inject(op errorfs.Op) error {
	if isLogSync(op) {
		m.held.RLock()
		defer m.held.RUnlock()
	}
	if err := m.broken.Load(); err != nil && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpLock {
		return *err
	}
	return nil
}

func (m *machine) options(inbox step.Inbox, port step.PortID) Options {
	o := m.opts
	o.Dir, o.FS, o.Inbox, o.Port, o.Logger = "data/stores/one", m.fs, inbox, port, quiet
	return o
}

// crash is a power failure. Of what was not synced a random share is there.
func (m *machine) crash() {
	cfg := vfs.CrashCloneCfg{}
	if m.rand.IntN(2) == 0 {
		cfg = vfs.CrashCloneCfg{UnsyncedDataPercent: m.rand.IntN(101), RNG: m.rand}
	}
	after := m.mem.CrashClone(cfg)
	_ = m.open.Close() // on the disk of before, which nobody sees again
	m.mount(after)
}

func (m *machine) disk() backendtest.Disk {
	return backendtest.Disk{
		Open: func(inbox step.Inbox, port step.PortID) (store.Backend, error) {
			b, err := Open(m.options(inbox, port))
			if err != nil {
				return nil, err
			}
			m.open = b
			return b, nil
		},
		BackupPath: func() string { m.paths++; return fmt.Sprintf("data/backup-%d", m.paths) },
		OpenBackup: func(path string, inbox step.Inbox, port step.PortID) (store.Backend, error) {
			o := m.options(inbox, port)
			o.Dir = path
			return Open(o)
		},
		Crash:   m.crash,
		Break:   func(err error) { m.broken.Store(&err) },
		Heal:    func() { m.broken.Store(nil) },
		Hold:    m.held.Lock,
		Release: m.held.Unlock,
	}
}

func TestConformance(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		backendtest.Run(t, func(*testing.T) backendtest.Disk { return newMachine(1, Options{}).disk() })
	})
	t.Run("quarantine", func(t *testing.T) {
		o := Options{OnCorrupt: Quarantine, Now: clock}
		backendtest.Run(t, func(*testing.T) backendtest.Disk { return newMachine(1, o).disk() })
	})
}

// TestDisk is the conformance on the real disk, as far as that can be broken.
func TestDisk(t *testing.T) {
	backendtest.Run(t, func(t *testing.T) backendtest.Disk {
		m := newMachine(1, Options{})
		m.fs = inject(vfs.Default, m.inject)
		dir := t.TempDir()
		open := func(dir string, inbox step.Inbox, port step.PortID) (store.Backend, error) {
			o := m.options(inbox, port)
			o.Dir = dir
			return Open(o)
		}
		d := m.disk()
		d.Open = func(inbox step.Inbox, port step.PortID) (store.Backend, error) {
			b, err := open(filepath.Join(dir, "stores", "one"), inbox, port)
			if err == nil {
				m.open = b
			}
			return b, err
		}
		d.OpenBackup = open
		d.BackupPath = func() string { return filepath.Join(dir, "backups", "1") }
		d.Crash = func() { _ = m.open.Close() } // no power failures here
		return d
	})
}

// TestModel has tables so small that flushes and compactions are part of the game.
func TestModel(t *testing.T) {
	seeds, steps := uint64(12), 700
	if testing.Short() {
		seeds, steps = 3, 300
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := Options{MemTableSize: 64 << 10, MaxCommits: 1 << 12}
			if seed%3 == 0 {
				o.MemTableSize = 0
			}
			if seed%4 == 0 {
				o.OnCorrupt, o.Now = Quarantine, clock
			}
			m := newMachine(seed, o)
			backendtest.RunModel(t, seed, steps, func(*testing.T) backendtest.Disk { return m.disk() })
			if b, ok := m.open.(*Backend); ok && len(b.Quarantined()) > 0 {
				t.Errorf("seed %d: a sound store was put into quarantine", seed)
			}
		})
	}
}

var errFault = errors.New("fault of the test")
