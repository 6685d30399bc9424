package pebblebackend

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"moonpeer/net/step"
	"moonpeer/store"
)

// Backend keeps one store in one Pebble. It is for the loop only, as all of store.Backend.
type Backend struct {
	opts        Options
	fs          vfs.FS
	dir         string
	lock        io.Closer
	s           *session // nil when it could not be opened again, and when closed
	why         error    // then: why there is none
	closed      bool
	quarantined []string
}

var _ store.Backend = (*Backend)(nil)

// Open opens or creates the store in a folder. The error matches broker.ErrBackendFailure, and one of the errors of this
// package if it is about the folder's state.
func Open(o Options) (*Backend, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Backend{opts: o, fs: o.FS, dir: o.Dir}
	if err = b.lockDir(); err == nil {
		b.s, err = b.openSession()
	}
	if err != nil {
		b.unlock()
		return nil, failure(b.dir, err)
	}
	return b, nil
}

// Quarantined lists the folders that damaged ones were renamed to since Open, in order.
func (b *Backend) Quarantined() []string { return b.quarantined }

// Commit implements step.Disk.
func (b *Backend) Commit(token uint64, ops []byte, sync bool) bool {
	switch {
	case b.s == nil:
		b.opts.Inbox.Put(step.DiskDone{At: b.opts.Port, Token: token, Err: failure(b.dir, b.why)})
	case b.opts.ReadOnly:
		if b.opts.Inbox != nil {
			b.opts.Inbox.Put(step.DiskDone{At: b.opts.Port, Token: token, Err: failure(b.dir, ErrReadOnly)})
		}
	default:
		return b.s.commit(group{token, ops, sync})
	}
	return true
}

// Load implements store.Backend. After a failure it opens Pebble again, so that a store whose disk has room again goes
// on without a restart.
func (b *Backend) Load(l store.Loader) error {
	if b.closed {
		return failure(b.dir, ErrClosed)
	}
	if b.s == nil || b.s.fence.failed() != nil {
		if err := b.reopen(); err != nil {
			return failure(b.dir, err)
		}
	}
	err := b.read(l)
	if errors.Is(err, ErrDamaged) {
		b.s.fence.fail(err) // nothing is written into what is not sound, and the next Load begins with opening
	}
	return failure(b.dir, err)
}

// reopen ends the session that failed and begins a new one.
func (b *Backend) reopen() error {
	if b.s != nil {
		_ = b.s.stop() // that it failed was the answer to its commits
		b.s = nil
	}
	s, err := b.openSession()
	if err != nil {
		b.why = err
		return err
	}
	b.s = s
	return nil
}

// read gives everything to l. A panic of Pebble while it reads is damage.
func (b *Backend) read(l store.Loader) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = damaged(fmt.Errorf("pebble: %v", r))
		}
	}()
	err = readAll(b.s.db, l, nil)
	if _, ok := errors.AsType[loaderError](err); ok {
		return err
	}
	return judge(b.s.fence, err)
}

// Backup implements store.Backend.
func (b *Backend) Backup(token uint64, path string) {
	done := func(err error) {
		if b.opts.Inbox != nil {
			b.opts.Inbox.Put(store.BackupDone{At: b.opts.Port, Token: token, Err: failure(b.dir, err)})
		}
	}
	if b.s == nil || b.opts.ReadOnly {
		why := b.why
		if why == nil {
			why = ErrReadOnly
		}
		done(why)
		return
	}
	path, err := b.backupPath(path)
	if err != nil {
		done(err)
		return
	}
	b.s.background(func(err error) {
		if err == nil {
			err = b.s.backup(path)
		}
		done(err)
	})
}

// backupPath refuses folders that a backup cannot be in.
func (b *Backend) backupPath(path string) (string, error) {
	if vfs.Root(b.fs) == vfs.Default {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		path = abs
	}
	if path == b.dir || strings.HasPrefix(path, b.dir+"/") {
		return "", fmt.Errorf("backup to %q: it is inside of the store's own folder", path)
	}
	if _, err := b.fs.Stat(path); err == nil {
		return "", fmt.Errorf("backup: %w", &iofs.PathError{Op: "create", Path: path, Err: iofs.ErrExist})
	} else if !errors.Is(err, iofs.ErrNotExist) {
		return "", fmt.Errorf("backup: %w", err)
	}
	return path, nil
}

// Close implements store.Backend. Its error is that of commits without sync which were answered and are lost.
func (b *Backend) Close() error {
	if b.closed {
		return nil
	}
	b.closed, b.why = true, ErrClosed
	var err error
	if b.s != nil {
		err = b.s.stop()
		b.s = nil
	}
	b.unlock()
	return failure(b.dir, err)
}

// backup writes a copy beside its path and renames it, so that there never is half of one.
func (s *session) backup(path string) error {
	s.backups.Lock()
	defer s.backups.Unlock()
	target := newFence(s.fence.FS, "")
	s.fence.target.Store(target)
	defer s.fence.target.Store(nil)

	base, partial := s.fence.FS, path+".partial"
	err := base.RemoveAll(partial)
	if err == nil {
		err = s.db.Checkpoint(partial, pebble.WithFlushedWAL())
	}
	switch {
	case s.fence.failed() != nil:
		err = s.fence.failed()
	case target.failed() != nil:
		err = target.failed()
	}
	if err == nil {
		err = base.Rename(partial, path)
	}
	if err == nil {
		err = syncDir(base, base.PathDir(path))
	}
	if err != nil {
		_ = base.RemoveAll(partial)
		return fmt.Errorf("backup to %q: %w", path, err)
	}
	return nil
}
