package pebblebackend

import (
	"errors"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"moonpeer/store/backendtest"
	"moonpeer/store/journal"
)

// TestCheckManifest: what a crash may leave is in order, and any changed byte is not.
func TestCheckManifest(t *testing.T) {
	fs := filled(t, 200)
	all := files(t, fs, "MANIFEST")
	b := read(t, fs, all[len(all)-1])
	if len(b) < 200 {
		t.Fatalf("the manifest has %d bytes only", len(b))
	}
	for n := range len(b) + 1 {
		if err := checkManifest(b[:n]); err != nil {
			t.Fatalf("cut after %d of %d bytes: %v", n, len(b), err)
		}
		if err := checkManifest(append(slices.Clone(b[:n]), make([]byte, 5000)...)); err != nil {
			t.Fatalf("zeros after %d of %d bytes: %v", n, len(b), err)
		}
	}
	for at := range b {
		for _, bits := range []byte{0x01, 0x80, 0xff} {
			c := slices.Clone(b)
			c[at] ^= bits
			if err := checkManifest(c); !errors.Is(err, errRot) {
				t.Fatalf("byte %d of %d changed by %#x: got %v, want %v", at, len(b), bits, err, errRot)
			}
		}
	}
}

// TestLastLog: any change before what was last synced is noticed.
func TestLastLog(t *testing.T) {
	fs := vfs.NewCrashableMem()
	inbox := backendtest.NewInbox()
	b, err := Open(Options{Dir: testDir, FS: fs, Inbox: inbox, Port: 41, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	const n = 50
	for i := range uint64(n) {
		b.Commit(i, journal.AppendPut(nil, []byte{byte(i)}, make([]byte, 500), 0), true)
		if err := inbox.Done(t, i); err != nil {
			t.Fatal(err)
		}
	}
	after := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	name, number, err := lastLog(after, testDir)
	if err != nil {
		t.Fatal(err)
	}
	log := read(t, after, after.PathJoin(testDir, name))
	for size := range len(log) + 1 {
		if at := brokenPromise(log[:size], uint32(number)); at >= 0 {
			t.Fatalf("cut after %d of %d bytes: broken at %d", size, len(log), at)
		}
	}
	missed := 0
	for at := range log {
		c := slices.Clone(log)
		c[at] ^= 0x40
		if brokenPromise(c, uint32(number)) < 0 {
			missed++
		}
	}
	if most := 4 * len(log) / n; missed > most { // the last record and what promises it
		t.Fatalf("%d of %d changes go unnoticed, more than %d", missed, len(log), most)
	}
}

// TestSharedCache opens two stores with one cache.
func TestSharedCache(t *testing.T) {
	cache := NewCache(1 << 20)
	defer cache.Close()
	fs := vfs.NewMem()
	for _, dir := range []string{"a", "b"} {
		b, err := Open(Options{Dir: dir, FS: fs, Inbox: backendtest.NewInbox(), Logger: quiet, Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		loaded(t, b)
	}
}
