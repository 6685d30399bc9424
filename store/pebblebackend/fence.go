package pebblebackend

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// fence is the file system that one opened Pebble sees. Until something fails it passes everything on. With the first
// operation that changes the store's folder and fails it remembers the error and is down for good: what changes
// something is not done any more and answered as if it had been. Pebble goes on as on a disk that never fails, and
// whoever asked it to write looks at failed before believing it.
//
// The reason is in DESIGN.md: Pebble panics on such errors, some of the time in goroutines of its own.
//
// What a backup changes is behind a fence of its own, as the disk that it is on may be full while the store's is not.
type fence struct {
	vfs.FS
	dir  string
	down chan struct{} // closed when the fence is down

	opened atomic.Bool           // Pebble.Open has returned
	target atomic.Pointer[fence] // of the backup under way: everything outside of dir is behind it

	once sync.Once
	err  atomic.Pointer[error]
	io   atomic.Pointer[error] // the first error that the file system has answered, not counting what does not exist
}

func newFence(base vfs.FS, dir string) *fence {
	return &fence{FS: base, dir: dir, down: make(chan struct{})}
}

// failed returns the error that brought the fence down, nil while it stands.
func (f *fence) failed() error {
	if err := f.err.Load(); err != nil {
		return *err
	}
	return nil
}

// fail brings the fence down.
func (f *fence) fail(err error) {
	f.once.Do(func() {
		f.err.Store(&err)
		close(f.down)
	})
}

// ioError returns the first error of the file system itself, as opposed to errors about what stands in the files.
func (f *fence) ioError() error {
	if err := f.io.Load(); err != nil {
		return *err
	}
	return nil
}

func (f *fence) note(err error) {
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, fs.ErrNotExist) {
		f.io.CompareAndSwap(nil, &err)
	}
}

// read passes on the error of an operation that changes nothing.
func (f *fence) read(err error) error {
	f.note(err)
	return err
}

func (f *fence) inside(name string) bool {
	return name == f.dir || strings.HasPrefix(name, f.dir+"/") || strings.HasPrefix(name, f.dir+string(os.PathSeparator))
}

// of returns the fence that name is behind.
func (f *fence) of(name string) *fence {
	if t := f.target.Load(); t != nil && !f.inside(name) {
		return t
	}
	return f
}

// do runs an operation that changes what is at name.
func (f *fence) do(name string, op func() error) error { return f.of(name).run(op) }

// run runs an operation that changes something.
func (f *fence) run(op func() error) error {
	if f.failed() != nil {
		return nil
	}
	if err := op(); err != nil {
		f.note(err)
		f.fail(err)
	}
	return nil
}

// open runs an operation that opens a file for writing.
func (f *fence) open(name string, op func() (vfs.File, error)) (vfs.File, error) {
	f = f.of(name)
	if f.failed() != nil {
		return nowhere{name}, nil
	}
	file, err := op()
	if err != nil {
		f.note(err)
		f.fail(err)
		return nowhere{name}, nil
	}
	return &fencedFile{file, f, name}, nil
}

func (f *fence) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open(name, func() (vfs.File, error) { return f.FS.Create(name, c) })
}

func (f *fence) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return f.open(name, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, c, opts...) })
}

func (f *fence) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open(to, func() (vfs.File, error) { return f.FS.ReuseForWrite(from, to, c) })
}

func (f *fence) Link(from, to string) error {
	return f.do(to, func() error { return f.FS.Link(from, to) })
}

func (f *fence) Rename(from, to string) error {
	return f.do(to, func() error { return f.FS.Rename(from, to) })
}

// Remove may find nothing: Pebble removes some files twice.
func (f *fence) Remove(name string) error {
	var gone error
	err := f.do(name, func() error {
		if err := f.FS.Remove(name); !errors.Is(err, fs.ErrNotExist) {
			return err
		} else {
			gone = err
			return nil
		}
	})
	return errors.Join(err, gone)
}

func (f *fence) RemoveAll(name string) error {
	return f.do(name, func() error { return f.FS.RemoveAll(name) })
}

func (f *fence) MkdirAll(dir string, perm os.FileMode) error {
	return f.do(dir, func() error { return f.FS.MkdirAll(dir, perm) })
}

// Lock does nothing: the Backend holds the lock of the folder, across reopening.
func (f *fence) Lock(string) (io.Closer, error) { return nowhere{}, nil }

func (f *fence) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.Open(name, opts...)
	if err != nil {
		return nil, f.read(err)
	}
	return &fencedFile{file, f, ""}, nil
}

