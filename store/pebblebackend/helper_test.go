package pebblebackend

import (
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"moonpeer/store"
	"moonpeer/store/backendtest"
)

// clock is the time of the tests.
func clock() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

func loaded(t *testing.T, b store.Backend) *backendtest.Contents {
	t.Helper()
	c := backendtest.NewContents()
	if err := b.Load(c); err != nil {
		t.Fatal(err)
	}
	return c
}

// inject wraps a file system so that f is asked before each operation. Unlike errorfs alone it also asks for logs that
// are written again; those have no path.
func inject(fs vfs.FS, f func(errorfs.Op) error) vfs.FS {
	return injecting{errorfs.Wrap(fs, errorfs.InjectorFunc(f)), errorfs.InjectorFunc(f)}
}

type injecting struct {
	*errorfs.FS
	inj errorfs.Injector
}

func (i injecting) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := i.FS.ReuseForWrite(from, to, c)
	if err != nil {
		return nil, err
	}
	return errorfs.WrapFile(f, i.inj), nil
}

// isLogSync is the operation that makes commits durable.
func isLogSync(op errorfs.Op) bool {
	return op.Kind == errorfs.OpFileSyncData && (op.Path == "" || strings.HasSuffix(op.Path, ".log"))
}
