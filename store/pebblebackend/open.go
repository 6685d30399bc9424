package pebblebackend

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"path/filepath"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// lockDir creates the folder if need be and takes its lock. The lock is the Backend's and not Pebble's, so that it is
// kept while Pebble is opened anew, and so that a file system that cannot be written to can be read.
func (b *Backend) lockDir() error {
	if !b.opts.ReadOnly {
		if err := makeDir(b.fs, b.dir); err != nil {
			return err
		}
	} else if _, err := b.fs.Stat(b.dir); errors.Is(err, iofs.ErrNotExist) {
		return ErrNoStore
	}
	if err := b.canonical(); err != nil {
		return err
	}
	lock, err := b.fs.Lock(b.fs.PathJoin(b.dir, "LOCK"))
	switch {
	case err == nil:
		b.lock = lock
	case isHeld(err):
		return fmt.Errorf("%w (%w)", ErrLocked, err)
	case b.opts.ReadOnly:
		b.opts.Logger.Debug("store is read without a lock", "folder", b.dir, "err", err)
	default:
		return err
	}
	return nil
}

// isHeld tells a lock that someone else has from a file that cannot be created or locked: creating has an error with a
// path, and of the numbers that fcntl answers two mean that it is held. In this process Pebble has an error of its own.
func isHeld(err error) bool {
	if _, ok := errors.AsType[*iofs.PathError](err); ok {
		return false
	}
	errno, ok := errors.AsType[syscall.Errno](err)
	return !ok || errno == syscall.EAGAIN || errno == syscall.EACCES
}

// canonical gives each folder of the disk one name. The lock that Pebble takes on Unix belongs to the process, and within
// a process it tells folders apart by their name only.
func (b *Backend) canonical() error {
	if vfs.Root(b.fs) != vfs.Default {
		return nil
	}
	dir, err := filepath.Abs(b.dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return err
	}
	b.dir = dir
	return nil
}

// makeDir creates a folder and those above it, durably.
func makeDir(fs vfs.FS, dir string) error {
	var missing []string
	for d := dir; ; d = fs.PathDir(d) {
		if _, err := fs.Stat(d); err == nil {
			break
		} else if !errors.Is(err, iofs.ErrNotExist) {
			return err
		}
		missing = append(missing, d)
		if fs.PathDir(d) == d {
			break
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := fs.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, d := range missing {
		if err := syncDir(fs, fs.PathDir(d)); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(fs vfs.FS, dir string) error {
	f, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// openSession opens the folder, or an empty one in its place.
func (b *Backend) openSession() (*session, error) {
	s, err := b.tryOpen()
	if err == nil || !errors.Is(err, ErrDamaged) || b.opts.OnCorrupt != Quarantine || b.opts.ReadOnly {
		return s, err
	}
	if err := b.quarantine(err); err != nil {
		return nil, err
	}
	return b.tryOpen()
}

func (b *Backend) tryOpen() (*session, error) {
	f := newFence(b.fs, b.dir)
	db, err := openPebble(f, b.opts, b.dir)
	if err != nil {
		return nil, judge(f, err)
	}
	s := newSession(b, f, db)
	if !b.opts.ReadOnly {
		s.start()
	}
	return s, nil
}

// openPebble opens and checks. Pebble's own checks come as panics at times.
func openPebble(f *fence, o Options, dir string) (db *pebble.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, fmt.Errorf("pebble: %v", r)
		}
	}()
	exists, err := inspect(f, dir)
	if err == nil && !exists && o.ReadOnly {
		err = ErrNoStore
	}
	if err != nil {
		return nil, err
	}
	db, err = pebble.Open(dir, o.pebble(f))
	f.opened.Store(true)
	if f.failed() != nil { // what Pebble makes of it is of no interest
		err = f.failed()
	}
	if err == nil {
		err = checkSchema(db, o.ReadOnly)
	}
	if err == nil && o.OnCorrupt == Quarantine && !o.ReadOnly {
		err = readAll(db, nothing{}, nil)
	}
	if err == nil {
		err = f.failed()
	}
	if err != nil && db != nil {
		f.fail(err) // nothing is changed any more
		_ = db.Close()
	}
	return db, err
}

// checkSchema writes the schema into a new store, and refuses one that it does not know.
func checkSchema(db *pebble.DB, readOnly bool) error {
	v, closer, err := db.Get(keySchema)
	if errors.Is(err, pebble.ErrNotFound) {
		if err := mustBeEmpty(db); err != nil || readOnly {
			return err
		}
		// Pebble has begun the first log before it knew which format the store is to have. Flush begins another, whose
		// chunks say what was synced (lastlog.go).
		return errors.Join(db.Set(keySchema, []byte{0, 0, 0, schema}, pebble.Sync), db.Flush())
	}
	if err != nil {
		return err
	}
	defer closer.Close()
	var version uint32
	if err := decodeMeta(keySchema, v, &position{}, &version); err != nil {
		return damaged(err)
	}
	if version > schema {
		return newer("the layout of its keys is", uint64(version), schema)
	}
	if version == 0 {
		return damaged(errors.New("the layout of its keys has no version"))
	}
	return nil
}

func mustBeEmpty(db *pebble.DB) error {
	it, err := db.NewIter(nil)
	if err != nil {
		return err
	}
	if it.First() {
		err = damaged(errors.New("the version of the layout of its keys is missing"))
	}
	return errors.Join(err, it.Close())
}

// quarantine puts the folder aside.
func (b *Backend) quarantine(cause error) error {
	name := b.dir + ".corrupt-" + b.opts.Now().UTC().Format("20060102T150405Z")
	to := name
	for n := 2; ; n++ {
		_, err := b.fs.Stat(to)
		if errors.Is(err, iofs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		to = fmt.Sprintf("%s-%d", name, n)
	}
	if err := b.fs.Rename(b.dir, to); err != nil {
		return errors.Join(err, cause)
	}
	b.quarantined = append(b.quarantined, to)
	b.opts.Logger.Error("store was damaged and is empty now; what there was is kept",
		"folder", b.dir, "kept", to, "err", cause)
	b.unlock()
	return errors.Join(syncDir(b.fs, b.fs.PathDir(b.dir)), b.lockDir())
}

func (b *Backend) unlock() {
	if b.lock != nil {
		_ = b.lock.Close()
		b.lock = nil
	}
}