// OpenDir opens a folder, which is synced through it. While Pebble is opened it syncs the folders above its own, which
// the Backend has done.
func (f *fence) OpenDir(name string) (vfs.File, error) {
	if !f.inside(name) && !f.opened.Load() {
		return nowhere{name}, nil
	}
	file, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, f.read(err)
	}
	return &fencedFile{file, f.of(name), ""}, nil
}

func (f *fence) List(dir string) ([]string, error) {
	names, err := f.FS.List(dir)
	return names, f.read(err)
}

func (f *fence) Stat(name string) (vfs.FileInfo, error) {
	info, err := f.FS.Stat(name)
	return info, f.read(err)
}

// GetDiskUsage is asked to pace deletions. That nobody knows is no reason to fail.
func (f *fence) GetDiskUsage(path string) (vfs.DiskUsage, error) {
	usage, err := f.FS.GetDiskUsage(path)
	if err != nil {
		return vfs.DiskUsage{}, vfs.ErrUnsupported
	}
	return usage, nil
}

func (f *fence) Unwrap() vfs.FS { return f.FS }

// fencedFile is an open file behind the fence. Close always reaches the file.
type fencedFile struct {
	vfs.File
	fence  *fence
	writes string // its path, if it was opened for writing
}

func (f *fencedFile) Write(p []byte) (int, error) {
	return len(p), f.fence.run(func() error {
		n, err := f.File.Write(p)
		if err == nil && n < len(p) {
			err = io.ErrShortWrite
		}
		return err
	})
}

func (f *fencedFile) WriteAt(p []byte, off int64) (int, error) {
	return len(p), f.fence.run(func() error {
		_, err := f.File.WriteAt(p, off)
		return err
	})
}

func (f *fencedFile) Sync() error     { return f.fence.run(f.File.Sync) }
func (f *fencedFile) SyncData() error { return f.fence.run(f.File.SyncData) }

func (f *fencedFile) SyncTo(n int64) (full bool, err error) {
	err = f.fence.run(func() (err error) {
		full, err = f.File.SyncTo(n)
		return err
	})
	return full, err
}

// Preallocate is a hint, and its error is none.
func (f *fencedFile) Preallocate(off, n int64) error {
	if f.fence.failed() == nil {
		_ = f.File.Preallocate(off, n)
	}
	return nil
}

func (f *fencedFile) Close() error {
	err := f.File.Close()
	return f.fence.run(func() error { return err })
}

// Stat of a log that is written again decides how it is written, so it must not fail.
func (f *fencedFile) Stat() (vfs.FileInfo, error) {
	info, err := f.File.Stat()
	f.fence.note(err)
	if err != nil && f.writes != "" {
		f.fence.fail(err)
		return nowhere{f.writes}.Stat()
	}
	return info, err
}

func (f *fencedFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	return n, f.fence.read(err)
}

func (f *fencedFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	return n, f.fence.read(err)
}

// nowhere is a file that could not be created, or was to be when the fence was down: it takes everything.
type nowhere struct{ name string }

func (nowhere) Close() error                           { return nil }
func (nowhere) Write(p []byte) (int, error)            { return len(p), nil }
func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (nowhere) Preallocate(int64, int64) error         { return nil }
func (nowhere) Sync() error                            { return nil }
func (nowhere) SyncData() error                        { return nil }
func (nowhere) SyncTo(int64) (bool, error)             { return false, nil }
func (nowhere) Prefetch(int64, int64) error            { return nil }
func (nowhere) Fd() uintptr                            { return vfs.InvalidFd }

func (n nowhere) Read([]byte) (int, error)          { return 0, n.gone("read") }
func (n nowhere) ReadAt([]byte, int64) (int, error) { return 0, n.gone("read") }
func (n nowhere) Stat() (vfs.FileInfo, error)       { return noInfo(n), nil }
func (n nowhere) gone(op string) error {
	return &fs.PathError{Op: op, Path: n.name, Err: fs.ErrNotExist}
}

// noInfo says that a file is empty.
type noInfo struct{ name string }

func (i noInfo) Name() string         { return path.Base(i.name) }
func (noInfo) Size() int64            { return 0 }
func (noInfo) Mode() fs.FileMode      { return 0o644 }
func (noInfo) ModTime() time.Time     { return time.Time{} }
func (noInfo) IsDir() bool            { return false }
func (noInfo) Sys() any               { return nil }
func (noInfo) DeviceID() vfs.DeviceID { return vfs.DeviceID{} }
