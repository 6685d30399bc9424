package lines

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/input/ahead"
)

// followed is a file being followed. The ticks are handed over one by one: when tick returns, all that was in the
// file before is in the queue.
type followed struct {
	t     *testing.T
	path  string
	ticks chan time.Time
	r     *Reader
}

func newFollowed(t *testing.T, start string) *followed {
	t.Helper()
	f := &followed{t: t, path: filepath.Join(t.TempDir(), "log"), ticks: make(chan time.Time)}
	f.put(start, os.O_CREATE)
	r, err := Open(f.path, Options{Follow: true, Ticks: func() (<-chan time.Time, func()) { return f.ticks, func() {} }})
	if err != nil {
		t.Fatal(err)
	}
	f.r = r
	t.Cleanup(func() { r.Close() })
	return f
}

func (f *followed) put(text string, flags int) {
	f.t.Helper()
	w, err := os.OpenFile(f.path, os.O_WRONLY|flags, 0o600)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := w.WriteString(text); err != nil {
		f.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.t.Fatal(err)
	}
}

// want lets the file be looked at and compares what comes.
func (f *followed) want(want string) {
	f.t.Helper()
	f.ticks <- time.Time{}
	f.ticks <- time.Time{}
	if got, err := drain(f.t, f.r, nil); got != want || err != ahead.ErrWait {
		f.t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

func TestFollowGrows(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, "a\n")
	f.want("1:a")
	f.want("")
	f.put("b\nhalf", os.O_APPEND)
	f.want("2:b")
	f.put(" done\n", os.O_APPEND)
	f.want("3:half done")
}

func TestFollowTruncated(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, "a\nb\nhalf")
	f.want("1:a|2:b")
	f.put("c\n", os.O_TRUNC)
	f.want("3:half|4:c")
}

func TestFollowReplaced(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, "a\n")
	f.want("1:a")
	old := f.path + ".1"
	if err := os.Rename(f.path, old); err != nil {
		t.Fatal(err)
	}
	f.want("") // gone for now
	w, err := os.OpenFile(old, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "last words"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	f.put("new\n", os.O_CREATE)
	f.want("2:last words|3:new")
	f.put("more\n", os.O_APPEND)
	f.want("4:more")
	if err := os.Rename(f.path, old); err != nil {
		t.Fatal(err)
	}
	f.put("third\n", os.O_CREATE)
	f.want("5:third")
}

func TestFollowRefuses(t *testing.T) {
	t.Parallel()
	_, err := Open(write(t, "f", zipped(t, "a")), Options{Follow: true})
	if err == nil || !strings.Contains(err.Error(), "compressed file can't be followed") {
		t.Errorf("got %v", err)
	}
	_, err = Open(os.DevNull, Options{Follow: true})
	if err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Errorf("got %v", err)
	}
}

func TestFollowDefaultTicks(t *testing.T) {
	t.Parallel()
	r, err := Open(write(t, "f", []byte("a\n")), Options{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
